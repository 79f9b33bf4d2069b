//! Releases that leak, and the next ones, which do not.
use crate::tools::{Run, Tools, first_leak, number, rows, word};
use crate::{PERIODS, ROUNDS};
use serde_json::Value;
use std::error::Error;
use std::path::Path;

/// The chance with which an interval holds the truth: none of a dozen shall fail in a lifetime.
const CONFIDENCE: &str = "0.9999";

/// How far the whole growth may be from what the leak explains, as a share of it.
const TOLERANCE: f64 = 0.1;

/// What a release leaks a call.
pub struct Leak {
    case: &'static str,
    /// Calls in a round.
    calls: u64,
    /// The file whose line is to blame, by its end.
    file: &'static str,
    line: u64,
    /// What the first row keeps a call.
    first: Kept,
    /// What all of the release's rows keep a call.
    all: Kept,
}

/// Memory that stays a call.
struct Kept {
    bytes: f64,
    objects: f64,
}

/// What is known of the releases, from their sources and from counting allocations.
pub fn all() -> [Leak; 3] {
    [
        Leak {
            case: "bytes",
            calls: 400,
            file: "program/releases.rs",
            line: line_of("// KEPT BY BYTES"),
            first: Kept { bytes: 4096.0, objects: 1.0 },
            // The owner's box.
            all: Kept { bytes: 4136.0, objects: 2.0 },
        },
        Leak {
            case: "tower",
            calls: 200,
            file: "program/releases.rs",
            line: line_of("// KEPT BY TOWER"),
            first: Kept { bytes: 16384.0, objects: 1.0 },
            // The task.
            all: Kept { bytes: 16384.0 + 256.0, objects: 2.0 },
        },
        Leak {
            case: "moka",
            calls: 20,
            // Where the value is cloned.
            file: "moka-0.9.3/src/sync_base/base_cache.rs",
            line: 402,
            first: Kept { bytes: 102_400.0, objects: 100.0 },
            // Each value's entry, and what is known about the entry.
            all: Kept { bytes: 112_000.0, objects: 300.0 },
        },
    ]
}

/// The number of the line of the programs' source that has a mark.
fn line_of(mark: &str) -> u64 {
    let source = include_str!("../../program/releases.rs");
    (1..).zip(source.lines()).find(|(_, line)| line.contains(mark)).map_or(0, |(number, _)| number)
}

impl Leak {
    /// Runs both releases, and says what was seen.
    pub fn run(&self, tools: &Tools<'_>, failures: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
        for period in PERIODS {
            let run = Run { case: self.case, is_leaky: true, period, seed: 1, calls: self.calls };
            self.expect_leak(&run, tools, failures)?;
            for seed in 1..=3 {
                let run = Run { case: self.case, is_leaky: false, period, seed, calls: self.calls };
                self.expect_silence(&run, tools, failures)?;
            }
        }
        Ok(())
    }

    fn expect_leak(
        &self,
        run: &Run,
        tools: &Tools<'_>,
        failures: &mut Vec<String>,
    ) -> Result<(), Box<dyn Error>> {
        let folder = tools.record(run)?;
        let diff = tools.report(&["diff", "--per", "calls", "--confidence", CONFIDENCE], &folder)?;
        let Some(first) = rows(&diff).first() else {
            failures.push(format!("{}: the diff has no row", run.name()));
            return Ok(());
        };
        let trend = tools.report(&["trend"], &folder)?;
        let suspect = &trend["rows"][0];
        let checked = tools.check(&folder, self.allowed())?;
        let total = &diff["total"];
        println!(
            "{:22} {} a call, first row {} at {}:{}, {}, check exits with {}",
            run.name(),
            self.a_call(total),
            self.a_call(first),
            name_of_file(first),
            first["line"],
            word(&suspect["verdict"]),
            checked.unwrap_or(-1),
        );
        let mut expect = |is_met: bool, what: &str| {
            if !is_met {
                failures.push(format!("{}: {what}", run.name()));
            }
        };
        expect(self.is_culprit(first), "the first row of the diff is another line");
        expect(self.is_culprit(suspect), "the first row of the trend is another line");
        expect(suspect["verdict"] == "LEAK-LIKE", "the line is not called a leak");
        expect(checked == Some(1), "`heapdiff check` lets it pass");
        expect(number(&diff["per"]["items"]) == self.calls_all(), "the calls are not counted");
        if run.period == 1 {
            expect(self.is_exactly(&self.first, first), "the first row is not exact");
            expect(self.is_nearly(&self.all, total), "the sum is not the leak's");
        } else {
            expect(self.is_within(&self.first, first), "the first row's interval misses the truth");
            expect(self.is_within(&self.all, total), "the sum's interval misses the truth");
        }
        Ok(())
    }

