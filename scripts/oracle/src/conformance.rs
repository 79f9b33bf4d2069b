//! Runs the cases of a corpus, and says which fail.

use crate::arguments;
use crate::corpus::{self, Case};
use crate::difference::differences;
use crate::parallel;
use crate::program::{Outcome, Program};
use crate::recording::Recording;
use std::fs;
use std::path::Path;

/// How many differing lines `--verbose` shows of an output.
const VERBOSE_DIFFERENCES_MAX: usize = 10;

/// How a case ended.
enum Verdict {
    Passes,
    /// Prints what pprof 1.24.11 prints, whereas the golden is of another version.
    PassesAs1_24_11,
    /// Each text names what differs.
    Fails(Vec<String>),
}

/// What a run must leave.
struct Expected<'a> {
    stdout: &'a [u8],
    /// None: the corpus does not say.
    stderr: Option<&'a str>,
    exit: i32,
}

/// Returns whether all cases pass.
pub(crate) fn run(options: &arguments::Conformance) -> Result<bool, String> {
    let mut cases = corpus::cases(&options.corpus)?;
    if let Some(pprof) = &options.record {
        let recording = Recording::make(&Program::pprof(pprof), &cases, &options.corpus)?;
        recording.write(&options.recording)?;
    }
    if let Some(word) = &options.filter {
        cases.retain(|case| case.matches(word));
    }
    let program = match (&options.against, &options.heapdiff) {
        (Some(program), _) => Program::pprof(program),
        (None, Some(heapdiff)) => Program::heapdiff(heapdiff),
        (None, None) => return Err("which program is to be tested? Name it with --against".to_owned()),
    };
    let recording = Recording::read(&options.recording)?;
    let shown = if options.verbose { VERBOSE_DIFFERENCES_MAX } else { 1 };
    let verdicts = parallel::map(&cases, |case| verdict(case, &program, &recording, &options.corpus, shown));
    let (mut passing, mut as_1_24_11) = (0, 0);
    for (case, verdict) in cases.iter().zip(verdicts) {
        let name = format!("pprof {}", case.call().0.join(" "));
        match verdict? {
            Verdict::Fails(details) => {
                println!("FAIL {name}\n{}", details.join("\n"));
                continue;
            }
            Verdict::Passes => {}
            Verdict::PassesAs1_24_11 => as_1_24_11 += 1,
        }
        passing += 1;
        if options.verbose {
            println!("pass {name}");
        }
    }
    if as_1_24_11 > 0 {
        println!("{as_1_24_11} cases pass as pprof 1.24.11 prints them: their golden is of another version");
    }
    println!("{passing} of {} cases pass", cases.len());
    // A filter that no case matches proves nothing.
    Ok(passing == cases.len() && passing > 0)
}

fn verdict(
    case: &Case,
    program: &Program,
    recording: &Recording,
    corpus: &Path,
    shown: usize,
) -> Result<Verdict, String> {
    let outcome = program.run(&case.call().0, corpus)?;
    let golden = match &case.golden {
        Some(golden) => fs::read(corpus.join(golden)).map_err(|error| format!("{golden}: {error}"))?,
        None => Vec::new(),
    };
    let expected = Expected { stdout: &golden, stderr: case.stderr.as_deref(), exit: case.exit };
    let details = expected.compare(&outcome, shown);
    if details.is_empty() {
        return Ok(Verdict::Passes);
    }
    if case.is_verified {
        return Ok(Verdict::Fails(details));
    }
    let Some(recorded) = recording.of(&case.call()) else {
        let mut details = details;
        details.push(
            "    the golden is not of pprof 1.24.11, whose output is not recorded: see --record".to_owned(),
        );
        return Ok(Verdict::Fails(details));
    };
    let expected =
        Expected { stdout: recorded.stdout.as_bytes(), stderr: Some(&recorded.stderr), exit: recorded.exit };
    let details = expected.compare(&outcome, shown);
    Ok(if details.is_empty() { Verdict::PassesAs1_24_11 } else { Verdict::Fails(details) })
}

impl Expected<'_> {
    /// What differs, with up to `shown` lines of each output.
    fn compare(&self, outcome: &Outcome, shown: usize) -> Vec<String> {
        let mut details = Vec::new();
        if outcome.exit != Some(self.exit) {
            let found = outcome.exit.map_or("none".to_owned(), |exit| exit.to_string());
            details.push(format!("    exit code, expected: {}, found: {found}", self.exit));
        }
        let streams = [
            ("stdout", Some(self.stdout), &outcome.stdout),
            ("stderr", self.stderr.map(str::as_bytes), &outcome.stderr),
        ];
        for (name, expected, found) in streams {
            let Some(expected) = expected else { continue };
            if expected != found {
                details.push(format!("  {name}:"));
                details.extend(differences(expected, found, shown).iter().map(ToString::to_string));
            }
        }
        details
    }
}
