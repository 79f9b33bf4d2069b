//! One stretch of recording, and the thread that writes its snapshots.
//!
//! Allocating threads never write: they ask, and the writer does. Whatever goes wrong with the disk costs snapshots; it
//! is counted, said once, and tried again with the next one.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::directory::Directory;
use crate::lanes::Way;
use crate::loaded_files::LoadedFiles;
use crate::process;
use crate::profiler::{SnapshotError, StartError};
use crate::recording::{self, Tables};
use crate::settings::Settings;
use crate::sys::doorbell::Doorbell;
use crate::sys::forever::Forever;
use crate::sys::signals::{self, NotHeard};
use crate::sys::{clock, process_hooks};
use crate::upkeep::{self, Upkeep};
use crate::{gate, hook, thread};
use heapdiff_recorder::{Counter, Period};
use heapdiff_snapshot::{Facts, HeapEstimates, LiveRows, Moment, Snapshot};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A session; the writer thread and its [`Profiler`](crate::Profiler) share it.
#[derive(Debug)]
pub(crate) struct Session {
    /// Id of the process whose session it is: a forked child inherits one that has no writer.
    process: u32,
    mailbox: Mutex<Mailbox>,
    /// Signalled when the writer has changed the mailbox. The writer itself is woken by [`BELL`].
    changed: Condvar,
}

/// Rung when the mailbox holds something for the writer, and by the signal that asks for a snapshot.
static BELL: Doorbell = Doorbell::new();

#[derive(Debug, Default)]
struct Mailbox {
    /// Snapshots asked for so far.
    asked: u64,
    /// All requests up to this one are answered by `answer`.
    answered: u64,
    answer: Option<Result<PathBuf, SnapshotError>>,
    /// The session is to end with a last snapshot.
    is_stopping: bool,
    /// The writer is gone.
    is_over: bool,
}

/// Only one session at a time: there is one allocator. No lock, which a forked child could find taken for ever.
static IS_ACTIVE: AtomicBool = AtomicBool::new(false);

/// The session of a forked child that goes on by itself; its parent's in a child that does not.
static FOLLOWED: Forever<Arc<Session>> = Forever::new();

/// What a child that is forked off now would go on with.
static SETTINGS: Forever<Settings> = Forever::new();

/// How long a forked child waits before it goes on by itself: most children are another program by then.
const FOLLOW_AFTER: Duration = Duration::from_millis(100);

