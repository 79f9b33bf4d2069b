//! A measurement of growth: how it is described, and how it goes.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::found::{Found, FoundFrame, GrowthError};
use super::held::{self, Held};
use super::scopes::{Entered, Threads};
use super::stack_names::StackNames;
use super::track::{Parts, Track, Tracks};
use crate::recording::Tables;
use crate::{session, thread};
use heapdiff_recorder::{Scope, StackId};
use std::collections::BTreeMap;

/// [`assert_no_growth`](super::assert_no_growth) with other numbers.
///
/// ```
/// #[global_allocator]
/// static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();
///
/// # fn main() {
/// let mut cache = std::collections::BTreeMap::new();
/// let mut request = 0_u32;
/// heapdiff::test::Growth::new().warm_up(100).rounds(14).assert(|| {
///     request += 1;
///     cache.insert(request % 64, vec![0_u8; 1024]);
/// });
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is measured until `assert` or `check` is called"]
pub struct Growth {
    rounds: u32,
    warm_up: Option<u32>,
    bytes_allowed: Option<u64>,
    objects_allowed: Option<u64>,
    ignored: Vec<String>,
    threads: Threads,
}

impl Default for Growth {
    fn default() -> Self {
        Self::new()
    }
}

impl Growth {
    /// 28 rounds after 4 to warm up, in which nothing may grow, of the calling thread.
    pub const fn new() -> Self {
        Self {
            rounds: 28,
            warm_up: None,
            bytes_allowed: None,
            objects_allowed: None,
            ignored: Vec::new(),
            threads: Threads::Own,
        }
    }

    /// How many rounds are measured; 28 if it is not set, and at least 3. The first seventh of them is the first part, the
    /// next two sevenths the second. More rounds find what is left behind more rarely.
    pub const fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = if rounds < 3 { 3 } else { rounds };
        self
    }

    /// How many rounds run before those that are measured; as many as the first part has if it is not set. With fewer,
    /// a buffer that doubles may look like growth.
    pub const fn warm_up(mut self, rounds: u32) -> Self {
        self.warm_up = Some(rounds);
        self
    }

    /// How many bytes all stacks that grow may leave behind together in a round; if this is not set, any number, as long
    /// as [`Self::allow_objects`] is.
    pub const fn allow_bytes(mut self, bytes_per_round: u64) -> Self {
        self.bytes_allowed = Some(bytes_per_round);
        self
    }

    /// How many objects all stacks that grow may leave behind together in a round; if this is not set, any number, as
    /// long as [`Self::allow_bytes`] is.
    pub const fn allow_objects(mut self, objects_per_round: u64) -> Self {
        self.objects_allowed = Some(objects_per_round);
        self
    }

    /// Stacks with a function whose name contains `text` may grow, such as `metrics::` for everything in a module of that
    /// name. May be called several times.
    pub fn ignore(mut self, text: impl Into<String>) -> Self {
        self.ignored.push(text.into());
        self
    }

    /// Counts what every thread of the process allocates while the rounds run.
    ///
    /// For closures that hand work to other threads. No other measurement runs at the same time: they wait for each
    /// other. Everything else in the process is counted too, so other tests must not run beside this one:
    /// `cargo test -- --test-threads=1`, or a process for each test, as `cargo nextest` has it. Threads that are there
    /// already notice the measurement within 16 KiB of what they allocate, and within 1 MiB if a recording is on.
    pub const fn every_thread(mut self) -> Self {
        self.threads = Threads::Every;
        self
    }

    /// Runs `action` again and again, and panics if memory grows.
    ///
    /// # Panics
    /// As [`assert_no_growth`](super::assert_no_growth).
    #[track_caller]
    #[expect(clippy::panic, reason = "that is what it is for")]
    pub fn assert<T>(&self, action: impl FnMut() -> T) {
        if let Err(error) = self.check(action) {
            panic!("{error}");
        }
    }

    /// Runs `action` again and again, and says which stacks grow.
    ///
    /// # Errors
    /// Where [`Self::assert`] would panic.
    pub fn check<T>(&self, mut action: impl FnMut() -> T) -> Result<(), GrowthError> {
        self.measure(&mut || drop(action()))
    }

    /// Stacks of blocks that the action allocates go through here, and what called this is no part of them.
    #[inline(never)]
    fn measure(&self, action: &mut dyn FnMut()) -> Result<(), GrowthError> {
        let tables = session::make_ready().map_err(GrowthError::NotReady)?;
        let parts = Parts::of(self.rounds);
        let warm_up = self.warm_up.unwrap_or(parts.first());
        let entered = Entered::new(self.threads, tables).ok_or(GrowthError::Nested)?;
        let lost_before = held::lost(tables);
        let rounds = Rounds { action, tables, scope: entered.scope(), warm_up, parts, tracks: None };
        let tracks = rounds.run();
        drop(entered);
        thread::muted(|| {
            let growing = tracks.growing();
            let found = Found::new(self.rows(tables, &growing), parts.rounds(), warm_up);
            let is_allowed = self.allows(&found);
            if !is_allowed {
                return Err(GrowthError::Grows(found));
            }
            match held::lost(tables).saturating_sub(lost_before) {
                0 => Ok(()),
                lost => Err(GrowthError::Lost(lost)),
            }
        })
    }

    /// The stacks that grow, by name, without those that may.
    fn rows(&self, tables: &Tables, growing: &[(StackId, Track)]) -> Vec<(Vec<FoundFrame>, Held)> {
        let mut names = StackNames::default();
        let rows = growing.iter().map(|(stack, track)| (names.of(tables, *stack), track.grown()));
        rows.filter(|(name, _)| !name.is_printing() && !self.ignored.iter().any(|text| name.mentions(text)))
            .map(|(name, grown)| (name.into_visible(), grown))
            .collect()
    }

    fn allows(&self, found: &Found) -> bool {
        let rounds = u64::from(found.rounds());
        let is_within = |allowed: Option<u64>, grown| {
            allowed.is_none_or(|allowed| grown <= allowed.saturating_mul(rounds))
        };
        let is_any_set = self.bytes_allowed.is_some() || self.objects_allowed.is_some();
        found.rows().is_empty()
            || is_any_set
                && is_within(self.bytes_allowed, found.grown().bytes)
                && is_within(self.objects_allowed, found.grown().objects)
    }
}

