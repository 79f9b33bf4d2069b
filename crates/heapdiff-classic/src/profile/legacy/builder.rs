//! What all older formats have in common: stacks of bare addresses.

use super::super::entities::{LocationId, ValueType};
use super::super::label_sets::{Label, LabelSetId, LabelValue};
use super::super::model::Profile;
use super::super::samples::Samples;
use super::super::string_table::StringId;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// A profile that grows sample by sample, with one location for each address.
#[derive(Debug)]
pub(super) struct Builder {
    pub(super) profile: Profile,
    locations: HashMap<u64, LocationId, FixedState>,
    stack: Vec<LocationId>,
}

impl Builder {
    /// A profile of these types of values, each with its unit.
    pub(super) fn new(sample_types: &[(&str, &str)], period_type: (&str, &str), period: i64) -> Self {
        let mut profile = Profile { period, ..Profile::default() };
        profile.sample_types = sample_types.iter().map(|&kind| value_type(&mut profile, kind)).collect();
        profile.period_type = value_type(&mut profile, period_type);
        profile.samples = Samples::new(sample_types.len());
        Self { profile, locations: HashMap::default(), stack: Vec::new() }
    }

    /// Adds a sample of a stack of addresses, leaf first.
    pub(super) fn sample(
        &mut self,
        addresses: impl Iterator<Item = u64>,
        values: &[i64],
        labels: LabelSetId,
    ) {
        let Self { profile, locations, stack } = self;
        stack.clear();
        stack.extend(addresses.map(|address| {
            *locations.entry(address).or_insert_with(|| profile.push_location(address, None, false, &[]))
        }));
        profile.samples.push(stack, values, labels);
    }

    /// The location of an address that a sample has.
    pub(super) fn location(&self, address: u64) -> Option<LocationId> {
        self.locations.get(&address).copied()
    }

    /// The label that heap profiles have: the size of a block.
    pub(super) fn block_size(&mut self, value: i64) -> LabelSetId {
        let key = self.profile.strings.intern("bytes");
        let value = LabelValue::Number { value, unit: StringId::EMPTY };
        self.profile.label_sets.intern(&mut [Label { key, value }], &self.profile.strings)
    }
}

/// A type of values by name and unit.
pub(super) fn value_type(profile: &mut Profile, (kind, unit): (&str, &str)) -> ValueType {
    ValueType { kind: profile.strings.intern(kind), unit: profile.strings.intern(unit) }
}

/// Return addresses as addresses of calls: each one less.
pub(super) fn calls(addresses: &[u64]) -> impl Iterator<Item = u64> {
    addresses.iter().map(|address| address.wrapping_sub(1))
}

/// Return addresses as addresses of calls, except for the leaf, which is where the thread was.
pub(super) fn calls_above_leaf(addresses: &[u64]) -> impl Iterator<Item = u64> {
    addresses.iter().zip(0_u64..).map(|(address, place)| address.wrapping_sub(u64::from(place > 0)))
}
