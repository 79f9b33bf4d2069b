//! What the project wants to reach, and whether it does.

use crate::figures::nanos;
use crate::programs::Build;
use crate::rounds::Results;
use crate::row::ROWS;
use crate::samples::SampleCost;
use crate::snapshots::Snapshots;
use overhead_workloads::Workload;
use serde::Serialize;

/// One aim with what was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Target {
    aim: String,
    /// `None` where this run did not measure it, or could not.
    figure: Option<f64>,
    limit: f64,
    unit: Unit,
    is_met: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Unit {
    Nanoseconds,
    Ratio,
    Milliseconds,
    Microseconds,
    Bytes,
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Self::Nanoseconds => nanos(value),
            Self::Ratio => format!("{value:.3}"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Microseconds => format!("{value:.0} µs"),
            Self::Bytes => format!("{value:.1} bytes"),
        }
    }
}

/// How long an allocating thread may be held up by a snapshot.
const PAUSE_LIMIT_US: f64 = 1000.0;

/// At most `limit`.
fn at_most(aim: String, figure: Option<f64>, limit: f64, unit: Unit) -> Target {
    let figure = figure.filter(|figure| figure.is_finite());
    Target { aim, figure, limit, unit, is_met: figure.map(|figure| figure <= limit) }
}

/// All targets, as far as this run measured them.
pub(crate) fn targets(
    rounds: &[Results],
    costs: &[SampleCost],
    snapshots: Option<&Snapshots>,
) -> Vec<Target> {
    let mut targets = Vec::new();
    for results in rounds {
        if results.build == Build::Fp.key() {
            exact(results, &mut targets);
        } else {
            of_build(results, &mut targets);
        }
    }
    for (build, what, limit) in [("release", "without", 1000.0), ("fp", "with", 400.0)] {
        let is_asked = |cost: &&SampleCost| {
            cost.build == build && cost.workload == Workload::Deep && cost.row == "heapdiff_16k"
        };
        let figure = costs.iter().find(is_asked).map(|cost| cost.ns.median);
        let aim = format!("a sample at 40 frames {what} frame pointers");
        targets.push(at_most(aim, figure, limit, Unit::Nanoseconds));
    }
    let of = |figure: fn(&Snapshots) -> f64| snapshots.map(figure);
    let writer = of(|snapshots| snapshots.writer_ms().median());
    let aim = "writer's CPU time, 100,000 samples on 10,000 stacks";
    targets.push(at_most(aim.to_owned(), writer, 100.0, Unit::Milliseconds));
    // Where threads pause as long without snapshots, the machine says nothing about snapshots.
    let pause = of(|snapshots| match Snapshots::pause_max_us(&snapshots.without) {
        without if without < PAUSE_LIMIT_US => Snapshots::pause_max_us(&snapshots.with),
        _ => f64::NAN,
    });
    targets.push(at_most(
        "longest pause while snapshots are written".to_owned(),
        pause,
        PAUSE_LIMIT_US,
        Unit::Microseconds,
    ));
    let bytes =
        of(|snapshots| snapshots.bytes_per_sample("heapdiff_1").map_or(f64::NAN, |bytes| bytes.median()));
    targets.push(at_most("memory of a live sample".to_owned(), bytes, 64.0, Unit::Bytes));
    targets
}

fn of_build(results: &Results, targets: &mut Vec<Target>) {
    let build = results.build;
    let over = |workload, row| results.of(workload, row).map(|figures| figures.over().median());
    let ratio = |workload, row| results.of(workload, row).map(|figures| figures.ratio().median());
    let pair = over(Workload::Pair, "heapdiff_512k");
    targets.push(at_most(format!("{build}: pair at 512 KiB, over jemalloc"), pair, 1.0, Unit::Nanoseconds));
    let peers = ROWS.iter().filter(|row| row.is_peer());
    let best = peers
        .filter_map(|row| Some((over(Workload::Pair, row.key)?, row.label)))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((best, label)) = best {
        let aim = format!("{build}: pair at 512 KiB, ahead of {label}");
        targets.push(at_most(aim, pair, best, Unit::Nanoseconds));
    }
    let off = over(Workload::Pair, "heapdiff_off");
    targets.push(at_most(format!("{build}: pair while off, over jemalloc"), off, 0.3, Unit::Nanoseconds));
    let whole =
        [Workload::Json, Workload::Btree, Workload::Http].map(|workload| ratio(workload, "heapdiff_512k"));
    if let [Some(json), Some(btree), Some(http)] = whole {
        let mean = (json * btree * http).cbrt();
        let aim = format!("{build}: json, btree and http at 512 KiB, mean");
        targets.push(at_most(aim, Some(mean), 1.01, Unit::Ratio));
        let aim = format!("{build}: json, btree and http at 512 KiB, worst");
        targets.push(at_most(aim, Some(json.max(btree).max(http)), 1.03, Unit::Ratio));
    }
    for &workload in results.figures.keys() {
        if let Some(limit) = ratio(workload, "jemalloc_prof_19") {
            let aim = format!("{build}: {} at 64 KiB, against jemalloc prof 2^19", workload.name());
            targets.push(at_most(aim, ratio(workload, "heapdiff_64k"), limit, Unit::Ratio));
        }
    }
    if let Some(scaling) = results.scaling("heapdiff_512k") {
        let aim = format!("{build}: two threads against one, over jemalloc's");
        targets.push(at_most(aim, Some(scaling.median()), 1.03, Unit::Ratio));
    }
}

/// Every allocation recorded, with frame pointers.
fn exact(results: &Results, targets: &mut Vec<Target>) {
    let over = |row| results.of(Workload::Deep, row).map(|figures| figures.over().median());
    let figure = over("heapdiff_1");
    let aim = "every allocation at 40 frames with frame pointers";
    targets.push(at_most(aim.to_owned(), figure, 150.0, Unit::Nanoseconds));
    if let Some(dhat) = over("dhat") {
        let aim = "the same against a twentieth of dhat's";
        targets.push(at_most(aim.to_owned(), figure, dhat / 20.0, Unit::Nanoseconds));
    }
}

/// The list, with what is met.
pub(crate) fn table(targets: &[Target]) -> String {
    let mut text = "== targets\n\n".to_owned();
    for Target { aim, figure, limit, unit, is_met } in targets {
        let verdict = match is_met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "not known",
        };
        let figure = figure.map_or(String::new(), |figure| unit.text(figure));
        text += &format!("  {aim:<58} {figure:>10}, at most {:<9} {verdict}\n", unit.text(*limit));
    }
    text + "\n"
}
