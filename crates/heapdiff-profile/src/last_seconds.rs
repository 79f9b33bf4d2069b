//! How a process was doing before it died, from figures that were taken a second apart.

use crate::metadata::MemoryFigures;

/// Figures of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MomentFigures {
    /// Nanoseconds since 1970 UTC.
    pub time_nanos: u64,
    /// Nanoseconds since recording began, of a clock that does not jump.
    pub recording_nanos: u64,
    /// The kernel's figures.
    pub memory: MemoryFigures,
    /// Bytes that are alive: what the samples stand for, or else what the allocator counts.
    pub live_bytes: Option<u64>,
    /// Estimate of the bytes allocated since recording began.
    pub allocated_bytes: Option<u64>,
}

/// A row of the last seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LastRow {
    /// Time from this moment to the last one, in nanoseconds.
    pub before_nanos: u64,
    /// The figures.
    pub figures: MomentFigures,
    /// Bytes allocated in a second, on average since the row above; `None` for the first row.
    pub allocated_per_second: Option<f64>,
}

/// How a process was doing before it died.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastSeconds {
    /// The oldest first, ever closer together towards the last moment.
    pub rows: Vec<LastRow>,
    /// What the use of the cgroup was of its limit at the last moment, where there is a limit; 1 is all of it.
    pub cgroup_share: Option<f64>,
    /// The part of the machine's memory that programs could not have without swapping at the last moment; 1 is all of it.
    pub host_share: Option<f64>,
}

impl LastSeconds {
    /// From this share of its limit on, a cgroup is about to be killed for want of memory.
    pub const CGROUP_SHARE_DEADLY: f64 = 0.95;
    /// From this share of its memory on, a machine is: the kernel keeps some for itself, and swaps before it kills.
    pub const HOST_SHARE_DEADLY: f64 = 0.98;
    /// The moments that are shown, in seconds before the last one.
    const SHOWN_SECONDS: [u64; 10] = [240, 120, 60, 30, 15, 8, 4, 2, 1, 0];

    /// The last seconds of a process, of moments in order.
    #[must_use]
    pub fn of(moments: &[MomentFigures]) -> Self {
        const SECOND: u64 = 1_000_000_000;
        let Some(last) = moments.last() else { return Self::default() };
        let before = |figures: &MomentFigures| last.recording_nanos.saturating_sub(figures.recording_nanos);
        let near = Self::SHOWN_SECONDS.into_iter().filter_map(|seconds| {
            let wanted = seconds * SECOND;
            let distance = |moment| before(moment).abs_diff(wanted);
            let (nearest, distance) =
                moments.iter().map(distance).enumerate().min_by_key(|&(_, distance)| distance)?;
            // A time from before there was any figure is no row.
            (distance <= SECOND.max(wanted / 4)).then_some(nearest)
        });
        // The oldest moment is what the change over all of them is counted from.
        let mut chosen: Vec<usize> = std::iter::once(0).chain(near).collect();
        chosen.dedup();
        let mut rows: Vec<LastRow> = Vec::new();
        for figures in chosen.into_iter().filter_map(|index| moments.get(index)) {
            let allocated_per_second = rows.last().and_then(|row| rate(&row.figures, figures));
            rows.push(LastRow { before_nanos: before(figures), figures: *figures, allocated_per_second });
        }
        let share = |current: u64, max: u64| current as f64 / max as f64;
        let memory = last.memory;
        let cgroup_share = memory.cgroup_current.zip(memory.cgroup_max.filter(|&max| max > 0));
        let host_share = memory.host_available.zip(memory.host_total.filter(|&total| total > 0));
        Self {
            rows,
            cgroup_share: cgroup_share.map(|(current, max)| share(current, max)),
            host_share: host_share.map(|(left, total)| share(total.saturating_sub(left), total)),
        }
    }

    /// Whether it looks as if the kernel killed the process for want of memory, its cgroup's or the machine's.
    #[must_use]
    pub fn was_out_of_memory(&self) -> bool {
        self.cgroup_was_full() || self.host_was_full()
    }

    /// Whether the cgroup was as full as it is when the kernel kills.
    #[must_use]
    pub fn cgroup_was_full(&self) -> bool {
        self.cgroup_share.is_some_and(|share| share >= Self::CGROUP_SHARE_DEADLY)
    }

