//! Memory per item, such as a request: base and head seldom handled equally many.

use crate::error::AnalysisError;
use crate::profile::Profile;
use crate::snapshot_point::SnapshotPoint;
use std::collections::BTreeSet;

/// What values are to be divided by.
#[derive(Clone, Debug, PartialEq)]
pub enum Per {
    /// What the program counted under this name: see [`Metadata::counters`](crate::Metadata::counters).
    Counter(String),
    /// Items that were handled between base and head.
    Between(f64),
    /// Items that were handled before base, and before head.
    Sides {
        /// Before the base.
        base: f64,
        /// Before the head.
        head: f64,
    },
}

/// Items that values are divided by.
///
/// Two snapshots of one process differ by what the items between them left behind. Two processes have nothing in common:
/// there each side is divided by the items of its own, which is the same as to scale the base to as many as the head
/// handled.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemCounts {
    /// What is counted; `None` where the number was given without a name.
    pub name: Option<String>,
    /// What values are divided by: between base and head in one process, in the head otherwise. Above 0.
    pub items: f64,
    /// What the values of the base were multiplied by; 1 in one process.
    pub base_scale: f64,
}

impl ItemCounts {
    /// Counts the items of both sides.
    ///
    /// # Errors
    /// If a side does not have the counter, or nothing was counted.
    pub(crate) fn of(per: &Per, base: &Profile, head: &Profile) -> Result<Self, AnalysisError> {
        let is_one_process = match (&base.metadata, &head.metadata) {
            (Some(base), Some(head)) => base.process.is_same(&head.process),
            _ => false,
        };
        let (name, base, head) = match per {
            Per::Between(items) => return Ok(Self { name: None, items: *items, base_scale: 1.0 }),
            Per::Sides { base, head } => (None, *base, *head),
            Per::Counter(name) => {
                (Some(name.clone()), count(name, base, "base")?, count(name, head, "head")?)
            }
        };
        let what = || name.clone().unwrap_or_else(|| "items".to_owned());
        let (items, base_scale) =
            if is_one_process { ((head - base).abs(), 1.0) } else { (head, head / base) };
        if items > 0.0 && base_scale.is_finite() {
            Ok(Self { name, items, base_scale })
        } else {
            Err(AnalysisError::NothingCounted { what: what(), is_one_process })
        }
    }
}

/// Items that a process handled from the first snapshot of a series to each.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemSeries {
    /// What is counted; `None` where the number was given without a name.
    pub name: Option<String>,
    /// Items since the first snapshot, by snapshot.
    pub items: Vec<f64>,
}

impl ItemSeries {
    /// Counts the items up to each point. Where one number for all of them was given, as many came in each second.
    ///
    /// # Errors
    /// If no snapshot has the counter, or nothing was counted.
    pub(crate) fn of(per: &Per, points: &[SnapshotPoint], seconds: &[f64]) -> Result<Self, AnalysisError> {
        let duration = seconds.last().copied().unwrap_or(0.0);
        let evenly = |all: f64| seconds.iter().map(|second| all * second / duration).collect();
        let series = match per {
            Per::Between(items) => Self { name: None, items: evenly(*items) },
            Per::Sides { base, head } => Self { name: None, items: evenly((head - base).abs()) },
            Per::Counter(name) => Self { name: Some(name.clone()), items: counted(name, points)? },
        };
        let is_counted = series.total() > 0.0 && series.total().is_finite();
        is_counted.then_some(series).ok_or_else(|| AnalysisError::NothingCountedInSeries {
            what: match per {
                Per::Counter(name) => name.clone(),
                Per::Between(_) | Per::Sides { .. } => "items".to_owned(),
            },
        })
    }

    /// Items from the first snapshot to the last. Above 0.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.items.last().copied().unwrap_or(0.0)
    }
}

/// What a counter says at each point, less what it says at the first. A program that had not counted anything yet had no
/// counter.
fn counted(name: &str, points: &[SnapshotPoint]) -> Result<Vec<f64>, AnalysisError> {
    let counts = points.iter().map(|point| point.counters.get(name).copied());
    if !counts.clone().any(|count| count.is_some()) {
        let available: BTreeSet<&String> = points.iter().flat_map(|point| point.counters.keys()).collect();
        return Err(AnalysisError::UnknownCounter {
            wanted: name.to_owned(),
            side: "no snapshot",
            available: available.into_iter().cloned().collect(),
        });
    }
    let first = points.first().and_then(|point| point.counters.get(name)).copied().unwrap_or(0);
    Ok(counts.map(|count| count.unwrap_or(0) as f64 - first as f64).collect())
}

