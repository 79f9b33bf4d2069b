//! Functions that are called otherwise in another build.

use crate::profile::Profile;
use crate::string_table::StringId;
use regex::Regex;
use std::borrow::Cow;
use std::str::FromStr;

/// How functions are called instead: `old::(.*)=new::$1`.
///
/// What is before the first `=` is a regular expression that may match anywhere in a name, `\=` in it an `=`; what is
/// behind it takes the place of every match, with `$1` or `${name}` for what a group has matched and `$$` for a `$`.
#[derive(Clone, Debug)]
pub struct Rename {
    text: String,
    pattern: Regex,
    replacement: String,
}

/// What is wrong with a [`Rename`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenameError {
    /// There is no `=`.
    #[error("expected `OLD=NEW`")]
    NoNewName,
    /// The part before the `=` is empty, which would match everywhere.
    #[error("expected a regular expression before the `=`")]
    NoOldName,
    /// The part before the `=` is not a regular expression.
    #[error("`{pattern}` is not a regular expression: {reason}")]
    BadPattern {
        /// The expression.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl FromStr for Rename {
    type Err = RenameError;

    fn from_str(text: &str) -> Result<Self, RenameError> {
        let mut is_escaped = false;
        let equals = text.find(|character| {
            let found = character == '=' && !is_escaped;
            is_escaped = character == '\\' && !is_escaped;
            found
        });
        let (pattern, replacement) = equals
            .and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
            .ok_or(RenameError::NoNewName)?;
        if pattern.is_empty() {
            return Err(RenameError::NoOldName);
        }
        let compiled = Regex::new(pattern).map_err(|error| {
            // A regular expression's error is a drawing of several lines; the last one says what is wrong.
            let drawing = error.to_string();
            let reason = drawing.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            RenameError::BadPattern { pattern: pattern.to_owned(), reason }
        })?;
        Ok(Self { text: text.to_owned(), pattern: compiled, replacement: replacement.to_owned() })
    }
}

impl Rename {
    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The rename of one function and no other.
    pub(crate) fn exact(old: &str, new: &str) -> String {
        let pattern = regex::escape(old).replace('=', r"\=");
        format!("^{pattern}$={}", new.replace('$', "$$"))
    }

    /// Renames the functions of a profile that match, and says whether there are any.
    pub fn apply(&self, profile: &mut Profile) -> bool {
        let mut has_matched = false;
        for function in &mut profile.functions {
            let name = if function.name == StringId::EMPTY { function.system_name } else { function.name };
            let renamed = match self.pattern.replace_all(profile.strings.get(name), self.replacement.as_str())
            {
                Cow::Borrowed(_) => continue,
                Cow::Owned(renamed) => renamed,
            };
            has_matched = true;
            function.name = profile.strings.intern(&renamed);
        }
        has_matched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile_builder::ProfileBuilder;

    /// What a function of this name is called afterwards; `None` if it is not renamed.
    fn renamed(rename: &str, name: &str) -> Option<String> {
        let mut profile = ProfileBuilder::heap().sample(&[name], &[], &[]).build();
        let has_matched = rename.parse::<Rename>().unwrap().apply(&mut profile);
        has_matched.then(|| profile.strings.get(profile.functions[0].name).to_owned())
    }

    #[test]
    fn matches_are_replaced_with_groups() {
        for (rename, name, expected) in [
            ("cache=store", "app::cache::insert", Some("app::store::insert")),
            ("^app::(.*)$=new::$1", "app::cache", Some("new::cache")),
            ("^v(?<major>[0-9])=w${major}", "v2::f", Some("w2::f")),
            (r"operator\=\==equals", "A::operator==", Some("A::equals")),
            (r"\\=/", r"a\b", Some("a/b")),
            ("f=g=h", "f", Some("g=h")),
            ("::cold=", "app::cold", Some("app")),
            ("nothing=else", "app::cache", None),
        ] {
            assert_eq!(renamed(rename, name).as_deref(), expected, "{rename}");
        }
    }

    #[test]
    fn an_exact_rename_renames_that_and_nothing_else() {
        for old in ["<[u8; 64] as A>::f", "A::operator==", r"a\b", "f$1", "(x)"] {
            let new = format!("{old}$2");
            let rename = Rename::exact(old, &new);
            assert_eq!(renamed(&rename, old).as_deref(), Some(new.as_str()), "{rename}");
            assert_eq!(renamed(&rename, &format!("{old}x")), None, "{rename}");
        }
    }

    #[test]
    fn what_is_no_rename_is_refused() {
        for (text, reason) in [
            ("old", "expected `OLD=NEW`"),
            (r"old\=new", "expected `OLD=NEW`"),
            ("=new", "expected a regular expression before the `=`"),
            ("(=new", "`(` is not a regular expression: unclosed group"),
        ] {
            assert_eq!(text.parse::<Rename>().unwrap_err().to_string(), reason);
        }
    }
}
