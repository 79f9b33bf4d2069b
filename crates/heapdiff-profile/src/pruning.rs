//! Makes a profile smaller by what a report does not ask for.

use crate::profile::{FunctionId, LocationId, Profile, Sample};

/// The rows that a report of memory in use needs: those that hold some.
///
/// A process that runs for long has allocated on many more stacks than hold memory now, so that a series of its
/// snapshots, of which only the memory in use is asked for, shrinks to a fraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsInUse {
    columns: Vec<usize>,
}

impl RowsInUse {
    /// The rows of `profile` that a report of `sample_type` needs, or of what the profile shows where none is named;
    /// `None` if that is about more than memory in use.
    #[must_use]
    pub fn of(profile: &Profile, sample_type: Option<&str>) -> Option<Self> {
        let last = profile.sample_types.last().map(|last| last.kind.as_str());
        let shown = sample_type.or(profile.default_sample_type.as_deref()).or(last)?;
        let columns: Vec<usize> = ["inuse_samples", "inuse_objects", "inuse_space"]
            .iter()
            .filter_map(|kind| profile.sample_type_index(kind))
            .collect();
        (shown.starts_with("inuse_") && !columns.is_empty()).then_some(Self { columns })
    }

    /// Whether a row with these values is one of them.
    #[must_use]
    pub fn has(&self, values: &[i64]) -> bool {
        self.columns.iter().any(|&column| values.get(column).is_some_and(|&value| value != 0))
    }
}

impl Profile {
    /// Drops the samples that `keep` refuses, and with them the locations and functions that no other sample names.
    /// Strings stay.
    pub fn retain_samples(&mut self, keep: impl FnMut(&Sample) -> bool) {
        self.samples.retain(keep);
        self.samples.shrink_to_fit();

        let mut is_used = vec![false; self.locations.len()];
        for id in self.samples.iter().flat_map(|sample| &sample.stack) {
            is_used.get_mut(id.index()).into_iter().for_each(|used| *used = true);
        }
        let renamed = renumber(&mut self.locations, &is_used, LocationId::from_index);
        for sample in &mut self.samples {
            for id in &mut sample.stack {
                *id = renamed.get(id.index()).copied().flatten().unwrap_or(*id);
            }
        }

        let mut is_used = vec![false; self.functions.len()];
        for line in self.locations.iter().flat_map(|location| &location.lines) {
            is_used.get_mut(line.function.index()).into_iter().for_each(|used| *used = true);
        }
        let renamed = renumber(&mut self.functions, &is_used, FunctionId::from_index);
        for line in self.locations.iter_mut().flat_map(|location| &mut location.lines) {
            line.function = renamed.get(line.function.index()).copied().flatten().unwrap_or(line.function);
        }
    }
}

/// Keeps the entries that are used; returns the new handle of each old entry.
fn renumber<T, Id>(
    entries: &mut Vec<T>,
    is_used: &[bool],
    handle: impl Fn(usize) -> Option<Id>,
) -> Vec<Option<Id>> {
    let mut next = 0;
    let renamed = is_used.iter().map(|&used| {
        let new = if used { handle(next) } else { None };
        next += usize::from(used);
        new
    });
    let renamed = renamed.collect();
    let mut is_used = is_used.iter();
    entries.retain(|_| is_used.next().copied().unwrap_or(false));
    entries.shrink_to_fit();
    renamed
}

#[cfg(test)]
mod tests {
    use crate::{Allocated, GraphOptions, InUse, Profile, ProfileBuilder, RowsInUse, Subject, call_graph};

    const LIVE: &[&str] = &["app::keep src/keep.rs:3", "app::main src/main.rs:1"];
    const FREED: &[&str] =
        &["app::churn src/churn.rs:7 <- app::inlined src/churn.rs:9", "app::main src/main.rs:1"];

    fn profile() -> Profile {
        let live = InUse { bytes: 1000, objects: 10, samples: 2, epoch: 0 };
        let sum = Allocated { bytes: 5000, objects: 50, samples: 9 };
        ProfileBuilder::heap().allocated(FREED, sum).in_use(LIVE, live).allocated(LIVE, sum).build()
    }

    #[test]
    fn what_is_kept_reads_as_before_and_the_rest_is_gone() {
        let whole = profile();
        let mut kept = profile();
        let rows = RowsInUse::of(&kept, None).unwrap();
        kept.retain_samples(|sample| rows.has(&sample.values));
        assert_eq!((kept.samples.len(), kept.locations.len(), kept.functions.len()), (1, 2, 2));
        let rows = |profile: &Profile| {
            let report = call_graph(Subject { base: None, head: profile }, &GraphOptions::default()).unwrap();
            let named = report.nodes.iter().map(|row| {
                let frame = report.frames.frame(row.frame);
                (frame.function.to_owned(), frame.file.to_owned(), frame.line, row.flat.value, row.cum.value)
            });
            named.collect::<Vec<_>>()
        };
        assert_eq!(rows(&kept), rows(&whole));
    }

    #[test]
    fn a_report_of_all_that_was_allocated_needs_every_row() {
        assert_eq!(RowsInUse::of(&profile(), Some("alloc_space")), None);
        let processor = ProfileBuilder::with_types(&[("cpu", "nanoseconds")]).build();
        assert_eq!(RowsInUse::of(&processor, None), None);
        assert_eq!(RowsInUse::of(&processor, Some("inuse_space")), None, "a profile without such a column");
    }

    #[test]
    fn nothing_is_lost_where_everything_is_kept() {
        let mut kept = profile();
        kept.retain_samples(|_| true);
        assert_eq!((kept.samples, kept.locations), (profile().samples, profile().locations));
    }
}
