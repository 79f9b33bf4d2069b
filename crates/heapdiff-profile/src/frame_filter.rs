//! Which filters match a frame, and which of them never matched any.

use crate::filter::{Filters, FrameFilter};
use crate::frame::Frame;
use crate::note::Note;
use crate::resolve::FrameMatches;
use regex::Regex;

/// Compares frames with all filters, and remembers which matched.
#[derive(Debug)]
pub(crate) struct FrameMatcher<'a> {
    filters: &'a Filters,
    /// By [`FrameFilter::index`] and by pattern.
    matched: [Vec<bool>; FrameFilter::ALL.len()],
}

impl<'a> FrameMatcher<'a> {
    pub(crate) fn new(filters: &'a Filters) -> Self {
        Self { filters, matched: FrameFilter::ALL.map(|kind| vec![false; filters.patterns(kind).len()]) }
    }

    /// Which filters match a frame of `mapping`, the path of the mapped file; empty where there is none.
    pub(crate) fn matches(&mut self, frame: Frame<'_>, mapping: &str) -> FrameMatches {
        let mut matches = FrameMatches::default();
        let kinds = FrameFilter::ALL.into_iter().zip(&mut self.matched);
        for ((kind, matched), is_match) in kinds.zip(&mut matches) {
            for (pattern, matched) in self.filters.patterns(kind).iter().zip(matched) {
                let found = match kind {
                    // A file or a program called something: to cut stacks by function is meant.
                    FrameFilter::PruneFrom => pattern.is_match(frame.function),
                    _ => matches_anywhere(pattern, frame, mapping),
                };
                *matched |= found;
                *is_match |= found;
            }
        }
        matches
    }

    /// Notes the filters that matched no frame.
    pub(crate) fn note_unmatched(&self, notes: &mut Vec<Note>) {
        for (kind, matched) in FrameFilter::ALL.into_iter().zip(&self.matched) {
            for (pattern, _) in self.filters.patterns(kind).iter().zip(matched).filter(|&(_, &found)| !found)
            {
                let pattern = pattern.as_str().to_owned();
                notes.push(Note::FilterMatchedNothing { filter: kind.name(), pattern });
            }
        }
    }
}

fn matches_anywhere(pattern: &Regex, frame: Frame<'_>, mapping: &str) -> bool {
    let is_in = |text: &str| !text.is_empty() && pattern.is_match(text);
    pattern.is_match(frame.function) || is_in(frame.file) || is_in(mapping)
}
