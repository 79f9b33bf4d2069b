//! Several profiles as one: the sum of what each of them holds.
//!
//! A location is one place in one build: its file by build ID, or by path, offset and size where there is no build ID,
//! and the address relative to where that was mapped. So the processes of one build merge although the loader put each
//! of them elsewhere. Another build's location stays one of its own, under its own mapping: reports put both together
//! by the function's name, as they do with the two sides of a diff.
//!
//! Rows are one if their stacks and labels are. Nothing else is lost but sample types that only some have, which is
//! noted, and what a snapshot says of its process: several have none in common.

mod difference;
mod error;
mod tables;

use crate::metadata::Metadata;
use crate::note::Note;
use crate::profile::{Label, LabelValue, LocationId, Profile, Sample, ValueType};
use crate::sample_type::is_same_type;
use crate::series::NamedProfile;
use indexmap::IndexMap;
use indexmap::map::Entry;
use std::collections::BTreeMap;
use tables::{Handles, Tables};

pub use difference::{difference, side_by_side};
pub use error::MergeError;

/// Sums profiles, one after the other: what is held is the sum, never all of them.
#[derive(Clone, Debug, Default)]
pub struct Merger {
    /// All but the samples.
    merged: Profile,
    tables: Tables,
    rows: IndexMap<RowKey, Vec<i64>>,
    /// Name of the first profile, for errors.
    first: String,
    count: usize,
    not_common: Vec<ValueType>,
    /// What the snapshots among them say of themselves.
    metadata: Vec<Metadata>,
    dropped: BTreeMap<String, u64>,
    /// Distinct patterns of frames to hide, and not to.
    drop_frames: Vec<String>,
    keep_frames: Vec<String>,
}

/// What samples of one row have in common.
type RowKey = (Box<[LocationId]>, Box<[Label]>);

/// A sum of profiles.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The sum.
    pub profile: Profile,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// Sums profiles.
///
/// # Errors
/// If they measure different things, or were sampled with different periods; and if there are none.
pub fn merge(profiles: impl IntoIterator<Item = NamedProfile>) -> Result<Merged, MergeError> {
    let mut merger = Merger::default();
    for named in profiles {
        merger.add(named)?;
    }
    merger.finish()
}

impl Merger {
    /// Adds a profile. After an error there is no sum.
    ///
    /// # Errors
    /// If it has no sample type in common with those before, or another period.
    pub fn add(&mut self, named: NamedProfile) -> Result<(), MergeError> {
        let NamedProfile { name, mut profile } = named;
        let columns = if self.count == 0 {
            (0..profile.sample_types.len()).collect()
        } else {
            self.fit(&name, &profile)?
        };
        let handles = self.tables.add(&mut self.merged, &profile)?;
        if self.count == 0 {
            self.first = name;
            self.merged.sample_types = profile.sample_types.clone();
            self.merged.default_sample_type = profile.default_sample_type.take();
            self.merged.period_type = profile.period_type.take();
            self.merged.period = profile.period;
        }
        self.count += 1;
        self.add_header(&mut profile);
        self.add_rows(&profile, &handles, &columns);
        Ok(())
    }

    /// The sum of what was added.
    ///
    /// # Errors
    /// If nothing was.
    pub fn finish(self) -> Result<Merged, MergeError> {
        let Self {
            mut merged, rows, count, not_common, mut metadata, dropped, drop_frames, keep_frames, ..
        } = self;
        if count == 0 {
            return Err(MergeError::Nothing);
        }
        let samples = rows.into_iter().map(|((stack, labels), values)| Sample {
            stack: stack.into_vec(),
            values: values.into(),
            labels: labels.into_vec().into(),
        });
        merged.samples = samples.collect();
        merged.drop_frames = any_of(drop_frames);
        merged.keep_frames = any_of(keep_frames);
        let mut notes = Vec::new();
        if !not_common.is_empty() {
            let kinds = not_common.into_iter().map(|of| format!("{}/{}", of.kind, of.unit)).collect();
            notes.push(Note::SampleTypesNotCommon { kinds });
        }
        if count == 1 {
            merged.metadata = metadata.pop();
        } else if !metadata.is_empty() {
            let (snapshots, processes) = (metadata.len(), count_processes(&metadata));
            notes.push(Note::MergedSnapshots { snapshots, processes });
            merged.comments.extend(loss_comment(snapshots, &dropped));
        }
        Ok(Merged { profile: merged, notes })
    }

    /// The columns of `profile` that hold the sample types of the sum, which loses those that `profile` lacks.
    fn fit(&mut self, name: &str, profile: &Profile) -> Result<Vec<usize>, MergeError> {
        let merged = &mut self.merged;
        if (merged.period, &merged.period_type) != (profile.period, &profile.period_type) {
            return Err(MergeError::different_periods([&self.first, name], [merged, profile]));
        }
        let column_of =
            |of: &ValueType| profile.sample_types.iter().position(|candidate| is_same_type(of, candidate));
        let columns: Vec<Option<usize>> = merged.sample_types.iter().map(column_of).collect();
        if columns.iter().all(Option::is_none) {
            return Err(MergeError::no_common_sample_type([&self.first, name], [merged, profile]));
        }
        let only_there = |of: &&ValueType| !merged.sample_types.iter().any(|known| is_same_type(known, of));
        let new: Vec<ValueType> = profile.sample_types.iter().filter(only_there).cloned().collect();
        self.forget(&columns);
        for of in new {
            if !self.not_common.contains(&of) {
                self.not_common.push(of);
            }
        }
        Ok(columns.into_iter().flatten().collect())
    }