/// Locks whatever a panicking thread may have left behind: no state here is ever half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Begins to record.
    pub(crate) fn start(settings: Settings) -> Result<Arc<Self>, StartError> {
        // Acquire and Release: a session sees what the one before it has left.
        if IS_ACTIVE.swap(true, Ordering::AcqRel) {
            return Err(StartError::AlreadyRecording);
        }
        let (period, seed) = (settings.period, settings.seed);
        let session = thread::muted(|| Self::prepare(settings))
            .inspect_err(|_| IS_ACTIVE.store(false, Ordering::Release))?;
        recording::switch_on(period, seed.unwrap_or_else(process::random));
        thread::look_again();
        Ok(session)
    }

    /// Goes on in a forked child, with the settings of its parent's session and files of its own.
    ///
    /// Nothing is done at once: the child may be about to become another program, and then there shall be no trace of it.
    fn follow() {
        thread::mute();
        std::thread::sleep(FOLLOW_AFTER);
        let Some(settings) = SETTINGS.get() else { return };
        recording::renew();
        process::renew_recorder_id();
        // Relaxed: the parent's session is not this process's, and nobody else here starts one.
        IS_ACTIVE.store(false, Ordering::Relaxed);
        match Self::start(settings.clone()) {
            Ok(session) => {
                FOLLOWED.set(session);
            }
            Err(error) => {
                crate::say(format_args!("{error}: process {} is not recorded", std::process::id()));
            }
        }
    }

    /// This session, or in a forked child that goes on by itself the child's; `None` in one that does not.
    fn of_this_process(&self) -> Option<&Self> {
        if !process_hooks::has_writer() {
            return None;
        }
        let followed = FOLLOWED.get().map(Arc::as_ref);
        [Some(self), followed].into_iter().flatten().find(|session| session.process == std::process::id())
    }

    fn prepare(settings: Settings) -> Result<Arc<Self>, StartError> {
        // This allocation trips the countdown, if the program uses an `Allocator` at all.
        thread::look_again();
        drop(black_box(Box::new(0u8)));
        if !hook::prepare_placement()? {
            return Err(StartError::NoAddressSpace);
        }
        gate::open_for(settings.period);
        let mut files = LoadedFiles::resume();
        let tables = recording::prepare(&mut files).ok_or(StartError::NoAddressSpace)?;
        if tables.lanes.way() == Way::None {
            crate::say(format_args!(
                "samples have no stack traces: this build has neither unwind tables nor frame pointers (build with `-C \
                 force-frame-pointers=yes`), or `/proc` is not mounted"
            ));
        }
        let identity = process::identity(settings.has_command_line);
        let directory = Directory::open(settings.dir.clone(), &process::file_stem(&identity), settings.keep)
            .map_err(|source| StartError::Directory { path: settings.dir.clone(), source })?;
        let unwinder = tables.lanes.way().name().to_owned();
        let file_prefix = directory.prefix().to_owned();
        let facts = Facts { identity, file_prefix, unwinder, mappings: files.mappings() };
        let signal = settings.signal;
        // A daemon is in another directory by the time it goes on.
        let inherited =
            settings.follows_forks.then(|| Settings { dir: directory.path().to_owned(), ..settings.clone() });
        let session = Arc::new(Self {
            process: std::process::id(),
            mailbox: Mutex::default(),
            changed: Condvar::new(),
        });
        let writer = Writer {
            session: Arc::clone(&session),
            tables,
            upkeep: Upkeep::new(tables, settings.budget),
            next_look: Instant::now() + upkeep::EVERY,
            settings,
            facts,
            directory,
            files,
            started: Instant::now(),
            last_period: None,
            failed: 0,
            signals_answered: signals::heard(),
        };
        process_hooks::watch_forks();
        let thread = std::thread::Builder::new().name("heapdiff".to_owned());
        signals::blocked(|| thread.spawn(|| writer.run())).map_err(StartError::Thread)?;
        let follows = inherited.map(|settings| SETTINGS.set(settings)).is_some();
        process_hooks::follow_forks(follows, Self::follow);
        if let Some(signal) = signal
            && let Err(reason) = signals::ring_on(signal, &BELL)
        {
            let name = signal.name();
            match reason {
                NotHeard::HasHandler => crate::say(format_args!(
                    "SIG{name} has a handler already, or is ignored: it asks for no snapshots"
                )),
                NotHeard::Refused(error) => {
                    crate::say(format_args!("SIG{name} asks for no snapshots: {error}"));
                }
            }
        }
        Ok(session)
    }

    /// Changes the mean bytes between samples from now on.
    pub(crate) fn set_period(&self, period: Period) {
        gate::open_for(period);
        // A session that is over has switched recording off, and it stays off.
        recording::set_period(period);
    }

    /// Has a snapshot taken, and waits for it.
    pub(crate) fn snapshot(&self) -> Result<PathBuf, SnapshotError> {
        let session = self.of_this_process().ok_or(SnapshotError::ForkedChild)?;
        thread::muted(|| {
            let mut mailbox = lock(&session.mailbox);
            mailbox.asked += 1;
            let number = mailbox.asked;
            BELL.ring();
            while mailbox.answered < number && !mailbox.is_over {
                mailbox = session.changed.wait(mailbox).unwrap_or_else(PoisonError::into_inner);
            }
            // An answer to an earlier request is none to this one.
            let answer = mailbox.answer.as_ref().filter(|_| mailbox.answered >= number);
            answer.cloned().unwrap_or(Err(SnapshotError::Stopped))
        })
    }

    /// Has the last snapshot written, and waits for it at most `patience`: a disk that hangs must not keep the program
    /// from ending.
    pub(crate) fn stop(&self, patience: Duration) {
        let Some(session) = self.of_this_process() else { return };
        thread::muted(|| {
            let until = Instant::now() + patience;
            let mut mailbox = lock(&session.mailbox);
            mailbox.is_stopping = true;
            BELL.ring();
            while !mailbox.is_over {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                mailbox =
                    session.changed.wait_timeout(mailbox, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        });
        thread::look_again();
    }
}

/// What wakes the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wake {
    /// It is time for the next snapshot.
    Due,
    /// Somebody asked; requests up to this number are answered by one snapshot.
    Asked(u64),
    /// A signal asked.
    Signalled,
    /// The session ends.
    Stopping,
}

/// The writer thread's own state.
struct Writer {
    session: Arc<Session>,
    tables: &'static Tables,
    upkeep: Upkeep,
    next_look: Instant,
    settings: Settings,
    facts: Facts,
    directory: Directory,
    files: LoadedFiles,
    started: Instant,
    /// The period that was in force when recording ended.
    last_period: Option<Period>,
    failed: u64,
    /// Signals that asked for a snapshot and have got one.
    signals_answered: u32,
}

/// Ends a session when the writer ends, however it ends: nobody waits for it any longer.
struct End(Arc<Session>);

impl Drop for End {
    fn drop(&mut self) {
        recording::switch_off();
        process_hooks::follow_forks(false, Session::follow);
        let mut mailbox = lock(&self.0.mailbox);
        mailbox.is_over = true;
        // Release: see `Session::start`.
        IS_ACTIVE.store(false, Ordering::Release);
        self.0.changed.notify_all();
    }
}

