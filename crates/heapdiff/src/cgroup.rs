//! How much memory the cgroups leave to the process. Read by the recorder's thread, never by the hook.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use std::fs;
use std::path::Path;

/// Where the kernel shows cgroups.
const ROOT: &str = "/sys/fs/cgroup";
/// Version 1 says "no limit" with the largest number of pages there is.
const LIMIT_MAX: u64 = 1 << 60;

/// Use and limit of a cgroup, in bytes.
///
/// A process may use no more than each cgroup above its own allows, which others use too: this is the one that has least
/// left. Where none is limited, it is the process's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CgroupMemory {
    pub(crate) current: u64,
    /// `None` where there is no limit.
    pub(crate) max: Option<u64>,
}

impl CgroupMemory {
    pub(crate) fn of_this_process() -> Option<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        Self::of_groups(&groups, Path::new(ROOT))
    }

    /// That of a process in these groups, in the words of `/proc/PID/cgroup`: version 2, else version 1.
    ///
    /// **Source:** `cgroups(7)`; the kernel's `cgroup-v2.rst` and `cgroup-v1/memory.rst`.
    fn of_groups(groups: &str, root: &Path) -> Option<Self> {
        groups.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            match (fields.next()?, fields.next()?, fields.next()?) {
                ("0", "", group) => {
                    Self::tightest(levels(root, group, "memory.current", "memory.max").collect())
                }
                (_, kinds, group) if kinds.split(',').any(|kind| kind == "memory") => {
                    let root = root.join("memory");
                    let (current, max) = ("memory.usage_in_bytes", "memory.limit_in_bytes");
                    let mut levels: Vec<Self> = levels(&root, group, current, max).collect();
                    // In a container what is above is not visible, but the least of its limits is known.
                    let hierarchical = hierarchical_limit(&root, group);
                    let own = levels.first().copied();
                    levels.extend(own.zip(hierarchical).map(|(own, max)| Self { max: Some(max), ..own }));
                    Self::tightest(levels)
                }
                _ => None,
            }
        })
    }

    /// Of several, the process's own first, the one that has least left.
    fn tightest(levels: Vec<Self>) -> Option<Self> {
        let own = levels.first().copied();
        levels.into_iter().filter(|level| level.max.is_some()).min_by_key(Self::left).or(own)
    }

    fn left(&self) -> Option<u64> {
        self.max.map(|max| max.saturating_sub(self.current))
    }
}

/// A group and those above it, as far as they are visible: in a container the group's own path may not be, but its files
/// are at the root.
fn levels(root: &Path, group: &str, current: &str, max: &str) -> impl Iterator<Item = CgroupMemory> {
    folders(root, group).filter_map(move |folder| {
        let current = number(&fs::read_to_string(format!("{folder}/{current}")).ok()?)?;
        let max = fs::read_to_string(format!("{folder}/{max}")).ok();
        Some(CgroupMemory { current, max: max.as_deref().and_then(limit) })
    })
}

/// The folders of a group and of those above it, its own first.
fn folders(root: &Path, group: &str) -> impl Iterator<Item = String> {
    let root = root.display();
    Path::new(group)
        .ancestors()
        .map(move |group| format!("{root}{}", group.display()).trim_end_matches('/').to_owned())
}

/// The least limit of a group of version 1 and of those above it.
fn hierarchical_limit(root: &Path, group: &str) -> Option<u64> {
    folders(root, group).find_map(|folder| {
        let stat = fs::read_to_string(format!("{folder}/memory.stat")).ok()?;
        limit(stat.lines().find_map(|line| line.strip_prefix("hierarchical_memory_limit "))?)
    })
}

/// A limit; `None` for "max", and for what means the same.
fn limit(text: &str) -> Option<u64> {
    number(text).filter(|&max| max < LIMIT_MAX)
}

fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// A tree of files such as the kernel shows: each with its path and what it says.
    fn tree(files: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        }
        root
    }

    fn found(groups: &str, files: &[(&str, &str)]) -> Option<(u64, Option<u64>)> {
        let root = tree(files);
        CgroupMemory::of_groups(groups, root.path()).map(|found| (found.current, found.max))
    }

    const SLICE: [(&str, &str); 7] = [
        ("kube/memory.current", "7000"),
        ("kube/memory.max", "8000"),
        ("kube/pod/memory.current", "900"),
        ("kube/pod/memory.max", "5000"),
        ("kube/pod/app/memory.current", "100"),
        ("kube/pod/app/memory.max", "max"),
        ("memory.stat", "of the root, which has no other file"),
    ];

    #[test]
    fn the_group_that_has_least_left_is_told_whichever_it_is() {
        let app = "0::/kube/pod/app\n";
        assert_eq!(found(app, &SLICE), Some((7000, Some(8000))), "others use what is left above");
        let mut roomy = SLICE;
        roomy[0].1 = "1000";
        assert_eq!(found(app, &roomy), Some((900, Some(5000))), "the smallest limit");
        roomy[5].1 = "150";
        assert_eq!(found(app, &roomy), Some((100, Some(150))), "its own");
        let above = |text: &'static str| [SLICE[0], ("kube/memory.max", text), SLICE[4], SLICE[5]];
        assert_eq!(found(app, &above("6000")), Some((7000, Some(6000))), "used up");
        assert_eq!(found(app, &above("max")), Some((100, None)), "no limit at all: its own use");
    }

    #[test]
    fn a_container_sees_its_group_at_the_root() {
        let files = [("memory.current", "300"), ("memory.max", "400")];
        assert_eq!(found("0::/\n", &files), Some((300, Some(400))));
        assert_eq!(found("0::/docker/1234\n", &files), Some((300, Some(400))));
        assert_eq!(found("0::/../other\n", &files), Some((300, Some(400))));
        assert_eq!(found("0::/\n", &[]), None);
    }

    #[test]
    fn version_1_has_the_limits_of_what_is_not_visible() {
        let groups = "9:name=systemd:/\n4:cpu,memory:/a/b\n0::/\n";
        let of = |limit, hierarchical, above| {
            let stat = format!("cache 0\nhierarchical_memory_limit {hierarchical}\ntotal_cache 0");
            found(
                groups,
                &[
                    ("memory/a/b/memory.usage_in_bytes", "100"),
                    ("memory/a/b/memory.limit_in_bytes", limit),
                    ("memory/a/b/memory.stat", &stat),
                    ("memory/a/memory.usage_in_bytes", "450"),
                    ("memory/a/memory.limit_in_bytes", above),
                ],
            )
        };
        let endless = "9223372036854771712";
        assert_eq!(of("200", "200", endless), Some((100, Some(200))));
        assert_eq!(of(endless, "500", "500"), Some((450, Some(500))), "above, with what others use");
        assert_eq!(of(endless, "300", endless), Some((100, Some(300))), "above what can be seen");
        assert_eq!(of(endless, endless, endless), Some((100, None)));
    }
}
