//! One stretch of recording: how it begins, what is asked of its writer, and how it ends.
//!
//! Allocating threads never write: they ask, and the writer does.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

#[cfg(feature = "test")]
use crate::loaded_files::LoadedFiles;
use crate::profiler::{SnapshotError, StartError};
use crate::settings::{Settings, Signal};
use crate::sys::doorbell::Doorbell;
use crate::sys::forever::Forever;
use crate::sys::process_hooks;
use crate::sys::signals::{self, NotHeard};
use crate::writer::Writer;
use crate::{gate, hook, process, recording, thread};
use heapdiff_recorder::Period;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
pub(crate) static BELL: Doorbell = Doorbell::new();

#[derive(Debug, Default)]
struct Mailbox {
    /// Snapshots asked for so far.
    asked: u64,
    /// All requests up to this one are answered by `answer`.
    answered: u64,
    answer: Option<Result<PathBuf, SnapshotError>>,
    /// The session is to end with a last snapshot.
    stopping: Option<Ending>,
    /// The writer is gone.
    is_over: bool,
}

/// What ends with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Recording; the process goes on, and its tables stay.
    Recording,
    /// The process.
    Process,
}

/// Only one session at a time: there is one allocator. No lock, which a forked child could find taken for ever.
///
/// ```text
///            start                     end
///   VACANT ─────────► in a SESSION ─────────► VACANT
///      └────────────► being READIED ─────────► VACANT      for a moment, by `make_ready`
/// ```
static STATE: AtomicU8 = AtomicU8::new(VACANT);
const VACANT: u8 = 0;
const SESSION: u8 = 1;
#[cfg(feature = "test")]
const READIED: u8 = 2;

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
        while let Err(state) = STATE.compare_exchange(VACANT, SESSION, Ordering::AcqRel, Ordering::Acquire) {
            if state == SESSION {
                return Err(StartError::AlreadyRecording);
            }
            std::thread::yield_now();
        }
        let (period, seed) = (settings.period, settings.seed);
        let session = thread::muted(|| Self::prepare(settings))
            .inspect_err(|_| STATE.store(VACANT, Ordering::Release))?;
        recording::switch_on(period, seed.unwrap_or_else(process::random));
        thread::look_again();
        Ok(session)
    }

    /// Goes on in a forked child, with the settings of its parent's session and files of its own.
    ///
    /// Nothing is done at once: the child may be about to become another program, and then there shall be no trace of
    /// it.
    fn follow() {
        thread::mute();
        std::thread::sleep(FOLLOW_AFTER);
        let Some(settings) = SETTINGS.get() else { return };
        recording::forget();
        process::renew_recorder_id();
        // Relaxed: the parent's session is not this process's, and nobody else here starts one.
        STATE.store(VACANT, Ordering::Relaxed);
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
        prepare_allocator(settings.period)?;
        let session = Arc::new(Self {
            process: std::process::id(),
            mailbox: Mutex::default(),
            changed: Condvar::new(),
        });
        let signal = settings.signal;
        let writer = Writer::prepare(settings, Arc::clone(&session))?;
        let inherited = writer.inherited();
        process_hooks::watch_forks();
        let thread = std::thread::Builder::new().name("heapdiff".to_owned());
        signals::blocked(|| thread.spawn(|| writer.run())).map_err(StartError::Thread)?;
        let follows = inherited.map(|settings| SETTINGS.set(settings)).is_some();
        process_hooks::follow_forks(follows, Self::follow);
        if let Some(signal) = signal {
            listen_to(signal);
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
    pub(crate) fn stop(&self, ending: Ending, patience: Duration) {
        let Some(session) = self.of_this_process() else { return };
        thread::muted(|| {
            let until = Instant::now() + patience;
            let mut mailbox = lock(&session.mailbox);
            mailbox.stopping = Some(ending);
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

    /// What the writer is asked to do next.
    pub(crate) fn request(&self) -> Option<Request> {
        let mailbox = lock(&self.mailbox);
        if mailbox.asked > mailbox.answered {
            return Some(Request::Snapshot(mailbox.asked));
        }
        mailbox.stopping.map(Request::Stop)
    }

    /// The writer's answer to all requests for a snapshot up to `number`.
    pub(crate) fn answer(&self, number: u64, answer: Result<PathBuf, SnapshotError>) {
        let mut mailbox = lock(&self.mailbox);
        mailbox.answered = number;
        mailbox.answer = Some(answer);
        self.changed.notify_all();
    }

    /// The writer is gone, and with it the session: nobody waits for it any longer.
    pub(crate) fn end(&self) {
        recording::switch_off();
        process_hooks::follow_forks(false, Self::follow);
        let mut mailbox = lock(&self.mailbox);
        mailbox.is_over = true;
        // Release: see `start`.
        STATE.store(VACANT, Ordering::Release);
        self.changed.notify_all();
    }
}

/// Makes the program's allocator ready to place samples. No sample of the calling thread's may be drawn meanwhile.
fn prepare_allocator(period: Period) -> Result<(), StartError> {
    // This allocation trips the countdown, if the program uses an `Allocator` at all.
    thread::look_again();
    drop(black_box(Box::new(0u8)));
    if !hook::prepare_placement()? {
        return Err(StartError::NoAddressSpace);
    }
    gate::open_for(period);
    Ok(())
}

/// Makes all ready to record every allocation of a scope, without a session: no thread, no file, and nothing is recorded
/// by it. Returns the tables. A session that comes later finds them, and one that is on shares them.
#[cfg(feature = "test")]
pub(crate) fn make_ready() -> Result<&'static recording::Tables, StartError> {
    if process_hooks::is_forked_child() {
        return Err(StartError::ForkedChild);
    }
    // Acquire and Release: see `start`.
    while let Err(state) = STATE.compare_exchange(VACANT, READIED, Ordering::AcqRel, Ordering::Acquire) {
        // A session looks after the tables itself, once it has made them.
        if let (SESSION, Some(tables)) = (state, recording::tables()) {
            gate::open_for(Period::EXACT);
            return Ok(tables);
        }
        std::thread::yield_now();
    }
    let tables = thread::muted(|| {
        prepare_allocator(Period::EXACT)?;
        let mut files = LoadedFiles::resume();
        let tables = recording::prepare(&mut files, || None);
        files.leave();
        process_hooks::watch_forks();
        tables.ok_or(StartError::NoAddressSpace)
    });
    // Release: see `start`.
    STATE.store(VACANT, Ordering::Release);
    tables
}

/// What the writer is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// To take a snapshot; requests up to this number are answered by it.
    Snapshot(u64),
    /// To take the last snapshot.
    Stop(Ending),
}

/// Has a signal ask for snapshots.
fn listen_to(signal: Signal) {
    let name = signal.name();
    match signals::ring_on(signal, &BELL) {
        Ok(()) => {}
        Err(NotHeard::HasHandler) => {
            crate::say(format_args!(
                "SIG{name} has a handler already, or is ignored: it asks for no snapshots"
            ));
        }
        Err(NotHeard::Refused(error)) => {
            crate::say(format_args!("SIG{name} asks for no snapshots: {error}"));
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