/// The rounds of a measurement.
struct Rounds<'a> {
    action: &'a mut dyn FnMut(),
    tables: &'a Tables,
    scope: Scope,
    /// Rounds before the first measured one that are still to run.
    warm_up: u32,
    parts: Parts,
    /// From the first measured round on.
    tracks: Option<Tracks<StackId>>,
}

impl Rounds<'_> {
    /// Runs the rounds, and follows what the scope holds after each.
    ///
    /// The action is called by one instruction: a stack is its addresses, and a block and the one that takes its place
    /// must have the same. So nothing that differs between rounds is seen from here, or the compiler would make two calls
    /// of it.
    #[inline(never)]
    fn run(mut self) -> Tracks<StackId> {
        while self.is_another_due() {
            (self.action)();
            self.note();
        }
        self.tracks.unwrap_or_else(|| Tracks::new(self.parts, &BTreeMap::new()))
    }

    #[inline(never)]
    fn is_another_due(&mut self) -> bool {
        if self.warm_up > 0 {
            return true;
        }
        let first = || thread::muted(|| Tracks::new(self.parts, &held::by_stack(self.tables, self.scope)));
        self.tracks.get_or_insert_with(first).may_grow()
    }

    #[inline(never)]
    fn note(&mut self) {
        match &mut self.tracks {
            Some(tracks) => thread::muted(|| tracks.note(&held::by_stack(self.tables, self.scope))),
            None => self.warm_up -= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiler::StartError;

    /// These tests have the allocator that Rust gives them.
    #[test]
    fn without_the_allocator_it_is_said_what_to_add() {
        let error = Growth::new().check(|| ()).unwrap_err();
        assert!(matches!(error, GrowthError::NotReady(StartError::NotTheGlobalAllocator)));
        assert!(error.to_string().contains("add `#[global_allocator] static"), "{error}");
    }
}
