//! Where the resident memory of a process goes, and which part of it grew.

use crate::metadata::Metadata;
use crate::overview::{GrowthKind, Headline, MemorySplit, Movement, OverviewRow, SnapshotPoint};

/// The part of the biggest resident set size that a part of it must have grown by to be worth a headline: the
/// allocator's and the kernel's own bookkeeping moves that much.
const HEADLINE_SHARE: i64 = 20;
/// Less growth than this, in bytes, is no headline: a thread's stack, a loaded library.
const HEADLINE_BYTES_MIN: i64 = 1 << 20;

/// What the rows that grew sum to, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowsGrown {
    /// How far their highs rose.
    pub(crate) rise: i64,
    /// Their change from base to head.
    pub(crate) change: i64,
}

impl RowsGrown {
    pub(crate) fn of(rows: &[OverviewRow]) -> Option<Self> {
        let grew = || rows.iter().filter(|row| row.movement == Movement::Grew);
        grew().next()?;
        Some(Self {
            rise: grew().fold(0, |sum, row| sum.saturating_add(row.rise)),
            change: grew().fold(0, |sum, row| sum.saturating_add(row.figures.value.delta())),
        })
    }
}

impl MemorySplit {
    /// Splits the resident set size, if it is known.
    pub(crate) fn of(metadata: &Metadata, live: i64) -> Option<Self> {
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let rss = signed(metadata.memory.rss?);
        let recorder = signed(metadata.recorder.table_bytes);
        let left = rss.saturating_sub(recorder).saturating_sub(live);
        let resident = metadata.allocator.as_ref().map(|allocator| signed(allocator.resident));
        let claimed = resident.map(|resident| resident.saturating_sub(live));
        let retained = claimed.map(|claimed| claimed.min(left));
        let outside = match claimed {
            // The allocator claims all that is left, so some of its claim was never touched, and what is outside may be
            // any part of the rest.
            Some(claimed) if claimed >= left => None,
            _ => Some(left.saturating_sub(retained.unwrap_or(0))),
        };
        Some(Self { live, retained, outside, recorder })
    }
}

impl Headline {
    /// Says what grew over these points, from base to head.
    ///
    /// `grown` are the rows that grew: nothing else makes the live heap the headline, since its sum goes up and down
    /// with the work in flight. The other parts are judged by their highs too.
    pub(crate) fn of(
        points: &[SnapshotPoint],
        grown: Option<RowsGrown>,
        resolution_bytes: Option<u64>,
    ) -> Self {
        let part = |of: fn(&MemorySplit) -> Option<i64>| -> Vec<i64> {
            points.iter().filter_map(|point| point.split.as_ref().and_then(of)).collect()
        };
        // A part that is not known everywhere cannot be said to have grown.
        let rise_between = |early: &[i64], late: &[i64]| {
            if early.len() == points.len() && late.len() == points.len() { rise(early, late) } else { 0 }
        };
        let rise_of = |values: &[i64]| rise_between(values, values);
        let (retained, outside) = (part(|split| split.retained), part(|split| split.outside));
        // Where it cannot be told apart it is something between nothing and all that the allocator claims.
        let outside_rise = rise_between(
            &part(|split| split.outside.or(split.retained)),
            &part(|split| Some(split.outside.unwrap_or(0))),
        );
        // Where it is no more than what is left of the resident set size, it grows with whatever grows outside. Then
        // the allocator's own claim must have grown as well.
        let claimed: Vec<i64> = points.iter().filter_map(SnapshotPoint::claimed_beyond_live).collect();
        let retained_rise = rise_of(&retained).min(rise_of(&claimed));
        let rss_peak = points.iter().filter_map(|point| point.rss).max().unwrap_or(0);
        let share = i64::try_from(rss_peak).unwrap_or(i64::MAX) / HEADLINE_SHARE;
        let resolution = i64::try_from(resolution_bytes.unwrap_or(0)).unwrap_or(i64::MAX);
        let least = share.max(resolution).max(HEADLINE_BYTES_MIN);
        let candidates = [
            (GrowthKind::LiveHeap, grown.map_or(0, |grown| grown.rise), 0),
            (GrowthKind::RetainedByAllocator, retained_rise, least),
            (GrowthKind::OutsideAllocator, outside_rise, least),
        ];
        let biggest =
            candidates.into_iter().filter(|&(_, rise, least)| rise > least).max_by_key(|&(_, rise, _)| rise);
        let (kind, rise, _) = biggest.unwrap_or((GrowthKind::None, 0, 0));
        let rss: Vec<_> =
            points.iter().filter_map(|point| point.rss.and_then(|rss| i64::try_from(rss).ok())).collect();
        let live: Vec<_> = points.iter().filter_map(|point| point.live_bytes).collect();
        let delta_of = |values: &[i64]| match (values.first(), values.last()) {
            (Some(first), Some(last)) if values.len() == points.len() => Some(last.saturating_sub(*first)),
            _ => None,
        };
        Self {
            kind,
            rise,
            rows_delta: grown.map(|grown| grown.change),
            rss_delta: delta_of(&rss),
            live_delta: delta_of(&live),
            retained_delta: delta_of(&retained),
            outside_delta: delta_of(&outside),
        }
    }
}

impl SnapshotPoint {
    /// What the allocator says it holds resident beyond the live heap.
    fn claimed_beyond_live(&self) -> Option<i64> {
        let resident = i64::try_from(self.allocator.as_ref()?.resident).unwrap_or(i64::MAX);
        Some(resident.saturating_sub(self.live_bytes?))
    }
}

/// How far the high of the later half of `late` lies above that of the earlier half of `early`, which is as long.
fn rise(early: &[i64], late: &[i64]) -> i64 {
    let half = (early.len() / 2).max(1);
    let high = |part: Option<&[i64]>| part.and_then(|part| part.iter().copied().max()).unwrap_or(0);
    high(late.get(late.len().saturating_sub(half)..)).saturating_sub(high(early.get(..half)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::AllocatorFigures;

    const MIB: i64 = 1 << 20;

    /// The split of a process of `rss` MiB with these MiB live, resident in the allocator, and in the recorder's
    /// tables.
    fn split(rss: u64, live: i64, resident: Option<u64>, recorder: u64) -> MemorySplit {
        let mut metadata = Metadata::default();
        metadata.memory.rss = Some(rss << 20);
        metadata.recorder.table_bytes = recorder << 20;
        metadata.allocator = resident
            .map(|resident| AllocatorFigures { resident: resident << 20, ..AllocatorFigures::default() });
        MemorySplit::of(&metadata, live * MIB).unwrap()
    }

    #[test]
    fn the_parts_add_up_to_the_resident_set_size() {
        for (name, found, expected) in [
            ("all known", split(100, 40, Some(60), 5), (40, Some(20), Some(35), 5)),
            ("an allocator that says nothing", split(100, 40, None, 5), (40, None, Some(55), 5)),
            (
                "an allocator that claims more than there is",
                split(50, 40, Some(60), 5),
                (40, Some(5), None, 5),
            ),
            ("live memory that was never touched", split(100, 400, Some(410), 5), (400, Some(-305), None, 5)),
        ] {
            let (live, retained, outside, recorder) = expected;
            let retained = retained.map(|retained: i64| retained * MIB);
            let outside = outside.map(|outside: i64| outside * MIB);
            let expected = MemorySplit { live: live * MIB, retained, outside, recorder: recorder * MIB };
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(MemorySplit::of(&Metadata::default(), 0), None, "without a resident set size");
    }
}
