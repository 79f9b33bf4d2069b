//! What pprof 1.24.11 prints for the cases whose golden is of another version of pprof.
//!
//! heapdiff imitates 1.24.11, so these goldens cannot be met. Recorded, so that the cases count without a pprof.

use crate::corpus::{Call, Case};
use crate::program::Program;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Recorded {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

#[derive(Debug, Default)]
pub(crate) struct Recording(BTreeMap<Call, Recorded>);

/// An entry as the file has it.
#[derive(Debug, Deserialize, Serialize)]
struct Entry {
    call: Call,
    #[serde(flatten)]
    recorded: Recorded,
}

impl Recording {
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let entries: Vec<Entry> =
            serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Self(entries.into_iter().map(|entry| (entry.call, entry.recorded)).collect()))
    }

    /// Runs pprof for each case whose golden is of another version.
    pub(crate) fn make(pprof: &Program, cases: &[Case], corpus: &Path) -> Result<Self, String> {
        let mut recording = Self::default();
        for call in cases.iter().filter(|case| !case.is_verified).map(Case::call) {
            let outcome = pprof.run(&call.0, corpus)?;
            let text = |bytes| String::from_utf8(bytes).map_err(|_| format!("{call:?} prints no UTF-8"));
            let exit = outcome.exit.ok_or_else(|| format!("pprof does not end by itself: {call:?}"))?;
            let recorded = Recorded { exit, stdout: text(outcome.stdout)?, stderr: text(outcome.stderr)? };
            recording.0.insert(call, recorded);
        }
        Ok(recording)
    }

    pub(crate) fn write(self, file: &Path) -> Result<(), String> {
        let entries: Vec<Entry> =
            self.0.into_iter().map(|(call, recorded)| Entry { call, recorded }).collect();
        let text = serde_json::to_string_pretty(&entries).map_err(|error| error.to_string())?;
        fs::write(file, text + "\n").map_err(|error| format!("cannot write {}: {error}", file.display()))
    }

    pub(crate) fn of(&self, call: &Call) -> Option<&Recorded> {
        self.0.get(call)
    }
}
