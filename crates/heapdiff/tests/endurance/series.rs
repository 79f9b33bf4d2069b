//! What must hold for every series of snapshots.

use crate::support::{Figures, Ran, Snapshot};
use std::process::Command;

/// What the program knew when it had a snapshot taken, and nobody allocated: a line `file objects bytes` each.
pub(crate) const NOTES: &str = "truth.txt";

/// Blocks in use, in truth, of a snapshot.
#[derive(Debug)]
pub(crate) struct Truth {
    pub(crate) name: String,
    pub(crate) objects: i64,
    pub(crate) space: i64,
}

/// What the program noted.
pub(crate) fn truths(ran: &Ran) -> Vec<Truth> {
    let notes = std::fs::read_to_string(ran.dir.join(NOTES)).unwrap();
    let parse = |line: &str| {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap();
        Truth { name: word().to_owned(), objects: word().parse().unwrap(), space: word().parse().unwrap() }
    };
    notes.lines().map(parse).collect()
}

/// Figures of a whole snapshot.
fn total(snapshot: &Snapshot) -> Figures {
    // Every function's name ends with nothing.
    snapshot.of("")
}

/// Losses that are no sign of a fault: a block that moved while a snapshot was taken, and a stack trace that was cut
/// since a hundred threads wanted one at once.
const HARMLESS: [&str; 2] = ["moved_during_snapshot", "unwinder_busy"];

/// Samples whose stack trace was cut: they may be missing from the figures of a function. At most one of `of` is.
pub(crate) fn cut_stacks(snapshot: &Snapshot, of: i64) -> i64 {
    let metadata = snapshot.metadata();
    let cut = metadata.dropped.get("unwinder_busy").copied().unwrap_or(0);
    assert!(
        cut as i64 <= metadata.recorder.samples as i64 / of,
        "{cut} of {} stacks are cut",
        metadata.recorder.samples
    );
    cut as i64
}

/// A function's figure is the truth but for samples whose stack trace was cut.
pub(crate) fn assert_near(found: i64, truth: i64, cut: i64) {
    assert!((truth - cut..=truth).contains(&found), "{found}, in truth {truth}, {cut} cut");
}

/// Snapshots follow each other, what was allocated never becomes less, and nothing is lost.
pub(crate) fn check(ran: &Ran, snapshots: &[Snapshot]) {
    let metadata: Vec<_> = snapshots.iter().map(Snapshot::metadata).collect();
    for pair in metadata.windows(2) {
        assert!(pair[0].sequence < pair[1].sequence);
    }
    let totals: Vec<Figures> = snapshots.iter().map(total).collect();
    for (pair, (earlier, later)) in totals.iter().zip(&totals[1..]).enumerate() {
        let is_rounding = |less: i64, more: i64| less <= more + 1000;
        // A sampled block that grows stands for fewer others from then on: one of a byte stands for as many as the period
        // has bytes. In exact mode each stands for itself.
        let grown = 4 * snapshots[pair].0.period;
        assert!(
            is_rounding(earlier.alloc_space, later.alloc_space),
            "snapshot {pair}: {earlier:?}, {later:?}"
        );
        assert!(
            is_rounding(earlier.alloc_objects, later.alloc_objects + grown),
            "snapshot {pair}: {earlier:?}, {later:?}"
        );
    }
    for (figures, metadata) in totals.iter().zip(&metadata) {
        assert!(figures.inuse_objects >= 0 && figures.inuse_space >= 0, "{figures:?}");
        for (loss, count) in metadata.dropped.iter().filter(|(loss, _)| !HARMLESS.contains(&loss.as_str())) {
            assert_eq!(*count, 0, "{loss}, in snapshot {}", metadata.sequence);
        }
    }
    assert_eq!((ran.stdout().as_str(), ran.stderr().as_str()), ("", ""), "there is nothing to say");
    check_command(ran);
}

/// The recorder's memory and the process's in the last quarter are no larger than in the quarter before the middle.
pub(crate) fn check_flat(snapshots: &[Snapshot]) {
    let (early, late) = (snapshots.len() / 4..snapshots.len() / 2, snapshots.len() * 3 / 4..snapshots.len());
    let median = |range: std::ops::Range<usize>, figure: &dyn Fn(&Snapshot) -> u64| {
        let mut figures: Vec<u64> = snapshots[range].iter().map(figure).collect();
        figures.sort_unstable();
        figures[figures.len() / 2]
    };
    for (name, slack, figure) in [
        (
            "table_bytes",
            1 << 20,
            (&|s: &Snapshot| s.metadata().recorder.table_bytes) as &dyn Fn(&Snapshot) -> u64,
        ),
        ("rss", 16 << 20, &|s: &Snapshot| s.metadata().memory.rss.unwrap()),
    ] {
        let (early, late) = (median(early.clone(), figure), median(late.clone(), figure));
        say(&format!("{name}: {} KiB early, {} KiB late", early >> 10, late >> 10));
        assert!(late <= early + early / 10 + slack, "{name} grows: {early} early, {late} late");
    }
}

/// Says something about a run that was asked to be long.
pub(crate) fn say(text: &str) {
    if std::env::var_os("SOAK_SECONDS").is_some() {
        println!("    {text}");
    }
}

/// The command itself reads every snapshot, where it is built.
fn check_command(ran: &Ran) {
    let own = std::env::current_exe().unwrap();
    let command = own.ancestors().nth(2).unwrap().join("heapdiff");
    if !command.exists() {
        eprintln!("skipped: `heapdiff info` of each snapshot, since the command is not built");
        return;
    }
    for path in ran.paths() {
        let output = Command::new(&command).arg("info").arg(&path).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("period"), "{}: {text}", path.display());
    }
}
