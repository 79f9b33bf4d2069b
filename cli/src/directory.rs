//! The snapshots in a folder, told apart by their names: `{program}-{start}-{pid}-{sequence}.pb.gz`.
//!
//! Where two recorders would have one name the second one writes `{pid}.2`: process 1 of two containers, or two copies
//! of the library in one program. Each is a series of its own.

use crate::failure::Failure;
use crate::talk::Talk;
use heapdiff_profile::natural_order;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Endings of files that may be profiles of other producers.
const PROFILE_ENDINGS: [&str; 7] = [".pb.gz", ".pb.zst", ".pprof", ".pprof.gz", ".prof", ".pb", ".heap"];

/// Files that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// What `--process` needs to choose it; `None` for the profiles of other producers, which form one group.
    pub(crate) process: Option<ProcessName>,
    /// Oldest first, as far as names tell.
    pub(crate) files: Vec<PathBuf>,
    /// Whether the folder holds others.
    pub(crate) has_siblings: bool,
}

/// What a snapshot's name says about its process. Ordered by start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProcessName {
    start: String,
    program: String,
    pid: u64,
    /// 1, or which of several recorders with the same start and process id.
    recorder: u64,
}

impl ProcessName {
    /// The shortest `--process` that tells it from all others.
    pub(crate) fn key(&self) -> String {
        format!("{}-{}-{}", self.program, self.start, self.pid_text())
    }

    /// The process id as names have it: `42` or `42.2`.
    fn pid_text(&self) -> String {
        if self.recorder == 1 { self.pid.to_string() } else { format!("{}.{}", self.pid, self.recorder) }
    }

    /// How well this is what was asked for; the larger the better, and `None` if it is not.
    fn fit(&self, wanted: &str) -> Option<u8> {
        let key = self.key();
        if key == wanted {
            Some(2)
        } else if self.pid_text() == wanted {
            Some(1)
        } else {
            (key.starts_with(wanted) || self.pid.to_string() == wanted).then_some(0)
        }
    }

    fn in_words(&self) -> String {
        format!("`{}` with pid {}, started {}", self.program, self.pid_text(), self.start)
    }
}

/// Chooses the process of a folder that was asked for, or the newest.
///
/// # Errors
/// If the folder cannot be read or holds no such process.
pub(crate) fn choose(folder: &Path, wanted: Option<&str>, talk: Talk) -> Result<Group, Failure> {
    let (processes, others, foreign) = list(folder)?;
    let skipped = foreign + if processes.is_empty() { 0 } else { others.len() };
    if skipped > 0 {
        let what = if skipped == 1 {
            "1 file that is no snapshot".to_owned()
        } else {
            format!("{skipped} files that are no snapshots")
        };
        talk.note(&format!("skipped {what} in `{}`", folder.display()));
    }
    let count = processes.len();
    let names: Vec<String> = processes.keys().rev().map(|name| format!("--process {}", name.key())).collect();
    // A pid may come again, in containers always 1: the newest of that pid is meant.
    let chosen = processes
        .into_iter()
        .filter_map(|(name, files)| Some((wanted.map_or(Some(0), |wanted| name.fit(wanted))?, name, files)))
        .max_by(|(fit, name, _), (other_fit, other, _)| (fit, name).cmp(&(other_fit, other)))
        .map(|(_, name, files)| (name, files));
    match (chosen, wanted) {
        (Some((name, files)), _) => {
            if wanted.is_none() && count > 1 {
                let others: Vec<&str> = names.iter().skip(1).take(3).map(String::as_str).collect();
                talk.note(&format!(
                    "`{}` holds {count} processes; this is {}, the newest; choose another with `{}`{}",
                    folder.display(),
                    name.in_words(),
                    others.join("` or `"),
                    if count > 4 { " ..." } else { "" }
                ));
            }
            Ok(Group { process: Some(name), files: files.into_values().collect(), has_siblings: count > 1 })
        }
        (None, Some(wanted)) => Err(Failure::input(
            format!("no process `{wanted}` in `{}`", folder.display()),
            match names.as_slice() {
                [] => "no file there is named as heapdiff names snapshots".to_owned(),
                names => format!("choose one of `{}`", names.join("`, `")),
            },
        )),
        (None, None) if others.is_empty() => Err(Failure::input(
            format!(
                "no snapshot in `{}`, expected files such as `program-20261120T110121Z-42-000000.pb.gz`",
                folder.display()
            ),
            if heapdiff_region::find_in_directory(folder).is_ok_and(|regions| !regions.is_empty()) {
                format!(
                    "a process records there, or was killed: try `heapdiff postmortem {}`",
                    folder.display()
                )
            } else {
                format!("record some with `HEAPDIFF_DIR={} ./program`", folder.display())
            },
        )),
        (None, None) => Ok(Group { process: None, files: others, has_siblings: false }),
    }
}

/// Snapshots by process and sequence number, other profiles, and the number of files that are neither.
type Listing = (BTreeMap<ProcessName, BTreeMap<u64, PathBuf>>, Vec<PathBuf>, usize);

