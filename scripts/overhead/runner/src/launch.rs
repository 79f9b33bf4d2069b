//! Running a program as its row says.

use crate::row::{Mode, Row};
use overhead_workloads::{Outcome, Task};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program, and how it is to be switched on.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) file: PathBuf,
    pub(crate) mode: Mode,
    /// A folder for what a profiler writes; emptied after each run.
    pub(crate) scratch: PathBuf,
    /// `HEAPDIFF_EVERY`.
    pub(crate) every: &'static str,
}

impl Launch {
    pub(crate) fn new(row: &Row, file: PathBuf, target: &Path) -> Self {
        Self { file, mode: row.mode, scratch: target.join("profiles").join(row.key), every: "10s" }
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, task: &Task) -> Result<Outcome, String> {
        self.answers(task).map(|(outcome, _)| outcome)
    }

    /// Runs the program to its end. The second answer is all that it printed.
    pub(crate) fn answers(&self, task: &Task) -> Result<(Outcome, String), String> {
        let output = self.command(task)?.output().map_err(|error| format!("does not start: {error}"))?;
        let _ = fs::remove_dir_all(&self.scratch);
        // heaptrack says something too.
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        match stdout.lines().find_map(|line| serde_json::from_str(line).ok()) {
            Some(outcome) => Ok((outcome, stdout)),
            None => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                Err(format!("fails with {}: {}", output.status, stderr.lines().next().unwrap_or("no word")))
            }
        }
    }

    /// The command, with nothing of the caller's environment that a profiler listens to.
    pub(crate) fn command(&self, task: &Task) -> Result<Command, String> {
        let _ = fs::remove_dir_all(&self.scratch);
        fs::create_dir_all(&self.scratch)
            .map_err(|error| format!("cannot make {}: {error}", self.scratch.display()))?;
        let task = serde_json::to_string(task).map_err(|error| error.to_string())?;
        let mut command = if self.mode == Mode::Heaptrack {
            let mut command = Command::new("heaptrack");
            command.arg("--raw").arg("--output").arg(self.scratch.join("record")).arg(&self.file);
            command
        } else {
            Command::new(&self.file)
        };
        command.arg(task).stdin(Stdio::null()).current_dir(&self.scratch);
        for (name, _) in std::env::vars_os() {
            if is_profilers(&name) {
                command.env_remove(name);
            }
        }
        match self.mode {
            Mode::Plain | Mode::Heaptrack => {}
            Mode::Heapdiff(period) => {
                command.env("HEAPDIFF_DIR", self.scratch.join("snapshots")).env("HEAPDIFF_EVERY", self.every);
                if let Some(period) = period {
                    command.env("HEAPDIFF_PERIOD", period);
                }
            }
            Mode::JemallocProfiling(lg_sample) => {
                let conf = format!("prof:true,prof_active:true,prof_final:false,lg_prof_sample:{lg_sample}");
                command.env("_RJEM_MALLOC_CONF", conf);
            }
        }
        Ok(command)
    }
}

fn is_profilers(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["HEAPDIFF_", "_RJEM_MALLOC_CONF", "MALLOC_", "PPROF_ALLOC_", "LD_PRELOAD"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}
