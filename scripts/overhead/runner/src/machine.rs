//! What was measured, and on what.

use crate::arguments::Arguments;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Crates whose versions belong beside the figures.
const CRATES: [&str; 8] = [
    "dhat",
    "heapdiff",
    "heapscope",
    "libdd-profiling-heap-allocator",
    "pprof-alloc",
    "serde_json",
    "tikv-jemalloc-sys",
    "hyper",
];

#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) cores: usize,
    pub(crate) cpu: String,
    pub(crate) kernel: String,
    /// Load of the last minute when this began.
    pub(crate) load: String,
    /// Of the compiler, the tools and the crates.
    pub(crate) versions: BTreeMap<String, String>,
}

impl Machine {
    pub(crate) fn read(arguments: &Arguments) -> Self {
        let line = |file: &str| fs::read_to_string(file).unwrap_or_default().trim().to_owned();
        let cpuinfo = line("/proc/cpuinfo");
        let model =
            cpuinfo.lines().find_map(|line| Some(line.strip_prefix("model name")?.split_once(':')?.1));
        Self {
            date: arguments.date.clone(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            cpu: model.unwrap_or("unknown").trim().to_owned(),
            kernel: line("/proc/sys/kernel/osrelease"),
            load: line("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
            versions: versions(&arguments.workspace),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cores of {}, Linux {}, load {}, {}",
            self.cores, self.cpu, self.kernel, self.load, self.date
        )?;
        for (place, (name, version)) in self.versions.iter().enumerate() {
            write!(f, "{}{name} {version}", if place % 4 == 0 { "\n  " } else { ", " })?;
        }
        Ok(())
    }
}

fn versions(workspace: &Path) -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    let lock = fs::read_to_string(workspace.join("Cargo.lock")).unwrap_or_default();
    for package in lock.split("[[package]]") {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key))?;
            Some(line.trim_matches([' ', '=', '"']).to_owned())
        };
        if let (Some(name), Some(version)) = (value("name"), value("version"))
            && CRATES.contains(&&*name)
        {
            versions.insert(name, version.split('+').next().unwrap_or_default().to_owned());
        }
    }
    for (tool, prefix) in [("rustc", "rustc "), ("heaptrack", "heaptrack ")] {
        let version = Command::new(tool).arg("--version").output().ok();
        let text = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        let text = text.as_deref().and_then(|text| text.strip_prefix(prefix)).unwrap_or("absent");
        versions.insert(tool.to_owned(), text.split(' ').next().unwrap_or_default().to_owned());
    }
    versions
}
