//! The programs that are run.
use serde_json::Value;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the programs are, and where their snapshots go.
pub struct Tools<'a> {
    pub heapdiff: &'a Path,
    pub leaky: &'a Path,
    pub fixed: &'a Path,
    pub work: &'a Path,
}

/// One run of a program.
pub struct Run {
    pub case: &'static str,
    pub is_leaky: bool,
    /// Mean bytes between samples.
    pub period: u64,
    pub seed: u64,
    /// Calls in a round.
    pub calls: u64,
}

impl Run {
    /// What the run is called in messages, and in the file system.
    pub fn name(&self) -> String {
        let variant = if self.is_leaky { "leaky" } else { "fixed" };
        format!("{}-{variant}-{}-{}", self.case, self.period, self.seed)
    }
}

impl Tools<'_> {
    /// Records a run and returns the folder of its snapshots.
    pub fn record(&self, run: &Run) -> Result<PathBuf, Box<dyn Error>> {
        let folder = self.work.join(run.name());
        let program = if run.is_leaky { self.leaky } else { self.fixed };
        let numbers = [run.period, run.seed, run.calls].map(|number| number.to_string());
        let status = Command::new(program).arg(run.case).arg(&folder).args(numbers).status()?;
        if status.success() { Ok(folder) } else { Err(format!("{}: {status}", run.name()).into()) }
    }

    /// What `heapdiff` says about a folder.
    pub fn report(&self, arguments: &[&str], folder: &Path) -> Result<Value, Box<dyn Error>> {
        let output = Command::new(self.heapdiff)
            .args(arguments)
            .arg(folder)
            .args(["--quiet", "--format", "json"])
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("heapdiff {arguments:?} {}: {said}", folder.display()).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The exit status of `heapdiff check` with a limit.
    pub fn check(&self, folder: &Path, limit: u64) -> Result<Option<i32>, Box<dyn Error>> {
        let output = Command::new(self.heapdiff)
            .arg("check")
            .arg(folder)
            .args(["--max-growth", &limit.to_string()])
            .output()?;
        Ok(output.status.code())
    }
}

/// A number of a report, 0 where there is none.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

/// The rows of a report.
pub fn rows(report: &Value) -> &[Value] {
    report["rows"].as_array().map_or(&[], Vec::as_slice)
}

/// The first row that is said to be a leak.
pub fn first_leak(trend: &Value) -> Option<&Value> {
    rows(trend).iter().find(|row| row["verdict"] == "LEAK-LIKE")
}

/// A word of a report, empty where there is none.
pub fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
