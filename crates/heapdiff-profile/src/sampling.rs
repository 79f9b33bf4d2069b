//! How the samples of a profile were taken, and so what an estimate from them may miss.

use crate::amounts::Amounts;
use crate::diff::Estimated;
use crate::interval::{Confidence, resolution_bytes, sample_variance, samples_behind};
use crate::profile::{Profile, Sample, ValueType};
use crate::sample_type::Columns;

/// What one sample stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sampling {
    /// So many bytes of a heap: errors are those of the bytes, or of the objects that they are of.
    Bytes(i64),
    /// So many things of a kind, chosen without regard to their size: errors are those of the value that is asked for.
    OneIn(i64),
}

/// Whether a profile is one of resources or tasks.
pub(crate) fn is_of_things(profile: &Profile) -> bool {
    is_sampled_by(profile, "resources") || is_of_tasks(profile)
}

/// Whether a profile is one of tasks.
pub(crate) fn is_of_tasks(profile: &Profile) -> bool {
    is_sampled_by(profile, "tasks")
}

/// Whether the samples of a profile are things of a kind, not bytes.
fn is_sampled_by(profile: &Profile, kind: &str) -> bool {
    let is_it = |of: &ValueType| of.kind == kind && of.unit == "count";
    profile.period_type.as_ref().is_some_and(is_it)
}

impl Sampling {
    /// As the profile says; `None` if it does not.
    pub(crate) fn of(profile: &Profile) -> Option<Self> {
        if is_of_things(profile) {
            return Some(Self::OneIn(profile.period.max(1)));
        }
        let by_bytes = |of: &ValueType| of.kind == "space" && of.unit.trim_end_matches('s') == "byte";
        let of_metadata =
            profile.metadata.as_ref().and_then(|metadata| i64::try_from(metadata.period_bytes).ok());
        let of_profile = profile.period_type.as_ref().filter(|of| by_bytes(of)).map(|_| profile.period);
        let period = of_metadata.filter(|&period| period > 0).or(of_profile).filter(|&period| period > 0);
        period.map(Self::Bytes)
    }

    /// What intervals are about where samples were taken so, and these columns are read.
    pub(crate) fn estimated(of: Option<Self>, columns: Columns) -> Estimated {
        let is_of_objects = columns.bytes.is_some() && columns.objects == Some(columns.value);
        match of {
            Some(Self::OneIn(_)) => Estimated::Value,
            Some(Self::Bytes(_)) if is_of_objects => Estimated::Value,
            Some(Self::Bytes(_)) | None => Estimated::Bytes,
        }
    }

    /// Whether everything is in the samples.
    pub(crate) const fn is_exact(self) -> bool {
        match self {
            Self::Bytes(period) | Self::OneIn(period) => period <= 1,
        }
    }

    /// The mean distance between samples: in bytes, or in things.
    pub(crate) const fn period(self) -> i64 {
        match self {
            Self::Bytes(period) | Self::OneIn(period) => period,
        }
    }

    /// The values of one sample, with the error that sampling brings.
    pub(crate) fn amounts(of: Option<Self>, sample: &Sample, columns: Columns) -> Amounts {
        let column = |index: Option<usize>| index.and_then(|index| sample.values.get(index)).copied();
        let value = column(Some(columns.value)).unwrap_or(0);
        let bytes = column(columns.bytes).unwrap_or(0);
        let objects = column(columns.objects);
        let all = Amounts { value, bytes, objects: objects.unwrap_or(0), ..Amounts::default() };
        match of {
            None => Amounts { estimated: bytes, samples: column(columns.samples).unwrap_or(0), ..all },
            Some(Self::Bytes(period)) => {
                let samples = column(columns.samples)
                    .or_else(|| objects.map(|objects| samples_behind(bytes, objects, period)))
                    .unwrap_or(0);
                let variance = sample_variance(bytes, objects, samples, period);
                let of_bytes = Amounts { estimated: bytes, samples, variance, ..all };
                match Self::estimated(of, columns) {
                    Estimated::Bytes => of_bytes,
                    Estimated::Value => of_bytes.of_objects(),
                }
            }
            Some(Self::OneIn(_)) => {
                let samples = column(columns.samples).or(objects).unwrap_or(0);
                let variance = things_variance(value, all.objects, samples);
                Amounts { estimated: value, samples, variance, ..all }
            }
        }
    }

