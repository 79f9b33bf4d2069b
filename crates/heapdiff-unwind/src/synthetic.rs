//! Made-up programs: functions with unwind tables, and a machine that calls them and knows its own stack.
//!
//! ```text
//! x86-64                                            aarch64 (AAPCS64)
//!   push of the call         [cfa - 8]  return        stp x29, x30, [sp, #-N]!   [cfa - N]     caller's x29
//!   push rbp                 [cfa - 16] caller's rbp                             [cfa - N + 8] return (x30)
//! ```

use crate::architecture::Architecture;
use crate::architecture::aarch64::Aarch64;
use crate::architecture::x86_64::X86_64;
use crate::module::{Module, SectionBytes, UnwindSections};
use crate::registers::Registers;
use gimli::write::{
    Address, CallFrameInstruction, CommonInformationEntry, EhFrame, EndianVec, Expression,
    FrameDescriptionEntry, FrameTable,
};
use gimli::{
    AArch64 as AArch64Registers, Encoding, Format, LittleEndian, Register, X86_64 as X86_64Registers,
};
use std::ops::Range;

/// Where the module's code lies. Its address in the file is [`FILE_ADDRESS`].
const CODE: u64 = 0x5555_0000_0000;
/// Code that belongs to no module, such as a JIT compiler's.
const FOREIGN_CODE: u64 = 0x7000_0000_0000;
const FILE_ADDRESS: u64 = 0x1000;
/// Bytes of a function.
const FUNCTION_SIZE: u64 = 64;
/// Where the stack ends, and its words.
pub(crate) const STACK_END: u64 = 0x7fff_ff00_0000;
pub(crate) const STACK_WORDS: u64 = 16 * 1024;

/// A kind of function, by its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The thread's first: the tables say that nothing is above.
    Root,
    /// The frame is found from the stack pointer. Sizes count words.
    Plain { size: u8, saves_frame_pointer: bool },
    /// The frame is found from the frame pointer, and may grow (`alloca`).
    Framed { size: u8 },
    /// aarch64's usual frame: the record lies at the lower end, and the frame is found from it.
    FramedBelow { size: u8 },
    /// The frame is found by a DWARF expression, which framehop evaluates each time.
    Computed { size: u8 },
    /// Without tables, but with a frame record.
    Foreign { size: u8, is_in_module: bool },
    /// Never has a frame; aarch64 leaves the return address in the link register.
    Frameless,
}

/// What differs between the machines.
pub(crate) trait Machine: Architecture {
    const STACK_POINTER: Register;
    const FRAME_POINTER: Register;
    const RETURN_ADDRESS: Register;
    /// Whether a call pushes the return address.
    const CALL_PUSHES: bool;
    /// Words by which frames are aligned.
    const ALIGNMENT: u64;
}

impl Machine for X86_64 {
    const STACK_POINTER: Register = X86_64Registers::RSP;
    const FRAME_POINTER: Register = X86_64Registers::RBP;
    const RETURN_ADDRESS: Register = X86_64Registers::RA;
    const CALL_PUSHES: bool = true;
    const ALIGNMENT: u64 = 1;
}

impl Machine for Aarch64 {
    const STACK_POINTER: Register = AArch64Registers::SP;
    const FRAME_POINTER: Register = AArch64Registers::X29;
    const RETURN_ADDRESS: Register = AArch64Registers::X30;
    const CALL_PUSHES: bool = false;
    const ALIGNMENT: u64 = 2;
}

/// Where a function's frame keeps what, in bytes.
struct Layout {
    /// Of the frame, return address included.
    size: u64,
    /// From the CFA down.
    return_address: Option<u64>,
    frame_pointer: Option<u64>,
    /// The frame pointer register while the function runs, from the CFA down, if it points to the frame.
    record: Option<u64>,
}

