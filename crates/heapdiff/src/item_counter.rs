//! Counts of what a program handles, such as requests. Every snapshot carries them, so that reports can say how much
//! memory that is for each: `heapdiff diff profiles --per requests`.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// Names that a process has room for: the things that it is asked to do, and not every metric that it has.
const COUNTERS_MAX: usize = 16;
/// Bytes of a name.
const NAME_BYTES_MAX: usize = NAME_WORDS * 8;
const NAME_WORDS: usize = 8;

/// A counter. Nobody waits for anybody, so that a child that was forked off amid all this goes on: a name that is being
/// written is no name yet, and two threads that come with one name at once may have a slot each, which are summed.
struct Slot {
    state: AtomicU8,
    /// The name's bytes, and zeros.
    name: [AtomicU64; NAME_WORDS],
    items: AtomicU64,
}

const FREE: u8 = 0;
const BEING_NAMED: u8 = 1;
const NAMED: u8 = 2;

static SLOTS: [Slot; COUNTERS_MAX] = [const {
    Slot {
        state: AtomicU8::new(FREE),
        name: [const { AtomicU64::new(0) }; NAME_WORDS],
        items: AtomicU64::new(0),
    }
}; COUNTERS_MAX];

/// Where the items of a name go that is refused.
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// A count of items that a program handles: see [`counter`].
#[derive(Clone, Copy, Debug)]
pub struct Counter(&'static AtomicU64);

/// The counter of this name, which begins at 0: for what the program handles, such as `requests`.
///
/// Every snapshot carries it, and `heapdiff diff DIR --per requests` says how much memory was kept for each request.
/// Equal names give the same counter. Finding it compares names; keep it where many items come by.
///
/// There is room for 16 names of up to 64 bytes. The items of another one are not counted, which is said once. A
/// process that was killed leaves its counters in the snapshots that it has written, not in its black box.
///
/// ```
/// static REQUESTS: std::sync::LazyLock<heapdiff::Counter> =
///     std::sync::LazyLock::new(|| heapdiff::counter("requests"));
///
/// REQUESTS.add(1);
/// ```
#[must_use]
pub fn counter(name: &str) -> Counter {
    if let Some(words) = words(name) {
        for slot in &SLOTS {
            if slot.words() == Some(words) || slot.take(words) {
                return Counter(&slot.items);
            }
        }
    }
    static SAID: AtomicBool = AtomicBool::new(false);
    // Relaxed: the flag guards nothing but itself.
    if !SAID.swap(true, Ordering::Relaxed) {
        crate::say(format_args!(
            "counter `{name}` is not kept: there is room for {COUNTERS_MAX} names of 1 to {NAME_BYTES_MAX} bytes"
        ));
    }
    Counter(&REFUSED)
}

impl Counter {
    /// Counts items. One atomic addition; any thread may.
    pub fn add(self, items: u64) {
        // Relaxed: a sum, of which a snapshot may miss what is being added meanwhile.
        self.0.fetch_add(items, Ordering::Relaxed);
    }
}

impl Slot {
    /// The name; `None` where there is none yet.
    fn words(&self) -> Option<[u64; NAME_WORDS]> {
        // Acquire: pairs with `take`, which has written the name before it says so.
        let is_named = self.state.load(Ordering::Acquire) == NAMED;
        // Relaxed: the name does not change any more.
        is_named.then(|| self.name.each_ref().map(|word| word.load(Ordering::Relaxed)))
    }

    /// Names the slot, unless somebody else does.
    fn take(&self, words: [u64; NAME_WORDS]) -> bool {
        // Relaxed: whoever wins is the only one to write the name, and reads nothing.
        let taken = self.state.compare_exchange(FREE, BEING_NAMED, Ordering::Relaxed, Ordering::Relaxed);
        if taken.is_err() {
            return false;
        }
        for (word, of_name) in self.name.iter().zip(words) {
            // Relaxed: published by the state.
            word.store(of_name, Ordering::Relaxed);
        }
        // Release: pairs with `words`.
        self.state.store(NAMED, Ordering::Release);
        true
    }
}

/// A name as it is kept; `None` if it is none.
fn words(name: &str) -> Option<[u64; NAME_WORDS]> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        return None;
    }
    let mut words = [0; NAME_WORDS];
    for (word, bytes) in words.iter_mut().zip(name.as_bytes().chunks(8)) {
        let mut whole = [0; 8];
        for (to, from) in whole.iter_mut().zip(bytes) {
            *to = *from;
        }
        *word = u64::from_le_bytes(whole);
    }
    Some(words)
}

/// All counters with their values, by name.
pub(crate) fn counters() -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for slot in &SLOTS {
        let Some(words) = slot.words() else { continue };
        let bytes: Vec<u8> =
            words.iter().flat_map(|word| word.to_le_bytes()).filter(|byte| *byte != 0).collect();
        let sum: &mut u64 = sums.entry(String::from_utf8_lossy(&bytes).into_owned()).or_default();
        // Relaxed: see `Counter::add`.
        *sum = sum.wrapping_add(slot.items.load(Ordering::Relaxed));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_one_counter_and_there_is_room_for_sixteen() {
        counter("requests").add(2);
        counter("requests").add(3);
        assert_eq!(counters(), BTreeMap::from([("requests".to_owned(), 5)]));
        for number in 1..=COUNTERS_MAX {
            counter(&format!("näme {number}")).add(1);
        }
        for refused in ["", "a\0b", &"n".repeat(NAME_BYTES_MAX + 1)] {
            counter(refused).add(1);
        }
        let all = counters();
        assert_eq!((all.len(), all.get("requests"), all.get("näme 15")), (COUNTERS_MAX, Some(&5), Some(&1)));
        assert_eq!(all.values().sum::<u64>(), 5 + 15);
    }
}
