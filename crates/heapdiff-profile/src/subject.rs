//! What a report is about: one profile, or what changed between two.

use crate::diff::{DiffTotal, Pairing};
use crate::interval::Confidence;
use crate::profile::{Profile, ValueType};

/// The profile that is asked about, and the one to compare it with.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What is compared against, usually the older one; `None` looks at the head alone.
    pub base: Option<&'a Profile>,
    /// What is asked about.
    pub head: &'a Profile,
}

/// What a report on a [`Subject`] says before its rows.
#[derive(Clone, Debug)]
pub struct SubjectTotals {
    /// What [`DiffFigures::value`](crate::DiffFigures::value) counts.
    pub sample_type: ValueType,
    /// How the two sides relate; `None` for one profile.
    pub pairing: Option<Pairing>,
    /// The sums of all samples that the filters let through, and of all there are.
    pub total: DiffTotal,
    /// See [`DiffReport::resolution_bytes`](crate::DiffReport::resolution_bytes).
    pub resolution_bytes: Option<u64>,
    /// See [`DiffReport::confidence`](crate::DiffReport::confidence).
    pub confidence: Confidence,
}

impl SubjectTotals {
    /// Whether two profiles are compared.
    #[must_use]
    pub fn is_diff(&self) -> bool {
        self.pairing.is_some()
    }
}