impl Layout {
    fn of<M: Machine>(kind: Kind) -> Self {
        let words = |size: u8, least: u64| (u64::from(size).max(least)).next_multiple_of(M::ALIGNMENT) * 8;
        let record_above =
            |size: u64| Self { size, return_address: Some(8), frame_pointer: Some(16), record: Some(16) };
        match kind {
            Kind::Root => record_above(words(4, 2)),
            Kind::Framed { size } | Kind::Foreign { size, .. } => record_above(words(size, 2)),
            Kind::FramedBelow { size } if M::CALL_PUSHES => record_above(words(size, 2)),
            Kind::FramedBelow { size } => {
                let size = words(size, 2);
                Self { size, return_address: Some(size - 8), frame_pointer: Some(size), record: Some(size) }
            }
            Kind::Plain { size, saves_frame_pointer } => {
                let size = words(size, 2);
                let (return_address, frame_pointer) = if M::CALL_PUSHES { (8, 16) } else { (size - 8, size) };
                Self {
                    size,
                    return_address: Some(return_address),
                    frame_pointer: saves_frame_pointer.then_some(frame_pointer),
                    record: None,
                }
            }
            Kind::Computed { size } => {
                // On aarch64 framehop asks that such a frame keeps the frame pointer.
                Self { size: words(size, 2), return_address: Some(8), frame_pointer: Some(16), record: None }
            }
            Kind::Frameless => Self {
                size: if M::CALL_PUSHES { 8 } else { 0 },
                return_address: M::CALL_PUSHES.then_some(8),
                frame_pointer: None,
                record: None,
            },
        }
    }
}

/// Some functions, and the module that describes them.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    kinds: Vec<Kind>,
}

impl Program {
    /// The first function is the root.
    pub(crate) fn new(kinds: impl IntoIterator<Item = Kind>) -> Self {
        Self { kinds: std::iter::once(Kind::Root).chain(kinds).collect() }
    }

    pub(crate) fn kind(&self, function: usize) -> Kind {
        self.kinds[function % self.kinds.len()]
    }

    /// Where a function begins.
    pub(crate) fn address(&self, function: usize) -> u64 {
        let index = (function % self.kinds.len()) as u64;
        let start = match self.kind(function) {
            Kind::Foreign { is_in_module: false, .. } => FOREIGN_CODE,
            _ => CODE,
        };
        start + index * FUNCTION_SIZE
    }

    fn code(&self) -> Range<u64> {
        CODE..CODE + FUNCTION_SIZE * self.kinds.len() as u64
    }

    /// The module with the tables of all functions that have some.
    pub(crate) fn module<M: Machine>(&self) -> Module {
        let encoding = Encoding { format: Format::Dwarf32, version: 1, address_size: 8 };
        let mut table = FrameTable::default();
        let entry = table.add_cie(CommonInformationEntry::new(encoding, 1, -8, M::RETURN_ADDRESS));
        for (index, kind) in self.kinds.iter().enumerate() {
            if matches!(kind, Kind::Foreign { .. }) {
                continue;
            }
            let start = Address::Constant(FILE_ADDRESS + index as u64 * FUNCTION_SIZE);
            let mut description =
                FrameDescriptionEntry::new(start, u32::try_from(FUNCTION_SIZE).expect("small"));
            for instruction in instructions::<M>(*kind) {
                description.add_instruction(0, instruction);
            }
            table.add_fde(entry, description);
        }
        let mut section = EhFrame::from(EndianVec::new(LittleEndian));
        table.write_eh_frame(&mut section).expect("the table is valid");
        let eh_frame = section.0.into_vec();
        let eh_frame_start = FILE_ADDRESS + 0x10_0000;
        let eh_frame_hdr_start = FILE_ADDRESS + 0x20_0000;
        let eh_frame_hdr = index_of(&eh_frame, eh_frame_start, eh_frame_hdr_start);
        let range = |start: u64, bytes: &[u8]| start..start + bytes.len() as u64;
        Module {
            name: "synthetic".to_owned(),
            range: self.code(),
            bias: CODE - FILE_ADDRESS,
            sections: Some(UnwindSections {
                eh_frame_hdr_range: range(eh_frame_hdr_start, &eh_frame_hdr),
                eh_frame_hdr: SectionBytes::Copied(eh_frame_hdr.into()),
                eh_frame_range: range(eh_frame_start, &eh_frame),
                eh_frame: SectionBytes::Copied(eh_frame.into()),
            }),
        }
    }
}

