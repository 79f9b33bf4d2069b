//! Regular expressions as Go understands them.
//!
//! Filters are typed in Go's dialect of RE2. The `regex` crate matches it as fast, but reads some expressions
//! differently: `\w`, `\d`, `\s` and `\b` are ASCII in Go, `{` may stand for itself, `[` within a class too, `\Q…\E`
//! quotes. So an expression is parsed here by Go's rules and written anew for the crate; what Go refuses is refused in
//! Go's words.

mod class;
mod error;
mod escape;
mod translation;

pub use error::{PatternError, PatternErrorKind};
use std::fmt;

/// A compiled regular expression, unanchored.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    regex: regex::bytes::Regex,
}

impl Pattern {
    /// Compiles `source`.
    ///
    /// # Errors
    /// If Go would not compile it, or it is too large.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let translated = translation::translate(source)?;
        let regex = regex::bytes::RegexBuilder::new(&translated)
            .unicode(!is_plain(source))
            .size_limit(SIZE_LIMIT_BYTES)
            .nest_limit(NEST_LIMIT)
            .build()
            .map_err(|_| PatternError::new(PatternErrorKind::TooLarge, source))?;
        Ok(Self { source: source.to_owned(), regex })
    }

    /// Whether it matches anywhere in `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text.as_bytes())
    }

    /// The expression as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

/// Whether an expression means the same byte by byte as character by character: all that it names is ASCII, and `.` comes
/// as `.*` and `.+` only. Such expressions, of which most are, compile in a fraction of the time, and compiling them is
/// most of what a small profile takes.
fn is_plain(source: &str) -> bool {
    let mut rest = source.bytes().peekable();
    while let Some(byte) = rest.next() {
        let is_plain = match byte {
            // A group with flags or a name begins with `(?`.
            b'(' => rest.peek() != Some(&b'?'),
            b'.' => matches!(rest.peek(), Some(b'*' | b'+')),
            b'[' | b'{' => false,
            b'\\' => rest.next().is_some_and(|escaped| escaped.is_ascii_punctuation()),
            other => other.is_ascii(),
        };
        if !is_plain {
            return false;
        }
    }
    true
}

/// A compiled expression larger than this is refused; Go's limit is of the same order.
const SIZE_LIMIT_BYTES: usize = 128 << 20;
/// Parentheses within parentheses; Go's limit too.
const NEST_LIMIT: u32 = 1000;

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.source).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().is_match(text)
    }

    fn error(pattern: &str) -> String {
        Pattern::new(pattern).unwrap_err().to_string()
    }

    #[test]
    fn plain_expressions_match_whole_characters_all_the_same() {
        for pattern in ["a.*b", "^.+$", r"runtime\..*", "(malloc|free).*", "x.*?y", ".*", "a|.+z", "(a.*b)+$"]
        {
            assert!(is_plain(pattern), "{pattern}");
            let characters = regex::Regex::new(pattern).unwrap();
            for text in
                ["", "é", "aéb", "runtime.größe", "free ö", "xéy", "ö\né", "aéz", "aéb\u{10ffff}ab", "\n"]
            {
                assert_eq!(matches(pattern, text), characters.is_match(text), "{pattern} on {text}");
            }
        }
        for pattern in [".", "..*", "a.b", "[a]", r"\w", "(?i)a", "é", "a{2}", r"\pL", "\\"] {
            assert!(!is_plain(pattern), "{pattern}");
        }
    }

    #[test]
    fn classes_are_ascii() {
        assert!(!matches(r"^\w+$", "größe"));
        assert!(matches(r"^\W$", "ö"));
        assert!(!matches(r"\d", "٣"));
        assert!(!matches(r"\s", "\x0b"));
        assert!(matches(r"[[:space:]]", "\x0b"));
        assert!(matches(r"^[\D]$", "x"));
        assert!(matches(r"\bö", "aö"));
    }

    #[test]
    fn what_only_go_takes_literally_is_literal() {
        assert!(matches(r"a{", "a{"));
        assert!(matches(r"a{,2}", "a{,2}"));
        assert!(matches(r"^[[]$", "["));
        assert!(matches(r"^[a&&b]+$", "a&b"));
        assert!(matches(r"^[]a]+$", "]a"));
        assert!(matches(r"\Q(a)\E+$", "(a))"));
        assert!(matches(r"\Q(", "("));
        assert!(matches(r"^\060$", "0"));
        assert!(matches(r"^\x{e9}$", "é"));
        assert!(matches(r"^[\pL\P{^Greek}]$", "α"));
        assert!(matches("(?)a b#", "a b#"));
        assert!(matches(r"(?i)ABC", "abc"));
        assert!(matches(r"(?P<n>a)(?<m>b)", "ab"));
    }

    #[test]
    fn errors_have_the_words_of_go() {
        for (pattern, expected) in [
            ("(", "missing closing ): `(`"),
            ("a)", "unexpected ): `a)`"),
            ("[a", "missing closing ]: `[a`"),
            ("x[z-a]", "invalid character class range: `z-a`"),
            ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
            ("*", "missing argument to repetition operator: `*`"),
            ("a|*?", "missing argument to repetition operator: `*?`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a{2}{3}x", "invalid nested repetition operator: `{2}{3}`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("a{2,1}", "invalid repeat count: `{2,1}`"),
            ("(a{100}){11}", "invalid repeat count: `{11}`"),
            (r"a\", "trailing backslash at end of expression: ``"),
            (r"\8", r"invalid escape sequence: `\8`"),
            (r"\C", r"invalid escape sequence: `\C`"),
            (r"\x{110000}", r"invalid escape sequence: `\x{110000`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?P<a", "invalid named capture: `(?P<a`"),
            ("(?P<a b>c)", "invalid named capture: `(?P<a b>`"),
            ("a\u{10ffff}b", "invalid UTF-8: `\u{10ffff}b`"),
            ("[\u{10ffff}]", "invalid UTF-8: `\u{10ffff}]`"),
            (r"\p{Nonsense}", r"invalid character class range: `\p{Nonsense}`"),
        ] {
            assert_eq!(error(pattern), format!("error parsing regexp: {expected}"), "{pattern}");
        }
    }
}
