//! What grows and is no leak.
use crate::PERIODS;
use crate::tools::{Run, Tools, first_leak, number, rows, word};
use std::collections::BTreeMap;
use std::error::Error;

/// Something that grows as a healthy program does.
pub struct Control {
    case: &'static str,
    /// Calls in a round.
    calls: u64,
    /// Half of the live heap at its highest: a case that needs less than that tests nothing.
    peak_bytes: f64,
    /// The kind of memory that the overview is to name, where it grew.
    kind: Option<&'static str>,
}

/// The controls; `program/controls.rs` tells what each does.
pub fn all() -> [Control; 6] {
    let control = |case, calls, peak_bytes| Control { case, calls, peak_bytes, kind: None };
    [
        control("bounded_cache", 200, 2e6),
        control("lazy_vec", 200, 4e6),
        control("lazy_map", 4000, 2e6),
        control("task_burst", 400, 2.5e6),
        Control { kind: Some("retained_by_allocator"), ..control("thread_burst", 10, 4e6) },
        Control { kind: Some("retained_by_allocator"), ..control("kept_by_allocator", 64_000, 16e6) },
    ]
}

impl Control {
    /// Runs it, and says what was seen.
    ///
    /// Of the process as a whole nothing may be said to keep growing, and where the allocator keeps what a burst needed,
    /// that this has stopped. Whether a line may be growing is shown and not judged: a table that doubled twice may do so
    /// again.
    pub fn run(&self, tools: &Tools<'_>, failures: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
        for period in PERIODS {
            let run = Run { case: self.case, is_leaky: false, period, seed: 1, calls: self.calls };
            let folder = tools.record(&run)?;
            let trend = tools.report(&["trend"], &folder)?;
            let overview = tools.report(&[], &folder)?;
            let headline = &overview["headline"];
            let peak =
                overview["snapshots"].as_array().into_iter().flatten().map(|point| number(&point["live"]));
            let peak = peak.fold(0.0, f64::max);
            let mut verdicts = BTreeMap::new();
            for row in rows(&trend) {
                *verdicts.entry(word(&row["verdict"])).or_insert(0) += 1;
            }
            println!(
                "{:31} {:.1} MB at most, lines {verdicts:?}, all in all {} {}",
                run.name(),
                peak / 1e6,
                word(&headline["kind"]),
                word(&headline["verdict"]),
            );
            let mut expect = |is_met: bool, what: String| {
                if !is_met {
                    failures.push(format!("{}: {what}", run.name()));
                }
            };
            if let Some(row) = first_leak(&trend) {
                expect(false, format!("called a leak: {row}"));
            }
            expect(peak >= self.peak_bytes, format!("only {peak} bytes at most"));
            expect(headline["verdict"] != "LEAK-LIKE", format!("called a leak: {headline}"));
            if let Some(kind) = self.kind {
                let is_met = headline["kind"] == kind && headline["verdict"] == "BOUNDED";
                expect(is_met, format!("not {kind} that has stopped: {headline}"));
            }
        }
        Ok(())
    }
}