/// The row of a function's table.
fn instructions<M: Machine>(kind: Kind) -> Vec<CallFrameInstruction> {
    let offset = |bytes: u64| i32::try_from(bytes).expect("small");
    let layout = Layout::of::<M>(kind);
    let mut row = vec![match (kind, layout.record) {
        (Kind::Computed { .. }, _) => {
            let mut expression = Expression::new();
            expression.op_breg(M::STACK_POINTER, i64::try_from(layout.size).expect("small"));
            CallFrameInstruction::CfaExpression(expression)
        }
        (_, Some(record)) => CallFrameInstruction::Cfa(M::FRAME_POINTER, offset(record)),
        (_, None) => CallFrameInstruction::Cfa(M::STACK_POINTER, offset(layout.size)),
    }];
    if let Some(slot) = layout.frame_pointer {
        row.push(CallFrameInstruction::Offset(M::FRAME_POINTER, -offset(slot)));
    }
    if kind == Kind::Root {
        row.push(CallFrameInstruction::Undefined(M::RETURN_ADDRESS));
        // framehop takes aarch64's rule for a root only where the frame is found from the stack pointer.
        row[0] = CallFrameInstruction::Cfa(M::STACK_POINTER, offset(layout.size));
        row.retain(|instruction| !matches!(instruction, CallFrameInstruction::Offset(..)));
    } else if let Some(slot) = layout.return_address {
        row.push(CallFrameInstruction::Offset(M::RETURN_ADDRESS, -offset(slot)));
    }
    row
}

/// `.eh_frame_hdr`: the entries of `.eh_frame`, sorted by address, in the encodings that every linker uses.
///
/// **Source:** Linux Standard Base 5.0, "Exception Frames".
fn index_of(eh_frame: &[u8], eh_frame_start: u64, start: u64) -> Vec<u8> {
    let relative = |to: u64, from: u64| {
        i32::try_from(to.wrapping_sub(from).cast_signed()).expect("close by").to_le_bytes()
    };
    let word = |at: usize| u32::from_le_bytes(eh_frame[at..at + 4].try_into().expect("four bytes"));
    let mut entries = Vec::new();
    let mut at = 0;
    while at + 8 < eh_frame.len() && word(at) != 0 {
        if word(at + 4) != 0 {
            let function = u64::from_le_bytes(eh_frame[at + 8..at + 16].try_into().expect("eight bytes"));
            entries.push((function, eh_frame_start + at as u64));
        }
        at += 4 + word(at) as usize;
    }
    let mut bytes = vec![1, 0x1b, 0x03, 0x3b];
    bytes.extend(relative(eh_frame_start, start + 4));
    bytes.extend(u32::try_from(entries.len()).expect("few").to_le_bytes());
    for (function, entry) in entries {
        bytes.extend(relative(function, start));
        bytes.extend(relative(entry, start));
    }
    bytes
}

/// A call that has not returned.
#[derive(Clone, Copy, Debug)]
struct Activation {
    function: usize,
    cfa: u64,
    /// Where the function returns to; 0 for the root.
    return_address: u64,
    /// The caller's frame pointer.
    frame_pointer: u64,
}

/// A thread that runs a program.
#[derive(Clone, Debug)]
pub(crate) struct Thread<'p> {
    program: &'p Program,
    words: Vec<u64>,
    stack_pointer: u64,
    frame_pointer: u64,
    calls: Vec<Activation>,
    /// The bits of a pointer authentication code; 0 for none.
    signature: u64,
}

impl<'p> Thread<'p> {
    /// A thread in the root function.
    pub(crate) fn new<M: Machine>(program: &'p Program, signature: u16) -> Self {
        let words = vec![0; usize::try_from(STACK_WORDS).expect("small")];
        let mut thread = Self {
            program,
            words,
            stack_pointer: STACK_END - 64,
            frame_pointer: 0,
            calls: Vec::new(),
            signature: if M::CALL_PUSHES { 0 } else { u64::from(signature) << 48 },
        };
        thread.enter::<M>(0, 0, 0);
        thread
    }

    pub(crate) fn read(&self, address: u64) -> Option<u64> {
        let index = address.checked_sub(STACK_END - STACK_WORDS * 8)? / 8;
        let is_readable = address.is_multiple_of(8) && address >= self.stack_pointer;
        is_readable.then(|| self.words.get(usize::try_from(index).ok()?).copied())?
    }

    /// The words of the stack from the stack pointer up.
    pub(crate) fn stack(&self) -> Vec<u64> {
        let index = (self.stack_pointer - (STACK_END - STACK_WORDS * 8)) / 8;
        self.words[usize::try_from(index).expect("in the stack")..].to_vec()
    }

    fn write(&mut self, address: u64, word: u64) {
        let index = (address - (STACK_END - STACK_WORDS * 8)) / 8;
        self.words[usize::try_from(index).expect("in the stack")] = word;
    }

    fn function(&self) -> usize {
        self.calls.last().map_or(0, |call| call.function)
    }

