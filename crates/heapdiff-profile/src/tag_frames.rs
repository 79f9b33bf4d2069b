//! Labels as frames: what `tag_root` and `tag_leaf` ask for.

use crate::frame::{Frame, FrameTable};
use crate::frame_filter::FrameMatcher;
use crate::note::Note;
use crate::profile::{Label, LabelValue, Profile, Sample};
use crate::resolve::StackFrame;
use crate::selection::Selection;
use crate::tag_filter::number_unit;

/// Makes frames of labels, called `epoch=3`.
#[derive(Debug)]
pub(crate) struct TagFrames<'a> {
    root: Vec<TagFrame<'a>>,
    leaf: Vec<TagFrame<'a>>,
}

#[derive(Debug)]
struct TagFrame<'a> {
    key: &'a str,
    /// Whether any sample had the label.
    found: bool,
}

impl<'a> TagFrames<'a> {
    pub(crate) fn new(selection: &'a Selection) -> Self {
        let frames = |keys: &'a [String]| keys.iter().map(|key| TagFrame { key, found: false }).collect();
        Self { root: frames(&selection.tag_root), leaf: frames(&selection.tag_leaf) }
    }

    /// Whether none are asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.root.is_empty() && self.leaf.is_empty()
    }

    /// Begins a stack, leaf first, with the frames at its leaf.
    pub(crate) fn push_leaf(
        &mut self,
        profile: &Profile,
        sample: &Sample,
        frames: &mut FrameTable,
        matcher: &mut FrameMatcher<'_>,
        stack: &mut Vec<StackFrame>,
    ) {
        push(&mut self.leaf, profile, sample, frames, matcher, stack);
    }

    /// Ends a stack, leaf first, with the frames beyond its root.
    pub(crate) fn push_root(
        &mut self,
        profile: &Profile,
        sample: &Sample,
        frames: &mut FrameTable,
        matcher: &mut FrameMatcher<'_>,
        stack: &mut Vec<StackFrame>,
    ) {
        push(&mut self.root, profile, sample, frames, matcher, stack);
    }

    /// Notes the labels that no sample had.
    pub(crate) fn note_unmatched(&self, notes: &mut Vec<Note>) {
        let keys = [("tag-root", &self.root), ("tag-leaf", &self.leaf)];
        for (option, keys) in keys {
            notes.extend(
                keys.iter()
                    .filter(|of_key| !of_key.found)
                    .map(|of_key| Note::NoSuchLabel { option, key: of_key.key.to_owned() }),
            );
        }
    }
}

/// The key that is named first is the one nearest to the root.
fn push(
    keys: &mut [TagFrame<'_>],
    profile: &Profile,
    sample: &Sample,
    frames: &mut FrameTable,
    matcher: &mut FrameMatcher<'_>,
    stack: &mut Vec<StackFrame>,
) {
    for of_key in keys.iter_mut().rev() {
        let labels = || sample.labels.iter().filter(|label| profile.strings.get(label.key) == of_key.key);
        let values: Vec<_> = labels().map(|label| text(profile, label)).collect();
        let function = match values.as_slice() {
            [] => format!("[no {}]", of_key.key),
            values => format!("{}={}", of_key.key, values.join(",")),
        };
        of_key.found |= !values.is_empty();
        let frame = Frame { function: &function, file: "", line: 0 };
        let matches = matcher.matches(frame, "");
        stack.push(StackFrame::new(frames.intern(frame), matches));
    }
}

/// A label's value, with its unit unless its name says it.
fn text(profile: &Profile, label: &Label) -> String {
    match label.value {
        LabelValue::Text(text) => profile.strings.get(text).to_owned(),
        LabelValue::Number { value, unit } => {
            let key = profile.strings.get(label.key);
            match number_unit(key, profile.strings.get(unit)) {
                unit if unit == key || unit == "count" => value.to_string(),
                unit => format!("{value} {unit}"),
            }
        }
    }
}
