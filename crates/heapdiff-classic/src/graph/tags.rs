//! Labels of samples as tags of nodes. Graphs show words, joined to one tag, and of numbers only `bytes`.

use super::arena::{Graph, Node, divided};
use crate::measurement::{magnitude, scaled_label};
use crate::profile::{LabelSets, LabelValue, Profile, StringId, StringTable};
use std::collections::BTreeMap;

/// The numeric label that becomes a tag.
pub(crate) const BYTES: &str = "bytes";
/// The label of samples that come from the base of a comparison. It is no tag.
pub(crate) const BASE_LABEL: &str = "pprof::base";

/// What part of a node a label accounts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) value: i64,
    pub(crate) flat: i64,
    pub(crate) flat_divisor: i64,
    pub(crate) cum: i64,
    pub(crate) cum_divisor: i64,
}

impl Tag {
    pub(crate) fn flat_value(&self) -> i64 {
        divided(self.flat, self.flat_divisor)
    }

    pub(crate) fn cum_value(&self) -> i64 {
        divided(self.cum, self.cum_divisor)
    }
}

/// Orders tags by weight, the heaviest first, and then by name.
pub(crate) fn sort_tags(tags: &mut [Tag], by_flat: bool) {
    let key = |tag: &Tag| (if by_flat { 0 } else { magnitude(tag.cum) }, magnitude(tag.flat));
    tags.sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| a.name.cmp(&b.name)));
}

/// Sums for one tag of one node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TagSums {
    value: i64,
    flat: i64,
    flat_divisor: i64,
    cum: i64,
    cum_divisor: i64,
}

/// The tags of a node: by the joined words, and for a number below them by its text.
pub(super) type NodeTags = BTreeMap<(StringId, Option<StringId>), TagSums>;

/// The units of numbers in tags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TagUnits<'u> {
    /// What they are counted in.
    pub(crate) from: &'u str,
    /// What to print them in.
    pub(crate) to: &'u str,
}

/// The tags of each set of labels.
#[derive(Debug, Default)]
pub(super) struct TagSets {
    sets: Vec<TagSet>,
}

#[derive(Debug, Default)]
struct TagSet {
    words: StringId,
    numbers: Vec<(StringId, i64)>,
}

impl TagSets {
    /// Names the tags of all labels of a profile.
    pub(super) fn new(profile: &Profile, units: TagUnits<'_>, names: &mut StringTable) -> Self {
        let set = |id| tag_set(profile, &profile.label_sets, id, units, names);
        Self { sets: profile.label_sets.ids().map(set).collect() }
    }

    /// Counts a sample with a set of labels into a node.
    pub(super) fn add(&self, node: &mut Node, set: usize, weight: i64, divisor: i64, is_flat: bool) {
        let Some(set) = self.sets.get(set) else { return };
        let mut count = |key, value| {
            let sums = node.tags.entry(key).or_insert_with(|| TagSums { value, ..TagSums::default() });
            let (sum, divisors) = if is_flat {
                (&mut sums.flat, &mut sums.flat_divisor)
            } else {
                (&mut sums.cum, &mut sums.cum_divisor)
            };
            *sum = sum.wrapping_add(weight);
            *divisors = divisors.wrapping_add(divisor);
        };
        if !set.words.is_empty() {
            count((set.words, None), 0);
        }
        for &(name, value) in &set.numbers {
            count((set.words, Some(name)), value);
        }
    }
}

fn tag_set(
    profile: &Profile,
    label_sets: &LabelSets,
    id: crate::profile::LabelSetId,
    units: TagUnits<'_>,
    names: &mut StringTable,
) -> TagSet {
    let mut words = Vec::new();
    let mut numbers = Vec::new();
    for label in label_sets.get(id) {
        let key = profile.text(label.key);
        match label.value {
            LabelValue::Text(_) if key == BASE_LABEL => {}
            LabelValue::Text(text) => words.push(format!("{key}:{}", profile.text(text))),
            LabelValue::Number { value, .. } if key == BYTES => {
                numbers.push((names.intern(&scaled_label(value, units.from, units.to)), value));
            }
            LabelValue::Number { .. } => {}
        }
    }
    words.sort_unstable();
    // A line break in Graphviz's language.
    TagSet { words: names.intern(&words.join("\\n")), numbers }
}

impl Graph {
    /// The tags of words of a node.
    pub(crate) fn word_tags(&self, node: &Node) -> Vec<Tag> {
        let words = node.tags.iter().filter(|((_, number), _)| number.is_none());
        words.map(|((words, _), sums)| self.tag(*words, String::new(), sums)).collect()
    }

    /// The tags of numbers that go along with the joined words `words`; with none for the empty text.
    pub(crate) fn number_tags(&self, node: &Node, words: &str) -> Vec<Tag> {
        let tags = node.tags.iter().filter(|((of, _), _)| self.tag_names.get(*of) == words);
        tags.filter_map(|((_, number), sums)| Some(self.tag((*number)?, self.tag_unit.clone(), sums)))
            .collect()
    }

    fn tag(&self, name: StringId, unit: String, sums: &TagSums) -> Tag {
        let TagSums { value, flat, flat_divisor, cum, cum_divisor } = *sums;
        let name = self.tag_names.get(name).to_owned();
        Tag { name, unit, value, flat, flat_divisor, cum, cum_divisor }
    }

    /// Removes tags that account for less than `cutoff`.
    pub(crate) fn trim_low_frequency_tags(&mut self, cutoff: i64) {
        for id in &self.shown {
            if let Some(node) = self.nodes.get_mut(id.index()) {
                node.tags.retain(|_, sums| magnitude(sums.flat) >= cutoff || magnitude(sums.cum) >= cutoff);
            }
        }
    }
}

/// How many tags of a node account for something themselves.
pub(super) fn flat_tag_count(node: &Node) -> usize {
    node.tags.values().filter(|sums| sums.flat != 0).count()
}
