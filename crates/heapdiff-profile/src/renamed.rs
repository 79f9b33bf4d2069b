//! Functions of two builds that may be one under two names.
//!
//! One went and one came, their callers are the same, and so, nearly, is what they and what they called hold. Callers
//! that are such a pair themselves count as the same, so that a module that was renamed is found function by function.

use crate::attribution::Attribution;
use crate::comparison::Comparison;
use crate::frame::{FrameId, FrameTable};
use crate::profile::Profile;
use crate::rename::Rename;
use crate::string_table::StringId;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A function that went, and the one that may be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// Its name in the base.
    pub old: String,
    /// Its name in the head, if it is the same.
    pub new: String,
    /// What it and what it called held in the base.
    pub base: i64,
    /// The same in the head.
    pub head: i64,
}

/// How much of the larger value the smaller one must be.
const SIMILAR_PERCENT: i128 = 80;

impl Renamed {
    /// The value of `--rename` that makes one function of both.
    #[must_use]
    pub fn rename(&self) -> String {
        Rename::exact(&self.old, &self.new)
    }
}

impl fmt::Display for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = self.rename().replace('\'', r"'\''");
        write!(
            f,
            "renamed? `{}` went and `{}` came, with the same callers and a similar value: compare them with `--rename \
             '{quoted}'`",
            self.old, self.new
        )
    }
}

/// Whether both sides say that they are one build: then nothing was renamed.
pub(crate) fn is_one_build(base: &Profile, head: &Profile) -> bool {
    let build_id = |profile: &Profile| profile.mappings.first().map(|mapping| mapping.build_id.clone());
    build_id(base).filter(|id| !id.is_empty()).is_some_and(|id| Some(id) == build_id(head))
}

/// Finds such pairs, those that hold most first.
pub(crate) fn find(frames: &FrameTable, attribution: &Attribution, comparison: &Comparison) -> Vec<Renamed> {
    let functions = Functions::of(frames, attribution, comparison);
    let mut new_name = BTreeMap::new();
    let mut pairs = Vec::new();
    // Each round finds at least one pair, or is the last.
    loop {
        let found = functions.pairs(&new_name);
        if found.is_empty() {
            break;
        }
        new_name.extend(found.iter().copied());
        pairs.extend(found);
    }
    let mut renamed: Vec<Renamed> = pairs
        .into_iter()
        .filter_map(|(old, new)| {
            let name = |(function, _): Key| frames.text(function).to_owned();
            let (base, head) = (functions.by_key.get(&old)?.base, functions.by_key.get(&new)?.head);
            Some(Renamed { old: name(old), new: name(new), base, head })
        })
        // A function of the same name elsewhere cannot be told by its name.
        .filter(|pair| pair.old != pair.new)
        .collect();
    renamed.sort_by(|a, b| b.base.cmp(&a.base).then_with(|| (&a.old, &a.new).cmp(&(&b.old, &b.new))));
    renamed
}

/// What tells functions apart: see [`FrameTable::function_key`].
type Key = (StringId, StringId);

/// What a function holds together with what it called, and who called it.
#[derive(Debug, Default)]
struct Function {
    base: i64,
    head: i64,
    /// `None` is the root.
    callers: BTreeSet<Option<Key>>,
}

struct Functions<'a> {
    frames: &'a FrameTable,
    by_key: IndexMap<Key, Function>,
}

impl<'a> Functions<'a> {
    fn of(frames: &'a FrameTable, attribution: &Attribution, comparison: &Comparison) -> Self {
        let mut by_key: IndexMap<Key, Function> = IndexMap::new();
        let mut keys: Vec<Key> = Vec::new();
        for (id, stack) in frames.stacks() {
            let Some(gathered) = comparison.gather(id) else { continue };
            let value = comparison.figures(&gathered).value;
            keys.clear();
            let shown = attribution.shown(stack, attribution.of(stack));
            keys.extend(
                shown.filter(|&frame| is_named(frames, frame)).map(|frame| frames.function_key(frame)),
            );
            // Recursion: what a function calls itself is no caller of it.
            keys.dedup();
            for (place, &key) in keys.iter().enumerate() {
                let function = by_key.entry(key).or_default();
                function.callers.insert(keys.get(place + 1).copied());
                let is_counted = keys.get(..place).is_some_and(|before| before.contains(&key));
                if !is_counted {
                    function.base = function.base.saturating_add(value.base);
                    function.head = function.head.saturating_add(value.head);
                }
            }
        }
        Self { frames, by_key }
    }

    /// Name and file, which unlike handles do not depend on the order of samples.
    fn texts(&self, (function, file): Key) -> (&str, &str) {
        (self.frames.text(function), self.frames.text(file))
    }

    /// Functions that went and came and are not yet paired, each with the one that it is most like.
    fn pairs(&self, new_name: &BTreeMap<Key, Key>) -> Vec<(Key, Key)> {
        let mut came: BTreeMap<Vec<Option<Key>>, Vec<(Key, i64)>> = BTreeMap::new();
        for (&key, function) in &self.by_key {
            if function.base == 0 && function.head > 0 && !new_name.values().any(|&new| new == key) {
                let callers = function.callers.iter().copied().collect();
                came.entry(callers).or_default().push((key, function.head));
            }
        }
        for candidates in came.values_mut() {
            candidates.sort_by_key(|&(key, _)| self.texts(key));
        }
        let went = self.by_key.iter().filter(|(key, function)| {
            function.base > 0 && function.head == 0 && !new_name.contains_key(*key)
        });
        let mut went: Vec<(Key, &Function)> = went.map(|(&key, function)| (key, function)).collect();
        went.sort_by_key(|&(key, function)| (std::cmp::Reverse(function.base), self.texts(key)));
        let mut pairs = Vec::new();
        for (old, function) in went {
            let callers = function
                .callers
                .iter()
                .map(|caller| caller.map(|caller| new_name.get(&caller).copied().unwrap_or(caller)));
            let callers: BTreeSet<Option<Key>> = callers.collect();
            let callers: Vec<Option<Key>> = callers.into_iter().collect();
            let Some(candidates) = came.get_mut(&callers) else { continue };
            let likest = (0..candidates.len())
                .filter_map(|index| Some((index, likeness(function.base, candidates.get(index)?.1)?)))
                .max_by_key(|&(index, likeness)| (likeness, std::cmp::Reverse(index)));
            if let Some((index, _)) = likest {
                pairs.push((old, candidates.remove(index).0));
            }
        }
        pairs
    }
}

/// The smaller of two values in thousandths of the larger; `None` if they are not similar.
fn likeness(a: i64, b: i64) -> Option<i128> {
    let (smaller, larger) = (i128::from(a.min(b)), i128::from(a.max(b)));
    (smaller * 100 >= larger * SIMILAR_PERCENT).then(|| smaller * 1000 / larger.max(1))
}

/// Whether a frame has a function's name, and not a place in a file, which every build changes.
fn is_named(frames: &FrameTable, frame: FrameId) -> bool {
    let name = frames.function(frame);
    let place = name.rsplit('+').next().unwrap_or(name);
    let is_place = place
        .strip_prefix("0x")
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    !is_place && !name.is_empty()
}
