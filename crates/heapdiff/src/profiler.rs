//! Recording asked for from code.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::budget::Budget;
use crate::session::{Ending, Session};
use crate::settings::{EVERY_MIN, Keep, Settings, Signal};
use crate::start;
use crate::sys::process_hooks;
use heapdiff_recorder::Period;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Records as long as it lives, and writes a last snapshot when it is dropped.
///
/// ```no_run
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let profiler = heapdiff::Profiler::builder().dir("profiles").every(Duration::from_secs(30)).start()?;
/// // ... the program ...
/// println!("{}", profiler.snapshot()?.display());
/// # Ok(())
/// # }
/// ```
///
/// Blocks that were allocated before it was started are unknown to it; one that was allocated while it recorded is
/// known until it is freed, also after the `Profiler` is gone. Another thread notices the start within 16 KiB of its
/// own allocation; and within 1 MiB if it goes on from an earlier recording with another period.
///
/// If `HEAPDIFF_DIR` already made the process record, the environment's settings stand: the profiler joins that
/// recording, and dropping it writes a snapshot but does not end it.
#[derive(Debug)]
#[must_use = "recording ends when the profiler is dropped"]
pub struct Profiler {
    session: Arc<Session>,
    /// Whether the session is the environment's and goes on.
    is_shared: bool,
}

impl Profiler {
    /// Begins to describe a recording.
    #[must_use]
    pub fn builder() -> ProfilerBuilder {
        ProfilerBuilder { settings: Settings::new(PathBuf::new()) }
    }

    /// Takes a snapshot now and returns its path.
    ///
    /// It is written by the recorder's own thread; this call waits for it.
    ///
    /// # Errors
    /// If it could not be written, or this process was forked off the recording one.
    pub fn snapshot(&self) -> Result<PathBuf, SnapshotError> {
        self.session.snapshot()
    }

    /// Changes the mean bytes between samples from now on; 1 records every allocation, 0 counts as 1.
    ///
    /// Every sample keeps the period that it was drawn with, so estimates stay unbiased and snapshots comparable. A
    /// thread notices within 1 MiB of its own allocation. With a budget the period moves on from here, and does not go
    /// below.
    pub fn set_period(&self, bytes: u64) {
        self.session.set_period(Period::new(bytes));
    }
}

impl Drop for Profiler {
    fn drop(&mut self) {
        if self.is_shared {
            // A failed snapshot is counted and said by the writer.
            let _ = self.session.snapshot();
        } else {
            self.session.stop(Ending::Recording, LAST_SNAPSHOT_PATIENCE);
        }
    }
}

/// How long the end of a recording waits for its last snapshot. Writing takes milliseconds; a disk may hang.
pub(crate) const LAST_SNAPSHOT_PATIENCE: Duration = Duration::from_secs(10);

/// Describes a recording; every setting but [`Self::dir`] may be left out.
#[derive(Clone, Debug)]
pub struct ProfilerBuilder {
    settings: Settings,
}

