//! What holds of every walk, on both architectures:
//!
//! 1. A walk finds the frames that the machine knows it has called, whatever was walked before.
//! 2. A walk with a memory finds what one without finds, on any words, however little sense they make.
//! 3. A walk is unchanged if and only if its frames and its end are those of the walk before; among those that failed,
//!    only if.
//! 4. A walk asks for no word twice the depth limit's number of times, so it ends.

use crate::architecture::aarch64::Aarch64;
use crate::architecture::x86_64::X86_64;
use crate::registers::Registers;
use crate::synthetic::{Kind, Machine, Program, STACK_END, Thread};
use crate::tables::Tables;
use crate::walk::{STACK_DEPTH_MAX, WalkEnd};
use crate::walker::{Engine, Way};
use proptest::prelude::*;

/// Something that a thread does.
#[derive(Clone, Debug)]
enum Action {
    Call {
        function: usize,
        site: u8,
        more: u8,
        junk: u64,
    },
    Return,
    Scribble {
        junk: u64,
    },
    /// Nothing that changes the stack; the instruction pointer may.
    Stay {
        at: u8,
    },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (any::<usize>(), any::<u8>(), any::<u8>(), any::<u64>())
            .prop_map(|(function, site, more, junk)| Action::Call { function, site, more, junk }),
        3 => Just(Action::Return),
        1 => any::<u64>().prop_map(|junk| Action::Scribble { junk }),
        1 => any::<u8>().prop_map(|at| Action::Stay { at }),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        (any::<u8>(), any::<bool>())
            .prop_map(|(size, saves_frame_pointer)| Kind::Plain { size, saves_frame_pointer }),
        any::<u8>().prop_map(|size| Kind::Framed { size }),
        any::<u8>().prop_map(|size| Kind::FramedBelow { size }),
        any::<u8>().prop_map(|size| Kind::Computed { size }),
        (any::<u8>(), any::<bool>()).prop_map(|(size, is_in_module)| Kind::Foreign { size, is_in_module }),
        Just(Kind::Frameless),
    ]
}

/// Functions that all keep a frame record.
fn framed() -> impl Strategy<Value = Kind> {
    prop_oneof![
        any::<u8>().prop_map(|size| Kind::Framed { size }),
        any::<u8>().prop_map(|size| Kind::FramedBelow { size }),
        any::<u8>().prop_map(|size| Kind::Foreign { size, is_in_module: false }),
    ]
}

fn by_tables<M: Machine>(program: &Program) -> Engine<M> {
    Engine::new(Way::Tables(Tables::new([&program.module::<M>()])))
}

fn by_frame_pointers<M: Machine>(_program: &Program) -> Engine<M> {
    Engine::new(Way::FramePointers)
}

/// Walks after each action. The stacks are checked against what the machine knows.
fn check_calls<M: Machine>(
    new: fn(&Program) -> Engine<M>,
    kinds: &[Kind],
    signature: u16,
    actions: &[Action],
) -> Result<(), TestCaseError> {
    let program = Program::new(kinds.iter().copied());
    let mut thread = Thread::new::<M>(&program, signature);
    let mut walker = new(&program);
    let mut before = None;
    for action in actions {
        let mut at = 4;
        match action {
            Action::Call { function, site, more, junk } => {
                thread.call::<M>(*function, *site, *more, *junk);
            }
            Action::Return => thread.ret(),
            Action::Scribble { junk } => thread.scribble::<M>(*junk),
            Action::Stay { at: other } => at = *other,
        }
        if !thread.can_be_walked() {
            continue;
        }
        let walk = walker.walk(&thread.registers::<M>(at), |address| thread.read(address));
        let mut expected = thread.frames();
        let end = if expected.len() > STACK_DEPTH_MAX { WalkEnd::Limit } else { WalkEnd::Root };
        expected.truncate(STACK_DEPTH_MAX);
        prop_assert_eq!((walk.frames, walk.end), (&expected[..], end));
        let found = Some((expected, end));
        prop_assert_eq!(walk.is_unchanged, found == before);
        before = found;
    }
    Ok(())
}

/// A stack of words that make little sense, and registers.
#[derive(Clone, Debug)]
struct Nonsense {
    words: Vec<u64>,
    registers: Registers,
}

