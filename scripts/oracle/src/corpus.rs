//! The cases of a corpus: CASES.json files, in three shapes that differ in how they name the sources.

use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// One run of pprof, and what it must leave.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    // The sources, in whichever of the three shapes. All paths are relative to the corpus.
    #[serde(default)]
    fixture: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    sources: Vec<String>,
    /// What `{base}` in a flag stands for.
    #[serde(default)]
    base: Option<String>,
    flags: Vec<String>,
    /// The file with the expected stdout; without one, nothing may be printed.
    pub(crate) golden: Option<String>,
    #[serde(default)]
    pub(crate) exit: i32,
    /// None: the corpus does not say.
    #[serde(default)]
    pub(crate) stderr: Option<String>,
    /// False where the golden is of another version of pprof than 1.24.11.
    #[serde(default = "yes", rename = "verified_with_go1_24_11_pprof")]
    pub(crate) is_verified: bool,
}

/// What makes a case: how pprof is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub(crate) struct Call(pub(crate) Vec<String>);

impl Case {
    /// The arguments, to be given in the folder of the corpus.
    pub(crate) fn call(&self) -> Call {
        let flags = self.flags.iter().map(|flag| match &self.base {
            Some(base) => flag.replace("{base}", base),
            None => flag.clone(),
        });
        Call(flags.chain(self.sources().cloned()).collect())
    }

    pub(crate) fn matches(&self, word: &str) -> bool {
        self.golden.iter().chain(&self.call().0).any(|text| text.contains(word))
    }

    fn sources(&self) -> impl Iterator<Item = &String> {
        self.fixture.iter().chain(&self.source).chain(&self.sources)
    }
}

/// All cases below the folder, ordered by the path of their CASES.json.
pub(crate) fn cases(corpus: &Path) -> Result<Vec<Case>, String> {
    let mut files = Vec::new();
    find(corpus, &mut files)?;
    files.sort();
    if files.is_empty() {
        return Err(format!("{} holds no CASES.json", corpus.display()));
    }
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let read: Vec<Case> =
            serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        if let Some(case) = read.iter().find(|case| case.sources().next().is_none()) {
            return Err(format!("{}: a case without a source: {:?}", file.display(), case.flags));
        }
        cases.extend(read);
    }
    Ok(cases)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let fails = |error| format!("cannot read {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(fails)? {
        let entry = entry.map_err(fails)?;
        if entry.file_type().map_err(fails)?.is_dir() {
            find(&entry.path(), files)?;
        } else if entry.file_name() == "CASES.json" {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn yes() -> bool {
    true
}
