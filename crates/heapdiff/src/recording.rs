//! Whether the process records, and where to.
//!
//! ```text
//!         start                       stop
//!  off ─────────► on (period, tables) ─────────► off      any number of times; the tables stay, so that what was
//!                  ▲                                      recorded is still taken out when it is freed
//!                  └─ set while it is on, by the one session that may exist
//! ```

use crate::lanes::Lanes;
use crate::loaded_files::LoadedFiles;
use crate::resource;
use crate::sys::forever::Forever;
use crate::sys::{memory, process_hooks};
use crate::task;
use heapdiff_recorder::{AddressIndex, Capacities, Period, Recorder, Region, Rng, Scope, State};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// The period in force, in bytes; 0 while recording is off.
static PERIOD: AtomicU64 = AtomicU64::new(0);
/// The period that was asked for: a budget may make the one in force larger.
static PERIOD_ASKED: AtomicU64 = AtomicU64::new(1);
/// Made by the first start and never taken away. A forked child that goes on has tables of its own.
static TABLES: Forever<Tables> = Forever::new();
/// Made with the first tables, in memory of which a forked child has a copy: it tells how inherited blocks were placed.
static INDEX: OnceLock<Option<Index>> = OnceLock::new();
static SEED: AtomicU64 = AtomicU64::new(0);
/// The number of the scope that all threads are in; 0 for none.
static SCOPE_OF_ALL: AtomicU8 = AtomicU8::new(0);

/// Where the records of blocks without a prefix are.
pub(crate) type Index = AddressIndex<'static>;

/// What the hook needs beside the thread's own state.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) recorder: Recorder<'static>,
    pub(crate) lanes: Lanes,
}

/// The period in force; `None` while nothing is recorded, and in a forked child.
#[inline]
pub(crate) fn setting() -> Option<Period> {
    // Acquire: pairs with `switch_on`, so that the tables are seen by whoever sees the period.
    match PERIOD.load(Ordering::Acquire) {
        0 => None,
        _ if process_hooks::is_forked_child() => None,
        bytes => Some(Period::new(bytes)),
    }
}

/// The period of an allocation that `scope` makes: scopes count every block.
#[inline]
pub(crate) fn setting_in(scope: Scope) -> Option<Period> {
    if scope.is_some() && !process_hooks::is_forked_child() { Some(Period::EXACT) } else { setting() }
}

/// The scope that every thread without one of its own is in.
#[inline]
pub(crate) fn scope_of_all() -> Scope {
    // Relaxed: the tables were made before any scope was, and threads notice one some time later anyway.
    Scope::new(SCOPE_OF_ALL.load(Ordering::Relaxed)).unwrap_or(Scope::NONE)
}

/// Has every thread without a scope of its own be in `scope`, or in none again.
#[cfg(feature = "test")]
pub(crate) fn set_scope_of_all(scope: Scope) {
    // Relaxed: see `scope_of_all`.
    SCOPE_OF_ALL.store(scope.number(), Ordering::Relaxed);
}

/// The tables, if recording was ever on. A forked child has none: they are its parent's, who goes on using them.
#[inline]
pub(crate) fn tables() -> Option<&'static Tables> {
    TABLES.get().filter(|_| !process_hooks::is_forked_child())
}

/// The index, if recording was ever on. A forked child goes on with a copy of its own.
#[inline]
pub(crate) fn index() -> Option<&'static Index> {
    INDEX.get().and_then(Option::as_ref)
}