    /// Calls a function from a call site of the present one, with so many words more than its frame takes, if its frame
    /// may grow. `junk` fills the frame, and the frame pointer if the function uses it for something else. Does nothing
    /// where the stack has no room, or in a function that calls nobody.
    pub(crate) fn call<M: Machine>(&mut self, function: usize, site: u8, more: u8, junk: u64) {
        let has_room = self.stack_pointer > STACK_END - STACK_WORDS * 8 + 8192;
        let is_root = self.program.kind(function) == Kind::Root;
        if !has_room || is_root || self.program.kind(self.function()) == Kind::Frameless {
            return;
        }
        let return_address = self.program.address(self.function()) + 4 + u64::from(site % 8) * 4;
        self.enter::<M>(function, return_address, more);
        self.scribble::<M>(junk);
    }

    fn enter<M: Machine>(&mut self, function: usize, return_address: u64, more: u8) {
        let layout = Layout::of::<M>(self.program.kind(function));
        let cfa = self.stack_pointer;
        self.stack_pointer -= layout.size;
        let signed = if return_address == 0 { 0 } else { return_address | self.signature };
        if let Some(slot) = layout.return_address {
            self.write(cfa - slot, signed);
        }
        let frame_pointer = self.frame_pointer;
        if let Some(slot) = layout.frame_pointer {
            self.write(cfa - slot, frame_pointer);
        }
        if let Some(record) = layout.record {
            self.frame_pointer = cfa - record;
            if matches!(self.program.kind(function), Kind::Framed { .. } | Kind::FramedBelow { .. }) {
                self.stack_pointer -= (u64::from(more) % 16).next_multiple_of(M::ALIGNMENT) * 8;
            }
        }
        self.calls.push(Activation { function, cfa, return_address, frame_pointer });
    }

    /// Fills the frame of the present function with what does not matter.
    pub(crate) fn scribble<M: Machine>(&mut self, junk: u64) {
        let Some(call) = self.calls.last().copied() else { return };
        let kind = self.program.kind(call.function);
        let layout = Layout::of::<M>(kind);
        let kept = [layout.return_address, layout.frame_pointer].map(|slot| slot.map(|slot| call.cfa - slot));
        for (n, address) in (self.stack_pointer..call.cfa).step_by(8).enumerate() {
            if !kept.contains(&Some(address)) {
                // Plausible junk: addresses of code and of the stack.
                let word = match (junk >> (n % 32)) % 4 {
                    0 => junk,
                    1 => CODE + junk % 512,
                    2 => STACK_END - junk % (STACK_WORDS * 8) / 8 * 8,
                    _ => 0,
                };
                self.write(address, word);
            }
        }
        // x86-64's frame pointer is a register like any other where nobody has to find a frame by it.
        if M::CALL_PUSHES && matches!(kind, Kind::Plain { saves_frame_pointer: true, .. }) {
            self.frame_pointer = if junk.is_multiple_of(3) { junk } else { STACK_END - junk % 4096 / 8 * 8 };
        }
    }

    /// Returns from the present function, unless it is the root.
    pub(crate) fn ret(&mut self) {
        if self.calls.len() > 1
            && let Some(call) = self.calls.pop()
        {
            self.stack_pointer = call.cfa;
            self.frame_pointer = call.frame_pointer;
        }
    }

    /// Whether a walk can begin here. framehop takes code without tables, in a module that has some, for a function that
    /// has no frame yet if it is the first; the hook is never such code.
    pub(crate) fn can_be_walked(&self) -> bool {
        !matches!(self.program.kind(self.function()), Kind::Foreign { is_in_module: true, .. })
    }

    /// The registers at some instruction of the present function.
    pub(crate) fn registers<M: Machine>(&self, at: u8) -> Registers {
        let call = self.calls.last().expect("the root is always there");
        let is_frameless = self.program.kind(call.function) == Kind::Frameless;
        Registers {
            instruction_pointer: self.program.address(call.function) + u64::from(at % 64),
            stack_pointer: self.stack_pointer,
            frame_pointer: self.frame_pointer,
            link_register: match (M::CALL_PUSHES, is_frameless) {
                (true, _) => 0,
                // framehop would believe in another.
                (false, _) if call.return_address == 0 => 0,
                (false, true) => call.return_address | self.signature,
                (false, false) => 0x1234_5678 + u64::from(at),
            },
        }
    }

    /// The return addresses, leaf first, as the machine itself knows them.
    pub(crate) fn frames(&self) -> Vec<u64> {
        let callers = self.calls.iter().rev().map(|call| call.return_address);
        callers.filter(|return_address| *return_address != 0).collect()
    }
}