    /// Whether the machine was.
    #[must_use]
    pub fn host_was_full(&self) -> bool {
        self.host_share.is_some_and(|share| share >= Self::HOST_SHARE_DEADLY)
    }

    /// How much the resident size changed between the first row and the last, in bytes.
    #[must_use]
    pub fn rss_change(&self) -> Option<i64> {
        let rss = |row: Option<&LastRow>| i64::try_from(row?.figures.memory.rss?).ok();
        rss(self.rows.last())?.checked_sub(rss(self.rows.first())?)
    }
}

/// Bytes allocated in a second between two moments.
fn rate(from: &MomentFigures, to: &MomentFigures) -> Option<f64> {
    let nanos = to.recording_nanos.checked_sub(from.recording_nanos).filter(|&nanos| nanos > 0)?;
    // A block that grows into another size class is taken back for an instant.
    let bytes = to.allocated_bytes?.saturating_sub(from.allocated_bytes?);
    Some(bytes as f64 * 1e9 / nanos as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(count: u64) -> Vec<MomentFigures> {
        (0..count)
            .map(|n| MomentFigures {
                recording_nanos: n * 1_000_000_000 + n % 3 * 1_000_000,
                memory: MemoryFigures {
                    rss: Some(n << 20),
                    cgroup_current: Some(99),
                    cgroup_max: Some(100),
                    ..MemoryFigures::default()
                },
                allocated_bytes: Some(n << 30),
                ..MomentFigures::default()
            })
            .collect()
    }

    #[test]
    fn rows_get_closer_towards_the_end_and_none_comes_twice() {
        let last = LastSeconds::of(&moments(200));
        let seconds: Vec<u64> =
            last.rows.iter().map(|row| (row.before_nanos + 500_000_000) / 1_000_000_000).collect();
        assert_eq!(seconds, [199, 120, 60, 30, 15, 8, 4, 2, 1, 0]);
        assert_eq!(last.rss_change(), Some(199 << 20));
        assert!(last.rows[0].allocated_per_second.is_none());
        for row in &last.rows[1..] {
            let gigabytes = row.allocated_per_second.unwrap() / f64::from(1 << 30);
            assert!((gigabytes - 1.0).abs() < 0.01, "{gigabytes}");
        }
        assert!(last.was_out_of_memory());
    }

    #[test]
    fn few_or_no_moments_are_few_or_no_rows() {
        assert_eq!(LastSeconds::of(&[]), LastSeconds::default());
        assert_eq!(LastSeconds::default().rss_change(), None);
        assert_eq!(LastSeconds::of(&moments(1)).rows.len(), 1);
        assert_eq!(LastSeconds::of(&moments(3)).rows.len(), 3);
        let rows = LastSeconds::of(&moments(46)).rows;
        assert_eq!(
            rows[0].before_nanos, 45_000_000_000,
            "the oldest is there, however far from its neighbour"
        );
    }

    #[test]
    fn a_cgroup_without_a_limit_is_no_reason() {
        let mut moments = moments(2);
        for limit in [None, Some(0)] {
            moments[1].memory.cgroup_max = limit;
            assert!(!LastSeconds::of(&moments).was_out_of_memory());
        }
        moments[1].memory.cgroup_max = Some(105);
        assert!(!LastSeconds::of(&moments).was_out_of_memory());
    }

    #[test]
    fn a_machine_without_memory_is_a_reason_too() {
        let mut moments = moments(2);
        moments[1].memory.cgroup_max = None;
        for (total, available, is_full) in [
            (Some(1000), Some(900), false),
            (Some(1000), Some(30), false),
            (Some(1000), Some(20), true),
            (Some(1000), None, false),
            (Some(0), Some(0), false),
            (None, Some(0), false),
        ] {
            (moments[1].memory.host_total, moments[1].memory.host_available) = (total, available);
            let last = LastSeconds::of(&moments);
            let found = (last.host_was_full(), last.was_out_of_memory(), last.cgroup_was_full());
            assert_eq!(found, (is_full, is_full, false), "{available:?} of {total:?}");
        }
    }
}
