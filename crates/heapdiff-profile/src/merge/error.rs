//! Why profiles cannot be summed.

use crate::profile::{Profile, ValueType};

/// Profiles that have no sum. Each message names both files and what is different.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is no profile to sum.
    #[error("no profile to merge")]
    Nothing,
    /// Two profiles measure different things.
    #[error("`{first}` and `{other}` have no sample type in common: one has {}, the other {}", .kinds[0], .kinds[1])]
    NoCommonSampleType {
        /// The name of the first profile.
        first: String,
        /// The name of the one that does not fit.
        other: String,
        /// The sample types of each, in words.
        kinds: [String; 2],
    },
    /// Two profiles were sampled by different things, or not equally often.
    #[error("`{first}` and `{other}` were sampled differently: one {}, the other {}", .periods[0], .periods[1])]
    DifferentPeriods {
        /// The name of the first profile.
        first: String,
        /// The name of the one that does not fit.
        other: String,
        /// How each was sampled, in words.
        periods: [String; 2],
    },
    /// There are more entries than handles can name.
    #[error("the merged profile has more than {} {what}", u32::MAX)]
    TooMany {
        /// What there are too many of.
        what: &'static str,
    },
}

impl MergeError {
    pub(super) fn no_common_sample_type(names: [&str; 2], profiles: [&Profile; 2]) -> Self {
        let kinds = profiles.map(|profile| {
            let kinds: Vec<String> =
                profile.sample_types.iter().map(|of| format!("`{}`", in_words(of))).collect();
            if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") }
        });
        let [first, other] = names.map(str::to_owned);
        Self::NoCommonSampleType { first, other, kinds }
    }

    pub(super) fn different_periods(names: [&str; 2], profiles: [&Profile; 2]) -> Self {
        let periods = profiles.map(|profile| match (&profile.period_type, profile.period) {
            (None, 0) => "does not say how".to_owned(),
            (None, period) => format!("every {period} of something unknown"),
            (Some(of), period) => format!("every {period} of `{}`", in_words(of)),
        });
        let [first, other] = names.map(str::to_owned);
        Self::DifferentPeriods { first, other, periods }
    }
}

fn in_words(of: &ValueType) -> String {
    format!("{}/{}", of.kind, of.unit)
}