    /// Removes the columns of the sum that the next profile does not have.
    fn forget(&mut self, columns: &[Option<usize>]) {
        if columns.iter().all(Option::is_some) {
            return;
        }
        let is_kept = |index: usize| columns.get(index).is_some_and(Option::is_some);
        let mut index = 0..;
        let (kept, gone) = std::mem::take(&mut self.merged.sample_types)
            .into_iter()
            .partition(|_| index.next().is_some_and(is_kept));
        self.merged.sample_types = kept;
        self.not_common.extend::<Vec<_>>(gone);
        for values in self.rows.values_mut() {
            let mut index = 0..;
            values.retain(|_| index.next().is_some_and(is_kept));
        }
        let types = &self.merged.sample_types;
        self.merged.default_sample_type.take_if(|kind| !types.iter().any(|of| of.kind == *kind));
    }

    /// What a profile says about the whole of it.
    fn add_header(&mut self, profile: &mut Profile) {
        let merged = &mut self.merged;
        if merged.time_nanos == 0 || (profile.time_nanos != 0 && profile.time_nanos < merged.time_nanos) {
            merged.time_nanos = profile.time_nanos;
        }
        merged.duration_nanos = merged.duration_nanos.saturating_add(profile.duration_nanos);
        let patterns = [
            (&mut self.drop_frames, &mut profile.drop_frames),
            (&mut self.keep_frames, &mut profile.keep_frames),
        ];
        for (known, added) in patterns {
            known.extend(added.take().filter(|pattern| !known.contains(pattern)));
        }
        if merged.doc_url.is_none() {
            merged.doc_url = profile.doc_url.take();
        }
        for comment in profile.comments.drain(..) {
            if self.count == 1 || !merged.comments.contains(&comment) {
                merged.comments.push(comment);
            }
        }
        if let Some(metadata) = profile.metadata.take() {
            for (name, &count) in &metadata.dropped {
                let sum = self.dropped.entry(name.clone()).or_default();
                *sum = sum.saturating_add(count);
            }
            self.metadata.push(metadata);
        }
    }

    fn add_rows(&mut self, profile: &Profile, handles: &Handles, columns: &[usize]) {
        let strings = &mut self.merged.strings;
        for sample in &profile.samples {
            let stack = sample.stack.iter().filter_map(|&id| handles.location(id)).collect();
            let labels = sample.labels.iter().map(|label| {
                let mut text = |id| strings.intern(profile.strings.get(id));
                let value = match label.value {
                    LabelValue::Text(word) => LabelValue::Text(text(word)),
                    LabelValue::Number { value, unit } => LabelValue::Number { value, unit: text(unit) },
                };
                Label { key: text(label.key), value }
            });
            let values = columns.iter().map(|&column| sample.values.get(column).copied().unwrap_or(0));
            match self.rows.entry((stack, labels.collect())) {
                Entry::Vacant(entry) => {
                    entry.insert(values.collect());
                }
                Entry::Occupied(mut entry) => {
                    for (sum, value) in entry.get_mut().iter_mut().zip(values) {
                        *sum = sum.saturating_add(value);
                    }
                }
            }
        }
    }
}

/// How many processes wrote these snapshots.
fn count_processes(metadata: &[Metadata]) -> usize {
    let mut known: Vec<&Metadata> = Vec::new();
    for of in metadata {
        if !known.iter().any(|known| known.process.is_same(&of.process)) {
            known.push(of);
        }
    }
    known.len()
}

/// What was lost while the snapshots were recorded: no loss may go unsaid because profiles were merged.
fn loss_comment(snapshots: usize, dropped: &BTreeMap<String, u64>) -> Option<String> {
    let losses: Vec<String> = dropped
        .iter()
        .filter(|&(_, &count)| count > 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    let lost = if losses.is_empty() { "nothing".to_owned() } else { losses.join(", ") };
    (snapshots > 0)
        .then(|| format!("sum of {snapshots} heapdiff snapshots; lost while they were recorded: {lost}"))
}

/// The pattern that matches what any of these does. What only some of the profiles hide is hidden in all of them.
fn any_of(patterns: Vec<String>) -> Option<String> {
    match <[String; 1]>::try_from(patterns) {
        Ok([only]) => Some(only),
        Err(patterns) => {
            let groups = patterns.iter().filter(|pattern| !pattern.is_empty());
            let groups: Vec<String> = groups.map(|pattern| format!("(?:{pattern})")).collect();
            (!groups.is_empty()).then(|| groups.join("|"))
        }
    }
}
