//! Which samples and frames a report is about.
//!
//! As in pprof: each filter is a regular expression that may match anywhere in a function's name, in its source file
//! or in the path of the mapped file.

use crate::error::AnalysisError;
use regex::Regex;

/// The filters of a report; the default lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub(crate) focus: Option<Regex>,
    pub(crate) ignore: Option<Regex>,
    pub(crate) hide: Option<Regex>,
}

/// The filters as a user wrote them.
#[derive(Clone, Copy, Debug, Default)]
pub struct FilterPatterns<'a> {
    /// Keep only samples with a frame that matches. Default: all.
    pub focus: Option<&'a str>,
    /// Leave out samples with a frame that matches. Default: none.
    pub ignore: Option<&'a str>,
    /// Remove frames that match from every stack; a sample all of whose frames go is left out. Default: none.
    pub hide: Option<&'a str>,
}

impl Filters {
    /// Compiles the filters.
    ///
    /// # Errors
    /// [`AnalysisError::BadFilter`] if one is not a regular expression.
    pub fn new(patterns: FilterPatterns<'_>) -> Result<Self, AnalysisError> {
        let compile = |filter, pattern: Option<&str>| {
            pattern
                .map(Regex::new)
                .transpose()
                .map_err(|source| AnalysisError::BadFilter { filter, source: Box::new(source) })
        };
        Ok(Self {
            focus: compile("focus", patterns.focus)?,
            ignore: compile("ignore", patterns.ignore)?,
            hide: compile("hide", patterns.hide)?,
        })
    }

    /// Whether nothing is filtered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.focus.is_none() && self.ignore.is_none() && self.hide.is_none()
    }
}
