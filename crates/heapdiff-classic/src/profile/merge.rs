//! Several profiles to one, and one profile to its compact form.

use super::entities::{Function, FunctionId, Line, Location, LocationId, Mapping, MappingId, ValueType};
use super::label_sets::{Label, LabelSetId, LabelValue};
use super::model::Profile;
use super::samples::{Sample, Samples};
use super::string_table::StringId;
use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};
use std::hash::{BuildHasher, Hash};
use thiserror::Error;

/// Why profiles cannot become one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MergeError {
    /// There are none.
    #[error("no profiles to merge")]
    Nothing,
    /// Their periods count different things.
    #[error("incompatible period types &{{{0} 0 0}} and &{{{1} 0 0}}")]
    PeriodTypes(String, String),
    /// Their values mean different things.
    #[error("incompatible sample types [{0}] and [{1}]")]
    SampleTypes(String, String),
}

/// Sums profiles up by stack and labels, and drops what is zero or what nothing refers to.
///
/// Mappings, locations and functions are numbered anew in the order in which samples use them, except that the first
/// mapping of the first profile that has one stays first: it is the main binary. Addresses are moved into the mapping
/// that was there first, so that runs of one program at different addresses are summed up.
///
/// # Errors
/// If the profiles' periods or values do not mean the same.
pub fn merge(sources: Vec<Profile>) -> Result<Profile, MergeError> {
    let mut merged = combine_headers(&sources)?;
    let sample_count = sources.first().map_or(0, |source| source.samples.len());
    merged.samples = Samples::new(merged.sample_types.len());
    let mut merger = Merger::new(merged, sample_count);
    for source in sources {
        merger.add(&source);
    }
    let merged = merger.profile;
    if merged.samples.iter().any(|sample| is_zero(sample.values)) {
        return merge(vec![merged]);
    }
    Ok(merged)
}

fn is_zero(values: &[i64]) -> bool {
    values.iter().all(|&value| value == 0)
}

/// What the merged profile says once.
fn combine_headers(sources: &[Profile]) -> Result<Profile, MergeError> {
    let first = sources.first().ok_or(MergeError::Nothing)?;
    for source in sources {
        check_compatible(first, source)?;
    }
    let mut merged = Profile::default();
    merged.sample_types =
        first.sample_types.iter().map(|&kind| copy_type(&mut merged, first, kind)).collect();
    merged.period_type = copy_type(&mut merged, first, first.period_type);
    merged.drop_frames = merged.strings.intern(first.text(first.drop_frames));
    merged.keep_frames = merged.strings.intern(first.text(first.keep_frames));
    for source in sources {
        if merged.time_nanos == 0 || source.time_nanos < merged.time_nanos {
            merged.time_nanos = source.time_nanos;
        }
        merged.duration_nanos = merged.duration_nanos.wrapping_add(source.duration_nanos);
        if merged.period == 0 || merged.period < source.period {
            merged.period = source.period;
        }
        for &comment in &source.comments {
            let comment = merged.strings.intern(source.text(comment));
            if !merged.comments.contains(&comment) {
                merged.comments.push(comment);
            }
        }
        if merged.default_sample_type.is_empty() {
            merged.default_sample_type = merged.strings.intern(source.text(source.default_sample_type));
        }
        if merged.doc_url.is_empty() {
            merged.doc_url = merged.strings.intern(source.text(source.doc_url));
        }
    }
    Ok(merged)
}

fn copy_type(merged: &mut Profile, source: &Profile, kind: ValueType) -> ValueType {
    ValueType {
        kind: merged.strings.intern(source.text(kind.kind)),
        unit: merged.strings.intern(source.text(kind.unit)),
    }
}

pub(super) fn check_compatible(first: &Profile, other: &Profile) -> Result<(), MergeError> {
    let text = |profile: &Profile, kind: &ValueType| {
        format!("{} {}", profile.text(kind.kind), profile.text(kind.unit))
    };
    let texts = |profile: &Profile| -> Vec<String> {
        profile.sample_types.iter().map(|kind| text(profile, kind)).collect()
    };
    let (period, other_period) = (text(first, &first.period_type), text(other, &other.period_type));
    if period != other_period {
        return Err(MergeError::PeriodTypes(period, other_period));
    }
    let (types, other_types) = (texts(first), texts(other));
    if types != other_types {
        return Err(MergeError::SampleTypes(types.join(" "), other_types.join(" ")));
    }
    Ok(())
}

