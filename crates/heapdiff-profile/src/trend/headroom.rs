//! How long the memory lasts that a growing process may have.

use super::part::Part;
use super::rate::Rate;
use super::slope::Slope;
use super::verdict::Verdict;
use crate::interval::Confidence;
use crate::metadata::MemoryFigures;
use crate::snapshot_point::SnapshotPoint;

/// So many points tell whether memory grows.
const POINTS_MIN: usize = 5;
/// A rise of fewer standard deviations, by the test of Mann and Kendall, may be chance.
const RELEVANT_DEVIATIONS: f64 = 2.0;

/// What limits the memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryLimit {
    /// The limit of its cgroup, such as a container's, or of one above it.
    Cgroup,
    /// The memory of the machine.
    Host,
}

/// How long memory lasts at the present rate, until the first limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Headroom {
    /// Which limit comes first.
    pub limit: MemoryLimit,
    /// The limit, in bytes.
    pub limit_bytes: u64,
    /// What all that share it used at the last snapshot, in bytes.
    pub used_bytes: u64,
    /// How fast the resident set of the process grows, in bytes a second.
    pub rate: Rate,
}

impl Headroom {
    /// How long the memory lasts, by the figures of the last snapshot and the resident set sizes of all of them.
    /// `None` where the resident set does not surely grow, or no limit is known.
    ///
    /// What others that share a limit will use is not known: they are taken to stay as they are.
    pub(super) fn of(
        memory: MemoryFigures,
        seconds: &[f64],
        points: &[SnapshotPoint],
        confidence: Confidence,
    ) -> Option<Self> {
        let resident = seconds.iter().zip(points);
        let (seconds, figures): (Vec<f64>, Vec<(i64, f64)>) = resident
            .filter_map(|(&second, point)| Some((second, (i64::try_from(point.rss?).ok()?, 0.0))))
            .unzip();
        let values: Vec<f64> = figures.iter().map(|&(rss, _)| rss as f64).collect();
        let slope = Slope::of(&seconds, &values, confidence);
        let is_growing = seconds.len() >= POINTS_MIN
            && slope.per_second > 0.0
            && slope.monotonicity > RELEVANT_DEVIATIONS
            // A slope has also what jumped once and stands still since.
            && Part::of(&seconds, &figures, 0, confidence).judgement.verdict < Verdict::Bounded;
        let rate = Rate { per_second: slope.per_second, low: slope.low, high: slope.high };
        let of = |(limit, limit_bytes, used_bytes)| Self { limit, limit_bytes, used_bytes, rate };
        // With one rate for both, the limit that has less left comes first.
        limits(memory).into_iter().flatten().map(of).filter(|_| is_growing).min_by_key(Self::left_bytes)
    }

    /// Seconds from the last snapshot until the limit is reached.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.left() / self.rate.per_second
    }

    /// The interval of [`Self::seconds`]; its end is infinite where the rate may be 0.
    #[must_use]
    pub fn interval(&self) -> [f64; 2] {
        let latest = if self.rate.low > 0.0 { self.left() / self.rate.low } else { f64::INFINITY };
        [self.left() / self.rate.high, latest]
    }

    fn left(&self) -> f64 {
        self.left_bytes() as f64
    }

    const fn left_bytes(&self) -> u64 {
        self.limit_bytes.saturating_sub(self.used_bytes)
    }
}