impl ProfilerBuilder {
    /// Where snapshots go. The directory is made if it is not there.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.settings.dir = dir.into();
        self
    }

    /// Time between snapshots; 10 seconds if it is not set, and at least a millisecond. With [`Duration::MAX`] there
    /// are only those that are asked for, and the last one.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.settings.every = every.max(EVERY_MIN);
        self
    }

    /// Mean bytes between samples; 512 KiB if it is not set. With 1 every allocation is recorded and every figure is
    /// exact.
    #[must_use]
    pub const fn period(mut self, bytes: u64) -> Self {
        self.settings.period = Period::new(bytes);
        self
    }

    /// What recording may cost, as a share of the process's processor time. While it costs more the period grows, and
    /// shrinks again to the one that was set when it costs less than a third of that. Without it the period stays.
    ///
    /// Counted are the time that the hook takes for samples, of which it times one in 32, and the writer thread. The
    /// half nanosecond of an unsampled allocation is not.
    #[must_use]
    pub const fn budget(mut self, budget: Budget) -> Self {
        self.settings.budget = Some(budget);
        self
    }

    /// How much of this program stays in the directory: 200 files of 1 GiB together if it is not set, and at least two
    /// files. Older snapshots are thinned, so that an hour, a day and a week ago stay comparable.
    #[must_use]
    pub const fn keep(mut self, files: usize, bytes: u64) -> Self {
        let files = if files < 2 { 2 } else { files };
        self.settings.keep = Keep { files, bytes };
        self
    }

    /// Where random numbers begin, for runs that can be repeated: equal seeds sample equal allocations of a program
    /// that does the same on one thread. Taken from the kernel if it is not set.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }

    /// Whether the program's arguments are written into snapshots; they are if it is not set. Leave them out where they
    /// hold secrets.
    #[must_use]
    pub const fn command_line(mut self, is_written: bool) -> Self {
        self.settings.has_command_line = is_written;
        self
    }

    /// Has `signal` ask for a snapshot; none does if it is not set.
    ///
    /// If the program has a handler for it already, or ignores it, that stays, which is said on stderr; a handler that
    /// the program sets later takes this one's place. The signal is harmless as long as the process lives, also when
    /// recording has ended.
    #[must_use]
    pub const fn snapshot_on_signal(mut self, signal: Signal) -> Self {
        self.settings.signal = Some(signal);
        self
    }

    /// Whether a child that is forked off goes on in files of its own; it records nothing if it is not set.
    ///
    /// The child's recording has the same settings and begins a tenth of a second after the fork, so a child that
    /// becomes another program at once leaves no trace. Blocks from before are unknown to it. A `Profiler` that the
    /// child has inherited is the child's then. The child has a second thread from the start, which some system calls
    /// do not like: `unshare` of a user namespace for one.
    #[must_use]
    pub const fn follow_forks(mut self, does_follow: bool) -> Self {
        self.settings.follows_forks = does_follow;
        self
    }

    /// Whether the recorder's tables are a file beside the snapshots, from which `heapdiff postmortem` reads the heap
    /// of a process that was killed; they are if it is not set. Decided by the first recording of a process.
    #[must_use]
    pub const fn black_box(mut self, is_kept: bool) -> Self {
        self.settings.has_black_box = is_kept;
        self
    }

    /// Begins to record.
    ///
    /// # Errors
    /// If no directory was set or it cannot be written to, if the process records already, or if heapdiff is not its
    /// global allocator. The program goes on as if nothing had been asked.
    pub fn start(self) -> Result<Profiler, StartError> {
        if self.settings.dir.as_os_str().is_empty() {
            return Err(StartError::NoDirectory);
        }
        if process_hooks::is_forked_child() {
            return Err(StartError::ForkedChild);
        }
        if let Some(session) = start::environment_session() {
            return Ok(Profiler { session: Arc::clone(session), is_shared: true });
        }
        Session::start(self.settings).map(|session| Profiler { session, is_shared: false })
    }
}

/// Why recording did not begin.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// [`ProfilerBuilder::dir`] was not called.
    NoDirectory,
    /// The directory cannot be made or written to.
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another [`Profiler`] is recording.
    AlreadyRecording,
    /// The program allocates without heapdiff.
    NotTheGlobalAllocator,
    /// The memory for the recorder's tables and for sampled blocks cannot be reserved.
    NoAddressSpace,
    /// The thread that writes snapshots cannot be started.
    Thread(io::Error),
    /// The process was forked off a recording one and has no writer.
    ForkedChild,
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoDirectory => write!(f, "no directory for the snapshots: call `dir` on the builder"),
            Self::Directory { path, source } => {
                write!(f, "cannot write to the directory `{}`: {source}", Path::display(path))
            }
            Self::AlreadyRecording => {
                write!(f, "this process is recording already: drop the other `Profiler` first")
            }
            Self::NotTheGlobalAllocator => write!(
                f,
                "heapdiff is not the global allocator: add \
                 `#[global_allocator] static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();`"
            ),
            Self::NoAddressSpace => {
                write!(
                    f,
                    "cannot reserve address space: an eighth of `ulimit -v` is taken, which is to be 192 MiB at least"
                )
            }
            Self::Thread(source) => write!(f, "cannot start the thread that writes snapshots: {source}"),
            Self::ForkedChild => {
                write!(f, "this process was forked off a recording one: start anew with `exec`")
            }
        }
    }
}

impl std::error::Error for StartError {}

/// Why a snapshot was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file could not be written.
    NotWritten {
        /// The directory of the snapshots.
        path: PathBuf,
        /// The kind of error.
        kind: io::ErrorKind,
        /// What the system says.
        text: String,
    },
    /// Recording has ended.
    Stopped,
    /// The process was forked off the recording one.
    ForkedChild,
}

impl std::fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotWritten { path, text, .. } => {
                write!(f, "cannot write a snapshot to `{}`: {text}", Path::display(path))
            }
            Self::Stopped => write!(f, "recording has ended"),
            Self::ForkedChild => write!(f, "this process was forked off the recording one"),
        }
    }
}

impl std::error::Error for SnapshotError {}
