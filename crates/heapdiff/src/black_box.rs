//! The black box: the recorder's region as a file beside the snapshots, which outlives a process that is killed.
//!
//! ```text
//!  make ──► .{stem}.region ──► show ──► {stem}.region ──► remove        the process ends
//!           hidden, locked             ▲       │
//!                                      └ show ─┴─ hide                  recording ends, and may begin again
//! ```
//!
//! The file is sparse: as long as the region. Nothing in it is touched before its disk space is there, since a page
//! that finds no space is a deadly signal; so the areas that grow are given space ahead of what they use
//! ([`BlackBox::grow`]). The kernel writes the pages back when it likes; it has them when the process dies, however it
//! dies.
//!
//! A lock on the file says that the process lives. It belongs to a second opening of the file, without a mapping, so
//! that a forked child can let go of it.
use crate::recording;
use crate::sys::{disk_space, memory, process_hooks};
use heapdiff_recorder::{Area, AtomicU64, Capacities, Period, Region, State};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// How the names of region files end.
pub(crate) const EXTENSION: &str = ".region";

/// Between two sessions of a process: the region stays mapped, so the file stays.
static HIDDEN: Mutex<Option<BlackBox>> = Mutex::new(None);

/// How fast the tables may fill, which follows from the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Time between two looks at how full they are.
    pub(crate) look_every: Duration,
    /// Bytes of space that each area has from the start.
    traces: u64,
    tallies: u64,
    live: u64,
}

impl Pace {
    /// Up to this period a fast program takes more samples than a second's looks can follow.
    const FAST_PERIOD_MAX: Period = Period::new(64 * 1024);
    /// Every allocation is recorded: 20 million live blocks a second fill half of what they have at the start in 13 ms.
    const FAST: Self =
        Self { look_every: Duration::from_millis(10), traces: 16 << 20, tallies: 4 << 20, live: 16 << 20 };
    /// 20,000 samples a second are 10 GB allocated at the default period: each with a stack trace of 40 frames that was
    /// never seen before takes 7 MB.
    const SLOW: Self =
        Self { look_every: Duration::from_secs(1), traces: 8 << 20, tallies: 1 << 20, live: 4 << 20 };

    /// The pace for a period.
    pub(crate) fn of(period: Period) -> Self {
        if period < Self::FAST_PERIOD_MAX { Self::FAST } else { Self::SLOW }
    }

    const fn first_bytes(self, area: Area) -> u64 {
        match area {
            Area::Traces => self.traces,
            Area::Tallies => self.tallies,
            Area::Live => self.live,
        }
    }
}

/// The region's file.
#[derive(Debug)]
pub(crate) struct BlackBox {
    /// For space. The mapping needs no open file.
    file: File,
    /// Held for its lock.
    lock: File,
    path: PathBuf,
    region: Region<'static>,
    /// The process that made it. A child that was forked off has a copy of this, and no right to the file.
    process: u32,
}

impl BlackBox {
    /// Makes the file of a region as large as it may be, and maps it. It is hidden until [`Self::show`], and removed if
    /// anything fails.
    ///
    /// `stem` is the file's name without its extension.
    pub(crate) fn make(directory: &Path, stem: &str, pace: Pace) -> io::Result<Self> {
        let path = hidden(&directory.join(format!("{stem}{EXTENSION}")));
        let mut outcome = Err(io::Error::from(io::ErrorKind::OutOfMemory));
        let fits = |capacities: &&Capacities| {
            memory::may_take(capacities.words().saturating_mul(size_of::<AtomicU64>()))
        };
        for capacities in recording::CAPACITIES.iter().filter(fits) {
            outcome = Self::make_file(&path, capacities, pace);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn make_file(path: &Path, capacities: &Capacities, pace: Pace) -> io::Result<Self> {
        let bytes = (capacities.words() as u64) * (size_of::<AtomicU64>() as u64);
        if !memory::may_write(bytes) {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "files may not be so large (`ulimit -f`)",
            ));
        }
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
        Self::set_up(file, path, capacities, pace).inspect_err(|_| {
            // If it cannot be removed it has no lock, and the next start removes it.
            let _ = fs::remove_file(path);
        })
    }

