//! What a profile holds, in counts.

use crate::profile::{Profile, ValueType};

/// Counts and sums of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileSummary {
    /// Each sample type with the sum of its values, in the profile's order.
    pub totals: Vec<(ValueType, i64)>,
    /// Rows.
    pub samples: usize,
    /// Distinct sequences of locations.
    pub stacks: usize,
    /// The most locations in one stack.
    pub depth_max: usize,
    /// Addresses.
    pub locations: usize,
    /// Addresses that have a function.
    pub locations_symbolized: usize,
    /// Functions.
    pub functions: usize,
    /// Mapped files.
    pub mappings: usize,
    /// Mapped files with a build ID.
    pub mappings_with_build_id: usize,
}

impl ProfileSummary {
    /// Counts.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        let totals = profile
            .sample_types
            .iter()
            .enumerate()
            .map(|(column, sample_type)| (sample_type.clone(), profile.sum_of(column)));
        let mut stacks: Vec<_> = profile.samples.iter().map(|sample| sample.stack.as_slice()).collect();
        stacks.sort_unstable();
        stacks.dedup();
        Self {
            totals: totals.collect(),
            samples: profile.samples.len(),
            stacks: stacks.len(),
            depth_max: stacks.iter().map(|stack| stack.len()).max().unwrap_or(0),
            locations: profile.locations.len(),
            locations_symbolized: profile
                .locations
                .iter()
                .filter(|location| !location.lines.is_empty())
                .count(),
            functions: profile.functions.len(),
            mappings: profile.mappings.len(),
            mappings_with_build_id: profile
                .mappings
                .iter()
                .filter(|mapping| !mapping.build_id.is_empty())
                .count(),
        }
    }
}
