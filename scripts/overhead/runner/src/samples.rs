//! What a sample costs: the difference between two periods, divided by the difference in samples.

use crate::figures::{Summary, nanos};
use crate::rounds::Results;
use crate::row::{Mode, Row, SAMPLING_ROWS};
use overhead_workloads::Workload;
use serde::Serialize;
use std::fmt::Write;

/// The workloads that are asked: few frames, and 40 more.
pub(crate) const WORKLOADS: [Workload; 2] = [Workload::Pair, Workload::Deep];

/// What one sample costs a profiler.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct SampleCost {
    pub(crate) build: &'static str,
    pub(crate) workload: Workload,
    pub(crate) row: &'static str,
    #[serde(skip)]
    label: &'static str,
    pub(crate) samples_per_op: f64,
    /// Nanoseconds, the sample's free included.
    pub(crate) ns: Summary,
}

/// The costs that the rounds of [`SAMPLING_ROWS`] tell.
pub(crate) fn costs(results: &Results) -> Vec<SampleCost> {
    let mut costs = Vec::new();
    for workload in WORKLOADS {
        let mut sparse: Option<&Row> = None;
        for row in &SAMPLING_ROWS {
            let base = match sparse {
                Some(base) if base.program == row.program => base,
                _ => {
                    sparse = Some(row);
                    continue;
                }
            };
            let samples_per_op = samples(workload, row.mode);
            let more = samples_per_op - samples(workload, base.mode);
            if let (Some(dense), Some(sparse)) =
                (results.of(workload, row.key), results.of(workload, base.key))
            {
                let ns = dense.over().with(&sparse.over(), |dense, sparse| (dense - sparse) / more).summary();
                let (build, row, label) = (results.build, row.key, row.label);
                costs.push(SampleCost { build, workload, row, label, samples_per_op, ns });
            }
        }
    }
    costs
}

/// The table of one build.
pub(crate) fn table(costs: &[SampleCost], title: &str) -> String {
    let mut text =
        format!("== {title}: a sample and its free, from the difference to a period of 512 KiB\n\n");
    // Writing into a String does not fail.
    let _ = writeln!(text, "  {:<24} {:<36} {:>11}   quartiles", "stack", "allocator", "a sample");
    for cost in costs {
        let stack =
            if cost.workload == Workload::Deep { "40 frames and main's" } else { "main's few frames" };
        let quartiles = format!("{} to {}", nanos(cost.ns.low), nanos(cost.ns.high));
        let _ =
            writeln!(text, "  {stack:<24} {:<36} {:>11}   {quartiles}", cost.label, nanos(cost.ns.median));
    }
    text + "\n"
}

/// How many samples an operation makes on average: a block of S bytes is one with probability 1 - e^(-S/period).
fn samples(workload: Workload, mode: Mode) -> f64 {
    let (period, is_rounded) = match mode {
        Mode::Heapdiff(None) => (512.0 * 1024.0, false),
        Mode::Heapdiff(Some("64KiB")) => (64.0 * 1024.0, false),
        Mode::Heapdiff(Some("16KiB")) => (16.0 * 1024.0, false),
        Mode::JemallocProfiling(lg_sample) => (f64::from(lg_sample).exp2(), true),
        other => unreachable!("no period is known of {other:?}"),
    };
    // jemalloc counts what it serves, not what was asked for.
    let counted = |size: u64| if is_rounded { size_class(size) } else { size };
    let chance = |size: u64| 1.0 - (-(counted(size) as f64) / period).exp();
    let mean = |first: u64, last: u64| (first..=last).map(chance).sum::<f64>() / (last - first + 1) as f64;
    match workload {
        Workload::Pair => mean(64, 127),
        _ => (5..12).map(|log| mean(1, 1 << log)).sum::<f64>() / 7.0,
    }
}

/// jemalloc's size class: multiples of 16 up to 128, then four to each doubling.
fn size_class(size: u64) -> u64 {
    match size {
        0..=8 => 8,
        9..=128 => size.next_multiple_of(16),
        _ => size.next_multiple_of(size.next_power_of_two() / 8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes_are_those_of_the_manual() {
        let of = |sizes: &[u64]| sizes.iter().map(|&size| size_class(size)).collect::<Vec<_>>();
        assert_eq!(
            of(&[1, 9, 17, 128, 129, 161, 257, 320, 2000]),
            [8, 16, 32, 128, 160, 192, 320, 320, 2048]
        );
    }
}
