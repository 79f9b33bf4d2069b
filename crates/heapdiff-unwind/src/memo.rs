//! The walk before, and how much of it still holds.
//!
//! Two samples of one thread mostly share all their frames but a few at the leaf. A walk that comes to a frame in the
//! very state that the walk before was in there need not go on: it only has to see that the words on which the rest
//! depended are still the same.
//!
//! # Why that is sound
//! What the way up from a frame finds is a function of the frame's address, stack pointer and frame pointer, of the rules
//! (which change only with the modules, and then [`Memo::forget`] is called), and of the words that the rules read. For a
//! step that was made by a [`Rule`](crate::rule::Rule) those words are known: the return address and perhaps the caller's
//! frame pointer, in slots whose places follow from the same three. So if the state is the same and the words are the
//! same, then by induction every step finds what it found before. No assumption about code is made: a function that
//! moves its stack pointer by a variable amount (`alloca`) has a CFA that is counted from the frame pointer, which is
//! part of the state. The result is the one that a walk from scratch would give, not just a likely one.
//!
//! - **Frame pointers that nobody uses are not compared.** Where code is built without frame pointers, `rbp` holds loop
//!   counters and the like, and saved ones differ from walk to walk. A step depends on the frame pointer only if its CFA
//!   does, or if it hands the register on to one that does, before a step that loads it. Going backwards through a walk
//!   tells which. (On aarch64, where the register is never anything else, one that a frame found through its own is always
//!   compared: framehop looks at it.) Where the walk leaves the memo again, the frame pointer is found anew, from the last slot that was
//!   loaded on the way.
//! - **A step that only framehop can make** may depend on anything. It is never taken over: the walk makes it anew, and
//!   may find its way back into the memo behind it.
//! - **The end is never remembered.** The last step is always made anew, so a walk that failed goes further as soon as it
//!   can, and one that was cut by the depth limit is cut at the same place.
//! - A slot that is not compared is assumed to be still readable: `read` answers for one contiguous stack, and the slots
//!   on both sides of it are read.
//!
//! ```text
//!            ┌─ start                                          STACK_DEPTH_MAX ─┐
//! ░░░░░░░░░░░│ leaf side: replaced often │ root side: stays where it is         │
//! ```

use crate::state::State;
use crate::trail::{Trace, Trail};
use crate::walk::STACK_DEPTH_MAX;

/// The steps of a walk, with its root end at the end of the arrays.
///
/// A *position* is a number of a step; the state at a position is the one that the step leaves from, and the one at
/// [`Self::END`] is where the walk ended.
#[derive(Debug)]
pub(crate) struct Memo {
    frames: Box<[u64]>,
    /// Where each return address was read; [`NOWHERE`] for one that was not.
    return_slots: Box<[u64]>,
    traces: Box<[Trace]>,
    /// The steps whose frame pointer has to be compared.
    compared_frame_pointers: PositionSet,
    /// Position of the first step; [`Self::END`] if nothing is remembered.
    start: usize,
    /// The state that the walk began in.
    first: State,
}

impl Memo {
    pub(crate) const END: usize = STACK_DEPTH_MAX;

    /// A memo of nothing. Allocates all of it.
    pub(crate) fn new() -> Self {
        Self {
            frames: vec![0; Self::END].into_boxed_slice(),
            return_slots: vec![NOWHERE; Self::END].into_boxed_slice(),
            traces: vec![Trace::default(); Self::END].into_boxed_slice(),
            compared_frame_pointers: PositionSet::default(),
            start: Self::END,
            first: State::caller(0, 0, 0),
        }
    }

    /// Remembers nothing any more.
    pub(crate) const fn forget(&mut self) {
        self.start = Self::END;
        self.first = State::caller(0, 0, 0);
    }

    /// The position of the first step.
    pub(crate) const fn start(&self) -> usize {
        self.start
    }

    /// The return addresses of the walk, leaf first.
    pub(crate) fn frames(&self) -> &[u64] {
        self.frames_from(self.start)
    }

    /// The return addresses from a position on.
    pub(crate) fn frames_from(&self, position: usize) -> &[u64] {
        self.frames.get(position..).unwrap_or_default()
    }

    /// The position whose state is `state`, if there is one. `cursor` is a position from which to look on; it begins at
    /// [`Self::start`], and is moved towards the root as the walk that asks goes there.
    #[inline]
    pub(crate) fn find(&self, cursor: &mut usize, state: State) -> Option<usize> {
        if state.is_first {
            return self.is_first(state).then_some(self.start);
        }
        loop {
            let trace = self.traces.get(*cursor)?;
            if trace.stack_pointer >= state.stack_pointer {
                let is_found = trace.stack_pointer == state.stack_pointer
                    && self.frames.get(*cursor) == Some(&state.address)
                    && (!trace.is_frame_pointer_used || trace.frame_pointer == state.frame_pointer);
                return is_found.then_some(*cursor + 1);
            }
            *cursor += 1;
        }
    }