/// What a profile says of a counter.
///
/// # Errors
/// If it does not have it.
pub(crate) fn count(name: &str, profile: &Profile, side: &'static str) -> Result<f64, AnalysisError> {
    let counters = profile.metadata.as_ref().map(|metadata| &metadata.counters);
    let count = counters.and_then(|counters| counters.get(name));
    count.map(|&items| items as f64).ok_or_else(|| AnalysisError::UnknownCounter {
        wanted: name.to_owned(),
        side,
        available: counters.map(|counters| counters.keys().cloned().collect()).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile_builder::ProfileBuilder;
    use crate::sample_type::Columns;

    fn snapshot(sequence: u32, pid: u32, requests: u64) -> Profile {
        let builder = ProfileBuilder::heap().snapshot(sequence).with_metadata(|metadata| {
            metadata.process.pid = pid;
            metadata.counters.insert("requests".to_owned(), requests);
        });
        builder.build()
    }

    fn counts(per: &Per, base: &Profile, head: &Profile) -> Result<(f64, f64), String> {
        let counts = ItemCounts::of(per, base, head).map_err(|error| error.to_string())?;
        Ok((counts.items, counts.base_scale))
    }

    #[test]
    fn one_process_counts_what_is_between_and_two_count_each() {
        let requests = Per::Counter("requests".to_owned());
        let (early, late, other) = (snapshot(0, 7, 1_000), snapshot(3, 7, 5_000), snapshot(1, 8, 10_000));
        assert_eq!(counts(&requests, &early, &late), Ok((4_000.0, 1.0)));
        assert_eq!(counts(&requests, &late, &early), Ok((4_000.0, 1.0)));
        assert_eq!(counts(&requests, &late, &other), Ok((10_000.0, 2.0)));
        assert_eq!(counts(&Per::Between(50.0), &late, &other), Ok((50.0, 1.0)));
        assert_eq!(counts(&Per::Sides { base: 10.0, head: 40.0 }, &late, &other), Ok((40.0, 4.0)));
    }

    #[test]
    fn what_was_not_counted_is_an_error_that_says_what_there_is() {
        let (early, late) = (snapshot(0, 7, 5), snapshot(1, 7, 5));
        let of = |name: &str, base, head| counts(&Per::Counter(name.to_owned()), base, head).unwrap_err();
        assert_eq!(of("requests", &early, &late), "no `requests` were counted between base and head");
        assert_eq!(of("jobs", &early, &late), "base does not count `jobs`; the only counter is `requests`");
        let (bare, none, other) = (ProfileBuilder::heap().build(), snapshot(0, 7, 0), snapshot(0, 8, 5));
        assert_eq!(of("jobs", &bare, &late), "base does not count `jobs`; there are no counters");
        assert_eq!(of("requests", &none, &other), "base or head counted no `requests`");
    }

    fn series(per: &Per, requests: &[Option<u64>]) -> Result<Vec<f64>, String> {
        let point = |(sequence, requests): (u32, &Option<u64>)| {
            let mut profile = snapshot(sequence, 7, requests.unwrap_or(0));
            if requests.is_none() {
                profile.metadata.as_mut().unwrap().counters.clear();
            }
            SnapshotPoint::of_profile(String::new(), &profile, Columns::around(&profile, 0))
        };
        let points: Vec<_> = (0..).zip(requests).map(point).collect();
        let seconds: Vec<f64> = [0.0, 1.0, 4.0].into_iter().take(points.len()).collect();
        ItemSeries::of(per, &points, &seconds).map(|series| series.items).map_err(|error| error.to_string())
    }

    #[test]
    fn a_series_counts_from_its_first_snapshot() {
        let requests = Per::Counter("requests".to_owned());
        assert_eq!(series(&requests, &[Some(10), Some(50), Some(60)]), Ok(vec![0.0, 40.0, 50.0]));
        let late = series(&requests, &[None, Some(50), Some(60)]);
        assert_eq!(late, Ok(vec![0.0, 50.0, 60.0]), "nothing had been counted yet");
        let evenly = Ok(vec![0.0, 25.0, 100.0]);
        assert_eq!(series(&Per::Between(100.0), &[None; 3]), evenly);
        assert_eq!(series(&Per::Sides { base: 300.0, head: 400.0 }, &[None; 3]), evenly);
    }

    #[test]
    fn a_series_without_items_is_an_error() {
        let of =
            |name: &str, counts: &[Option<u64>]| series(&Per::Counter(name.to_owned()), counts).unwrap_err();
        assert_eq!(
            of("requests", &[Some(5); 3]),
            "no `requests` were counted from the first snapshot to the last"
        );
        assert_eq!(of("jobs", &[Some(5); 3]), "no snapshot counts `jobs`; the only counter is `requests`");
        assert!(series(&Per::Between(9.0), &[None]).is_err(), "one snapshot lasts no time");
    }
}
