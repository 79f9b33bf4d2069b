//! What holds of every walk, on both architectures:
//!
//! 1. A walk finds the frames that the machine knows it has called, whatever was walked before.
//! 2. A walk with a memory finds what one without finds, on any stack, however damaged.
//! 3. A walk is unchanged if and only if its frames and its end are those of the walk before; among those that failed,
//!    only if.
//! 4. A walk allocates nothing.
//! 5. A walk asks for no word twice the depth limit's number of times, so it ends.

use crate::architecture::aarch64::Aarch64;
use crate::architecture::x86_64::X86_64;
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
        let registers = thread.registers::<M>(at);
        let mut walk = None;
        let allocations = allocation_counter::measure(|| {
            walk = Some(walker.walk(&registers, |address| thread.read(address)));
        });
        prop_assert_eq!(allocations.count_total, 0);
        let walk = walk.expect("it was made");
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

/// Something that happens to a stack from outside.
#[derive(Clone, Debug)]
enum Damage {
    /// A word of the stack becomes another, so far above the stack pointer.
    Word {
        at: u64,
        word: u64,
    },
    /// A word of the stack becomes what another is.
    Copy {
        at: u64,
        from: u64,
    },
    /// A register becomes another.
    InstructionPointer(u64),
    StackPointer(u64),
    FramePointer(u64),
    LinkRegister(u64),
    /// Everything is as it was at first.
    Repair,
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || prop_oneof![0u64..40, 0u64..400];
    prop_oneof![
        4 => (place(), word()).prop_map(|(at, word)| Damage::Word { at, word }),
        4 => (place(), place()).prop_map(|(at, from)| Damage::Copy { at, from }),
        1 => word().prop_map(Damage::InstructionPointer),
        1 => word().prop_map(Damage::StackPointer),
        2 => word().prop_map(Damage::FramePointer),
        1 => word().prop_map(Damage::LinkRegister),
        3 => Just(Damage::Repair),
    ]
}

/// Damages the stack of a thread and walks it, with one walker that remembers and one that is new each time.
fn check_damage<M: Machine>(
    new: fn(&Program) -> Engine<M>,
    kinds: &[Kind],
    actions: &[Action],
    damages: &[Damage],
) -> Result<(), TestCaseError> {
    let program = Program::new(kinds.iter().copied());
    let mut thread = Thread::new::<M>(&program, 0);
    for action in actions {
        if let Action::Call { function, site, more, junk } = action {
            thread.call::<M>(*function, *site, *more, *junk);
        }
    }
    let healthy = (thread.stack(), thread.registers::<M>(4));
    let (mut words, mut registers) = healthy.clone();
    let start = STACK_END - words.len() as u64 * 8;
    let mut walker = new(&program);
    let mut before = None;
    for damage in damages {
        let index = |place: u64| usize::try_from(place).expect("small") % words.len();
        match damage {
            Damage::Word { at, word } => {
                let at = index(*at);
                words[at] = *word;
            }
            Damage::Copy { at, from } => {
                let (at, from) = (index(*at), index(*from));
                words[at] = words[from];
            }
            Damage::InstructionPointer(word) => registers.instruction_pointer = *word,
            Damage::StackPointer(word) => registers.stack_pointer = *word,
            Damage::FramePointer(word) => registers.frame_pointer = *word,
            Damage::LinkRegister(word) => registers.link_register = *word,
            Damage::Repair => (words, registers) = healthy.clone(),
        }
        let mut reads = 0;
        let read = |address: u64| {
            let index = usize::try_from(address.checked_sub(start)? / 8).ok()?;
            words.get(index).copied().filter(|_| address.is_multiple_of(8))
        };
        let fresh = {
            let mut walker = new(&program);
            let walk = walker.walk(&registers, read);
            (walk.frames.to_vec(), walk.end)
        };
        let walk = walker.walk(&registers, |address| {
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
    let kind = kind().prop_map(|kind| match kind {
        Kind::Computed { size } => Kind::Framed { size },
        other => other,
    });
    prop::collection::vec(kind, 12)
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
        actions in prop::collection::vec(action(), 0..60),
        damages in prop::collection::vec(damage(), 1..40),
    ) {
        check_damage::<X86_64>(by_tables, &kinds, &actions, &damages)?;
        check_damage::<Aarch64>(by_tables, &kinds, &actions, &damages)?;
        check_damage::<X86_64>(by_frame_pointers, &kinds, &actions, &damages)?;
        check_damage::<Aarch64>(by_frame_pointers, &kinds, &actions, &damages)?;
    }
}
