//! Where region files are.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

const ENDING: &str = ".region";

/// The region files in a directory, by name. Hidden ones are of no process that records.
///
/// # Errors
/// If the directory cannot be read.
pub fn find_in_directory(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_file = || fs::metadata(entry.path()).is_ok_and(|facts| facts.is_file());
        if name.ends_with(ENDING) && !name.starts_with('.') && is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The region files that a process maps: one, or more if several copies of the recorder are in it.
///
/// Each path is one under which this process sees the very file that the other has mapped, even from outside of its
/// container. A file of which there is no such path is left out.
///
/// # Errors
/// If there is no such process, or its mappings cannot be read.
pub fn find_of_process(pid: u32) -> io::Result<Vec<PathBuf>> {
    let maps = fs::read(format!("/proc/{pid}/maps"))?;
    let mapped = maps.split(|&byte| byte == b'\n').filter_map(region_mapping);
    let mut found: Vec<PathBuf> = mapped
        .filter_map(|mapped| {
            let from_its_root = PathBuf::from(format!("/proc/{pid}/root"))
                .join(mapped.path.strip_prefix("/").unwrap_or(&mapped.path));
            let is_meant = |path: &PathBuf| fs::metadata(path).is_ok_and(|facts| facts.ino() == mapped.inode);
            [mapped.path, from_its_root].into_iter().find(is_meant)
        })
        .collect();
    // A mapping may be split where advice about it differs.
    found.sort();
    found.dedup();
    Ok(found)
}

#[derive(Debug, PartialEq)]
struct Mapped {
    inode: u64,
    path: PathBuf,
}

/// The file of a line of `/proc/PID/maps`, if it is a shared mapping of a region:
/// `{start}-{end} {permissions} {offset} {device} {inode}   {path}`.
fn region_mapping(line: &[u8]) -> Option<Mapped> {
    let mut fields = line.splitn(6, |&byte| byte == b' ');
    let permissions = fields.nth(1)?;
    let inode = std::str::from_utf8(fields.nth(2)?).ok()?.parse().ok()?;
    let path = fields.next()?.trim_ascii_start();
    if permissions != b"rw-s" || !path.ends_with(ENDING.as_bytes()) {
        return None;
    }
    Some(Mapped { inode, path: PathBuf::from(std::ffi::OsString::from_vec(unescaped(path))) })
}

/// The kernel writes a newline in a path as `\012`.
fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&first, after)) = rest.split_first() {
        match after.strip_prefix(b"012") {
            Some(after) if first == b'\\' => {
                bytes.push(b'\n');
                rest = after;
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;

    #[test]
    fn only_a_shared_mapping_of_a_region_counts() {
        let line = |permissions, path: &str| {
            format!("7e6f18200000-7e6f4a50f000 {permissions} 00000000 fe:00 10846388    {path}").into_bytes()
        };
        let found = region_mapping(&line("rw-s", "/p/my shop-1-2.region")).unwrap();
        assert_eq!(found, Mapped { inode: 10_846_388, path: PathBuf::from("/p/my shop-1-2.region") });
        let odd = region_mapping(&line("rw-s", r"/p\012q/a-1-2.region")).unwrap();
        assert_eq!(odd.path.as_os_str().as_bytes(), b"/p\nq/a-1-2.region");
        assert_eq!(region_mapping(&line("r--p", "/p/a-1-2.region")), None);
        assert_eq!(region_mapping(&line("rw-s", "/p/a-1-2.region (deleted)")), None, "it has ended");
        assert_eq!(region_mapping(&line("rw-s", "")), None);
        assert_eq!(region_mapping(b"7e6f18200000-7e6f4a50f000 rw-p 00000000 00:00 0"), None);
    }

    #[test]
    fn hidden_files_and_others_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b-1-2.region", "a-1-2.region", ".c-1-2.region", "a-1-2-000000.pb.gz"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("folder-1-2.region")).unwrap();
        let names: Vec<_> = find_in_directory(folder.path()).unwrap();
        assert_eq!(names, ["a-1-2.region", "b-1-2.region"].map(|name| folder.path().join(name)));
        assert!(find_in_directory(&folder.path().join("none")).is_err());
    }
}
