//! The frames that a profile itself wants hidden: its `drop_frames` and `keep_frames`.

use crate::frame::{FrameId, FrameTable};
use crate::note::Note;
use crate::profile::Profile;
use crate::selection::FrameVisibility;
use regex::Regex;

/// The frames that a profile itself wants hidden.
pub(crate) struct DropFrames {
    drop: Option<Regex>,
    keep: Option<Regex>,
}

impl DropFrames {
    pub(crate) fn of(profile: &Profile, visibility: FrameVisibility, notes: &mut Vec<Note>) -> Self {
        let mut compile = |pattern: &Option<String>| {
            let pattern = pattern.as_deref().filter(|pattern| !pattern.is_empty())?;
            let compiled = Regex::new(&format!("^(?:{pattern})$"));
            if compiled.is_err() {
                let note = Note::UnreadableFramePattern { pattern: pattern.to_owned() };
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
            compiled.ok()
        };
        if visibility == FrameVisibility::All {
            return Self { drop: None, keep: None };
        }
        Self { drop: compile(&profile.drop_frames), keep: compile(&profile.keep_frames) }
    }

    /// Which frames of a location they name.
    pub(crate) fn of_location(&self, location: &[FrameId], frames: &FrameTable) -> Vec<bool> {
        location.iter().map(|&frame| self.matches(frames.function(frame))).collect()
    }

    fn matches(&self, function: &str) -> bool {
        let Some(drop) = &self.drop else { return false };
        let name = without_arguments(function);
        drop.is_match(name) && !self.keep.as_ref().is_some_and(|keep| keep.is_match(name))
    }
}

/// A function's name up to its argument list, as pprof takes it before it compares it with `drop_frames`.
///
/// **Source:** `simplifyFunc` of google/pprof.
fn without_arguments(function: &str) -> &str {
    const NO_ARGUMENTS: [&str; 2] = ["(anonymous namespace)", "operator()"];
    let name = function.strip_prefix('.').unwrap_or(function);
    let mut from = 0;
    while let Some(at) = name.get(from..).and_then(|rest| rest.find('(')).map(|at| from + at) {
        let reserved = NO_ARGUMENTS.iter().find_map(|reserved| {
            let start = at.checked_sub(reserved.find('(')?)?;
            name.get(start..)?.starts_with(reserved).then_some(start + reserved.len())
        });
        match reserved {
            Some(end) => from = end,
            None => return name.get(..at).unwrap_or(name),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_lists_are_cut_off_but_for_reserved_names() {
        for (name, cut) in [
            (".foo(int)", "foo"),
            ("(anonymous namespace)::bar(int)", "(anonymous namespace)::bar"),
            ("a::operator()(int)", "a::operator()"),
            ("alloc::vec::Vec<T>::push", "alloc::vec::Vec<T>::push"),
            ("net/http.(*conn).serve", "net/http."),
        ] {
            assert_eq!(without_arguments(name), cut);
        }
    }
}