    /// The standard deviation of something that could have been sampled and was not: of a heap in bytes, of things in the
    /// unit of what is estimated. A thing is taken to be as large as those in the profile are in the mean.
    pub(crate) fn unseen(self, profile: &Profile, columns: Columns) -> i64 {
        match self {
            _ if self.is_exact() => 0,
            Self::Bytes(period) => period,
            Self::OneIn(one_in) => {
                let chance = 1.0 / one_in as f64;
                rounded(value_of_one(profile, columns) * one_in as f64 * (1.0 - chance).sqrt())
            }
        }
    }

    /// How far apart the samples of a profile lie.
    pub(crate) fn grain(self, profile: &Profile, columns: Columns) -> Grain {
        let of_one = match self {
            Self::Bytes(_) => 1.0,
            Self::OneIn(_) => value_of_one(profile, columns),
        };
        Grain { period: self.period(), of_one }
    }
}

/// How far apart samples lie: what tells how much can go unseen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grain {
    period: i64,
    /// What each unit of the period adds to what is estimated.
    of_one: f64,
}

impl Grain {
    /// The same of estimates that are multiplied with `factor`.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Self { of_one: self.of_one * factor, ..self }
    }

    /// The coarser of two.
    pub(crate) fn max(self, other: Self) -> Self {
        let size = |of: Self| of.period as f64 * of.of_one;
        if size(other) > size(self) { other } else { self }
    }

    /// The smallest growth of one stack that cannot have been missed: of a heap in bytes, of things in the unit of what is
    /// estimated.
    pub(crate) fn resolution(self, confidence: Confidence) -> u64 {
        u64::try_from(rounded(self.of_one * resolution_bytes(self.period, confidence) as f64)).unwrap_or(0)
    }
}

/// What one thing of a profile adds to the value that is asked for, in the mean.
fn value_of_one(profile: &Profile, columns: Columns) -> f64 {
    let count = columns.objects.map_or(0, |objects| profile.sum_of(objects));
    if count <= 0 || columns.objects == Some(columns.value) {
        return 1.0;
    }
    profile.sum_of(columns.value) as f64 / count as f64
}

/// The variance of an estimate from `samples` things that stand for `count`: each adds the square of what it stands for,
/// times the chance that it had been missed. What was counted and not sampled has no error.
fn things_variance(value: i64, count: i64, samples: i64) -> i128 {
    if samples <= 0 || count <= samples {
        return 0;
    }
    let (value, count, samples) = (value as f64, count as f64, samples as f64);
    i128::from(rounded(value * value / samples * (1.0 - samples / count)))
}

fn rounded(value: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
    let rounded = value.round() as i64;
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 1,000 things each is kept with a chance of one in ten; what is estimated strays as the variance says.
    #[test]
    fn the_variance_of_things_is_what_is_seen() {
        let (one_in, things, runs) = (10, 1000, 4000);
        let mut random = crate::random::Random(11);
        let mut squares = 0.0;
        let mut stated = 0.0;
        for _ in 0..runs {
            let samples = (0..things).map(|_| i64::from(random.uniform() < 0.1)).sum::<i64>();
            squares += ((samples * one_in - things) as f64).powi(2);
            stated += things_variance(samples * one_in, samples * one_in, samples) as f64;
        }
        let (seen, stated) = (squares / f64::from(runs), stated / f64::from(runs));
        assert!((seen / stated - 1.0).abs() < 0.1, "{seen} of {stated}");
        assert_eq!(things_variance(160, 160, 160), 0, "all are kept");
        assert_eq!(things_variance(160, 160, 0), 0, "all are counted");
    }
}
