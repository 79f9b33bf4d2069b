//! Steps by unwind tables: they work in any build that has them, which is every Rust build that can unwind.
//!
//! framehop evaluates `.eh_frame` and keeps the rule of each address, at about 12 ns a step. It does not hand its rules
//! out, so they are *learned*: once it has kept the rule of an address, it is asked to step from registers and through
//! words that were made up, and what comes out shows which register the rule starts from and which words it reads. What
//! framehop keeps is always of that kind, and whether it kept the rule is known from its statistics, so a learned rule
//! gives what framehop gives, for 2 to 3 ns. Everything out of the ordinary still goes to framehop.
//!
//! **Source:** System V ABI for AMD64, AAPCS64, and DWARF 5, section 6.4, as framehop implements them.

use crate::architecture::Architecture;
use crate::module::Module;
use crate::rule::{Rule, RuleParts};
use crate::rule_cache::RuleCache;
use crate::state::State;
use crate::step::{Step, Stepped};
use crate::walk::WalkEnd;
use framehop::{FrameAddress, Unwinder};
use std::ops::Range;

/// The tables of a list of modules, and what has been learned from them.
pub(crate) struct Tables<A: Architecture> {
    unwinder: A::Unwinder,
    cache: A::Cache,
    rules: RuleCache,
    /// Addresses of the modules that have tables, ascending.
    covered: Vec<Range<u64>>,
}

