//! A program under comparison: the real pprof, or `heapdiff pprof`.

use crate::case::INPUT;
use crate::proto;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use wait_timeout::ChildExt;

/// How long one run may take. Runs take milliseconds; a program that waits for something shall not stop the test.
const RUN_S_MAX: u64 = 60;

/// A program, and the arguments that come before those of a case.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    file: PathBuf,
    leading: Vec<OsString>,
}

/// What a run left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// None: a signal ended the run, or it took too long.
    pub(crate) exit: Option<i32>,
}

impl Program {
    /// The real pprof, or whatever takes its arguments.
    pub(crate) fn pprof(file: &Path) -> Self {
        Self { file: absolute(file), leading: Vec::new() }
    }

    pub(crate) fn heapdiff(file: &Path) -> Self {
        Self { file: absolute(file), leading: vec!["pprof".into()] }
    }

    /// Runs the program to its end, in `folder`.
    pub(crate) fn run(&self, arguments: &[String], folder: &Path) -> Result<Outcome, String> {
        let fails = |error| format!("{} does not run: {error}", self.file.display());
        let mut child = self.command(arguments, folder).spawn().map_err(fails)?;
        let stdout = child.stdout.take().map(|pipe| thread::spawn(|| read_all(pipe)));
        let stderr = child.stderr.take().map(|pipe| thread::spawn(|| read_all(pipe)));
        let status = child.wait_timeout(Duration::from_secs(RUN_S_MAX)).map_err(fails)?;
        if status.is_none() {
            child.kill().and_then(|()| child.wait()).map_err(fails)?;
        }
        let finished = |reader: Option<thread::JoinHandle<_>>| reader.and_then(|r| r.join().ok());
        Ok(Outcome {
            stdout: finished(stdout).unwrap_or_default(),
            stderr: finished(stderr).unwrap_or_default(),
            exit: status.and_then(|status| status.code()),
        })
    }

    /// The command, in an environment that is the same everywhere: pprof shows local times, looks for binaries and
    /// tools, and reads a folder of its own in the home folder.
    pub(crate) fn command(&self, arguments: &[String], folder: &Path) -> Command {
        let mut command = Command::new(&self.file);
        command.args(&self.leading).args(arguments).current_dir(folder);
        command.env_clear().env("TZ", "UTC").env("PATH", "/nonexistent").env("HOME", "/nonexistent");
        let input = File::open(folder.join(INPUT)).map_or_else(|_| Stdio::null(), Stdio::from);
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Outcome {
    /// Equal to the byte, but for what no program can imitate: how a gzip encoder works, and addresses in messages.
    pub(crate) fn is_equal(&self, other: &Self) -> bool {
        let (stderr, other_stderr) = (without_pointers(&self.stderr), without_pointers(&other.stderr));
        self.exit == other.exit
            && (stderr == other_stderr || sources_in_order(&stderr) == sources_in_order(&other_stderr))
            && (self.stdout == other.stdout || proto::gunzip(&self.stdout) == proto::gunzip(&other.stdout))
    }
}

/// With what is said of sources that cannot be read sorted: pprof reads sources and bases at the same time, and says it
/// in the order in which they fail.
fn sources_in_order(stderr: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = stderr.split('\n').collect();
    let is_of_source = |line: &&str| line.contains(".pb.gz: ");
    let count = lines.iter().take_while(|line| is_of_source(line)).count();
    lines[..count].sort_unstable();
    lines
}

/// Without the addresses of Go's heap, which one message holds where the names of types were meant.
fn without_pointers(stderr: &[u8]) -> String {
    const MESSAGE: &str = "incompatible sample types [";
    let text = String::from_utf8_lossy(stderr);
    let known = |line: &str| match line.find(MESSAGE) {
        Some(start) => line[..start + MESSAGE.len()].to_owned(),
        None => line.to_owned(),
    };
    text.split('\n').map(known).collect::<Vec<_>>().join("\n")
}

/// Runs start in other folders, so a relative path would lead nowhere.
fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

fn read_all(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What came before a failure is still worth comparing.
    let _ = pipe.read_to_end(&mut bytes);
    bytes
}
