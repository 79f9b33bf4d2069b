//! A profile that grows line by line: what is equal is stored once, and all of it is charged to the budget.

use crate::limits::{Limits, ModelBudget};
use crate::read_error::ReadError;
use crate::warning::Warning;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use heapdiff_profile::{
    Function, FunctionId, Label, LabelValue, Line, Location, LocationId, Mapping, MappingId, Profile, Sample,
    StringId, ValueType,
};
use std::hash::{BuildHasher as _, Hash, Hasher};

/// A profile in the making.
#[derive(Debug)]
pub(crate) struct Assembly {
    profile: Profile,
    budget: ModelBudget,
    // Handles by what is behind them, which itself is in the profile alone.
    functions: HashTable<FunctionId>,
    locations: HashTable<LocationId>,
    samples: HashTable<u32>,
    /// Sums that do not fit.
    saturated: u64,
    hash: FixedState,
}

impl Assembly {
    /// A profile without samples. Of the sample types, each a kind and a unit, `default` is shown first.
    pub(crate) fn new(types: &[(&str, &str)], default: &str, limits: &Limits) -> Self {
        let profile = Profile {
            sample_types: types.iter().map(|&of| value_type(of)).collect(),
            default_sample_type: Some(default.to_owned()),
            ..Profile::default()
        };
        Self {
            profile,
            budget: ModelBudget::new(limits),
            functions: HashTable::new(),
            locations: HashTable::new(),
            samples: HashTable::new(),
            saturated: 0,
            hash: FixedState::default(),
        }
    }

    /// What is not of stacks: times, period, comments.
    pub(crate) fn header(&mut self) -> &mut Profile {
        &mut self.profile
    }

    /// Says that nothing of a heap was left to chance.
    pub(crate) fn all_recorded(&mut self) {
        self.profile.period = 1;
        self.profile.period_type = Some(value_type(("space", "bytes")));
    }