    fn expect_silence(
        &self,
        run: &Run,
        tools: &Tools<'_>,
        failures: &mut Vec<String>,
    ) -> Result<(), Box<dyn Error>> {
        let folder = tools.record(run)?;
        let trend = tools.report(&["trend"], &folder)?;
        let diff = tools.report(&["diff"], &folder)?;
        let checked = tools.check(&folder, self.allowed())?;
        println!(
            "{:22} {} a call, {} of {} lines called a leak, check exits with {}",
            run.name(),
            self.a_call(&diff["total"]),
            rows(&trend).iter().filter(|row| row["verdict"] == "LEAK-LIKE").count(),
            rows(&trend).len(),
            checked.unwrap_or(-1),
        );
        if let Some(row) = first_leak(&trend) {
            failures.push(format!("{}: called a leak: {row}", run.name()));
        }
        if checked != Some(0) {
            failures.push(format!("{}: `heapdiff check` does not let it pass", run.name()));
        }
        Ok(())
    }

    /// Calls between the first snapshot and the last.
    fn calls_all(&self) -> f64 {
        (self.calls * ROUNDS) as f64
    }

    /// What `heapdiff check` is to allow: a tenth of the leak.
    fn allowed(&self) -> u64 {
        self.all.bytes as u64 * self.calls * ROUNDS / 10
    }

    fn is_culprit(&self, row: &Value) -> bool {
        let file = word(&row["file"]);
        Path::new(file).ends_with(self.file) && row["line"].as_u64() == Some(self.line)
    }

    fn is_exactly(&self, kept: &Kept, row: &Value) -> bool {
        let bytes = number(&row["delta_bytes"]);
        [&row["delta_low"], &row["delta_high"]].map(number) == [bytes; 2]
            && bytes == kept.bytes * self.calls_all()
            && number(&row["delta_objects"]) == kept.objects * self.calls_all()
    }

    fn is_nearly(&self, kept: &Kept, row: &Value) -> bool {
        let is_near =
            |value: &Value, truth: f64| (number(value) / (truth * self.calls_all()) - 1.0).abs() < TOLERANCE;
        is_near(&row["delta_bytes"], kept.bytes) && is_near(&row["delta_objects"], kept.objects)
    }

    fn is_within(&self, kept: &Kept, row: &Value) -> bool {
        let truth = kept.bytes * self.calls_all();
        number(&row["delta_low"]) <= truth && truth <= number(&row["delta_high"])
    }

    /// A row's bytes and objects a call, with the interval where there is one.
    fn a_call(&self, row: &Value) -> String {
        let [bytes, low, high, objects] = ["delta_bytes", "delta_low", "delta_high", "delta_objects"]
            .map(|key| number(&row[key]) / self.calls_all());
        if low == high {
            format!("{bytes:.0} B and {objects:.1} objects")
        } else {
            format!("{bytes:.0} B [{low:.0} to {high:.0}]")
        }
    }
}

/// The name of the file of a row, without its folders.
fn name_of_file(row: &Value) -> &str {
    let file = word(&row["file"]);
    file.rsplit('/').next().unwrap_or_default()
}
