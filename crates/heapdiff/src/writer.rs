//! The thread that writes snapshots, and looks after the tables each second.
//!
//! Whatever goes wrong with the disk costs snapshots; it is counted, said once, and tried again with the next one.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::black_box::{self, BlackBox, Pace};
use crate::directory::{self, Directory};
use crate::item_counter;
use crate::lanes::Way;
use crate::loaded_files::LoadedFiles;
use crate::profiler::{SnapshotError, StartError};
use crate::recording::{self, Tables};
use crate::session::{BELL, Ending, Request, Session};
use crate::settings::Settings;
use crate::sys::{clock, process_hooks, signals};
use crate::upkeep::{self, Upkeep};
use crate::{process, resource, task, thread};
use heapdiff_recorder::Period;
use heapdiff_snapshot::{Facts, HeapEstimates, LiveRows, Memory, Moment, Reason, Snapshot};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant, SystemTime};

/// The writer thread's own state.
pub(crate) struct Writer {
    session: Arc<Session>,
    tables: &'static Tables,
    upkeep: Upkeep,
    settings: Settings,
    facts: Facts,
    directory: Directory,
    files: LoadedFiles,
    /// The file that the tables lie in, if they lie in one.
    black_box: Option<BlackBox>,
    /// Whether the black box got the space that it asked for last.
    has_space: bool,
    started: Instant,
    /// When to look again how full the tables are.
    next_look: Instant,
    next_tick: Instant,
    /// The period that was in force when recording ended.
    last_period: Option<Period>,
    failed: u64,
    /// Signals that asked for a snapshot and have got one.
    signals_answered: u32,
    /// What ends with it.
    ending: Ending,
}

/// What wakes the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wake {
    /// It is time to look after the tables.
    Look,
    /// It is time for the next snapshot.
    Due,
    /// Somebody asked.
    Asked(Request),
    /// A signal asked.
    Signalled,
}

impl Wake {
    /// Why a snapshot is taken, if one is.
    const fn reason(self) -> Reason {
        match self {
            Self::Look | Self::Due => Reason::Interval,
            Self::Asked(Request::Snapshot(_)) => Reason::Request,
            Self::Asked(Request::Stop(Ending::Recording)) => Reason::Stop,
            Self::Asked(Request::Stop(Ending::Process)) => Reason::Exit,
            Self::Signalled => Reason::Signal,
        }
    }
}

/// Ends a session when the writer ends, however it ends.
struct End(Arc<Session>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        match (self.black_box.take(), self.ending) {
            (Some(black_box), Ending::Process) => black_box.remove(),
            (Some(black_box), Ending::Recording) => black_box.hide(),
            (None, _) => {}
        }
        std::mem::take(&mut self.files).leave();
    }
}

impl Writer {
    /// Claims the names of the session's files and makes the tables, in a file if there is to be a black box.
    pub(crate) fn prepare(settings: Settings, session: Arc<Session>) -> Result<Self, StartError> {
        let identity = process::identity(settings.has_command_line);
        let directory = Directory::open(settings.dir.clone(), &process::file_stem(&identity), settings.keep)
            .map_err(|source| StartError::Directory { path: settings.dir.clone(), source })?;
        directory.remove_old_regions();
        let mut files = LoadedFiles::resume();
        let mut made = None;
        let tables = recording::prepare(&mut files, || {
            let pace = Pace::of(settings.period);
            let make = || BlackBox::make(directory.path(), file_stem(directory.prefix()), pace);
            made = settings.has_black_box.then(make);
            Some(*made.as_ref()?.as_ref().ok()?.region())
        })
        .ok_or(StartError::NoAddressSpace)?;
        if tables.lanes.way() == Way::None {
            crate::say(format_args!(
                "samples have no stack traces: this build has neither unwind tables nor frame pointers (build with `-C \
                 force-frame-pointers=yes`), or `/proc` is not mounted"
            ));
        }
        let unwinder = tables.lanes.way().name().to_owned();
        let file_prefix = directory.prefix().to_owned();
        let now = Instant::now();
        let mut writer = Self {
            session,
            tables,
            upkeep: Upkeep::new(tables, settings.budget),
            settings,
            facts: Facts { identity, file_prefix, unwinder, mappings: files.mappings() },
            directory,
            files,
            black_box: None,
            has_space: true,
            started: now,
            next_look: now,
            next_tick: now + upkeep::EVERY,
            last_period: None,
            failed: 0,
            signals_answered: signals::heard(),
            ending: Ending::Recording,
        };
        writer.open_black_box(made);
        Ok(writer)
    }

    /// What a child that is forked off goes on with, if it does. A daemon is in another directory by then.
    pub(crate) fn inherited(&self) -> Option<Settings> {
        let dir = self.directory.path().to_owned();
        self.settings.follows_forks.then(|| Settings { dir, ..self.settings.clone() })
    }

