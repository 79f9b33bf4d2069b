//! What a walk costs, on stacks of this very process: `cargo run --release -p heapdiff-unwind --example walk_speed`.
//!
//! A chain of 40 calls through functions with frames of many sizes is recorded, registers and words, for several paths
//! through these functions. Then walks of the records are timed. The first argument selects the rows whose name contains it, the second
//! is the number of batches.
//! Build with `RUSTFLAGS="-C force-frame-pointers=yes"` to see the same with frame pointers.
#![expect(unsafe_code, reason = "it reads its own registers and stack once")]
#![expect(clippy::expect_used, clippy::print_stdout, reason = "an example")]

use framehop::{FrameAddress, MustNotAllocateDuringUnwind, Unwinder};
use heapdiff_unwind::{Module, Registers, SectionBytes, UnwindSections, Walker};
use object::{Object, ObjectSection, ObjectSegment};
use std::hint::black_box;
use std::time::Instant;

/// Calls in a chain.
const DEPTH: usize = 40;
/// Paths of which none is like the one before.
const VARIOUS: usize = 500;
/// Walks in a batch, and batches of which the fastest counts.
const WALKS: u32 = 1000;
const BATCHES: u32 = 300;

/// A stack as it was: what a walk can read, and where it begins.
struct Recorded {
    registers: Registers,
    words: Vec<u64>,
}

impl Recorded {
    /// The word at `address`. As many checks as reading the stack of a thread takes.
    #[inline(always)]
    fn read(&self, address: u64) -> Option<u64> {
        if !address.is_multiple_of(8) {
            return None;
        }
        let offset = address.checked_sub(self.registers.stack_pointer)?;
        self.words.get(usize::try_from(offset / 8).ok()?).copied()
    }
}

/// Which function is called at each depth, outermost first.
type Path = [usize; DEPTH];

type Level = fn(&Path, usize) -> Recorded;

macro_rules! levels {
    ($($name:ident $words:literal),*) => {
        $(
            #[inline(never)]
            fn $name(path: &Path, depth: usize) -> Recorded {
                let mut frame = [depth; $words];
                black_box(&mut frame);
                let recorded = match path.get(depth).and_then(|level| LEVELS.get(*level)) {
                    Some(level) => black_box(*level)(path, depth + 1),
                    None => record(),
                };
                // Work after the call keeps it a call, and the frame in place.
                black_box(&mut frame);
                recorded
            }
        )*
        const LEVELS: &[Level] = &[$($name),*];
    };
}

levels!(
    l0 1, l1 2, l2 3, l3 4, l4 5, l5 6, l6 7, l7 8, l8 9, l9 10, l10 11, l11 12, l12 13, l13 14, l14 15, l15 16, l16 17,
    l17 18, l18 19, l19 20, l20 21, l21 22, l22 23, l23 24, l24 25, l25 26, l26 27, l27 28, l28 29, l29 30, l30 31,
    l31 32, l32 33, l33 34, l34 35, l35 36, l36 37, l37 38, l38 39, l39 40, l40 41, l41 42, l42 43, l43 44, l44 45,
    l45 46, l46 47, l47 48, l48 49, l49 50
);

/// The calling thread's stack from here up.
#[inline(never)]
fn record() -> Recorded {
    let registers = capture();
    let stack = maps()
        .into_iter()
        .find(|mapping| (mapping.start..mapping.end).contains(&registers.stack_pointer))
        .expect("the stack is mapped");
    let words = (registers.stack_pointer..stack.end).step_by(8).map(|address| {
        // SAFETY: the word is aligned and lies in the mapping of this thread's stack, above the stack pointer.
        unsafe {
            std::ptr::with_exposed_provenance::<u64>(usize::try_from(address).expect("64 bits"))
                .read_volatile()
        }
    });
    Recorded { registers, words: words.collect() }
}

