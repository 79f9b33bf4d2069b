//! Answers kept on disk, one file a build, so that a build's debug information is read once and not once a report.
//!
//! ```text
//! {directory}/{build id}.json
//! { "schema": "heapdiff/symbols/v1", "build_id": "5f3c...",
//!   "functions": [["name", "system name", "file"], ...],
//!   "addresses": [[file offset, [[function, line, column], ...]], ...] }
//! ```
//! Bump the schema whenever the answer for an address may come out differently, as when names are written another
//! way. A file that is damaged, too large or of another schema is no error: it is ignored, and replaced. Files are
//! written under another name and then renamed, so that a reader sees a whole file or none; of two writers at once
//! the later one wins, and what the other had found is looked up again some day.

use crate::function_table::{Frame, FunctionIndex, FunctionTable};
use crate::search::is_hexadecimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Names the format; see the module.
const SCHEMA: &str = "heapdiff/symbols/v1";

/// Largest file that is read or written, in bytes. 10,000 addresses of an inlining-heavy program take about 3 MB.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Largest sum of all files, in bytes; beyond it the ones written longest ago are removed.
const DIRECTORY_BYTES_MAX: u64 = 256 << 20;

/// The answers for one build.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) functions: FunctionTable,
    /// By file offset; an address of which debug information says nothing has no frames.
    pub(crate) frames: BTreeMap<u64, Vec<Frame>>,
}

#[derive(Serialize, Deserialize)]
struct Document<'a> {
    schema: String,
    build_id: String,
    #[serde(borrow)]
    functions: Vec<[std::borrow::Cow<'a, str>; 3]>,
    addresses: Vec<(u64, Vec<FrameNumbers>)>,
}

/// The place of a function in the document, a line and a column.
type FrameNumbers = (u32, u32, u32);

/// A directory of answers.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// The cache in `directory`, which need not exist yet.
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// What is kept for a build; nothing where there is no file that can be used.
    pub(crate) fn load(&self, build_id: &str) -> Option<Answers> {
        let path = self.path(build_id)?;
        if !fs::metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut text = String::new();
        // One byte more than is allowed, to tell a file that is too large from one that just fits.
        File::open(path).ok()?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).ok()?;
        if text.len() as u64 > FILE_BYTES_MAX {
            return None;
        }
        decode(&text, build_id)
    }

    /// Keeps `answers`. Failing at that costs time in a later run and nothing else, so it is not reported.
    pub(crate) fn store(&self, build_id: &str, answers: &Answers) {
        if let Some(path) = self.path(build_id) {
            let _ = self.try_store(&path, build_id, answers);
        }
    }

    fn try_store(&self, path: &Path, build_id: &str, answers: &Answers) -> io::Result<()> {
        let text = encode(build_id, answers)?;
        if text.len() as u64 > FILE_BYTES_MAX {
            return Ok(());
        }
        fs::create_dir_all(&self.directory)?;
        let mut file = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(&self.directory)?;
        file.write_all(&text)?;
        file.persist(path)?;
        remove_oldest(&self.directory, DIRECTORY_BYTES_MAX)
    }

    fn path(&self, build_id: &str) -> Option<PathBuf> {
        is_hexadecimal(build_id).then(|| self.directory.join(format!("{build_id}.json")))
    }
}

fn encode(build_id: &str, answers: &Answers) -> io::Result<Vec<u8>> {
    let functions = answers.functions.iter().map(|function| {
        [&function.name, &function.system_name, &function.file]
            .map(|text| std::borrow::Cow::Borrowed(&**text))
    });
    let addresses = answers.frames.iter().map(|(&offset, frames)| {
        (offset, frames.iter().map(|frame| (frame.function.number(), frame.line, frame.column)).collect())
    });
    let document = Document {
        schema: SCHEMA.to_owned(),
        build_id: build_id.to_owned(),
        functions: functions.collect(),
        addresses: addresses.collect(),
    };
    serde_json::to_vec(&document).map_err(io::Error::other)
}

