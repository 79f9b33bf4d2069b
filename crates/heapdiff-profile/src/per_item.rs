//! Memory per item, such as a request: base and head seldom handled equally many.

use crate::error::AnalysisError;
use crate::profile::Profile;

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
}