/// Registers of the function that this is inlined into.
#[inline(always)]
fn capture() -> Registers {
    let (instruction_pointer, stack_pointer, frame_pointer): (u64, u64, u64);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the instructions only read registers.
    unsafe {
        std::arch::asm!(
            "lea {ip}, [rip]", "mov {sp}, rsp", "mov {fp}, rbp",
            ip = out(reg) instruction_pointer, sp = out(reg) stack_pointer, fp = out(reg) frame_pointer,
            options(nomem, nostack, preserves_flags),
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the instructions only read registers.
    unsafe {
        std::arch::asm!(
            "adr {ip}, .", "mov {sp}, sp", "mov {fp}, x29",
            ip = out(reg) instruction_pointer, sp = out(reg) stack_pointer, fp = out(reg) frame_pointer,
            options(nomem, nostack, preserves_flags),
        );
    }
    Registers { instruction_pointer, stack_pointer, frame_pointer, link_register: 0 }
}

/// A line of `/proc/self/maps`.
struct Mapping {
    start: u64,
    end: u64,
    path: String,
}

fn maps() -> Vec<Mapping> {
    let text = std::fs::read_to_string("/proc/self/maps").expect("there is /proc");
    let line = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let address = |text| u64::from_str_radix(text, 16).ok();
        Some(Mapping {
            start: address(start)?,
            end: address(end)?,
            path: fields.nth(4).unwrap_or_default().to_owned(),
        })
    };
    text.lines().filter_map(line).collect()
}

/// The files of the process that have unwind tables.
fn modules() -> Vec<Module> {
    let mut modules: Vec<Module> = Vec::new();
    for mapping in maps().into_iter().filter(|mapping| mapping.path.starts_with('/')) {
        if modules.iter().any(|module| module.name == mapping.path) {
            continue;
        }
        let Ok(bytes) = std::fs::read(&mapping.path) else { continue };
        let Ok(file) = object::File::parse(&*bytes) else { continue };
        let bounds: Vec<(u64, u64)> =
            file.segments().map(|segment| (segment.address(), segment.address() + segment.size())).collect();
        let (Some(first), Some(last)) =
            (bounds.iter().map(|(start, _)| start).min(), bounds.iter().map(|(_, end)| end).max())
        else {
            continue;
        };
        let bias = mapping.start.wrapping_sub(first & !4095);
        let section = |name| {
            let section = file.section_by_name(name)?;
            let range = section.address()..section.address() + section.size();
            Some((SectionBytes::Copied(section.data().ok()?.into()), range))
        };
        let sections = section(".eh_frame_hdr").zip(section(".eh_frame")).map(
            |((eh_frame_hdr, eh_frame_hdr_range), (eh_frame, eh_frame_range))| UnwindSections {
                eh_frame_hdr,
                eh_frame_hdr_range,
                eh_frame,
                eh_frame_range,
            },
        );
        let range = mapping.start..last.wrapping_add(bias);
        modules.push(Module { name: mapping.path, range, bias, sections });
    }
    modules
}

#[cfg(target_arch = "x86_64")]
mod native {
    pub(crate) type Unwinder =
        framehop::x86_64::UnwinderX86_64<heapdiff_unwind::SectionBytes, super::MustNotAllocateDuringUnwind>;
    pub(crate) type Cache = framehop::x86_64::CacheX86_64<super::MustNotAllocateDuringUnwind>;
    pub(crate) fn registers(of: &super::Registers) -> framehop::x86_64::UnwindRegsX86_64 {
        framehop::x86_64::UnwindRegsX86_64::new(of.instruction_pointer, of.stack_pointer, of.frame_pointer)
    }
}

#[cfg(target_arch = "aarch64")]
mod native {
    pub(crate) type Unwinder =
        framehop::aarch64::UnwinderAarch64<heapdiff_unwind::SectionBytes, super::MustNotAllocateDuringUnwind>;
    pub(crate) type Cache = framehop::aarch64::CacheAarch64<super::MustNotAllocateDuringUnwind>;
    pub(crate) fn registers(of: &super::Registers) -> framehop::aarch64::UnwindRegsAarch64 {
        framehop::aarch64::UnwindRegsAarch64::new(of.link_register, of.stack_pointer, of.frame_pointer)
    }
}

/// framehop with nothing around it.
struct Framehop {
    unwinder: native::Unwinder,
    cache: native::Cache,
    frames: Vec<u64>,
}

impl Framehop {
    fn new(modules: &[Module]) -> Self {
        let mut unwinder = native::Unwinder::new();
        for module in modules {
            let mut info = framehop::ExplicitModuleSectionInfo { base_svma: 0, ..Default::default() };
            if let Some(sections) = &module.sections {
                info.eh_frame_hdr = Some(sections.eh_frame_hdr.clone());
                info.eh_frame_hdr_svma = Some(sections.eh_frame_hdr_range.clone());
                info.eh_frame = Some(sections.eh_frame.clone());
                info.eh_frame_svma = Some(sections.eh_frame_range.clone());
            }
            unwinder.add_module(framehop::Module::new(
                module.name.clone(),
                module.range.clone(),
                module.bias,
                info,
            ));
        }
        Self { unwinder, cache: native::Cache::new_in(), frames: Vec::with_capacity(256) }
    }

    fn walk(&mut self, stack: &Recorded) -> usize {
        self.frames.clear();
        let mut registers = native::registers(&stack.registers);
        let mut frame = FrameAddress::from_instruction_pointer(stack.registers.instruction_pointer);
        let mut read = |address| stack.read(address).ok_or(());
        while let Ok(Some(address)) =
            self.unwinder.unwind_frame(frame, &mut registers, &mut self.cache, &mut read)
        {
            let Some(next) = FrameAddress::from_return_address(address) else { break };
            self.frames.push(address);
            frame = next;
        }
        self.frames.len()
    }
}

/// Times walks of `stacks` in turn, in nanoseconds a walk.
fn time(mut walk: impl FnMut(&Recorded) -> usize, stacks: &[&Recorded], batches: u32) -> f64 {
    let mut batch = || {
        let start = Instant::now();
        for stack in stacks.iter().cycle().take(WALKS as usize) {
            black_box(walk(black_box(stack)));
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(WALKS)
    };
    (0..batches).map(|_| batch()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    let batches = std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(BATCHES);
    let path: Path = std::array::from_fn(|depth| depth);
    // The path with other functions from a depth on. Frames get another size, but the chain has the same number of them.
    let from = |depth: usize| std::array::from_fn(|at| if at < depth { at } else { 49 - at % 7 });
    let paths = [path, from(DEPTH - 1), from(DEPTH - 10), from(0)];
    // All from one place, so that the frames above the chain are the same.
    let recorded: Vec<Recorded> = paths.iter().map(|path| black_box(l0 as Level)(path, 0)).collect();
    let [usual, other_leaf, other_ten, other_all] = &recorded[..] else { return };
    let mut random = 1_u64;
    // Paths through four of the functions that nothing can foresee.
    let mut random_path = || -> Recorded {
        let path = std::array::from_fn(|_| {
            random = random.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
            // 1, 3, 7 or 15.
            (2 << (random >> 62)) - 1
        });
        black_box(l0 as Level)(&path, 0)
    };
    let various: Vec<Recorded> = std::iter::repeat_with(&mut random_path).take(VARIOUS).collect();
    let various: Vec<&Recorded> = various.iter().collect();
    let same = [usual];
    let modules = modules();

    let mut framehop = Framehop::new(&modules);
    let frames = framehop.walk(usual);
    println!(
        "{frames} frames, {} words of stack; nanoseconds a walk, the fastest of {batches} batches",
        usual.words.len()
    );
    let row = |name: &str, frames: usize, walk: &mut dyn FnMut(&Recorded) -> usize, stacks: &[&Recorded]| {
        if name.contains(&only) {
            let nanoseconds = time(walk, stacks, batches);
            println!(
                "{name:<50} {frames:>6} {nanoseconds:>8.1} {:>8.2}",
                nanoseconds / f64::from(u32::try_from(frames).unwrap_or(1))
            );
        }
    };
    row("framehop, warm", frames, &mut |stack| framehop.walk(stack), &same);
    for (name, mut walker) in
        [("tables", Walker::by_tables(&modules)), ("frame pointers", Walker::by_frame_pointers())]
    {
        let found = walker.walk(&usual.registers, |address| usual.read(address)).frames.len();
        row(
            &format!("{name}, nothing remembered"),
            found,
            &mut |stack| {
                walker.forget();
                walker.walk(&stack.registers, |address| stack.read(address)).frames.len()
            },
            &same,
        );
        let mut walk = |stack: &Recorded| {
            let walk = walker.walk(&stack.registers, |address| stack.read(address));
            walk.frames.len() + usize::from(walk.is_unchanged)
        };
        row(&format!("{name}, unchanged"), found, &mut walk, &same);
        row(&format!("{name}, another leaf each time"), found, &mut walk, &[usual, other_leaf]);
        row(&format!("{name}, 10 other frames each time"), found, &mut walk, &[usual, other_ten]);
        row(&format!("{name}, all other frames each time"), found, &mut walk, &[usual, other_all]);
        row(&format!("{name}, a path that was not foreseen"), found, &mut walk, &various);
    }
}