    /// Writes snapshots until the session is to end.
    pub(crate) fn run(self) {
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
            match wake {
                Wake::Look => {
                    self.look();
                    continue;
                }
                // Late snapshots are left out and not made up for.
                Wake::Due => due = Instant::now().checked_add(self.settings.every),
                Wake::Asked(Request::Stop(_)) => self.last_period = recording::switch_off(),
                Wake::Asked(Request::Snapshot(_)) | Wake::Signalled => {}
            }
            let result = self.take(wake.reason());
            match wake {
                Wake::Asked(Request::Snapshot(number)) => self.session.answer(number, result),
                Wake::Asked(Request::Stop(ending)) => {
                    self.ending = ending;
                    return;
                }
                Wake::Due | Wake::Look | Wake::Signalled => {}
            }
        }
    }

    fn wait(&mut self, due: Option<Instant>) -> Wake {
        loop {
            // Before the looks that follow, so that what comes after them ends the wait.
            let rings = BELL.rings();
            if let Some(request) = self.session.request() {
                return Wake::Asked(request);
            }
            let heard = signals::heard();
            if heard != self.signals_answered {
                self.signals_answered = heard;
                return Wake::Signalled;
            }
            let now = Instant::now();
            if due.is_some_and(|due| due <= now) {
                return Wake::Due;
            }
            let next = due.map_or(self.next_look, |due| due.min(self.next_look));
            let left = next.saturating_duration_since(now);
            if left.is_zero() {
                return Wake::Look;
            }
            BELL.wait(rings, left);
        }
    }

    /// Begins to keep the black box that was made, or the one of an earlier session.
    fn open_black_box(&mut self, made: Option<io::Result<BlackBox>>) {
        match made.or_else(|| BlackBox::resume().map(Ok)) {
            None => return,
            Some(Ok(black_box)) => self.black_box = Some(black_box),
            Some(Err(error)) => return say_no_black_box(&error),
        }
        if !self.settings.has_black_box {
            return;
        }
        static REMOVED_AT_EXIT: Once = Once::new();
        REMOVED_AT_EXIT.call_once(|| process_hooks::on_exit(black_box::remove_hidden));
        self.write_facts();
        self.measure();
        let stem = file_stem(&self.facts.file_prefix);
        if let Some(Err(error)) = self.black_box.as_mut().map(|it| it.show(self.directory.path(), stem)) {
            say_no_black_box(&error);
        }
    }

    /// Has the tables get space, and the threads lanes, before they need more, and ticks.
    fn look(&mut self) {
        let now = Instant::now();
        let period = recording::setting().unwrap_or(self.settings.period);
        self.next_look = now + Pace::of(period).look_every;
        self.upkeep.grow_lanes(self.tables);
        if let Some(Err(error)) = self.black_box.as_ref().map(BlackBox::grow) {
            // A disk that is full is not asked a hundred times a second.
            self.next_look = now + upkeep::EVERY;
            if std::mem::take(&mut self.has_space) {
                crate::say(format_args!(
                    "the tables cannot grow: {error}; samples that find no room are counted as lost"
                ));
            }
        }
        if now >= self.next_tick {
            self.next_tick = now + upkeep::EVERY;
            self.tick();
        }
    }

    /// What is done each second while recording: it is kept within its budget, the unwinders hear of new files, and the
    /// black box of how the process is doing.
    fn tick(&mut self) {
        self.upkeep.keep_budget(self.tables);
        self.refresh_files();
        self.measure();
    }

    fn refresh_files(&mut self) {
        if self.files.refresh(&self.tables.lanes) {
            self.facts.mappings = self.files.mappings();
            self.write_facts();
        }
    }

    /// Has the black box know what seldom changes. If it has no room for all files, the last ones are left out: those
    /// that are closed.
    fn write_facts(&self) {
        if self.black_box.is_none() {
            return;
        }
        let mut facts = self.facts.clone();
        while let Ok(bytes) = facts.to_bytes()
            && !self.tables.recorder.region().facts().write(&bytes)
            && !facts.mappings.is_empty()
        {
            facts.mappings.truncate(facts.mappings.len() / 2);
        }
    }

    /// Has the black box know how the process is doing.
    fn measure(&self) {
        if self.black_box.is_some() {
            self.remember(&self.moment(process::memory_quickly()));
        }
    }

    fn remember(&self, moment: &Moment) {
        if self.black_box.is_some() {
            self.tables.recorder.region().moments().push(moment.to_words());
        }
    }

    /// Takes a snapshot. What goes wrong is counted, and said the first time.
    fn take(&mut self, reason: Reason) -> Result<PathBuf, SnapshotError> {
        let recorder = &self.tables.recorder;
        self.refresh_files();
        let boundaries = self.directory.sequences();
        let sequence = recorder.begin_snapshot();
        // Before the blocks: nobody waits for a lock of the pools while they are read.
        let (pools, chunks) = resource::pools();
        let live = LiveRows::read(recorder, sequence, &boundaries, &chunks);
        let moment = self.moment(process::memory());
        // So that the heap at its death is never older than this.
        self.remember(&moment);
        let counters = item_counter::counters();
        let snapshot = Snapshot {
            recorder,
            sequence,
            reason,
            boundaries: &boundaries,
            live: &live,
            facts: &self.facts,
            moment: &moment,
            counters: &counters,
            pools: &pools,
        };
        let written = self
            .directory
            .write(sequence, |file| snapshot.write(file).map_err(directory::as_io_error))
            .and_then(|path| {
                let resources = resource::snapshots::write(&self.directory, &snapshot);
                resources.and(task::snapshots::write(&self.directory, &snapshot)).map(|()| path)
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
    fn moment(&self, memory: Memory) -> Moment {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Moment {
            time_nanos: process::unix_nanos(SystemTime::now()),
            recording_nanos: nanos(self.started.elapsed()),
            memory,
            allocator: process::allocator_figures(),
            heap: HeapEstimates::read(&self.tables.recorder),
            period: recording::setting().or(self.last_period).unwrap_or(self.settings.period),
            snapshots_failed: self.failed,
            writer_cpu_nanos: nanos(clock::thread_time()),
        }
    }
}

fn say_no_black_box(error: &io::Error) {
    crate::say(format_args!(
        "no black box: {error}; if the program is killed, what it did since its last snapshot is lost"
    ));
}

/// The name of a process's region file without its extension.
fn file_stem(file_prefix: &str) -> &str {
    file_prefix.trim_end_matches('-')
}