    fn is_first(&self, state: State) -> bool {
        let Some(trace) = self.traces.get(self.start) else { return false };
        self.first.is_first
            && self.first.address == state.address
            && self.first.stack_pointer == state.stack_pointer
            && (self.first.frame_pointer == state.frame_pointer || !self.is_frame_pointer_used(self.start))
            && (self.first.link_register == state.link_register || !trace.rule.needs_link_register())
    }

    /// Whether a step from `position` on depends on the frame pointer there.
    fn is_frame_pointer_used(&self, position: usize) -> bool {
        self.traces.get(position).is_some_and(Trace::is_frame_pointer_used_before)
    }

    /// The first position from `position` on whose step does not hold any more; [`Self::END`] if all do.
    #[inline]
    pub(crate) fn verify(
        &self,
        position: usize,
        code_address: impl Fn(u64) -> u64,
        read: &mut impl FnMut(u64) -> Option<u64>,
    ) -> usize {
        // The state was found, so a link register has been compared.
        let is_by_link = self.traces.get(position).is_some_and(|trace| trace.rule.needs_link_register());
        let from = position + usize::from(is_by_link);
        let slots = self.return_slots.get(from..).unwrap_or_default();
        let count = slots
            .iter()
            .zip(self.frames_from(from))
            .take_while(|(slot, frame)| read(**slot).is_some_and(|word| code_address(word) == **frame))
            .count();
        let holds = |position: usize, read: &mut dyn FnMut(u64) -> Option<u64>| {
            self.traces.get(position).is_some_and(|trace| {
                read(trace.rule.frame_pointer_slot(trace.stack_pointer)) == Some(trace.frame_pointer)
            })
        };
        let end = from + count;
        self.compared_frame_pointers
            .from(position)
            .take_while(|compared| *compared < end)
            .find(|compared| !holds(*compared, read))
            .unwrap_or(end)
    }

    /// The state at position `to`, for a walk that is in `state` at position `from` and has verified all between.
    pub(crate) fn state_at(
        &self,
        to: usize,
        from: usize,
        state: State,
        read: &mut impl FnMut(u64) -> Option<u64>,
    ) -> State {
        let Some(taken) = self.traces.get(from..to) else { return state };
        let (Some(last), Some(frame)) = (taken.last(), self.frames.get(to.wrapping_sub(1))) else {
            return state;
        };
        let loaded = taken.iter().rev().find(|trace| trace.rule.loads_frame_pointer());
        let frame_pointer = loaded.map_or(Some(state.frame_pointer), |trace| {
            read(trace.rule.frame_pointer_slot(trace.stack_pointer))
        });
        // A slot that was readable is readable still; see the module's documentation.
        State::caller(*frame, last.stack_pointer, frame_pointer.unwrap_or(0))
    }

    /// Appends the steps between two positions to a trail, as many as there is room for.
    pub(crate) fn copy_to(&self, trail: &mut Trail, from: usize, to: usize) {
        trail.extend(
            self.frames.get(from..to).unwrap_or_default(),
            self.traces.get(from..to).unwrap_or_default(),
        );
    }

    /// Replaces the steps before `kept` by those of a walk that began in `first`. `trail` is no longer than the steps
    /// that are not kept leave room for.
    pub(crate) fn replace(&mut self, first: State, trail: &Trail, kept: usize) {
        let start = kept.saturating_sub(trail.len());
        let mut is_used = self.is_frame_pointer_used(kept);
        let range = start..kept;
        let (Some(frames), Some(slots), Some(traces)) = (
            self.frames.get_mut(range.clone()),
            self.return_slots.get_mut(range.clone()),
            self.traces.get_mut(range.clone()),
        ) else {
            return;
        };
        frames.copy_from_slice(trail.frames());
        let places = slots.iter_mut().zip(traces).zip(range).rev();
        for (((slot, trace), position), new) in places.zip(trail.traces().iter().rev()) {
            *slot = if new.is_opaque { NOWHERE } else { new.rule.return_slot(new.stack_pointer) };
            *trace = Trace { is_frame_pointer_used: is_used, ..*new };
            let is_compared = is_used && new.rule.loads_frame_pointer() || new.rule.must_ascend();
            self.compared_frame_pointers.set(position, is_compared);
            is_used = trace.is_frame_pointer_used_before();
        }
        self.start = start;
        self.first = first;
    }
}

/// An address that is no place of a word.
const NOWHERE: u64 = u64::MAX;

/// A set of positions.
#[derive(Debug, Default)]
struct PositionSet([u64; Memo::END / 64]);

impl PositionSet {
    #[inline]
    fn set(&mut self, position: usize, is_in: bool) {
        if let Some(word) = self.0.get_mut(position / 64) {
            *word = *word & !(1 << (position % 64)) | u64::from(is_in) << (position % 64);
        }
    }

    /// Those from `position` on, ascending.
    #[inline]
    fn from(&self, position: usize) -> impl Iterator<Item = usize> {
        let first = position / 64;
        let words = self.0.iter().enumerate().skip(first);
        words.flat_map(move |(index, word)| {
            let mut rest = if index == first { *word >> (position % 64) << (position % 64) } else { *word };
            std::iter::from_fn(move || {
                let bit = (rest != 0).then_some(rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(index * 64 + bit)
            })
        })
    }
}
