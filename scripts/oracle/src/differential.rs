//! Random cases, through the real pprof and through heapdiff: what they print must be equal, to the byte.

use crate::arguments;
use crate::case::Case;
use crate::difference::differences;
use crate::generate;
use crate::parallel;
use crate::program::{Outcome, Program};
use crate::proto;
use crate::shrink;
use std::fs;
use std::path::{Path, PathBuf};

/// How often the real pprof must give the same answer before a difference counts: it sometimes prints in the order of
/// its hash tables, and what is equal but for the sign in any order. Of two such rows one comes first in seven runs of
/// eight, so that one case in 3000 is taken for stable by mistake.
const ORACLE_RUNS_STABLE: usize = 60;

/// How often it is asked where its answers vary, until one is the answer of the other program.
const ORACLE_RUNS_VARYING: usize = 80;

/// What comparing a case says.
#[derive(Debug)]
enum Verdict {
    /// With the first line that both wrote to stderr.
    Equal {
        has_answer: bool,
        stderr: String,
    },
    /// The real pprof itself fails: there is nothing to imitate. The other program must not crash, though.
    OraclePanics,
    /// The real pprof answers by chance, and never as the other program did.
    OracleVaries,
    Differs(Box<Finding>),
}

/// A case that differs, as small as it could be made.
#[derive(Debug)]
struct Finding {
    case: Case,
    expected: Outcome,
    found: Outcome,
}

struct Comparison {
    pprof: Program,
    tested: Program,
    /// Cases are written and run below this folder.
    folder: PathBuf,
}

/// Returns whether all pairs are equal.
pub(crate) fn run(options: &arguments::Differential) -> Result<bool, String> {
    let tested = match (&options.against, &options.heapdiff) {
        (Some(program), _) => Program::pprof(program),
        (None, Some(heapdiff)) => Program::heapdiff(heapdiff),
        (None, None) => return Err("which program is to be tested? Name it with --against".to_owned()),
    };
    let comparison =
        Comparison { pprof: Program::pprof(&options.pprof), tested, folder: options.folder.clone() };
    if options.folder.exists() {
        fs::remove_dir_all(&options.folder)
            .map_err(|error| format!("{}: {error}", options.folder.display()))?;
    }
    let numbers: Vec<u64> = match options.only {
        Some(number) => vec![number],
        None => (0..options.pairs).collect(),
    };
    let verdicts = parallel::map(&numbers, |&number| comparison.examine(options.seed, number));
    let mut count = Count::default();
    for (number, verdict) in numbers.iter().zip(verdicts) {
        match verdict? {
            Verdict::Equal { has_answer, stderr } => {
                count.equal += 1;
                count.reports += usize::from(has_answer);
                if options.verbose {
                    println!("equal {number}, {}: {stderr}", if has_answer { "report" } else { "error" });
                }
            }
            Verdict::OraclePanics => count.panics += 1,
            Verdict::OracleVaries => count.varying += 1,
            Verdict::Differs(finding) => {
                count.differing += 1;
                comparison.keep(options.seed, *number, &finding)?;
            }
        }
    }
    count.print(options.seed);
    if count.differing > 0 {
        println!("the differing pairs, made small, are in {}", comparison.folder.display());
    }
    Ok(count.differing == 0 && count.equal > 0)
}

#[derive(Debug, Default)]
struct Count {
    equal: usize,
    /// Of those that are equal.
    reports: usize,
    panics: usize,
    varying: usize,
    differing: usize,
}

impl Count {
    fn print(&self, seed: u64) {
        if self.panics > 0 {
            println!("not compared: {} pairs, in which the real pprof panics", self.panics);
        }
        if self.varying > 0 {
            println!("not compared: {} pairs, for which the real pprof has several answers", self.varying);
        }
        let (compared, errors) = (self.equal + self.differing, self.equal - self.reports);
        println!(
            "{} of {compared} pairs are equal: {} reports and {errors} errors (seed {seed})",
            self.equal, self.reports
        );
    }
}