/// The limits that are known, each with its size and what is used of it.
fn limits(memory: MemoryFigures) -> [Option<(MemoryLimit, u64, u64)>; 2] {
    let cgroup = memory.cgroup_max.zip(memory.cgroup_current.or(memory.rss));
    let host = memory.host_total.zip(memory.host_available);
    [
        cgroup.map(|(max, current)| (MemoryLimit::Cgroup, max, current)),
        host.map(|(total, available)| (MemoryLimit::Host, total, total.saturating_sub(available))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile_builder::ProfileBuilder;
    use crate::sample_type::Columns;

    const MIB: u64 = 1 << 20;

    /// The headroom of a process whose resident set is so many bytes at each second.
    fn headroom_of(resident: &[u64], memory: MemoryFigures) -> Option<Headroom> {
        let point = |(n, &rss): (u32, &u64)| {
            let builder = ProfileBuilder::heap().snapshot(n);
            let profile = builder.with_metadata(|metadata| metadata.memory.rss = Some(rss)).build();
            SnapshotPoint::of_profile(String::new(), &profile, Columns::around(&profile, 0))
        };
        let points: Vec<SnapshotPoint> = (0..).zip(resident).map(point).collect();
        let seconds: Vec<f64> = (0_u32..).zip(resident).map(|(n, _)| f64::from(n)).collect();
        Headroom::of(memory, &seconds, &points, Confidence::default())
    }

    /// The headroom of a process whose resident set grows by so many bytes in each of ten seconds.
    fn headroom(step: u64, memory: MemoryFigures) -> Option<Headroom> {
        let resident: Vec<u64> = (0..10).map(|n| 100 * MIB + n * step).collect();
        headroom_of(&resident, memory)
    }

    fn memory(cgroup: Option<(u64, u64)>, host: Option<(u64, u64)>) -> MemoryFigures {
        let (cgroup_current, cgroup_max) = cgroup.unzip();
        let (host_available, host_total) = host.unzip();
        MemoryFigures { rss: Some(190 * MIB), cgroup_current, cgroup_max, host_total, host_available }
    }

    #[test]
    fn the_limit_that_comes_first_is_told() {
        let (cgroup, host) = (Some((200 * MIB, 500 * MIB)), Some((100 * MIB, 9_000 * MIB)));
        for (name, memory, limit, seconds) in [
            ("a cgroup alone", memory(cgroup, None), MemoryLimit::Cgroup, 30.0),
            ("a host alone", memory(None, host), MemoryLimit::Host, 10.0),
            ("a host that is fuller", memory(cgroup, host), MemoryLimit::Host, 10.0),
            ("a host with room", memory(cgroup, Some((9_000 * MIB, 9_999 * MIB))), MemoryLimit::Cgroup, 30.0),
            ("no room at all", memory(Some((2, 1)), None), MemoryLimit::Cgroup, 0.0),
        ] {
            let found = headroom(10 * MIB, memory).unwrap();
            assert_eq!(found.limit, limit, "{name}");
            assert!((found.seconds() - seconds).abs() < 1e-9, "{name}: {found:?}");
            let [earliest, latest] = found.interval();
            assert!(earliest <= seconds && seconds <= latest, "{name}: {found:?}");
        }
        let host = headroom(10 * MIB, memory(None, host)).unwrap();
        assert_eq!((host.limit_bytes, host.used_bytes), (9_000 * MIB, 8_900 * MIB));
    }

    #[test]
    fn what_has_stopped_reaches_no_limit() {
        let memory = memory(Some((200 * MIB, 500 * MIB)), None);
        // Threads that came and went, whose memory the allocator keeps.
        let burst = [6610, 7032, 7196, 11821, 15069, 18018, 17887, 17887, 17887, 17887, 17888, 17895];
        assert_eq!(headroom_of(&burst.map(|kib| kib << 10), memory), None);
        assert_eq!(headroom_of(&[5, 5, 5, 90, 90, 90, 91, 91, 91, 91].map(|mib| mib * MIB), memory), None);
        let teeth = [50, 60, 70, 40, 60, 80, 40, 70, 100, 40, 80, 120, 40, 90, 140, 50, 100, 160];
        assert!(headroom_of(&teeth.map(|mib| mib * MIB), memory).is_some(), "teeth that grow reach it");
        // A little in much, and unevenly.
        let slow: Vec<u64> = (0..20)
            .zip([7, 0, 40, 11, 23].iter().cycle())
            .map(|(n, off)| 9_000 * MIB + 100 * n + off)
            .collect();
        assert!(headroom_of(&slow, memory).is_some());
    }

    #[test]
    fn without_growth_or_without_a_limit_nothing_is_said() {
        let full = memory(Some((499 * MIB, 500 * MIB)), Some((1, 9_000 * MIB)));
        assert_eq!(headroom(0, full), None);
        assert_eq!(headroom(10 * MIB, memory(None, None)), None);
        // What is available is what counts; where the kernel does not say it, the host's size says nothing.
        let unsaid = MemoryFigures { host_available: None, ..memory(None, Some((0, 9_000 * MIB))) };
        assert_eq!(headroom(10 * MIB, unsaid), None);
    }
}
