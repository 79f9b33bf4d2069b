//! One side of a comparison: a profile, its stacks and the columns that are read.

use crate::note::Note;
use crate::profile::Profile;
use crate::resolve::ResolvedSamples;
use crate::sample_type::Columns;
use crate::sampling::Sampling;

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) resolved: &'a ResolvedSamples,
    pub(crate) columns: Columns,
}

impl Side<'_> {
    /// The sum of all values, before filters.
    pub(crate) fn sum(&self) -> i64 {
        self.profile.sum_of(self.columns.value)
    }

    /// How its samples were taken; `None` if it does not say.
    pub(crate) fn sampling(&self) -> Option<Sampling> {
        Sampling::of(self.profile)
    }

    /// Whether it says anything how many samples a value rests on: not where all was recorded and objects are counted.
    pub(crate) fn states_samples(&self, sampling: Option<Sampling>) -> bool {
        self.columns.samples.is_some() || sampling.is_some_and(|sampling| !sampling.is_exact())
    }

    /// Whether it is known how many samples a value rests on, be it by way of its objects.
    pub(crate) fn has_samples(&self, sampling: Option<Sampling>, notes: &mut Vec<Note>) -> bool {
        if self.columns.samples.is_some() {
            return true;
        }
        if let Some(Sampling::OneIn(_)) = sampling {
            return self.columns.objects.is_some();
        }
        let is_derived = sampling.is_some() && self.columns.bytes.is_some() && self.columns.objects.is_some();
        let is_sampled =
            sampling.is_some_and(|sampling| !sampling.is_exact()) && self.columns.bytes.is_some();
        let note = if is_derived { Note::SamplesDerived } else { Note::SamplesUnknown };
        if is_sampled && !notes.contains(&note) {
            notes.push(note);
        }
        is_derived
    }
}
