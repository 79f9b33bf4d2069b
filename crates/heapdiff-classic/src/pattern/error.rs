//! Why an expression is no regular expression, in the words of Go.

use std::fmt;

/// An expression that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    kind: PatternErrorKind,
    /// The part that is wrong.
    expression: String,
}

/// What is wrong with an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternErrorKind {
    /// A class that runs backwards, or has no such name.
    CharacterRange,
    /// A backslash before what means nothing.
    Escape,
    /// A group whose name is none.
    NamedCapture,
    /// `(?` with what is neither a flag nor a name.
    PerlOperator,
    /// A repetition of a repetition.
    RepeatOperator,
    /// A count that is too large, or a range that runs backwards.
    RepeatSize,
    /// A class without end.
    MissingBracket,
    /// A group without end.
    MissingParenthesis,
    /// A repetition of nothing.
    MissingRepeatArgument,
    /// A backslash at the end.
    TrailingBackslash,
    /// An end without group.
    UnexpectedParenthesis,
    /// Too many or too large parts.
    TooLarge,
    /// Bytes that are no UTF-8.
    Utf8,
}

impl PatternError {
    pub(super) fn new(kind: PatternErrorKind, expression: &str) -> Self {
        Self { kind, expression: expression.to_owned() }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> PatternErrorKind {
        self.kind
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.kind {
            PatternErrorKind::CharacterRange => "invalid character class range",
            PatternErrorKind::Escape => "invalid escape sequence",
            PatternErrorKind::NamedCapture => "invalid named capture",
            PatternErrorKind::PerlOperator => "invalid or unsupported Perl syntax",
            PatternErrorKind::RepeatOperator => "invalid nested repetition operator",
            PatternErrorKind::RepeatSize => "invalid repeat count",
            PatternErrorKind::MissingBracket => "missing closing ]",
            PatternErrorKind::MissingParenthesis => "missing closing )",
            PatternErrorKind::MissingRepeatArgument => "missing argument to repetition operator",
            PatternErrorKind::TrailingBackslash => "trailing backslash at end of expression",
            PatternErrorKind::UnexpectedParenthesis => "unexpected )",
            PatternErrorKind::TooLarge => "expression too large",
            PatternErrorKind::Utf8 => "invalid UTF-8",
        };
        write!(f, "error parsing regexp: {words}: `{}`", self.expression)
    }
}

impl std::error::Error for PatternError {}
