//! Resources from acquire to release, each test in a process of its own: exact counts, the right places, and nothing that
//! harms the program.
#![expect(unsafe_code, reason = "`fork` is a system call")]
#![expect(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a test program may panic, and is no allocator hook"
)]

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "what is about the heap is not needed here")]
mod support;

mod levels;
mod losses;
mod pools;
mod reports;

use heapdiff_profile::{Profile, ResourceFigures, Sample};
use heapdiff_symbols::{Options, Symbolizer};
use std::process::ExitCode;
use support::{Case, Ran, Snapshot};

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

static CASES: &[Case] = &[
    reports::ONE_ROW,
    reports::SLICES,
    reports::BYTES,
    reports::ACCESSES,
    reports::SAMPLED,
    reports::NOT_RECORDING,
    levels::CHANGED,
    levels::COUNT,
    levels::ENVIRONMENT,
    levels::BAD_ENVIRONMENT,
    levels::NAMES,
    losses::FORGOTTEN,
    losses::UNCLOSED,
    losses::MANY_UNCLOSED,
    losses::TWICE,
    losses::OVERWRITTEN,
    losses::FORKED,
    pools::CHUNKS,
    pools::GONE,
    pools::INHERITED,
];

fn main() -> ExitCode {
    support::main(CASES)
}

/// A recording in which nothing is written unless it is asked for.
fn profiler() -> heapdiff::Profiler {
    heapdiff::Profiler::builder().dir("profiles").every(std::time::Duration::MAX).start().unwrap()
}

/// The snapshots of a type, read and symbolized.
fn resources(ran: &Ran, name: &str) -> Vec<Snapshot> {
    let paths = support::paths(&ran.dir.join("profiles/resources").join(name));
    let mut profiles: Vec<Profile> = paths.iter().map(|path| support::read(path)).collect();
    Symbolizer::new(Options::default()).symbolize(&mut profiles.iter_mut().collect::<Vec<_>>());
    profiles.into_iter().map(Snapshot).collect()
}

/// What a snapshot says of its type.
fn figures(snapshot: &Snapshot) -> &ResourceFigures {
    snapshot.metadata().resource.as_ref().expect("it is a snapshot of resources")
}

/// The sum of a sample type over all samples with a function whose name ends with `function`.
fn sum(snapshot: &Snapshot, kind: &str, function: &str) -> i64 {
    sum_if(snapshot, kind, |sample| snapshot.frames(sample).iter().any(|name| name.ends_with(function)))
}

fn sum_if(snapshot: &Snapshot, kind: &str, is_counted: impl Fn(&Sample) -> bool) -> i64 {
    let column = snapshot.0.sample_type_index(kind).expect("all types are there");
    let counted = snapshot.0.samples.iter().filter(|sample| is_counted(sample));
    counted.map(|sample| sample.values[column]).sum()
}

/// The samples whose text label `key` is `value`.
fn labelled<'a>(snapshot: &'a Snapshot, key: &str, value: &str) -> Vec<&'a Sample> {
    let text = |sample: &Sample| {
        sample.labels.iter().any(|label| {
            snapshot.0.strings.get(label.key) == key
                && matches!(label.value, heapdiff_profile::LabelValue::Text(text) if snapshot.0.strings.get(text) == value)
        })
    };
    snapshot.0.samples.iter().filter(|sample| text(sample)).collect()
}