fn list(folder: &Path) -> Result<Listing, Failure> {
    let unreadable = |error: std::io::Error| Failure::unreadable(folder, &reason(&error), None);
    let mut processes: BTreeMap<ProcessName, BTreeMap<u64, PathBuf>> = BTreeMap::new();
    let mut others = Vec::new();
    let mut foreign = 0;
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // Hidden files are somebody's bookkeeping, such as a snapshot that is being written; a region is what a
        // snapshot is made from.
        if name.starts_with('.') || name.ends_with(".region") {
            continue;
        }
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => continue,
            // Opening a pipe waits for a writer that may never come.
            Ok(metadata) if !metadata.is_file() => {
                foreign += 1;
                continue;
            }
            _ => {}
        }
        match parse(&name) {
            Some((process, sequence)) => {
                processes.entry(process).or_default().insert(sequence, path);
            }
            None if PROFILE_ENDINGS.iter().any(|ending| name.ends_with(ending)) => others.push(path),
            None => foreign += 1,
        }
    }
    others.sort_by(|a: &PathBuf, b| natural_order(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok((processes, others, foreign))
}

/// The process and the sequence number that a snapshot's name states.
fn parse(name: &str) -> Option<(ProcessName, u64)> {
    let mut parts = name.strip_suffix(".pb.gz")?.rsplitn(4, '-');
    let sequence = parts.next()?.parse().ok()?;
    let (pid, recorder) = pid_and_recorder(parts.next()?)?;
    let start = parts.next()?.to_owned();
    let program = parts.next()?.to_owned();
    let is_start = start.len() >= 16 && start.ends_with('Z') && start.as_bytes().get(8) == Some(&b'T');
    (is_start && !program.is_empty()).then_some((ProcessName { start, program, pid, recorder }, sequence))
}

/// `42` is the first recorder of process 42, `42.2` the second.
fn pid_and_recorder(text: &str) -> Option<(u64, u64)> {
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
    match text.split_once('.') {
        None => Some((number(text)?, 1)),
        Some((pid, recorder)) => Some((number(pid)?, number(recorder).filter(|recorder| *recorder > 1)?)),
    }
}

/// What the system says, as a fragment of a sentence.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "not a folder".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_snapshots_are_told_from_others() {
        let (process, sequence) = parse("my-shop-20261120T110121Z-42-000031.pb.gz").unwrap();
        assert_eq!((process.program.as_str(), process.pid, sequence), ("my-shop", 42, 31));
        let (process, sequence) = parse("my-shop-20261120T110121Z-42.10-000031.pb.gz").unwrap();
        assert_eq!((process.pid, process.recorder, sequence), (42, 10, 31));
        assert_eq!(process.key(), "my-shop-20261120T110121Z-42.10");
        for name in [
            "heap.pb.gz",
            "a-b-c-d.pb.gz",
            "shop-20261120T110121Z-x-000031.pb.gz",
            "-20261120T110121Z-1-1.pb.gz",
            "shop-20261120T110121Z-1.-1.pb.gz",
            "shop-20261120T110121Z-1.1-1.pb.gz",
            "shop-20261120T110121Z-+1-1.pb.gz",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_newest_process_is_chosen_and_its_snapshots_are_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "shop-20261120T110121Z-42-000010.pb.gz",
            "shop-20261120T110121Z-42-000009.pb.gz",
            "shop-20261119T110121Z-77-000001.pb.gz",
            "notes.txt",
            ".half.pb.gz",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        // Neither a folder nor a device of that name is a snapshot.
        std::fs::create_dir(folder.path().join("shop-20261120T110121Z-42-000011.pb.gz")).unwrap();
        let device = folder.path().join("shop-20261120T110121Z-42-000012.pb.gz");
        std::os::unix::fs::symlink("/dev/zero", device).unwrap();
        let talk = Talk::new(true);
        let names = |group: &Group| -> Vec<String> {
            group.files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        let newest = choose(folder.path(), None, talk).unwrap();
        assert_eq!(
            names(&newest),
            ["shop-20261120T110121Z-42-000009.pb.gz", "shop-20261120T110121Z-42-000010.pb.gz"]
        );
        assert!(newest.has_siblings);
        for wanted in ["77", "shop-20261119"] {
            assert_eq!(
                names(&choose(folder.path(), Some(wanted), talk).unwrap()),
                ["shop-20261119T110121Z-77-000001.pb.gz"]
            );
        }
        assert!(choose(folder.path(), Some("5"), talk).is_err());
    }

    #[test]
    fn recorders_that_share_a_start_and_a_pid_are_kept_apart() {
        let folder = tempfile::tempdir().unwrap();
        for pid in ["1", "1.2", "1.10", "12"] {
            std::fs::write(folder.path().join(format!("shop-20261120T110121Z-{pid}-000000.pb.gz")), "")
                .unwrap();
        }
        let chosen = |wanted| {
            let group = choose(folder.path(), Some(wanted), Talk::new(true)).unwrap();
            assert_eq!(group.files.len(), 1, "{wanted}");
            group.process.unwrap().pid_text()
        };
        // What is named in full is meant, and of what is not the last.
        for (wanted, expected) in [
            ("1", "1"),
            ("1.2", "1.2"),
            ("1.10", "1.10"),
            ("12", "12"),
            ("shop-20261120T110121Z-1", "1"),
            ("shop-20261120T110121Z-1.", "1.10"),
            ("shop-20261120T110121Z-1.2", "1.2"),
            ("shop", "12"),
        ] {
            assert_eq!(chosen(wanted), expected, "{wanted}");
        }
    }
}
