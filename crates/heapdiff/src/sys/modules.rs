//! The files that are loaded into the process, read from the loader's own list.
//!
//! Never called from the allocator's hook: the loader holds a lock while it walks its list.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use heapdiff_unwind::{Module, SectionBytes, UnwindSections};
use std::ffi::CStr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// A loaded file, as far as snapshots and unwinding need it.
#[derive(Clone, Debug)]
pub(crate) struct LoadedFile {
    /// Its path, or a name like `linux-vdso.so.1`.
    pub(crate) path: String,
    /// Build ID in hexadecimal; empty where there is none.
    pub(crate) build_id: String,
    /// Executable segments.
    pub(crate) code: Vec<CodeSegment>,
    /// The file for the unwinder.
    pub(crate) module: Module,
}

/// An executable segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeSegment {
    /// Addresses in the process, page-aligned.
    pub(crate) range: Range<u64>,
    /// Where the first of them lies in the file.
    pub(crate) file_offset: u64,
}

const PAGE: u64 = 4096;

/// A number that changes whenever a file is loaded or closed.
pub(crate) fn generation() -> u64 {
    let mut generation = 0;
    for_each(&mut |info| {
        generation = info.dlpi_adds.wrapping_add(info.dlpi_subs.rotate_left(32));
        false
    });
    generation
}

/// All loaded files, the program first.
///
/// The program's unwind sections are borrowed, since it stays loaded; those of libraries are copied, since a library
/// may be closed at any time.
pub(crate) fn loaded() -> Vec<LoadedFile> {
    let mut files = Vec::new();
    for_each(&mut |info| {
        if let Some(file) = describe(info, files.is_empty()) {
            files.push(file);
        }
        true
    });
    files
}

/// Calls `visit` with each loaded file until it answers `false`.
fn for_each(visit: &mut dyn FnMut(&libc::dl_phdr_info) -> bool) {
    unsafe extern "C" fn forward(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        data: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: `data` is the closure reference that `for_each` passes below, alive and not otherwise used meanwhile.
        let visit = unsafe { &mut *data.cast::<&mut dyn FnMut(&libc::dl_phdr_info) -> bool>() };
        // SAFETY: the loader passes a valid description for the time of the call.
        let info = unsafe { &*info };
        libc::c_int::from(!visit(info))
    }
    let mut visit = visit;
    let data = (&raw mut visit).cast();
    let _asking = Asking::begin();
    // SAFETY: `forward` has the type that the loader calls, and `data` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(forward), data) };
}

/// Whether a thread of ours is in the loader. A child that is forked off meanwhile would find the loader's lock taken
/// for ever, and hang when it panics or loads a library; so a fork waits until we are out.
static IN_LOADER: AtomicBool = AtomicBool::new(false);

/// How often [`lock_loader`] looks. A fork out of a signal handler that has interrupted us there would wait for ever.
const PATIENCE: u32 = 10_000;

struct Asking;

impl Asking {
    fn begin() -> Self {
        lock_loader();
        Self
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        unlock_loader();
    }
}

/// Waits until nobody of us is in the loader. Async-signal-safe.
pub(crate) extern "C" fn lock_loader() {
    for _ in 0..PATIENCE {
        // Acquire and Release: the usual pair of a lock.
        if !IN_LOADER.swap(true, Ordering::Acquire) {
            return;
        }
        // SAFETY: sched_yield has no preconditions.
        unsafe { libc::sched_yield() };
    }
}

/// Lets others into the loader.
pub(crate) extern "C" fn unlock_loader() {
    IN_LOADER.store(false, Ordering::Release);
}

fn describe(info: &libc::dl_phdr_info, is_program: bool) -> Option<LoadedFile> {
    // SAFETY: the loader's list gives as many program headers as it says, mapped with the file.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let bias = info.dlpi_addr;
    let path = if is_program { program_path() } else { name(info) };
    let loads = headers.iter().filter(|header| header.p_type == libc::PT_LOAD);
    let start = loads.clone().map(|header| bias.wrapping_add(header.p_vaddr)).min()?;
    let end =
        loads.clone().map(|header| bias.wrapping_add(header.p_vaddr).wrapping_add(header.p_memsz)).max()?;
    let code = loads
        .filter(|header| header.p_flags & libc::PF_X != 0)
        .map(|header| code_segment(bias, header))
        .collect();
    let build_id = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_NOTE)
        .find_map(|header| build_id(segment(bias, header)))
        .unwrap_or_default();
    let sections = unwind_sections(bias, headers, is_program);
    let module = Module { name: path.clone(), range: start..end, bias, sections };
    Some(LoadedFile { path, build_id, code, module })
}

fn code_segment(bias: u64, header: &libc::Elf64_Phdr) -> CodeSegment {
    let start = bias.wrapping_add(header.p_vaddr);
    let shift = start % PAGE;
    let end = start.wrapping_add(header.p_memsz).next_multiple_of(PAGE);
    CodeSegment { range: start - shift..end, file_offset: header.p_offset.saturating_sub(shift) }
}