    fn set_up(file: File, path: &Path, capacities: &Capacities, pace: Pace) -> io::Result<Self> {
        let in_bytes = |words: usize| (words as u64) * (size_of::<AtomicU64>() as u64);
        if !disk_space::is_kept(&file) {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this file system keeps no space set aside, as one in memory such as `/dev/shm` does",
            ));
        }
        let lock = File::open(path)?;
        lock.try_lock()?;
        file.set_len(in_bytes(capacities.words()))?;
        allocate(&file, 0..in_bytes(capacities.fixed_words()))?;
        let no_memory = || io::Error::from(io::ErrorKind::OutOfMemory);
        let words = memory::map_file(&file, capacities.words()).ok_or_else(no_memory)?;
        let region = Region::create(words, capacities).ok_or_else(no_memory)?;
        let black_box = Self { file, lock, path: path.to_owned(), region, process: std::process::id() };
        for area in Area::ALL {
            let extent = region.extent(area);
            black_box.back(area, extent.start.saturating_add(pace.first_bytes(area)))?;
        }
        process_hooks::close_in_child(Some(black_box.lock.as_raw_fd()));
        Ok(black_box)
    }

    /// The region in the file.
    pub(crate) const fn region(&self) -> &Region<'static> {
        &self.region
    }

    /// Takes the file of this process's last session, if there is one.
    pub(crate) fn resume() -> Option<Self> {
        // Sessions begin and end one at a time. Where the lock is taken all the same, this process was forked off
        // meanwhile.
        let black_box = HIDDEN.try_lock().ok()?.take()?;
        if black_box.process == std::process::id() {
            return Some(black_box);
        }
        // The lock was let go of after the fork; its number may mean another file by now.
        std::mem::forget(black_box);
        None
    }

    /// Recording begins: gives the file a name that is looked for.
    pub(crate) fn show(&mut self, directory: &Path, stem: &str) -> io::Result<()> {
        let path = directory.join(format!("{stem}{EXTENSION}"));
        fs::rename(&self.path, &path)?;
        self.path = path;
        self.region.set_state(State::Live);
        Ok(())
    }

    /// Recording ends and the process goes on: the file stays, since the tables are in it.
    pub(crate) fn hide(mut self) {
        self.region.set_state(State::Ended);
        let path = hidden(&self.path);
        if fs::rename(&self.path, &path).is_ok() {
            self.path = path;
        }
        if let Ok(mut hidden) = HIDDEN.try_lock() {
            *hidden = Some(self);
        }
    }

    /// The process ends as it should: nobody needs the file. The mapping stays.
    pub(crate) fn remove(self) {
        self.region.set_state(State::Ended);
        // Where it cannot be removed it says that it has ended, and the next start tries again.
        let _ = fs::remove_file(&self.path);
    }

    /// Gives space to the areas that have used up half of what they had: at most half of what the disk has left. An
    /// error says that there is too little; the tables then refuse what they have no room for, which is counted.
    pub(crate) fn grow(&self) -> io::Result<()> {
        for area in Area::ALL {
            let extent = self.region.extent(area);
            let (used, backed) = (extent.used - extent.start, extent.backed - extent.start);
            if used > backed / 2 && extent.backed < extent.end {
                self.back(area, extent.backed.saturating_add(backed))?;
            }
        }
        Ok(())
    }

    fn back(&self, area: Area, end: u64) -> io::Result<()> {
        let extent = self.region.extent(area);
        let end = end.min(extent.end);
        if end > extent.backed {
            allocate(&self.file, extent.backed..end)?;
            self.region.set_backed(area, end);
        }
        Ok(())
    }
}

impl Drop for BlackBox {
    fn drop(&mut self) {
        // The number of the lock's file may soon mean another one.
        process_hooks::close_in_child(None);
    }
}

/// Has disk space set aside for a part of the file, as long as as much is left for everybody else.
fn allocate(file: &File, part: Range<u64>) -> io::Result<()> {
    let wanted = part.end.saturating_sub(part.start);
    if disk_space::free_space(file).is_some_and(|free| wanted > free / 2) {
        return Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is almost full"));
    }
    disk_space::allocate(file, part)
}

/// Removes what a process that ends has hidden.
pub(crate) extern "C" fn remove_hidden() {
    if process_hooks::has_writer()
        && let Some(black_box) = BlackBox::resume()
    {
        black_box.remove();
    }
}

/// Whether the process that made this file has ended. One that cannot be opened is left alone.
pub(crate) fn is_abandoned(path: &Path) -> bool {
    // To open a pipe is to wait for somebody who writes.
    fs::metadata(path).is_ok_and(|facts| facts.is_file())
        && File::open(path).is_ok_and(|file| file.try_lock_shared().is_ok())
}

/// The name under which a file is when nobody is to look for it.
fn hidden(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{}", name.trim_start_matches('.')))
}
