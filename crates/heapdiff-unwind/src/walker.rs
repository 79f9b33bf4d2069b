//! A walker: a way of making steps, a memo of its last walk, and room for the frames.

use crate::architecture::{Architecture, Native};
use crate::frame_pointers;
use crate::memo::Memo;
use crate::module::Module;
use crate::registers::Registers;
use crate::state::State;
use crate::step::Stepped;
use crate::tables::Tables;
use crate::trail::Trail;
use crate::walk::{Walk, WalkEnd};

/// No stack lies below, and framehop subtracts from stack pointers without looking.
const STACK_START: u64 = 4096;

/// Walks stacks of one process, one at a time, and remembers the last.
///
/// About 110 KiB on the heap, all of it allocated when the walker is made; half is framehop's.
pub struct Walker {
    engine: Engine<Native>,
}

impl std::fmt::Debug for Walker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walker").finish_non_exhaustive()
    }
}

impl Walker {
    /// A walker through the unwind tables of `modules`, and along frame pointers where there are none. Allocates
    /// everything that it will ever need.
    #[must_use]
    #[expect(single_use_lifetimes, reason = "it cannot be elided in an associated type yet")]
    pub fn by_tables<'m>(modules: impl IntoIterator<Item = &'m Module>) -> Self {
        Self { engine: Engine::new(Way::Tables(Tables::new(modules))) }
    }

    /// A walker along frame pointers alone, for builds without unwind tables. Allocates everything that it will ever
    /// need.
    #[must_use]
    pub fn by_frame_pointers() -> Self {
        Self { engine: Engine::new(Way::FramePointers) }
    }

    /// Another walker of the same kind through the same modules. Allocates.
    #[must_use]
    pub fn sibling(&self) -> Self {
        Self {
            engine: Engine::new(match &self.engine.way {
                Way::Tables(tables) => Way::Tables(tables.sibling()),
                Way::FramePointers => Way::FramePointers,
            }),
        }
    }

    /// Replaces the modules by those of `other`, and forgets what was learned from the old ones. Frees memory. Does
    /// nothing unless both walk by tables.
    pub fn adopt_modules(&mut self, other: &Self) {
        if let (Way::Tables(own), Way::Tables(others)) = (&mut self.engine.way, &other.engine.way) {
            own.adopt_modules(others);
        }
        self.engine.forget();
    }

    /// Forgets the last walk, so that the next is never [unchanged](Walk::is_unchanged).
    pub fn forget(&mut self) {
        self.engine.forget();
    }

    /// Walks up from `registers`, reading words of the stack with `read`, which answers `None` outside of the stack.
    /// Allocates nothing.
    #[inline]
    pub fn walk(&mut self, registers: &Registers, read: impl FnMut(u64) -> Option<u64>) -> Walk<'_> {
        self.engine.walk(registers, read)
    }
}

/// How steps are made.
pub(crate) enum Way<A: Architecture> {
    Tables(Tables<A>),
    FramePointers,
}

impl<A: Architecture> Way<A> {
    #[inline]
    fn step(&mut self, state: State, code_mask: u64, read: &mut impl FnMut(u64) -> Option<u64>) -> Stepped {
        match self {
            Self::Tables(tables) => tables.step(state, code_mask, read),
            Self::FramePointers => frame_pointers::step::<A>(state, code_mask, read),
        }
    }
}

/// A walker of any architecture.
pub(crate) struct Engine<A: Architecture> {
    way: Way<A>,
    /// Steps of the walk under way that are not taken over from the memo.
    trail: Trail,
    memo: Memo,
    /// How the remembered walk ended; `None` if there is none.
    end: Option<WalkEnd>,
}

impl<A: Architecture> Engine<A> {
    pub(crate) fn new(way: Way<A>) -> Self {
        Self { way, trail: Trail::new(), memo: Memo::new(), end: None }
    }

    fn forget(&mut self) {
        self.memo.forget();
        self.end = None;
    }