impl<A: Architecture> Tables<A> {
    /// The tables of `modules`. Allocates everything that it will ever need.
    #[expect(single_use_lifetimes, reason = "it cannot be elided in an associated type yet")]
    pub(crate) fn new<'m>(modules: impl IntoIterator<Item = &'m Module>) -> Self {
        let mut unwinder = A::Unwinder::default();
        let mut covered = Vec::new();
        for module in modules {
            unwinder.add_module(module.to_framehop());
            if module.sections.is_some() {
                covered.push(module.range.clone());
            }
        }
        covered.sort_unstable_by_key(|range| range.start);
        Self { unwinder, cache: A::new_cache(), rules: RuleCache::new(), covered }
    }

    /// The same tables, with nothing learned yet. Allocates.
    pub(crate) fn sibling(&self) -> Self {
        Self {
            unwinder: self.unwinder.clone(),
            cache: A::new_cache(),
            rules: RuleCache::new(),
            covered: self.covered.clone(),
        }
    }

    /// Replaces the modules by those of `other`. Frees memory.
    pub(crate) fn adopt_modules(&mut self, other: &Self) {
        self.unwinder = other.unwinder.clone();
        self.covered.clone_from(&other.covered);
        self.rules.clear();
    }

    /// The highest address of code that the modules have; 0 without modules.
    pub(crate) fn highest_address(&self) -> u64 {
        self.unwinder.max_known_code_address()
    }

    /// How many of the frames of a walk that failed are to be believed.
    ///
    /// From code without tables framehop goes on along frame pointers. If that code does not keep them, what is found are
    /// words of its frame, until one of them leads nowhere. So return addresses outside of all tables, that were found
    /// from code outside of all tables, do not count unless the walk got through.
    pub(crate) fn believable(&self, first: u64, frames: &[u64]) -> usize {
        let mut finder = first;
        let mut len = 0;
        for (frame, count) in frames.iter().zip(1..) {
            if self.covers(*frame) || self.covers(finder) {
                len = count;
            }
            finder = *frame;
        }
        len
    }

    fn covers(&self, address: u64) -> bool {
        let after = self.covered.partition_point(|range| range.start < address);
        let range = after.checked_sub(1).and_then(|index| self.covered.get(index));
        // A return address may lie right behind the code.
        range.is_some_and(|range| address <= range.end)
    }

    /// From the frame at `state` to its caller, if the rule is known and nothing about it is out of the ordinary. Then
    /// [`Self::step`] decides.
    #[inline]
    pub(crate) fn ordinary_step(
        &self,
        state: State,
        code_mask: u64,
        read: impl FnMut(u64) -> Option<u64>,
    ) -> Option<Step> {
        let rule = self.rules.get(state)?;
        if rule.is_root() {
            return None;
        }
        let caller = rule.apply::<A>(state, code_mask, read)?;
        Some(Step { caller, rule })
    }

    /// From the frame at `state` to its caller.
    #[cold]
    #[inline(never)]
    pub(crate) fn step(
        &mut self,
        state: State,
        code_mask: u64,
        read: &mut impl FnMut(u64) -> Option<u64>,
    ) -> Stepped {
        if self.rules.get(state) == Some(Rule::ROOT) {
            return Stepped::Ended(WalkEnd::Root);
        }
        let caller = match self.ask(state, code_mask, read) {
            Asked::Failed => return Stepped::Ended(WalkEnd::Failed),
            Asked::Root => None,
            Asked::Caller(caller) => Some(caller),
        };
        let rule = self.rules.get(state).or_else(|| self.learn(state, code_mask, read));
        let Some(caller) = caller else { return Stepped::Ended(WalkEnd::Root) };
        let rule = rule.filter(|rule| rule.apply::<A>(state, code_mask, read) == Some(caller));
        Stepped::To(Step { caller, rule: rule.unwrap_or(Rule::OPAQUE) })
    }

    /// The rule at a frame's address, if framehop has kept one that can be told from outside.
    fn learn(
        &mut self,
        state: State,
        code_mask: u64,
        read: &mut impl FnMut(u64) -> Option<u64>,
    ) -> Option<Rule> {
        let hits = A::hits(&self.cache);
        let _ = self.ask(state, code_mask, read);
        if A::hits(&self.cache) == hits {
            return None;
        }
        let rule = self.probe(state)?;
        self.rules.set(state, rule);
        Some(rule)
    }

    /// Finds out which rule framehop has kept for a frame's address, by what it does with made-up registers and words.
    fn probe(&mut self, state: State) -> Option<Rule> {
        // Far enough apart that every distance in a rule shows where it starts. The frame pointer is above the stack
        // pointer, as framehop asks, and so is every word that is read, which counts as a frame pointer in turn.
        const STACK_POINTER: u64 = 1 << 40;
        const FRAME_POINTER: u64 = 1 << 41;
        const LINK_REGISTER: u64 = 1 << 42;
        /// What is read at an address is that address plus this.
        const WORDS: u64 = 1 << 43;
        /// More than the longest distance of a rule.
        const REACH: u64 = 1 << 39;
        let probe = State {
            stack_pointer: STACK_POINTER,
            frame_pointer: FRAME_POINTER,
            link_register: LINK_REGISTER,
            ..state
        };
        let caller = match self.ask(probe, u64::MAX, &mut |address| address.checked_add(WORDS)) {
            Asked::Failed => return None,
            Asked::Root => return Some(Rule::ROOT),
            Asked::Caller(caller) => caller,
        };
        let cfa = caller.stack_pointer;
        let is_from_frame_pointer = cfa >= FRAME_POINTER;
        let base = if is_from_frame_pointer { FRAME_POINTER } else { STACK_POINTER };
        let cfa_offset = cfa.checked_sub(base).filter(|offset| *offset < REACH)?;
        // A distance that does not fit a rule is refused there.
        let offset_of = |word: u64, register: u64| {
            (word != register).then(|| word.wrapping_sub(WORDS).wrapping_sub(cfa).cast_signed())
        };
        Rule::new(&RuleParts {
            is_from_frame_pointer,
            cfa_offset,
            return_offset: offset_of(caller.address, LINK_REGISTER),
            frame_pointer_offset: offset_of(caller.frame_pointer, FRAME_POINTER),
            must_ascend: A::CHAIN_ASCENDS,
        })
    }

    /// What framehop makes of the frame at `state`.
    fn ask(&mut self, state: State, code_mask: u64, read: &mut impl FnMut(u64) -> Option<u64>) -> Asked {
        let frame = if state.is_first {
            FrameAddress::from_instruction_pointer(state.address)
        } else if let Some(frame) = FrameAddress::from_return_address(state.address) {
            frame
        } else {
            return Asked::Root;
        };
        let mut registers = A::registers(&state, code_mask);
        let mut read = |address| read(address).ok_or(());
        match self.unwinder.unwind_frame(frame, &mut registers, &mut self.cache, &mut read) {
            Err(_) => Asked::Failed,
            Ok(None) => Asked::Root,
            Ok(Some(return_address)) => {
                let return_address = A::code_address(return_address, code_mask);
                let (stack_pointer, frame_pointer) = A::stack_and_frame_pointer(&registers);
                let is_above = stack_pointer > state.stack_pointer
                    || state.is_first && stack_pointer == state.stack_pointer;
                match return_address {
                    // glibc ends the stack of a thread that it started with a return address of zero.
                    0 => Asked::Root,
                    _ if is_above => {
                        Asked::Caller(State::caller(return_address, stack_pointer, frame_pointer))
                    }
                    // A caller's frame lies above. Tables that say otherwise are wrong for this frame.
                    _ => Asked::Failed,
                }
            }
        }
    }
}

/// framehop's answer.
enum Asked {
    Caller(State),
    Root,
    Failed,
}