/// Makes the tables if they are not there yet, and has the lanes know the files that are loaded now. `None` if the
/// memory of the tables cannot be had. Only one session is started at a time.
///
/// `black_box` makes the file that the tables are to lie in; without one they lie in memory that nobody else sees.
pub(crate) fn prepare(
    files: &mut LoadedFiles,
    black_box: impl FnOnce() -> Option<Region<'static>>,
) -> Option<&'static Tables> {
    /// Levels of the index: for 22 million blocks, 350,000 and 20,000.
    const INDEX_LEVELS: [usize; 3] = [7, 4, 2];
    INDEX
        .get_or_init(|| {
            let sizes = INDEX_LEVELS.into_iter().map(Index::words);
            sizes.filter_map(map_if_allowed).find_map(Index::new)
        })
        .as_ref()?;
    let tables = match TABLES.get() {
        Some(tables) => tables,
        None => {
            let region = black_box().or_else(|| CAPACITIES.iter().find_map(map_region))?;
            TABLES.set(Tables { recorder: Recorder::new(&region), lanes: Lanes::new(&files.read()) })
        }
    };
    files.refresh(&tables.lanes);
    Some(tables)
}

/// Makes a forked child forget what its parent has recorded: its tables will be new ones, since its parent goes on
/// using the file that the old ones may lie in, and locks in them may be held for ever by threads that the child does
/// not have. How the parent's blocks were placed is still known.
pub(crate) fn forget() {
    // Relaxed: the child has one thread.
    PERIOD.store(0, Ordering::Relaxed);
    TABLES.forget();
    // They name stack traces of those tables.
    resource::forget();
    task::forget();
}

/// How large the tables may be.
pub(crate) const CAPACITIES: [Capacities; 3] = [Capacities::LARGE, Capacities::SMALL, Capacities::TINY];

/// A region that is in no file.
fn map_region(capacities: &Capacities) -> Option<Region<'static>> {
    let region = Region::create(map_if_allowed(capacities.words())?, capacities)?;
    region.set_all_backed();
    region.set_state(State::Live);
    Some(region)
}

/// Memory for tables, unless it would be too large a part of a limited address space.
fn map_if_allowed(words: usize) -> Option<&'static [heapdiff_recorder::AtomicU64]> {
    if memory::may_take(words.saturating_mul(size_of::<u64>())) { memory::map_words(words) } else { None }
}

/// Begins to record, or goes on with another period: threads notice with their next look, see
/// [`heapdiff_recorder::Sampler`].
pub(crate) fn switch_on(period: Period, seed: u64) {
    SEED.store(seed, Ordering::Relaxed);
    PERIOD_ASKED.store(period.bytes(), Ordering::Relaxed);
    // Release: see `setting`.
    PERIOD.store(period.bytes(), Ordering::Release);
}

/// Has the period be the one that is asked for from now on, unless recording is off.
pub(crate) fn set_period(period: Period) {
    // Relaxed: the writer thread sees it with its next look.
    PERIOD_ASKED.store(period.bytes(), Ordering::Relaxed);
    // Release: see `setting`. Relaxed: only whether it is 0 matters, and a change in between is taken note of.
    let _ = PERIOD
        .fetch_update(Ordering::Release, Ordering::Relaxed, |bytes| (bytes != 0).then_some(period.bytes()));
}

/// The period that was asked for last.
pub(crate) fn period_asked() -> Period {
    Period::new(PERIOD_ASKED.load(Ordering::Relaxed))
}

/// Moves the period for the sake of the budget, unless another was asked for meanwhile or recording has ended.
pub(crate) fn move_period(from: Period, to: Period) {
    // Release: see `setting`. Relaxed: a failure changes nothing.
    let _ = PERIOD.compare_exchange(from.bytes(), to.bytes(), Ordering::Release, Ordering::Relaxed);
}

/// Ends recording, and tells the period that was in force. What is recorded stays until it is freed.
pub(crate) fn switch_off() -> Option<Period> {
    // Acquire and Release: see `setting`.
    let bytes = PERIOD.swap(0, Ordering::AcqRel);
    (bytes != 0).then(|| Period::new(bytes))
}

/// A seed for a thread's sampler: different for each, and equal in equal runs.
pub(crate) fn next_seed() -> u64 {
    // Relaxed: only its uniqueness matters.
    let number = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    Rng::new(number).next_u64() | 1
}
