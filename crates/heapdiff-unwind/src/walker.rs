//! A walker: a way of making steps, a memo of its last walk, and room for the frames.

use crate::architecture::{Architecture, Native};
use crate::frame_pointers;
use crate::memo::Memo;
use crate::module::Module;
use crate::registers::Registers;
use crate::state::State;
use crate::step::{Step, Stepped};
use crate::tables::Tables;
use crate::trail::Trail;
use crate::walk::{STACK_DEPTH_MAX, Walk, WalkEnd};

/// No stack lies below, and framehop subtracts from stack pointers without looking.
const STACK_START: u64 = 4096;

/// Walks stacks of one process, one at a time, and remembers the last.
///
/// By tables 88 KiB on the heap, of which framehop takes 32 and the learned rules 32; along frame pointers 24 KiB. All of
/// it is allocated when the walker is made.
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
        self.engine.adopt_modules(&other.engine);
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
    /// From the frame at `state` to its caller, if nothing about it is out of the ordinary.
    #[inline]
    fn ordinary_step(
        &self,
        state: State,
        code_mask: u64,
        read: &mut impl FnMut(u64) -> Option<u64>,
    ) -> Option<Step> {
        match self {
            Self::Tables(tables) => tables.ordinary_step(state, code_mask, read),
            Self::FramePointers => frame_pointers::ordinary_step::<A>(state, code_mask, read),
        }
    }

    /// From the frame at `state` to its caller.
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
    /// How the remembered walk ended, and how many of its frames were handed out; `None` if there is none.
    answered: Option<(WalkEnd, usize)>,
}

impl<A: Architecture> Engine<A> {
    pub(crate) fn new(way: Way<A>) -> Self {
        Self { way, trail: Trail::new(), memo: Memo::new(), answered: None }
    }

    fn forget(&mut self) {
        self.memo.forget();
        self.answered = None;
    }

    fn adopt_modules(&mut self, other: &Self) {
        if let (Way::Tables(own), Way::Tables(others)) = (&mut self.way, &other.way) {
            own.adopt_modules(others);
        }
        self.forget();
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
        let has_same_steps = self.memo.frames().len() == self.trail.len() + self.memo.frames_from(kept).len()
            && self.memo.frames().starts_with(self.trail.frames());
        if kept != self.memo.start() || self.trail.len() > 0 {
            self.memo.replace(first, &self.trail, kept);
        }
        let steps = self.memo.frames();
        let len = match &self.way {
            Way::Tables(tables) if end == WalkEnd::Failed => tables.believable(first.address, steps),
            _ => steps.len(),
        };
        let is_unchanged = has_same_steps && self.answered == Some((end, len));
        self.answered = Some((end, len));
        Walk { frames: steps.get(..len).unwrap_or_default(), end, is_unchanged }
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
            // Steps of the memo that were verified to follow, from a position and a state on.
            let (mut kept, found) = (Memo::END, state);
            if let Some(position) = memo.find(&mut cursor, state) {
                let verified = memo.verify(position, |word| A::code_address(word, code_mask), read);
                let fits = trail.len() + (verified - position) <= STACK_DEPTH_MAX;
                if verified == Memo::END && fits {
                    kept = position;
                    state = memo.state_at_end(position, state, read);
                } else {
                    state = memo.copy_to(trail, position, verified, state, read);
                    cursor = verified;
                    if !fits {
                        return (WalkEnd::Limit, Memo::END);
                    }
                }
            }
            if kept == Memo::END
                && let Some(step) = way.ordinary_step(state, code_mask, read)
            {
                if !trail.push(&step) {
                    return (WalkEnd::Limit, Memo::END);
                }
                state = step.caller;
                continue;
            }
            let step = match way.step(state, code_mask, read) {
                Stepped::Ended(end) => return (end, kept),
                Stepped::To(step) => step,
            };
            if trail.len() + (Memo::END - kept) == STACK_DEPTH_MAX {
                return (WalkEnd::Limit, kept);
            }
            // The walk goes on where the one before ended.
            memo.copy_to(trail, kept, Memo::END, found, read);
            trail.push(&step);
            let State { address, stack_pointer, frame_pointer, .. } = step.caller;
            state = State::caller(address, stack_pointer, frame_pointer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::x86_64::X86_64;
    use crate::synthetic::{Kind, Program};

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
    fn a_walker_takes_as_much_memory_as_its_documentation_says() {
        let bytes = |new: fn() -> Walker| {
            let mut walker = None;
            let allocated = allocation_counter::measure(|| walker = Some(new())).bytes_current;
            allocated / 1024
        };
        assert_eq!(bytes(|| Walker::by_tables([])), 88);
        assert_eq!(bytes(Walker::by_frame_pointers), 24);
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

    /// Code with tables, called by code without, which uses the frame pointer for something else.
    #[test]
    fn words_that_only_look_like_frames_are_not_believed() {
        let program = Program::new([Kind::Plain { size: 2, saves_frame_pointer: false }]);
        let module = program.module::<X86_64>();
        let registers = Registers {
            instruction_pointer: program.address(1),
            stack_pointer: START,
            frame_pointer: START + 32,
            link_register: 0,
        };
        let foreign = 0x7000_0000_0000;
        // The frame of two words, then that of the foreign function, with two words that the frame pointer points to.
        let mut words = [0, foreign, 7, 7, START + 56, 0x7000_0000_1000, 7, 7, 7, 7];
        let mut walker = Engine::<X86_64>::new(Way::Tables(Tables::new([&module])));
        let walk = walker.walk(&registers, read(&words));
        assert_eq!((walk.frames, walk.end), (&[foreign][..], WalkEnd::Failed));
        // A chain that leads back to code with tables is believed, and gets to the root.
        (words[7], words[8]) = (0, program.address(0) + 4);
        let walk = walker.walk(&registers, read(&words));
        let expected = [foreign, 0x7000_0000_1000, program.address(0) + 4];
        assert_eq!((walk.frames, walk.end), (&expected[..], WalkEnd::Root));
    }

    /// A library that is loaded later: its frames are passed as soon as its tables are known, and no longer when not.
    #[test]
    fn what_was_remembered_and_learned_goes_with_the_modules() {
        let program = Program::new([Kind::Plain { size: 2, saves_frame_pointer: false }]);
        let words = [0, program.address(0) + 4, 0, 0];
        let registers = Registers {
            instruction_pointer: program.address(1),
            stack_pointer: START,
            frame_pointer: 1,
            link_register: 0,
        };
        let by_tables = |modules: &[Module]| Engine::<X86_64>::new(Way::Tables(Tables::new(modules)));
        let (with, without) = (by_tables(&[program.module::<X86_64>()]), by_tables(&[]));
        let mut walker = by_tables(&[]);
        for _ in 0..3 {
            for (modules, count, end) in [(&without, 0, WalkEnd::Failed), (&with, 1, WalkEnd::Root)] {
                walker.adopt_modules(modules);
                for is_unchanged in [false, true] {
                    let walk = walker.walk(&registers, read(&words));
                    assert_eq!((walk.frames.len(), walk.end), (count, end));
                    assert_eq!(walk.is_unchanged, is_unchanged);
                }
            }
        }
    }

    #[test]
    fn a_deep_stack_is_cut_at_the_limit_again_and_again() {
        let depth = STACK_DEPTH_MAX as u64 + 10;
        let caller = |n| if n + 1 < depth { START + (n + 1) * 16 } else { 0 };
        let words: Vec<u64> = (0..depth).flat_map(|n| [caller(n), 0x50_0000 + n]).collect();
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