fn decode(text: &str, build_id: &str) -> Option<Answers> {
    let document: Document<'_> = serde_json::from_str(text).ok()?;
    if document.schema != SCHEMA || document.build_id != build_id {
        return None;
    }
    let mut answers = Answers::default();
    let functions: Vec<FunctionIndex> = document
        .functions
        .iter()
        .map(|[name, system_name, file]| answers.functions.intern_named(system_name, name, file))
        .collect::<Option<_>>()?;
    for (offset, frames) in document.addresses {
        let frames = frames.into_iter().map(|(function, line, column)| {
            let function = *functions.get(usize::try_from(function).ok()?)?;
            Some(Frame { function, line, column })
        });
        answers.frames.insert(offset, frames.collect::<Option<_>>()?);
    }
    Some(answers)
}

/// Removes the answers written longest ago, and what interrupted writers left behind, until the rest fits.
fn remove_oldest(directory: &Path, bytes_max: u64) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let name = entry.file_name();
        let is_ours = Path::new(&name).extension().is_some_and(|extension| extension == "json")
            || name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(".tmp"));
        if metadata.is_file() && is_ours {
            files.push((metadata.modified()?, entry.path(), metadata.len()));
        }
    }
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
    for (_, path, size) in files {
        if bytes <= bytes_max {
            break;
        }
        fs::remove_file(path)?;
        bytes -= size;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Answers {
        let mut answers = Answers::default();
        let outer = answers.functions.intern("_RNvCs15kBYyAo9fc_4pool4main", "/src/main.rs").unwrap();
        let inner = answers.functions.intern("inner", "/src/\"quoted\".rs").unwrap();
        let frame = |function, line| Frame { function, line, column: 7 };
        answers.frames.insert(0x1234, vec![frame(inner, 3), frame(outer, 20)]);
        answers.frames.insert(0x1300, vec![]);
        answers
    }

    fn assert_same(left: &Answers, right: &Answers) {
        assert_eq!(left.frames, right.frames);
        assert!(left.functions.iter().eq(right.functions.iter()));
    }

    #[test]
    fn what_is_kept_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::new(directory.path().join("not").join("made"));
        assert!(cache.load("abcd").is_none());
        cache.store("abcd", &answers());
        assert_same(&cache.load("abcd").unwrap(), &answers());
        assert!(cache.load("abce").is_none());
    }

    #[test]
    fn a_file_cut_at_any_byte_is_ignored_and_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::new(directory.path().to_owned());
        let path = directory.path().join("abcd.json");
        let whole = encode("abcd", &answers()).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(cache.load("abcd").is_none(), "cut to {length} bytes");
        }
        cache.store("abcd", &answers());
        assert_same(&cache.load("abcd").unwrap(), &answers());
    }

    #[test]
    fn files_of_another_build_schema_or_sense_are_ignored() {
        let whole = String::from_utf8(encode("abcd", &answers()).unwrap()).unwrap();
        assert!(decode(&whole, "abcd").is_some());
        assert!(decode(&whole, "abce").is_none());
        assert!(decode(&whole.replace("symbols/v1", "symbols/v2"), "abcd").is_none());
        assert!(decode(&whole.replace("[1,3,7]", "[2,3,7]"), "abcd").is_none(), "no such function");
        assert!(decode("[]", "abcd").is_none());
    }

    #[test]
    fn build_ids_that_are_no_hexadecimal_numbers_name_no_file() {
        let cache = Cache::new(PathBuf::from("/cache"));
        for build_id in ["", "a", "../../x", "abc/def", "ab cd"] {
            assert_eq!(cache.path(build_id), None, "{build_id}");
        }
    }

    #[test]
    fn the_oldest_files_go_first_and_foreign_ones_stay() {
        let directory = tempfile::tempdir().unwrap();
        for (name, age_seconds) in [("aa.json", 30), ("bb.json", 10), (".x.tmp", 20), ("notes.txt", 40)] {
            let file = File::create(directory.path().join(name)).unwrap();
            (&file).write_all(&[0; 100]).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000 - age_seconds))
                .unwrap();
        }
        remove_oldest(directory.path(), 150).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["bb.json", "notes.txt"]);
    }

    #[test]
    fn whoever_reads_while_others_write_gets_whole_answers() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::new(directory.path().to_owned());
        cache.store("abcd", &answers());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        cache.store("abcd", &answers());
                        assert_same(&cache.load("abcd").unwrap(), &answers());
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary files are left");
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_no_error() {
        let directory = tempfile::tempdir().unwrap();
        let occupied = directory.path().join("file");
        fs::write(&occupied, "").unwrap();
        let cache = Cache::new(occupied);
        cache.store("abcd", &answers());
        assert!(cache.load("abcd").is_none());
    }
}