/// The bytes of a segment in memory.
fn segment(bias: u64, header: &libc::Elf64_Phdr) -> &'static [u8] {
    let start = usize::try_from(bias.wrapping_add(header.p_vaddr)).unwrap_or(0);
    let length = usize::try_from(header.p_filesz).unwrap_or(0);
    if start == 0 {
        return &[];
    }
    // SAFETY: the loader has mapped what the headers of a loaded file describe, from its bias on, and the segments read
    // here (notes and unwind tables) are never written. They stay mapped while the loader holds its lock, and the
    // program's for 'static; what is kept of other files is copied before the loader's call returns.
    unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(start), length) }
}

fn name(info: &libc::dl_phdr_info) -> String {
    if info.dlpi_name.is_null() {
        return String::new();
    }
    // SAFETY: the loader's name of a file is a string that ends with a zero.
    let name = unsafe { CStr::from_ptr(info.dlpi_name) };
    name.to_string_lossy().into_owned()
}

fn program_path() -> String {
    std::env::current_exe().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The build ID among the notes of a segment: `[name size][description size][type][name][description]`, each part
/// padded to four bytes.
///
/// **Source:** ELF gABI, "Note Section"; `NT_GNU_BUILD_ID` is type 3 of the name `GNU`.
fn build_id(mut notes: &[u8]) -> Option<String> {
    const NT_GNU_BUILD_ID: u32 = 3;
    loop {
        let (header, rest) = notes.split_at_checked(12)?;
        let mut words = header.as_chunks::<4>().0.iter().map(|&bytes| u32::from_ne_bytes(bytes));
        let (name_size, description_size, kind) = (words.next()?, words.next()?, words.next()?);
        let padded = |size: u32| usize::try_from(size.checked_next_multiple_of(4)?).ok();
        let (name, rest) = rest.split_at_checked(padded(name_size)?)?;
        let (description, rest) = rest.split_at_checked(padded(description_size)?)?;
        if kind == NT_GNU_BUILD_ID && name == b"GNU\0" {
            let id = description.get(..usize::try_from(description_size).ok()?)?;
            return Some(id.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(hex_digit).collect());
        }
        notes = rest;
    }
}

fn hex_digit(nibble: u8) -> Option<char> {
    char::from_digit(u32::from(nibble), 16)
}

/// `.eh_frame_hdr` has a segment of its own; `.eh_frame` begins where its second field says and goes on at most to the
/// end of the segment that holds it.
///
/// **Source:** Linux Standard Base 5.0, "Exception Frames".
fn unwind_sections(bias: u64, headers: &[libc::Elf64_Phdr], is_program: bool) -> Option<UnwindSections> {
    let index = headers.iter().find(|header| header.p_type == libc::PT_GNU_EH_FRAME)?;
    let index_bytes = segment(bias, index);
    let [1, encoding, _, _, offset @ ..] = index_bytes else { return None };
    /// `DW_EH_PE_pcrel | DW_EH_PE_sdata4`: what every linker writes.
    const RELATIVE_4: u8 = 0x1b;
    if *encoding != RELATIVE_4 {
        return None;
    }
    let offset = i64::from(i32::from_ne_bytes(*offset.first_chunk()?));
    let start = index.p_vaddr.wrapping_add(4).wrapping_add_signed(offset);
    let holder = headers.iter().find(|header| {
        header.p_type == libc::PT_LOAD && (header.p_vaddr..header.p_vaddr + header.p_filesz).contains(&start)
    })?;
    let bytes = segment(bias, holder).get(usize::try_from(start - holder.p_vaddr).ok()?..)?;
    let kept = |bytes: &'static [u8]| {
        if is_program { SectionBytes::Loaded(bytes) } else { SectionBytes::Copied(bytes.into()) }
    };
    Some(UnwindSections {
        eh_frame_hdr: kept(index_bytes),
        eh_frame_hdr_range: index.p_vaddr..index.p_vaddr + index.p_filesz,
        eh_frame: kept(bytes),
        eh_frame_range: start..holder.p_vaddr + holder.p_filesz,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_comes_first_with_its_code_and_tables() {
        let files = loaded();
        let program = files.first().expect("there is a program");
        assert_eq!(program.path, program_path());
        assert!(program.module.sections.is_some());
        let own = the_program_comes_first_with_its_code_and_tables as fn() as usize as u64;
        assert!(program.code.iter().any(|segment| segment.range.contains(&own)));
        assert!(files.iter().any(|file| file.path.contains("libc")));
        assert_eq!(generation(), generation());
    }

    #[test]
    fn reads_a_build_id_behind_another_note_and_refuses_cut_ones() {
        let mut notes: Vec<u8> = Vec::new();
        for (kind, description) in [(1u32, &[9u8; 5][..]), (3, &[0xab, 0xcd, 0x01])] {
            for word in [4u32, u32::try_from(description.len()).expect("small"), kind] {
                notes.extend(word.to_ne_bytes());
            }
            notes.extend(b"GNU\0");
            notes.extend(description);
            notes.resize(notes.len().next_multiple_of(4), 0);
        }
        assert_eq!(build_id(&notes).as_deref(), Some("abcd01"));
        for cut in 0..notes.len() {
            assert_eq!(build_id(&notes[..cut]), None, "cut at {cut}");
        }
    }
}