/// A mapping is known again by its size, offset, and build ID or file. One with neither is a stand-in, and all
/// stand-ins of a size are one.
#[derive(PartialEq, Eq, Hash)]
struct MappingKey {
    size: u64,
    offset: u64,
    name: StringId,
}

/// A function is known again by all that is known of it.
#[derive(PartialEq, Eq, Hash)]
struct FunctionKey {
    name: StringId,
    system_name: StringId,
    filename: StringId,
    start_line: i64,
}

/// A mapping of the merged profile, and how far its addresses are from the source's.
#[derive(Clone, Copy)]
struct MovedMapping {
    id: MappingId,
    distance: u64,
}

struct Merger {
    profile: Profile,
    samples: HashTable<usize>,
    locations: HashTable<LocationId>,
    functions: HashMap<FunctionKey, FunctionId, FixedState>,
    mappings: HashMap<MappingKey, MappingId, FixedState>,
}

/// What each part of one source has become; nothing yet where no sample has used it.
struct Renumbering {
    strings: Vec<Option<StringId>>,
    label_sets: Vec<Option<LabelSetId>>,
    mappings: Vec<Option<MovedMapping>>,
    functions: Vec<Option<FunctionId>>,
    locations: Vec<Option<LocationId>>,
}

impl Renumbering {
    fn new(source: &Profile) -> Self {
        Self {
            strings: vec![None; source.strings.len()],
            label_sets: vec![None; source.label_sets.len()],
            mappings: vec![None; source.mappings.len()],
            functions: vec![None; source.functions.len()],
            locations: vec![None; source.locations.len()],
        }
    }
}

fn known<T: Copy>(table: &[Option<T>], index: usize) -> Option<T> {
    table.get(index).copied().flatten()
}

fn note<T>(table: &mut [Option<T>], index: usize, value: T) {
    if let Some(slot) = table.get_mut(index) {
        *slot = Some(value);
    }
}

impl Merger {
    fn new(profile: Profile, sample_count: usize) -> Self {
        Self {
            profile,
            samples: HashTable::with_capacity(sample_count),
            locations: HashTable::new(),
            functions: HashMap::default(),
            mappings: HashMap::default(),
        }
    }

    fn add(&mut self, source: &Profile) {
        let mut new = Renumbering::new(source);
        if self.mappings.is_empty() && !source.mappings.is_empty() {
            self.mapping(source, &mut new, MappingId::at(0));
        }
        self.profile.samples.reserve_more(source.samples.len(), source.samples.location_count());
        let mut stack = Vec::new();
        for sample in source.samples.iter() {
            if !is_zero(sample.values) {
                self.sample(source, &mut new, sample, &mut stack);
            }
        }
    }

    fn sample(
        &mut self,
        source: &Profile,
        new: &mut Renumbering,
        sample: Sample<'_>,
        stack: &mut Vec<LocationId>,
    ) {
        stack.clear();
        stack.extend(sample.stack.iter().map(|&location| self.location(source, new, location)));
        let labels = self.label_set(source, new, sample.labels);
        let hash = hash_sample(stack, labels);
        let samples = &self.profile.samples;
        let same = self.samples.find(hash, |&index| {
            samples.get(index).is_some_and(|known| known.labels == labels && known.stack == *stack)
        });
        if let Some(&index) = same {
            for (sum, value) in self.profile.samples.values_mut(index).iter_mut().zip(sample.values) {
                *sum = sum.wrapping_add(*value);
            }
            return;
        }
        let index = samples.len();
        self.profile.samples.push(stack, sample.values, labels);
        let samples = &self.profile.samples;
        self.samples.insert_unique(hash, index, |&index| {
            samples.get(index).map_or(0, |sample| hash_sample(sample.stack, sample.labels))
        });
    }

    fn string(&mut self, source: &Profile, new: &mut Renumbering, string: StringId) -> StringId {
        if let Some(known) = known(&new.strings, string.index()) {
            return known;
        }
        let copy = self.profile.strings.intern(source.text(string));
        note(&mut new.strings, string.index(), copy);
        copy
    }

    fn label_set(&mut self, source: &Profile, new: &mut Renumbering, set: LabelSetId) -> LabelSetId {
        if let Some(known) = known(&new.label_sets, set.index()) {
            return known;
        }
        let mut labels: Vec<Label> = source.label_sets.get(set).to_vec();
        for label in &mut labels {
            label.key = self.string(source, new, label.key);
            match &mut label.value {
                LabelValue::Text(text) => *text = self.string(source, new, *text),
                LabelValue::Number { unit, .. } => *unit = self.string(source, new, *unit),
            }
        }
        let copy = self.profile.label_sets.intern(&mut labels, &self.profile.strings);
        note(&mut new.label_sets, set.index(), copy);
        copy
    }