impl Writer {
    fn run(self) {
        thread::mute();
        let _end = End(Arc::clone(&self.session));
        // Dropped before the end is told: the next session may use the same directory at once.
        let mut writer = self;
        writer.take_snapshots();
    }

    fn take_snapshots(&mut self) {
        // A time beyond what the clock can say is never.
        let mut due = Instant::now().checked_add(self.settings.every);
        loop {
            let wake = self.wait(due);
            if wake == Wake::Due {
                // Late snapshots are left out and not made up for.
                due = Instant::now().checked_add(self.settings.every);
            }
            if wake == Wake::Stopping {
                self.last_period = recording::switch_off();
            }
            let result = self.take();
            let mut mailbox = lock(&self.session.mailbox);
            if let Wake::Asked(number) = wake {
                mailbox.answered = number;
                mailbox.answer = Some(result);
            }
            self.session.changed.notify_all();
            if wake == Wake::Stopping {
                std::mem::take(&mut self.files).leave();
                return;
            }
        }
    }

    fn wait(&mut self, due: Option<Instant>) -> Wake {
        loop {
            // Before the looks that follow, so that what comes after them ends the wait.
            let rings = BELL.rings();
            let mailbox = lock(&self.session.mailbox);
            if mailbox.asked > mailbox.answered {
                return Wake::Asked(mailbox.asked);
            }
            if mailbox.is_stopping {
                return Wake::Stopping;
            }
            drop(mailbox);
            let heard = signals::heard();
            if heard != self.signals_answered {
                self.signals_answered = heard;
                return Wake::Signalled;
            }
            let now = Instant::now();
            if due.is_some_and(|due| due <= now) {
                return Wake::Due;
            }
            if self.next_look <= now {
                self.look();
                continue;
            }
            let next = due.map_or(self.next_look, |due| due.min(self.next_look));
            BELL.wait(rings, next.saturating_duration_since(now));
        }
    }

    /// Looks after recording between snapshots.
    fn look(&mut self) {
        self.next_look = Instant::now() + upkeep::EVERY;
        self.upkeep.look(self.tables);
    }

    /// Takes a snapshot. What goes wrong is counted, and said the first time.
    fn take(&mut self) -> Result<PathBuf, SnapshotError> {
        let recorder = &self.tables.recorder;
        if self.files.refresh(&self.tables.lanes) {
            self.facts.mappings = self.files.mappings();
        }
        let boundaries = self.directory.sequences();
        let moved_before = recorder.counters().get(Counter::Reallocations);
        let sequence = recorder.begin_snapshot();
        let live = LiveRows::read(recorder, sequence, &boundaries);
        let snapshot = Snapshot {
            recorder,
            sequence,
            boundaries: &boundaries,
            live: &live,
            moved_meanwhile: recorder.counters().get(Counter::Reallocations) - moved_before,
            facts: &self.facts,
            moment: &self.moment(),
        };
        let written = self.directory.write(sequence, |file| {
            snapshot.write(file).map_err(|error| match error {
                heapdiff_pprof::WriteError::Io(error) => error,
                other => std::io::Error::other(other),
            })
        });
        written.map_err(|error| {
            self.failed += 1;
            if self.failed == 1 {
                crate::say(format_args!(
                    "failed to write a snapshot to `{}`: {error}; the program is not affected, and the next one is tried",
                    self.settings.dir.display()
                ));
            }
            SnapshotError::NotWritten { path: self.settings.dir.clone(), kind: error.kind(), text: error.to_string() }
        })
    }

    /// Measures what changes all the time.
    fn moment(&self) -> Moment {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Moment {
            time_nanos: process::unix_nanos(SystemTime::now()),
            recording_nanos: nanos(self.started.elapsed()),
            memory: process::memory(),
            allocator: process::allocator_figures(),
            heap: HeapEstimates::default(),
            period: recording::setting().or(self.last_period).unwrap_or(self.settings.period),
            snapshots_failed: self.failed,
            writer_cpu_nanos: nanos(clock::thread_time()),
        }
    }
}

/// For messages: `every 10s, a sample each 512 KiB`.
pub(crate) fn describe(every: Duration, period: Period) -> String {
    let every = humantime::format_duration(every);
    if period.is_exact() {
        return format!("a snapshot every {every}, every allocation recorded");
    }
    let bytes = period.bytes();
    let size = match bytes {
        mib if mib.is_multiple_of(1 << 20) => format!("{} MiB", mib >> 20),
        kib if kib.is_multiple_of(1 << 10) => format!("{} KiB", kib >> 10),
        _ => format!("{bytes} bytes"),
    };
    format!("a snapshot every {every}, a sample each {size}")
}
