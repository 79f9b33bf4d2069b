//! Labels as frames, for `-tagroot` and `-tagleaf`.

use super::entities::{Function, Line, LocationId};
use super::label_sets::{Label, LabelSetId, LabelValue};
use super::model::Profile;
use super::string_table::StringId;
use crate::measurement::scaled_label;
use std::collections::BTreeMap;

/// The frames that a set of labels stands for.
#[derive(Clone, Debug, Default)]
struct TagFrames {
    roots: Vec<LocationId>,
    leaves: Vec<LocationId>,
}

impl Profile {
    /// Adds to each stack a frame for each key: the first key of `root_keys` becomes the root, the last one of
    /// `leaf_keys` the leaf. A frame is named by the values, in `unit` where they are numbers, and its file by the key.
    /// Says of both lists whether a sample had one of the keys.
    pub fn add_tag_frames(&mut self, root_keys: &[&str], leaf_keys: &[&str], unit: &str) -> (bool, bool) {
        let mut maker = Maker::new(self, unit);
        let mut frames = vec![TagFrames::default(); maker.profile.label_sets.len()];
        let (mut has_root, mut has_leaf) = (false, false);
        for set in maker.profile.used_label_sets() {
            let roots = maker.frames(set, root_keys, &mut has_root);
            let leaves = maker.frames(set, leaf_keys, &mut has_leaf);
            if let Some(slot) = frames.get_mut(set.index()) {
                *slot = TagFrames { roots, leaves };
            }
        }
        self.samples.replace_stacks(|sample, stack| {
            let none = TagFrames::default();
            let frames = frames.get(sample.labels.index()).unwrap_or(&none);
            stack.extend(&frames.leaves);
            stack.extend(sample.stack);
            stack.extend(&frames.roots);
            true
        });
        (has_root, has_leaf)
    }
}

struct Maker<'p> {
    profile: &'p mut Profile,
    unit: &'p str,
    // By name and file.
    known: BTreeMap<(StringId, StringId), LocationId>,
    location_id: u64,
    function_id: u64,
}

impl<'p> Maker<'p> {
    fn new(profile: &'p mut Profile, unit: &'p str) -> Self {
        let location_id = profile.locations.iter().map(|location| location.id).max().unwrap_or(0);
        let function_id = profile.functions.iter().map(|function| function.id).max().unwrap_or(0);
        Self { profile, unit, known: BTreeMap::new(), location_id, function_id }
    }

    fn frames(&mut self, set: LabelSetId, keys: &[&str], has_any: &mut bool) -> Vec<LocationId> {
        let mut frames = Vec::with_capacity(keys.len());
        for key in keys.iter().rev() {
            let values = self.values(set, key);
            *has_any |= !values.is_empty();
            frames.push(self.frame(&values.join(","), key));
        }
        frames
    }

    fn values(&self, set: LabelSetId, key: &str) -> Vec<String> {
        let labels = self.profile.label_sets.get(set);
        let of_key = |label: &&Label| self.profile.text(label.key) == key;
        let has_units = labels
            .iter()
            .filter(of_key)
            .any(|label| matches!(label.value, LabelValue::Number { unit, .. } if !unit.is_empty()));
        let text = |label: &Label| match label.value {
            LabelValue::Text(word) => self.profile.text(word).to_owned(),
            LabelValue::Number { value, unit } if has_units => {
                scaled_label(value, self.profile.text(unit), self.unit)
            }
            LabelValue::Number { value, .. } => scaled_label(value, "", ""),
        };
        labels.iter().filter(of_key).map(text).collect()
    }

    fn frame(&mut self, name: &str, key: &str) -> LocationId {
        let (name, filename) = (self.profile.strings.intern(name), self.profile.strings.intern(key));
        if let Some(&known) = self.known.get(&(name, filename)) {
            return known;
        }
        self.function_id = self.function_id.wrapping_add(1);
        self.location_id = self.location_id.wrapping_add(1);
        let function = self.profile.push_function(Function { name, filename, ..Function::default() });
        let line = Line { function, line: 0, column: 0 };
        let location = self.profile.push_location(0, None, false, &[line]);
        if let Some(function) = self.profile.functions.last_mut() {
            function.id = self.function_id;
        }
        if let Some(location) = self.profile.locations.last_mut() {
            location.id = self.location_id;
        }
        self.known.insert((name, filename), location);
        location
    }
}
