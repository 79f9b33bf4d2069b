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
//!   tells which. Where the walk leaves the memo again, they are read anew. (On aarch64, where the register is never
//!   anything else, one that a frame found through its own is always compared: framehop looks at it.)
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
use crate::step::Step;
use crate::trail::{Trace, Trail};
use crate::walk::STACK_DEPTH_MAX;

/// The steps of a walk, with its root end at the end of the arrays.
///
/// A *position* is a number of a step; the state at a position is the one that the step leaves from, and the one at
/// [`Self::END`] is where the walk ended.
#[derive(Debug)]
pub(crate) struct Memo {
    frames: Box<[u64; STACK_DEPTH_MAX]>,
    /// Where each return address was read; [`NOWHERE`] for one that was not.
    return_slots: Box<[u64; STACK_DEPTH_MAX]>,
    traces: Box<[Trace; STACK_DEPTH_MAX]>,
    /// The positions where the step, or one after it, depends on the frame pointer that it begins with.
    used_frame_pointers: PositionSet,
    /// The saved frame pointers that have to be compared, by position.
    saved: Box<[Saved; STACK_DEPTH_MAX]>,
    /// Where the first of them is.
    saved_start: usize,
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
            frames: Box::new([0; Self::END]),
            return_slots: Box::new([NOWHERE; Self::END]),
            traces: Box::new([Trace::default(); Self::END]),
            used_frame_pointers: PositionSet::default(),
            saved: Box::new([Saved::default(); Self::END]),
            saved_start: Self::END,
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
                    && (trace.frame_pointer == state.frame_pointer
                        || !self.used_frame_pointers.has(*cursor + 1));
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
            && (self.first.frame_pointer == state.frame_pointer || !self.used_frame_pointers.has(self.start))
            && (self.first.link_register == state.link_register || !trace.rule.needs_link_register())
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
        let end = from + count;
        let saved = self.saved.get(self.first_saved(position)..).unwrap_or_default();
        let is_other = |saved: &&Saved| read(saved.slot) != Some(saved.frame_pointer);
        saved.iter().find(is_other).map_or(end, |saved| saved.position.min(end))
    }

    /// The first saved frame pointer from `position` on.
    fn first_saved(&self, position: usize) -> usize {
        if position == self.start {
            return self.saved_start;
        }
        let saved = self.saved.get(self.saved_start..).unwrap_or_default();
        self.saved_start + saved.partition_point(|saved| saved.position < position)
    }

    /// The state at the end, for a walk that is in `state` at position `from` and has verified all steps behind.
    pub(crate) fn state_at_end(
        &self,
        from: usize,
        state: State,
        read: &mut impl FnMut(u64) -> Option<u64>,
    ) -> State {
        let traces = self.traces.get(from..).unwrap_or_default();
        let (Some(last), Some(frame)) = (traces.last(), self.frames.last()) else { return state };
        let loaded = traces.iter().rev().find(|trace| trace.rule.loads_frame_pointer());
        let frame_pointer = loaded.map_or(Some(state.frame_pointer), |trace| {
            read(trace.rule.frame_pointer_slot(trace.stack_pointer))
        });
        // A slot that was readable is readable still; see the module's documentation.
        State::caller(*frame, last.stack_pointer, frame_pointer.unwrap_or(0))
    }

    /// Appends the steps from position `from` up to `to` to a trail, as many as there is room for, for a walk that is in
    /// `state` at `from` and has verified them. Answers the state behind them.
    ///
    /// The frame pointers are read anew: what none of the steps behind used in the walk before may be used in this one.
    pub(crate) fn copy_to(
        &self,
        trail: &mut Trail,
        from: usize,
        to: usize,
        mut state: State,
        read: &mut impl FnMut(u64) -> Option<u64>,
    ) -> State {
        let frames = self.frames.get(from..to).unwrap_or_default();
        let traces = self.traces.get(from..to).unwrap_or_default();
        for (frame, Trace { stack_pointer, rule, .. }) in frames.iter().zip(traces) {
            let slot = rule.frame_pointer_slot(*stack_pointer);
            let loaded = if rule.loads_frame_pointer() { read(slot) } else { Some(state.frame_pointer) };
            state = State::caller(*frame, *stack_pointer, loaded.unwrap_or(0));
            if !trail.push(&Step { caller: state, rule: *rule }) {
                break;
            }
        }
        state
    }

    /// Replaces the steps before `kept` by those of a walk that began in `first`. `trail` is no longer than the steps
    /// that are not kept leave room for.
    pub(crate) fn replace(&mut self, first: State, trail: &Trail, kept: usize) {
        let start = kept.saturating_sub(trail.len());
        if let Some(frames) = self.frames.get_mut(start..kept) {
            frames.copy_from_slice(trail.frames());
        }
        if let Some(traces) = self.traces.get_mut(start..kept) {
            traces.copy_from_slice(trail.traces());
        }
        let slots = self.return_slots.get_mut(start..kept).unwrap_or_default();
        for (slot, trace) in slots.iter_mut().zip(trail.traces()) {
            let place = trace.rule.return_slot(trace.stack_pointer);
            *slot = if trace.rule.is_opaque() { NOWHERE } else { place };
        }
        let saved_end = self.first_saved(kept);
        self.start = start;
        self.first = first;
        self.follow_frame_pointers(kept, saved_end);
    }

    /// Finds out which frame pointers matter to the steps before `kept`. The saved ones from `saved_end` on stay.
    fn follow_frame_pointers(&mut self, kept: usize, saved_end: usize) {
        let mut is_used = self.used_frame_pointers.has(kept);
        let mut used = 0;
        self.saved_start = saved_end;
        let traces = self.traces.get(self.start..kept).unwrap_or_default();
        for (position, trace) in (self.start..kept).zip(traces).rev() {
            let rule = trace.rule;
            if is_used && rule.loads_frame_pointer() || rule.must_ascend() {
                self.saved_start = self.saved_start.saturating_sub(1);
                if let Some(saved) = self.saved.get_mut(self.saved_start) {
                    let slot = rule.frame_pointer_slot(trace.stack_pointer);
                    *saved = Saved { slot, frame_pointer: trace.frame_pointer, position };
                }
            }
            is_used = (is_used & !rule.loads_frame_pointer()) | rule.needs_frame_pointer();
            used |= u64::from(is_used) << (position % 64);
            if position.is_multiple_of(64) || position == self.start {
                self.used_frame_pointers.replace(position, kept, used);
                used = 0;
            }
        }
    }
}

/// A word that holds a caller's frame pointer.
#[derive(Clone, Copy, Debug, Default)]
struct Saved {
    slot: u64,
    frame_pointer: u64,
    /// Of the step that loads it.
    position: usize,
}

/// An address that is no place of a word.
const NOWHERE: u64 = u64::MAX;

/// A set of positions.
#[derive(Debug, Default)]
struct PositionSet([u64; Memo::END / 64]);

impl PositionSet {
    #[inline]
    fn has(&self, position: usize) -> bool {
        self.0.get(position / 64).is_some_and(|word| word >> (position % 64) & 1 != 0)
    }

    /// Replaces the positions from `position` up to `end`, or to the end of their word, by those of `bits`.
    fn replace(&mut self, position: usize, end: usize, bits: u64) {
        if let Some(word) = self.0.get_mut(position / 64) {
            let from = u64::MAX << (position % 64);
            let below = if end / 64 == position / 64 { !(u64::MAX << (end % 64)) } else { u64::MAX };
            *word = *word & !(from & below) | bits;
        }
    }
}
