//! Which samples and frames a report is about.
//!
//! As in pprof: each filter of frames is a regular expression that may match anywhere in a function's name, in its
//! source file or in the path of the mapped file. Several filters of one kind are joined by or.

use crate::error::AnalysisError;
use crate::tag_filter::TagFilter;
use regex::Regex;

/// The filters of a report; the default lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// By [`FrameFilter::index`].
    pub(crate) of_frames: [Vec<Regex>; FrameFilter::ALL.len()],
    pub(crate) tag_focus: Vec<TagFilter>,
    pub(crate) tag_ignore: Vec<TagFilter>,
    tag_show: Vec<Regex>,
    tag_hide: Vec<Regex>,
}

/// The filters as a user wrote them; of each kind several, joined by or.
#[derive(Clone, Debug, Default)]
pub struct FilterPatterns {
    /// Keep only samples with a frame that matches. Default: all.
    pub focus: Vec<String>,
    /// Leave out samples with a frame that matches. Default: none.
    pub ignore: Vec<String>,
    /// Remove frames that match from every stack; a sample all of whose frames go is left out. Default: none.
    pub hide: Vec<String>,
    /// Remove frames that do not match; a sample all of whose frames go is left out. Default: none.
    pub show: Vec<String>,
    /// Remove the callers of the root-most frame that matches, and samples without one. Default: none.
    pub show_from: Vec<String>,
    /// Remove what the leaf-most frame whose function matches has called, so that it holds that itself. Default: none.
    pub prune_from: Vec<String>,
    /// Keep only samples with a label that matches: `key=regex`, several expressions separated by commas and joined
    /// by or; `key=64kb`, `key=1kb:`, `key=:64kb` or `key=1kb:64kb`, inclusive, for numbers; or without a key, where
    /// an expression is compared with `key:value` and all of several must match. Default: all.
    pub tag_focus: Vec<String>,
    /// Leave out samples with a label that matches, written in the same way. Default: none.
    pub tag_ignore: Vec<String>,
    /// Show only labels whose name matches, where labels are shown. Default: all.
    pub tag_show: Vec<String>,
    /// Do not show labels whose name matches. Default: none.
    pub tag_hide: Vec<String>,
}

/// A filter that looks at frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameFilter {
    Focus,
    Ignore,
    Hide,
    Show,
    ShowFrom,
    PruneFrom,
    /// Beside focus: a stack must have a frame for both.
    Match,
}

impl FrameFilter {
    pub(crate) const ALL: [Self; 7] =
        [Self::Focus, Self::Ignore, Self::Hide, Self::Show, Self::ShowFrom, Self::PruneFrom, Self::Match];

    /// Its place in [`Self::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Its name, as it is typed behind two dashes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Focus => "focus",
            Self::Ignore => "ignore",
            Self::Hide => "hide",
            Self::Show => "show",
            Self::ShowFrom => "show-from",
            Self::PruneFrom => "prune-from",
            Self::Match => "match",
        }
    }
}

impl Filters {
    /// Compiles the filters.
    ///
    /// # Errors
    /// [`AnalysisError::BadFilter`] if one is not a regular expression, [`AnalysisError::EmptyTagRange`] if no number
    /// can lie in a range.
    pub fn new(patterns: &FilterPatterns) -> Result<Self, AnalysisError> {
        let FilterPatterns { focus, ignore, hide, show, show_from, prune_from, .. } = patterns;
        let sources = [focus, ignore, hide, show, show_from, prune_from, &Vec::new()];
        let mut of_frames: [Vec<Regex>; FrameFilter::ALL.len()] = Default::default();
        for ((compiled, kind), sources) in of_frames.iter_mut().zip(FrameFilter::ALL).zip(sources) {
            *compiled = compile_all(kind.name(), sources)?;
        }
        let tags = |name, sources: &[String]| {
            sources.iter().map(|source| TagFilter::new(name, source)).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            of_frames,
            tag_focus: tags("tag-focus", &patterns.tag_focus)?,
            tag_ignore: tags("tag-ignore", &patterns.tag_ignore)?,
            tag_show: compile_all("tag-show", &patterns.tag_show)?,
            tag_hide: compile_all("tag-hide", &patterns.tag_hide)?,
        })
    }

    /// The same filters, and of what they let through only stacks with a frame that matches `pattern`.
    ///
    /// # Errors
    /// [`AnalysisError::BadFilter`] if it is not a regular expression.
    pub(crate) fn about(&self, pattern: &str) -> Result<Self, AnalysisError> {
        let mut filters = self.clone();
        if let Some(patterns) = filters.of_frames.get_mut(FrameFilter::Match.index()) {
            *patterns = vec![compile(FrameFilter::Match.name(), pattern)?];
        }
        Ok(filters)
    }

    /// Whether every sample and every frame counts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.has_frame_filter() && self.tag_focus.is_empty() && self.tag_ignore.is_empty()
    }

    /// Whether labels of this name are shown, in reports that show labels.
    #[must_use]
    pub fn shows_label(&self, name: &str) -> bool {
        let matches = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(name));
        (self.tag_show.is_empty() || matches(&self.tag_show)) && !matches(&self.tag_hide)
    }

    /// Whether any filter looks at frames.
    pub(crate) fn has_frame_filter(&self) -> bool {
        self.of_frames.iter().any(|patterns| !patterns.is_empty())
    }

    pub(crate) fn has(&self, filter: FrameFilter) -> bool {
        !self.patterns(filter).is_empty()
    }

    pub(crate) fn patterns(&self, filter: FrameFilter) -> &[Regex] {
        self.of_frames.get(filter.index()).map_or(&[], Vec::as_slice)
    }
}

/// Compiles a filter that the user knows as `--name`.
pub(crate) fn compile(name: &'static str, source: &str) -> Result<Regex, AnalysisError> {
    Regex::new(source).map_err(|source| AnalysisError::BadFilter { filter: name, source: Box::new(source) })
}

fn compile_all(name: &'static str, sources: &[String]) -> Result<Vec<Regex>, AnalysisError> {
    sources.iter().map(|source| compile(name, source)).collect()
}