/// An address of code or of the stack, or no address at all.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => (0u64..14, 0u64..16).prop_map(|(function, site)| 0x5555_0000_0000 + function * 64 + site * 4),
        1 => (0u64..14, 0u64..16).prop_map(|(function, site)| 0x7000_0000_0000 + function * 64 + site * 4),
        4 => (0u64..300).prop_map(|words| STACK_END - words * 8),
        1 => any::<u64>(),
        1 => Just(0),
        1 => (0u64..100).prop_map(|distance| u64::MAX - distance),
    ]
}

fn nonsense() -> impl Strategy<Value = Nonsense> {
    (prop::collection::vec(word(), 290), [word(), word(), word(), word()]).prop_map(|(words, registers)| {
        let [instruction_pointer, stack_pointer, frame_pointer, link_register] = registers;
        let registers = Registers { instruction_pointer, stack_pointer, frame_pointer, link_register };
        Nonsense { words, registers }
    })
}

/// Walks, changes something, and walks again, with one walker that remembers and one that is new each time.
fn check_nonsense<M: Machine>(
    new: fn(&Program) -> Engine<M>,
    kinds: &[Kind],
    mut nonsense: Nonsense,
    changes: &[(usize, u64)],
) -> Result<(), TestCaseError> {
    let program = Program::new(kinds.iter().copied());
    let mut walker = new(&program);
    let mut before = None;
    for (place, word) in changes {
        let Nonsense { words, registers } = &mut nonsense;
        match place % 320 {
            // Some words may well be where they were.
            place @ ..290 => words[place] = *word,
            290 => registers.instruction_pointer = *word,
            291 => registers.stack_pointer = *word,
            292 => registers.frame_pointer = *word,
            293 => registers.link_register = *word,
            _ => {}
        }
        let mut reads = 0;
        let start = STACK_END - 290 * 8;
        let read = |address: u64| {
            let index = usize::try_from(address.checked_sub(start)? / 8).ok()?;
            words.get(index).copied().filter(|_| address.is_multiple_of(8))
        };
        let fresh = {
            let mut walker = new(&program);
            let walk = walker.walk(registers, read);
            (walk.frames.to_vec(), walk.end)
        };
        let walk = walker.walk(registers, |address| {
            reads += 1;
            read(address)
        });
        prop_assert_eq!((walk.frames, walk.end), (&fresh.0[..], fresh.1), "{:x?}", registers);
        let is_same = before.as_ref() == Some(&fresh);
        prop_assert!(is_same || !walk.is_unchanged);
        prop_assert!(!is_same || walk.is_unchanged || walk.end == WalkEnd::Failed);
        prop_assert!(reads < 20 * STACK_DEPTH_MAX);
        before = Some(fresh);
    }
    Ok(())
}

/// Without expressions: framehop falls back on frame pointers for good at an address where one has failed once, so that
/// what it answers there depends on what it was asked before.
fn kinds_of_rules() -> impl Strategy<Value = Vec<Kind>> {
    prop::collection::vec(kind().prop_filter("", |kind| !matches!(kind, Kind::Computed { .. })), 12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_are_found_by_tables(
        kinds in prop::collection::vec(kind(), 1..12),
        signature in any::<u16>(),
        actions in prop::collection::vec(action(), 1..200),
    ) {
        check_calls::<X86_64>(by_tables, &kinds, signature, &actions)?;
        check_calls::<Aarch64>(by_tables, &kinds, signature, &actions)?;
    }

    #[test]
    fn calls_are_found_by_frame_pointers(
        kinds in prop::collection::vec(framed(), 1..12),
        signature in any::<u16>(),
        actions in prop::collection::vec(action(), 1..200),
    ) {
        check_calls::<X86_64>(by_frame_pointers, &kinds, signature, &actions)?;
        check_calls::<Aarch64>(by_frame_pointers, &kinds, signature, &actions)?;
    }

    #[test]
    fn a_memory_changes_nothing(
        kinds in kinds_of_rules(),
        nonsense in nonsense(),
        changes in prop::collection::vec((any::<usize>(), word()), 1..40),
    ) {
        check_nonsense::<X86_64>(by_tables, &kinds, nonsense.clone(), &changes)?;
        check_nonsense::<Aarch64>(by_tables, &kinds, nonsense.clone(), &changes)?;
        check_nonsense::<X86_64>(by_frame_pointers, &kinds, nonsense.clone(), &changes)?;
        check_nonsense::<Aarch64>(by_frame_pointers, &kinds, nonsense, &changes)?;
    }
}
