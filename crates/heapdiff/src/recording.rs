//! Whether the process records, and where to.
//!
//! ```text
//!         start                       stop
//!  off ─────────► on (period, tables) ─────────► off      any number of times; the tables stay, so that what was
//!                  ▲                                      recorded is still taken out when it is freed
//!                  └─ set while it is on, by the one session that may exist
//! ```

use crate::loaded_files::LoadedFiles;
use crate::sys::{memory, process_hooks};
use crate::unwinders::Unwinders;
use heapdiff_recorder::{Capacities, Period, Recorder, Region, Rng};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The period in force, in bytes; 0 while recording is off.
static PERIOD: AtomicU64 = AtomicU64::new(0);
/// Made by the first start and never taken away.
static TABLES: OnceLock<Option<Tables>> = OnceLock::new();
static SEED: AtomicU64 = AtomicU64::new(0);

/// What the hook needs beside the thread's own state.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) recorder: Recorder<'static>,
    pub(crate) unwinders: Unwinders,
}

/// The period in force; `None` while nothing is recorded, and in a forked child.
pub(crate) fn setting() -> Option<Period> {
    // Acquire: pairs with `switch_on`, so that the tables are seen by whoever sees the period.
    match PERIOD.load(Ordering::Acquire) {
        0 => None,
        _ if process_hooks::is_forked_child() => None,
        bytes => Some(Period::new(bytes)),
    }
}

/// The tables, if recording was ever on.
#[inline]
pub(crate) fn tables() -> Option<&'static Tables> {
    TABLES.get().and_then(Option::as_ref)
}

/// Makes the tables if they are not there yet, and has the unwinders know the files that are loaded now. `None` if the
/// memory of the tables cannot be had.
pub(crate) fn prepare(files: &mut LoadedFiles) -> Option<&'static Tables> {
    let tables = TABLES
        .get_or_init(|| {
            let (words, capacities) = [Capacities::LARGE, Capacities::SMALL]
                .into_iter()
                .filter(|capacities| memory::may_take(capacities.words().saturating_mul(size_of::<u64>())))
                .find_map(|capacities| Some((memory::map_words(capacities.words())?, capacities)))?;
            let recorder = Recorder::new(&Region::new(words, &capacities)?)?;
            Some(Tables { recorder, unwinders: Unwinders::new(&files.read()) })
        })
        .as_ref()?;
    files.refresh(&tables.unwinders);
    Some(tables)
}

/// Begins to record: threads notice with their next look, see [`heapdiff_recorder::Sampler`].
pub(crate) fn switch_on(period: Period, seed: u64) {
    SEED.store(seed, Ordering::Relaxed);
    // Release: see `setting`.
    PERIOD.store(period.bytes(), Ordering::Release);
}

/// Ends recording. What is recorded stays until it is freed.
pub(crate) fn switch_off() {
    PERIOD.store(0, Ordering::Release);
}

/// A seed for a thread's sampler: different for each, and equal in equal runs.
pub(crate) fn next_seed() -> u64 {
    // Relaxed: only its uniqueness matters.
    let number = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    Rng::new(number).next_u64() | 1
}