    fn location(&mut self, source: &Profile, new: &mut Renumbering, id: LocationId) -> LocationId {
        if let Some(known) = known(&new.locations, id.index()) {
            return known;
        }
        let location = source.location(id);
        let mapping = location.mapping.and_then(|mapping| self.mapping(source, new, mapping));
        let address = location.address.wrapping_add(mapping.map_or(0, |mapping| mapping.distance));
        let mapping = mapping.map(|mapping| mapping.id);
        let lines: Vec<Line> = source
            .lines(location)
            .iter()
            .map(|line| Line { function: self.function(source, new, line.function), ..*line })
            .collect();
        let merged = self.find_or_add_location(address, mapping, location.is_folded, &lines);
        note(&mut new.locations, id.index(), merged);
        merged
    }

    fn find_or_add_location(
        &mut self,
        address: u64,
        mapping: Option<MappingId>,
        is_folded: bool,
        lines: &[Line],
    ) -> LocationId {
        let hash = hash_location(address, mapping, is_folded, lines);
        let profile = &self.profile;
        let same = self.locations.find(hash, |&id| {
            let known = profile.location(id);
            known.address == address
                && known.mapping == mapping
                && known.is_folded == is_folded
                && are_same_lines(profile.lines(known), lines)
        });
        if let Some(&id) = same {
            return id;
        }
        let id = self.profile.push_location(address, mapping, is_folded, lines);
        let profile = &self.profile;
        self.locations.insert_unique(hash, id, |&id| {
            let known: &Location = profile.location(id);
            hash_location(known.address, known.mapping, known.is_folded, profile.lines(known))
        });
        id
    }

    fn function(&mut self, source: &Profile, new: &mut Renumbering, id: FunctionId) -> FunctionId {
        if let Some(known) = known(&new.functions, id.index()) {
            return known;
        }
        let function = source.function(id);
        let key = FunctionKey {
            name: self.string(source, new, function.name),
            system_name: self.string(source, new, function.system_name),
            filename: self.string(source, new, function.filename),
            start_line: function.start_line,
        };
        let profile = &mut self.profile;
        let merged = *self.functions.entry(key).or_insert_with_key(|key| {
            let &FunctionKey { name, system_name, filename, start_line } = key;
            profile.push_function(Function { id: 0, name, system_name, filename, start_line })
        });
        note(&mut new.functions, id.index(), merged);
        merged
    }

    fn mapping(&mut self, source: &Profile, new: &mut Renumbering, id: MappingId) -> Option<MovedMapping> {
        if let Some(known) = known(&new.mappings, id.index()) {
            return Some(known);
        }
        let mapping = source.mapping(id)?;
        let copy = Mapping {
            file: self.string(source, new, mapping.file),
            build_id: self.string(source, new, mapping.build_id),
            ..mapping.clone()
        };
        let profile = &mut self.profile;
        let merged = *self.mappings.entry(mapping_key(&copy)).or_insert_with(|| profile.push_mapping(copy));
        let start = self.profile.mapping(merged).map_or(0, |mapping| mapping.start);
        let moved = MovedMapping { id: merged, distance: start.wrapping_sub(mapping.start) };
        note(&mut new.mappings, id.index(), moved);
        Some(moved)
    }
}

fn mapping_key(mapping: &Mapping) -> MappingKey {
    const PAGE: u64 = 0x1000;
    let size = mapping.limit.wrapping_sub(mapping.start).wrapping_add(PAGE - 1);
    MappingKey {
        size: size - size % PAGE,
        offset: mapping.offset,
        name: if mapping.build_id.is_empty() { mapping.file } else { mapping.build_id },
    }
}

fn hash_sample(stack: &[LocationId], labels: LabelSetId) -> u64 {
    FixedState::default().hash_one((stack, labels))
}

fn hash_location(address: u64, mapping: Option<MappingId>, is_folded: bool, lines: &[Line]) -> u64 {
    let function = lines.first().map(|line| (line.function, line.line));
    FixedState::default().hash_one((address, mapping, is_folded, lines.len(), function))
}

/// pprof compares the column of the last line only; those before it get lost in the key that it makes.
fn are_same_lines(one: &[Line], other: &[Line]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| (one.function, one.line) == (other.function, other.line))
        && one.last().map(|line| line.column) == other.last().map(|line| line.column)
}
