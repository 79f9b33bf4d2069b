//! What the kernel says about the process.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::cgroup::CgroupMemory;
use crate::sys::memory::page_bytes;
use heapdiff_snapshot::{AllocatorFigures, Identity, Memory};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Reads what tells this process from all others. What the kernel does not tell is left empty; the random recorder id
/// still tells processes apart.
pub(crate) fn identity(has_command_line: bool) -> Identity {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    Identity {
        boot_id: fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned(),
        pid: std::process::id(),
        start_nanos: unix_nanos(start_time().unwrap_or_else(SystemTime::now)),
        recorder_id: format!("{:016x}", recorder_id()),
        program: name.unwrap_or_else(|| "unknown".to_owned()),
        command_line: has_command_line.then(command_line),
    }
}

fn command_line() -> Vec<String> {
    let command_line = fs::read("/proc/self/cmdline").unwrap_or_default();
    command_line
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .filter(|argument| !argument.is_empty())
        .collect()
}

/// How the names of a process's files begin: `{program}-{start}-{pid}`. Sorts by time for one program.
pub(crate) fn file_stem(identity: &Identity) -> String {
    let program: String = identity.program.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let started = SystemTime::UNIX_EPOCH + Duration::from_nanos(identity.start_nanos);
    let start: String = humantime::format_rfc3339_seconds(started)
        .to_string()
        .chars()
        .filter(|c| *c != '-' && *c != ':')
        .collect();
    format!("{program}-{start}-{}", identity.pid)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '-'
}

/// What tells this recorder from all others. The tables outlive a session, and so does the id.
fn recorder_id() -> u64 {
    // Relaxed: sessions are started one at a time.
    if RECORDER_ID.load(Ordering::Relaxed) == 0 {
        RECORDER_ID.store(random() | 1, Ordering::Relaxed);
    }
    RECORDER_ID.load(Ordering::Relaxed)
}

/// For a forked child that records by itself.
pub(crate) fn renew_recorder_id() {
    RECORDER_ID.store(0, Ordering::Relaxed);
}

/// 0 before the first session.
static RECORDER_ID: AtomicU64 = AtomicU64::new(0);

/// 64 random bits from the kernel, or from the clock if it has none yet.
pub(crate) fn random() -> u64 {
    fs::File::open("/dev/urandom")
        .and_then(|mut file| {
            let mut bytes = [0; 8];
            std::io::Read::read_exact(&mut file, &mut bytes)?;
            Ok(u64::from_ne_bytes(bytes))
        })
        .unwrap_or_else(|_| unix_nanos(SystemTime::now()))
}

/// Nanoseconds since 1970 UTC.
pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// When the process started, to a hundredth of a second: field 22 of `/proc/self/stat` counts hundredths since boot.
fn start_time() -> Option<SystemTime> {
    const HUNDREDTHS: u64 = 100;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name, in parentheses, may hold spaces; the fields after it are counted from 3.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_ascii_whitespace().nth(22 - 3)?.parse().ok()?;
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot: u64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    let since_boot = Duration::from_millis(ticks.saturating_mul(1000 / HUNDREDTHS));
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(boot).saturating_add(since_boot))
}

/// Reads the memory of the process, of its cgroup and of the machine.
pub(crate) fn memory() -> Memory {
    Memory { rss: rss(), ..memory_around() }
}

/// As [`memory`], at less cost: the kernel may be behind by some pages for each thread.
pub(crate) fn memory_quickly() -> Memory {
    Memory { rss: resident_pages(), ..memory_around() }
}

/// What the process shares with others: the memory of its cgroup and of the machine.
fn memory_around() -> Memory {
    let cgroup = CgroupMemory::of_this_process();
    let (cgroup_current, cgroup_max) =
        (cgroup.map(|cgroup| cgroup.current), cgroup.and_then(|cgroup| cgroup.max));
    let (host_total, host_available) = host_memory().unzip();
    Memory { rss: None, cgroup_current, cgroup_max, host_total, host_available }
}

fn rss() -> Option<u64> {
    // Not VmRSS of `status`: that is only brought up to date now and then.
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").ok();
    rollup.as_deref().and_then(|text| bytes_of_line(text, "Rss:")).or_else(resident_pages)
}

/// The size in bytes of the line that begins with `name`, in a file of the kernel that gives sizes as `Rss:   12 kB`.
fn bytes_of_line(text: &str, name: &str) -> Option<u64> {
    let size = text.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix("kB")?;
    Some(size.trim().parse::<u64>().ok()?.saturating_mul(1024))
}

/// The machine's memory, and what of it programs can have without swapping, by the kernel's estimate.
///
/// **Source:** `proc_meminfo(5)`; `MemAvailable` is there since version 3.14 of the kernel.
fn host_memory() -> Option<(u64, u64)> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let total = bytes_of_line(&text, "MemTotal:").filter(|&total| total > 0)?;
    Some((total, bytes_of_line(&text, "MemAvailable:")?))
}

fn resident_pages() -> Option<u64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages.saturating_mul(page_bytes()))
}

/// Has jemalloc bring its figures up to date and reads them. `None` if the program does not allocate from it.
#[cfg(feature = "jemalloc")]
pub(crate) fn allocator_figures() -> Option<AllocatorFigures> {
    use crate::sys::jemalloc_figures::{read, refresh};
    if !crate::hook::serves_from_jemalloc() || !refresh() {
        return None;
    }
    Some(AllocatorFigures {
        allocated: read(c"stats.allocated")?,
        active: read(c"stats.active")?,
        resident: read(c"stats.resident")?,
        retained: read(c"stats.retained")?,
        mapped: read(c"stats.mapped")?,
        metadata: read(c"stats.metadata")?,
    })
}

/// No allocator of ours has figures.
#[cfg(not(feature = "jemalloc"))]
pub(crate) const fn allocator_figures() -> Option<AllocatorFigures> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_is_of_this_process() {
        let identity = identity(true);
        assert_eq!(identity.pid, std::process::id());
        let now = unix_nanos(SystemTime::now());
        assert!((now - 3_600_000_000_000..=now).contains(&identity.start_nanos), "the test has just begun");
        assert!(identity.command_line.as_ref().is_some_and(|arguments| !arguments.is_empty()));
        assert_eq!(identity.recorder_id.len(), 16);
        let stem = file_stem(&identity);
        assert!(stem.ends_with(&format!("-{}", identity.pid)) && stem.split('-').count() >= 3, "{stem}");
        assert!(stem.chars().all(is_plain), "{stem}");
    }

    #[test]
    fn memory_is_told() {
        let memory = memory();
        assert!(memory.rss.is_some_and(|rss| rss > 1 << 20));
        let (total, available) = memory.host_total.zip(memory.host_available).unwrap();
        assert!(0 < available && available < total, "{available} of {total}");
    }
}
