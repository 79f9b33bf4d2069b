//! At the default period the estimates are right in the mean.

use crate::support::{Case, Ran, paths, read};
use std::hint::black_box;

const RUNS: u64 = 400;
/// Sizes and how many of each, all allocated on one stack trace: the mix that a period correction of sums gets wrong.
const MIX: [(usize, usize); 4] = [(64, 16_384), (4096, 1024), (300_000, 12), (2 << 20, 3)];

/// 400 seeded runs with known live bytes: the mean error of bytes and of objects is inside 3 standard errors of zero.
/// The seeds are fixed, so the outcome is too.
pub(crate) const UNBIASED: Case = Case {
    name: "estimates_are_unbiased_over_400_seeded_runs",
    environment: &[],
    inside: || {
        for seed in 0..RUNS {
            let builder = heapdiff::Profiler::builder().dir(format!("runs/{seed}")).seed(seed * 1_000_003);
            let profiler = builder.every(std::time::Duration::from_secs(3600)).start().unwrap();
            let kept = mix();
            profiler.snapshot().unwrap();
            drop(black_box(kept));
            drop(profiler);
        }
    },
    check: |ran: &Ran| {
        let (mut objects, mut bytes) = (Vec::new(), Vec::new());
        let blocks: usize = MIX.iter().map(|(_, n)| n).sum();
        // The vector that holds the blocks is one more.
        let holder = blocks * size_of::<Vec<u8>>();
        let live = MIX.iter().map(|(size, n)| size * n).sum::<usize>() + holder;
        let truth = ((blocks + 1) as f64, live as f64);
        for seed in 0..RUNS {
            let runs = paths(&ran.dir.join(format!("runs/{seed}")));
            let profile = read(&runs[0]);
            let column = |kind| {
                let index = profile.sample_type_index(kind).unwrap();
                profile.samples.iter().map(|sample| sample.values[index]).sum::<i64>() as f64
            };
            objects.push(column("inuse_objects") - truth.0);
            bytes.push(column("inuse_space") - truth.1);
        }
        for (what, errors) in [("objects", objects), ("bytes", bytes)] {
            let n = errors.len() as f64;
            let mean = errors.iter().sum::<f64>() / n;
            let standard_error =
                (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
            println!("{what}: mean error {mean:.0}, standard error {standard_error:.0}");
            assert!(
                mean.abs() < 3.0 * standard_error,
                "{what}: mean error {mean}, standard error {standard_error}"
            );
        }
    },
};

#[inline(never)]
fn mix() -> Vec<Vec<u8>> {
    let mut kept = Vec::with_capacity(MIX.iter().map(|(_, n)| n).sum());
    for (size, n) in MIX {
        for _ in 0..n {
            kept.push(Vec::with_capacity(size));
        }
    }
    kept
}
