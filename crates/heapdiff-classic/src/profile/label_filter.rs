//! Filters by labels, and of labels.

use super::label_sets::{Label, LabelSetId, LabelValue};
use super::model::Profile;
use crate::pattern::Pattern;
use std::collections::{BTreeMap, BTreeSet};

/// A question about the labels of a sample.
pub type LabelTest<'t> = &'t dyn Fn(&Profile, &[Label]) -> bool;

/// The unit of each key of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberLabelUnits {
    /// The unit of a key: the first one that a label states, else one that the key suggests.
    pub units: BTreeMap<String, String>,
    /// Units of the same key that were stated later.
    pub ignored: BTreeMap<String, BTreeSet<String>>,
}

impl Profile {
    /// Keeps the samples whose labels pass `focus` and do not pass `ignore`. Says of each whether a sample passed it.
    pub fn filter_by_labels(
        &mut self,
        focus: Option<LabelTest<'_>>,
        ignore: Option<LabelTest<'_>>,
    ) -> (bool, bool) {
        let (mut was_focused, mut was_ignored) = (false, false);
        let mut is_kept = vec![false; self.label_sets.len()];
        for set in self.used_label_sets() {
            let labels = self.label_sets.get(set);
            let is_focused = focus.is_none_or(|focus| focus(self, labels));
            let is_ignored = ignore.is_some_and(|ignore| ignore(self, labels));
            was_focused |= is_focused;
            was_ignored |= is_ignored;
            if let Some(slot) = is_kept.get_mut(set.index()) {
                *slot = is_focused && !is_ignored;
            }
        }
        self.samples.retain(|sample| is_kept.get(sample.labels.index()).copied().unwrap_or(false));
        (was_focused, was_ignored)
    }

    /// Keeps the labels whose key matches `show` and does not match `hide`. Says of each whether a key matched it.
    pub fn filter_labels(&mut self, show: Option<&Pattern>, hide: Option<&Pattern>) -> (bool, bool) {
        let (mut was_shown, mut was_hidden) = (false, false);
        let mut filtered: Vec<LabelSetId> = self.label_sets.ids().collect();
        for set in self.used_label_sets() {
            let mut labels = self.label_sets.get(set).to_vec();
            labels.retain(|label| {
                let key = self.text(label.key);
                let is_shown = show.is_none_or(|show| show.is_match(key));
                let is_hidden = hide.is_some_and(|hide| hide.is_match(key));
                was_shown |= is_shown;
                was_hidden |= is_hidden;
                is_shown && !is_hidden
            });
            let kept = self.label_sets.intern(&mut labels, &self.strings);
            if let Some(slot) = filtered.get_mut(set.index()) {
                *slot = kept;
            }
        }
        self.samples.map_labels(|set| filtered.get(set.index()).copied().unwrap_or(set));
        (was_shown, was_hidden)
    }

    /// The sets of labels that samples have, in the order of their first sample.
    pub fn used_label_sets(&self) -> Vec<LabelSetId> {
        let mut is_seen = vec![false; self.label_sets.len()];
        let mut used = Vec::new();
        for sample in self.samples.iter() {
            if let Some(is_seen @ false) = is_seen.get_mut(sample.labels.index()) {
                *is_seen = true;
                used.push(sample.labels);
            }
        }
        used
    }

    /// The units of numbers by key.
    #[must_use]
    pub fn number_label_units(&self) -> NumberLabelUnits {
        let mut found = NumberLabelUnits::default();
        for set in self.used_label_sets() {
            for label in self.label_sets.get(set) {
                let LabelValue::Number { unit, .. } = label.value else { continue };
                let known = found.units.entry(self.text(label.key).to_owned()).or_default();
                let unit = self.text(unit);
                if known.is_empty() {
                    unit.clone_into(known);
                } else if !unit.is_empty() && known != unit {
                    let ignored = found.ignored.entry(self.text(label.key).to_owned()).or_default();
                    ignored.insert(unit.to_owned());
                }
            }
        }
        for (key, unit) in found.units.iter_mut().filter(|(_, unit)| unit.is_empty()) {
            *unit = match key.as_str() {
                "alignment" | "request" => "bytes".to_owned(),
                key => key.to_owned(),
            };
        }
        found
    }

    /// Says of every sample that it belongs to the base of a comparison.
    pub fn mark_as_base(&mut self) {
        let key = self.strings.intern(BASE_KEY);
        let value = LabelValue::Text(self.strings.intern(BASE_VALUE));
        let mut marked: Vec<LabelSetId> = self.label_sets.ids().collect();
        for set in self.used_label_sets() {
            let mut labels = self.label_sets.get(set).to_vec();
            labels.retain(|label| label.key != key || matches!(label.value, LabelValue::Number { .. }));
            labels.push(Label { key, value });
            let with_mark = self.label_sets.intern(&mut labels, &self.strings);
            if let Some(slot) = marked.get_mut(set.index()) {
                *slot = with_mark;
            }
        }
        self.samples.map_labels(|set| marked.get(set.index()).copied().unwrap_or(set));
    }

    /// Whether samples with these labels belong to the base of a comparison.
    #[must_use]
    pub fn is_base(&self, set: LabelSetId) -> bool {
        let Some(key) = self.strings.find(BASE_KEY) else { return false };
        let Some(value) = self.strings.find(BASE_VALUE) else { return false };
        self.label_sets.has_text(set, key, value)
    }
}

const BASE_KEY: &str = "pprof::base";
const BASE_VALUE: &str = "true";