    /// Takes memory for something that the reader itself holds.
    pub(crate) fn charge<T>(&mut self, behind: usize) -> Result<(), ReadError> {
        self.budget.charge::<T>(behind)
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<StringId, ReadError> {
        if let Some(known) = self.profile.strings.find(text) {
            return Ok(known);
        }
        self.budget.charge_string(text)?;
        Ok(self.profile.strings.intern(text))
    }

    pub(crate) fn mapping(&mut self, mapping: Mapping) -> Result<MappingId, ReadError> {
        self.budget.charge::<Mapping>(mapping.file.len() + mapping.build_id.len())?;
        let id = MappingId::from_index(self.profile.mappings.len());
        self.profile.mappings.push(mapping);
        id.ok_or(ReadError::TooMany { what: "mappings" })
    }

    /// The function of this name in this source file.
    pub(crate) fn function(&mut self, name: &str, file: &str) -> Result<FunctionId, ReadError> {
        let hash = self.hash.hash_one((name, file));
        let profile = &self.profile;
        if let Some(&known) = self.functions.find(hash, |id| texts_of(profile, *id) == (name, file)) {
            return Ok(known);
        }
        self.budget.charge::<(Function, [FunctionId; 2])>(0)?;
        let (name, file) = (self.text(name)?, self.text(file)?);
        let id = FunctionId::from_index(self.profile.functions.len())
            .ok_or(ReadError::TooMany { what: "functions" })?;
        self.profile.functions.push(Function { name, system_name: name, file, start_line: 0 });
        let (profile, state) = (&self.profile, &self.hash);
        self.functions.insert_unique(hash, id, |id| state.hash_one(texts_of(profile, *id)));
        Ok(id)
    }

    /// The location that is like this one.
    pub(crate) fn location(&mut self, location: Location) -> Result<LocationId, ReadError> {
        let hash = hash_of_location(&self.hash, &location);
        let locations = &self.profile.locations;
        if let Some(&known) =
            self.locations.find(hash, |id| locations.get(id.index()).is_some_and(|other| *other == location))
        {
            return Ok(known);
        }
        self.budget.charge::<(Location, [LocationId; 2])>(size_of_val(location.lines.as_slice()))?;
        let id = LocationId::from_index(self.profile.locations.len())
            .ok_or(ReadError::TooMany { what: "locations" })?;
        self.profile.locations.push(location);
        let (locations, state) = (&self.profile.locations, &self.hash);
        self.locations.insert_unique(hash, id, |id| {
            locations.get(id.index()).map_or(0, |location| hash_of_location(state, location))
        });
        Ok(id)
    }

    /// The location of a function of which the name is all that is known, in a profile of such alone.
    pub(crate) fn frame_of_name(&mut self, name: &str) -> Result<LocationId, ReadError> {
        let function = self.function(name, "")?;
        let place = function.index();
        if place == self.profile.locations.len() {
            self.budget.charge::<(Location, Line)>(0)?;
            let lines = vec![Line { function, line: 0, column: 0 }];
            self.profile.locations.push(Location { lines, ..Location::default() });
        }
        LocationId::from_index(place).ok_or(ReadError::TooMany { what: "locations" })
    }

    /// A label that is a word.
    pub(crate) fn word_label(&mut self, key: &str, value: &str) -> Result<Label, ReadError> {
        Ok(Label { key: self.text(key)?, value: LabelValue::Text(self.text(value)?) })
    }

    /// A label that is a number.
    pub(crate) fn number_label(&mut self, key: &str, value: i64, unit: &str) -> Result<Label, ReadError> {
        Ok(Label { key: self.text(key)?, value: LabelValue::Number { value, unit: self.text(unit)? } })
    }

    /// Adds values to the sample of this stack, leaf first, and these labels, and says which sample that is.
    pub(crate) fn add(
        &mut self,
        stack: &[LocationId],
        labels: &[Label],
        values: &[i64],
    ) -> Result<usize, ReadError> {
        let hash = hash_of_sample(&self.hash, stack, labels);
        let samples = &mut self.profile.samples;
        let is_it = |sample: &Sample| sample.stack == stack && *sample.labels == *labels;
        if let Some(&known) = self.samples.find(hash, |&index| samples.get(index as usize).is_some_and(is_it))
        {
            let sums = samples.get_mut(known as usize).map_or(&mut [][..], |sample| &mut sample.values);
            for (sum, value) in sums.iter_mut().zip(values) {
                let (exact, overflows) = sum.overflowing_add(*value);
                *sum = if overflows { sum.saturating_add(*value) } else { exact };
                self.saturated += u64::from(overflows);
            }
            return Ok(known as usize);
        }
        self.budget
            .charge::<(Sample, [u32; 2])>(size_of_val(stack) + size_of_val(labels) + size_of_val(values))?;
        let index = u32::try_from(samples.len()).map_err(|_| ReadError::TooMany { what: "samples" })?;
        let sample = Sample { stack: stack.to_vec(), values: values.into(), labels: labels.into() };
        samples.push(sample);
        let (samples, state) = (&self.profile.samples, &self.hash);
        self.samples.insert_unique(hash, index, |&index| {
            samples.get(index as usize).map_or(0, |of| hash_of_sample(state, &of.stack, &of.labels))
        });
        Ok(index as usize)
    }

    /// The profile, and what went wrong with its sums.
    pub(crate) fn finish(self) -> (Profile, Vec<Warning>) {
        let saturated = (self.saturated > 0).then_some(Warning::Saturated { count: self.saturated });
        (self.profile, saturated.into_iter().collect())
    }
}

pub(crate) fn value_type((kind, unit): (&str, &str)) -> ValueType {
    ValueType { kind: kind.to_owned(), unit: unit.to_owned() }
}

/// Name and file of a function.
fn texts_of(profile: &Profile, id: FunctionId) -> (&str, &str) {
    let text = |id: StringId| profile.strings.get(id);
    profile.function(id).map_or(("", ""), |function| (text(function.name), text(function.file)))
}

fn hash_of_location(state: &FixedState, location: &Location) -> u64 {
    let mut hasher = state.build_hasher();
    (location.mapping, location.address, location.is_folded, location.lines.len()).hash(&mut hasher);
    for line in &location.lines {
        (line.function, line.line, line.column).hash(&mut hasher);
    }
    hasher.finish()
}

fn hash_of_sample(state: &FixedState, stack: &[LocationId], labels: &[Label]) -> u64 {
    let mut hasher = state.build_hasher();
    stack.hash(&mut hasher);
    for label in labels {
        label.key.hash(&mut hasher);
        match label.value {
            LabelValue::Text(text) => text.hash(&mut hasher),
            LabelValue::Number { value, unit } => (value, unit).hash(&mut hasher),
        }
    }
    hasher.finish()
}