    pub(crate) fn walk(
        &mut self,
        registers: &Registers,
        mut read: impl FnMut(u64) -> Option<u64>,
    ) -> Walk<'_> {
        let first = State::first(registers);
        let known = match &self.way {
            Way::Tables(tables) => tables.highest_address(),
            Way::FramePointers => 0,
        };
        let code_mask = A::code_mask(known | first.stack_pointer);
        let (end, kept) = self.find_end(first, code_mask, &mut read);
        let is_unchanged = self.end == Some(end)
            && self.memo.frames().len() == self.trail.len() + self.memo.frames_from(kept).len()
            && self.memo.frames().starts_with(self.trail.frames());
        if kept != self.memo.start() || self.trail.len() > 0 {
            self.memo.replace(first, &self.trail, kept);
        }
        self.end = Some(end);
        Walk { frames: self.memo.frames(), end, is_unchanged }
    }

    /// Walks to the end. The steps are those of the trail, and after them those of the memo from the position on that
    /// is returned.
    #[inline]
    fn find_end(
        &mut self,
        first: State,
        code_mask: u64,
        read: &mut impl FnMut(u64) -> Option<u64>,
    ) -> (WalkEnd, usize) {
        let Self { way, trail, memo, .. } = self;
        trail.clear();
        if first.stack_pointer < STACK_START {
            return (WalkEnd::Failed, Memo::END);
        }
        let mut state = first;
        let mut cursor = memo.start();
        loop {
            // Steps of the memo that were verified to follow, from a position on.
            let mut kept = Memo::END;
            if let Some(position) = memo.find(&mut cursor, state) {
                let verified = memo.verify(position, |word| A::code_address(word, code_mask), read);
                state = memo.state_at(verified, position, state, read);
                let fits = trail.len() + (verified - position) <= Memo::END;
                if verified == Memo::END && fits {
                    kept = position;
                } else {
                    memo.copy_to(trail, position, verified);
                    if !fits {
                        return (WalkEnd::Limit, Memo::END);
                    }
                    cursor = verified;
                }
            }
            match way.step(state, code_mask, read) {
                Stepped::Ended(end) => return (end, kept),
                Stepped::To(step) => {
                    if trail.len() + (Memo::END - kept) == Memo::END {
                        return (WalkEnd::Limit, kept);
                    }
                    if kept != Memo::END {
                        memo.copy_to(trail, kept, Memo::END);
                    }
                    trail.push(&step);
                    state = step.caller;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::STACK_DEPTH_MAX;

    /// A stack whose word at address 65,536 + 8 i is `words[i]`.
    fn read(words: &[u64]) -> impl FnMut(u64) -> Option<u64> {
        |address| words.get(usize::try_from(address.checked_sub(START)? / 8).ok()?).copied()
    }

    const START: u64 = 65_536;

    fn walkers() -> [Walker; 2] {
        [Walker::by_tables([]), Walker::by_frame_pointers()]
    }

    fn registers(frame_pointer: u64) -> Registers {
        Registers {
            instruction_pointer: 0x4000,
            stack_pointer: START,
            frame_pointer,
            link_register: 0x4_0000,
        }
    }

    #[test]
    fn the_second_walk_of_a_stack_is_unchanged_until_a_word_changes() {
        let mut words = [START + 16, 0x50_0000, START + 32, 0x60_0000, 0, 0x70_0000];
        let registers = registers(START);
        for mut walker in walkers() {
            let expected = [0x50_0000, 0x60_0000, 0x70_0000];
            let walk = walker.walk(&registers, read(&words));
            assert_eq!((walk.frames, walk.end, walk.is_unchanged), (&expected[..], WalkEnd::Root, false));
            let walk = walker.walk(&registers, read(&words));
            assert_eq!((walk.frames, walk.end, walk.is_unchanged), (&expected[..], WalkEnd::Root, true));
            words[3] = 0x61_0000;
            let walk = walker.walk(&registers, read(&words));
            assert_eq!((walk.frames[1], walk.end, walk.is_unchanged), (0x61_0000, WalkEnd::Root, false));
            words[3] = 0x60_0000;
            walker.forget();
            assert!(!walker.walk(&registers, read(&words)).is_unchanged);
            assert!(!walker.sibling().walk(&registers, read(&words)).is_unchanged);
        }
    }

    #[test]
    fn a_deep_stack_is_cut_at_the_limit_again_and_again() {
        let depth = STACK_DEPTH_MAX as u64 + 10;
        let words: Vec<u64> = (0..depth).flat_map(|n| [START + (n + 1) * 16, 0x50_0000 + n]).collect();
        for mut walker in walkers() {
            for _ in 0..3 {
                for from in [0, 1, 8, 9, 10, 11, 12, 3] {
                    let registers =
                        Registers { stack_pointer: START + 16 * from, ..registers(START + 16 * from) };
                    let walk = walker.walk(&registers, read(&words));
                    let is_cut = from < 10;
                    let expected = (from..depth.min(from + STACK_DEPTH_MAX as u64)).map(|n| 0x50_0000 + n);
                    assert_eq!(walk.frames, expected.collect::<Vec<_>>());
                    assert_eq!(walk.end == WalkEnd::Limit, is_cut, "{from}");
                }
            }
        }
    }
}