impl Comparison {
    /// Compares one case, and makes it small if it differs.
    fn examine(&self, seed: u64, number: u64) -> Result<Verdict, String> {
        let folder = self.folder.join(format!("work-{number}"));
        let mut verdict = self.compare(&generate::case(seed, number), &folder)?;
        if let Verdict::Differs(finding) = &mut verdict {
            let case = finding.case.clone();
            shrink::shrink(case, |candidate| match self.compare(candidate, &folder) {
                // A smaller case must fail in the same way: a report does not become an error message.
                Ok(Verdict::Differs(smaller)) if smaller.expected.exit == finding.expected.exit => {
                    *finding = smaller;
                    true
                }
                _ => false,
            });
        }
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(verdict)
    }

    fn compare(&self, case: &Case, folder: &Path) -> Result<Verdict, String> {
        case.write(folder)?;
        let arguments = case.arguments();
        let found = self.tested.run(&arguments, folder)?;
        let mut answers: Vec<Outcome> = Vec::new();
        for run in 0..ORACLE_RUNS_VARYING {
            if run == ORACLE_RUNS_STABLE && answers.len() == 1 {
                break;
            }
            let expected = self.pprof.run(&arguments, folder)?;
            if is_panic(&expected) {
                // Exit codes that mean something: everything else is a crash of heapdiff's too.
                if matches!(found.exit, Some(0..=4)) {
                    return Ok(Verdict::OraclePanics);
                }
                return Ok(Verdict::Differs(Box::new(Finding { case: case.clone(), expected, found })));
            }
            if expected.is_equal(&found) {
                let stderr = String::from_utf8_lossy(&found.stderr).lines().next().unwrap_or("").to_owned();
                return Ok(Verdict::Equal { has_answer: expected.exit == Some(0), stderr });
            }
            if !answers.iter().any(|answer| answer.is_equal(&expected)) {
                answers.push(expected);
            }
        }
        Ok(match <[Outcome; 1]>::try_from(answers) {
            Ok([expected]) => Verdict::Differs(Box::new(Finding { case: case.clone(), expected, found })),
            Err(_) => Verdict::OracleVaries,
        })
    }

    /// Writes down a case that differs, and prints the first difference.
    fn keep(&self, seed: u64, number: u64, finding: &Finding) -> Result<(), String> {
        let folder = self.folder.join(format!("{seed}-{number}"));
        finding.case.write(&folder)?;
        let arguments = finding.case.arguments();
        let quoted: Vec<_> = arguments.iter().map(|argument| quote(argument)).collect();
        let command = quoted.join(" ");
        let mut files = vec![("arguments".to_owned(), (command.clone() + "\n").into_bytes())];
        for (side, outcome) in [("expected", &finding.expected), ("found", &finding.found)] {
            files.push((format!("{side}.stdout"), outcome.stdout.clone()));
            files.push((format!("{side}.stderr"), outcome.stderr.clone()));
        }
        for (name, bytes) in files {
            fs::write(folder.join(name), bytes).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        println!("DIFFERS {}\n  pprof {command}", folder.display());
        println!("{}", finding.describe());
        Ok(())
    }
}

impl Finding {
    /// The first differing line of each output.
    fn describe(&self) -> String {
        let (expected, found) = (&self.expected, &self.found);
        let mut lines = Vec::new();
        if expected.exit != found.exit {
            lines.push(format!("    exit code, expected: {:?}, found: {:?}", expected.exit, found.exit));
        }
        for (name, expected, found) in
            [("stdout", &expected.stdout, &found.stdout), ("stderr", &expected.stderr, &found.stderr)]
        {
            let (mut expected, mut found) = (proto::gunzip(expected), proto::gunzip(found));
            if expected == found {
                continue;
            }
            if let (Some(left), Some(right)) = (proto::describe(&expected), proto::describe(&found)) {
                (expected, found) = (left.into_bytes(), right.into_bytes());
            }
            lines.push(format!("  {name}:"));
            lines.extend(differences(&expected, &found, 1).iter().map(ToString::to_string));
        }
        lines.join("\n")
    }
}

/// A panic of a Go program.
fn is_panic(outcome: &Outcome) -> bool {
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    stderr.lines().any(|line| line.starts_with("panic: ") || line.starts_with("goroutine 1 ["))
}

/// As a shell reads it.
fn quote(argument: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=./:,@%+".contains(letter);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}
