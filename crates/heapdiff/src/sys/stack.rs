//! The stack that a thread runs on: where it ends, and its words.
//!
//! A walk reads words above the stack pointer, so it has to know how far they go. `pthread_getattr_np` would tell, but
//! it allocates and takes locks; the kernel's list of mappings tells for every stack, fibers included. It is read with
//! plain system calls into a buffer on the stack: once for a thread's own stack, which stays as long as the thread, and
//! with every sample on any other, which may be unmapped or get another size between two samples.

use std::marker::PhantomData;
use std::ops::Range;

/// The part of the calling thread's stack that belongs to the callers of the function that captured `start`.
///
/// It stays on its thread: the raw pointer keeps it from being sent elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    start: u64,
    words: u64,
    _on_this_thread: PhantomData<*const u8>,
}

impl Stack {
    /// The stack from `stack_pointer` (of a function that has not returned yet) to `end`, the end of its mapping as
    /// [`containing`] told it on this thread. Both are multiples of 8 wherever a stack is used as it must be.
    #[inline]
    pub(crate) const fn new(stack_pointer: u64, end: u64) -> Self {
        let start = stack_pointer.next_multiple_of(8);
        Self { start, words: end.saturating_sub(start) / 8, _on_this_thread: PhantomData }
    }

    /// The part below `end`; all of it if it does not go as far.
    #[inline]
    pub(crate) fn below(&self, end: u64) -> Self {
        Self { words: self.words.min(end.saturating_sub(self.start) / 8), ..self.clone() }
    }

    /// The word at `address`; `None` outside of the stack, or unaligned.
    #[inline(always)]
    pub(crate) fn read(&self, address: u64) -> Option<u64> {
        // An unaligned address becomes a huge index, so one comparison sees to both.
        if address.wrapping_sub(self.start).rotate_right(3) >= self.words {
            return None;
        }
        let word = std::ptr::with_exposed_provenance::<u64>(usize::try_from(address).ok()?);
        // SAFETY: the word is aligned and lies in the mapping of the stack that this thread runs on, above a stack
        // pointer that is still in use, so it is mapped and readable. Volatile, since the frames there are laid out as
        // the compiler likes and nothing may be assumed about their contents.
        Some(unsafe { word.read_volatile() })
    }
}

/// The mapping that holds `address`, from `/proc/self/maps`. Allocates nothing and keeps `errno`.
pub(crate) fn containing(address: u64) -> Option<Range<u64>> {
    // SAFETY: errno is a thread local of libc that is always there.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above; it is valid for reads as long as the thread lives.
    let before = unsafe { errno.read() };
    let bounds = open_maps().and_then(|file| {
        let bounds = search(&mut |buffer| read(file, buffer), address);
        // SAFETY: the descriptor was opened here and is used nowhere else.
        unsafe { libc::close(file) };
        bounds
    });
    // SAFETY: as above; valid for writes.
    unsafe { errno.write(before) };
    bounds
}

/// The part of `mapping` that the calling thread's own stack takes; `None` if `mapping` holds another stack, such as a
/// fiber's or a signal handler's.
///
/// The C library puts a thread's descriptor above its stack, and the kernel puts the random bytes of the auxiliary
/// vector above the first thread's. A mapping may go on behind them, with memory that is somebody else's.
pub(crate) fn own(mapping: &Range<u64>) -> Option<Range<u64>> {
    // SAFETY: getpid has no preconditions.
    let process = i64::from(unsafe { libc::getpid() });
    // SAFETY: gettid takes no arguments and has no preconditions. The call is made directly, since the function is
    // newer than the oldest C library that Rust supports.
    let thread = unsafe { libc::syscall(libc::SYS_gettid) };
    let end = if process == thread {
        // SAFETY: getauxval only reads what the kernel handed to the process.
        unsafe { libc::getauxval(libc::AT_RANDOM) }
    } else {
        // SAFETY: pthread_self has no preconditions.
        unsafe { libc::pthread_self() }
    };
    mapping.contains(&end).then_some(mapping.start..end)
}

fn open_maps() -> Option<libc::c_int> {
    // SAFETY: the path is a string that ends with a zero.
    let file = unsafe { libc::open(c"/proc/self/maps".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    (file >= 0).then_some(file)
}

fn read(file: libc::c_int, buffer: &mut [u8]) -> usize {
    // SAFETY: the buffer is valid for writes of its length.
    let count = unsafe { libc::read(file, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(count).unwrap_or(0)
}

/// Looks for the line `start-end ...` whose range holds `address`. The ranges ascend.
fn search(read: &mut dyn FnMut(&mut [u8]) -> usize, address: u64) -> Option<Range<u64>> {
    let mut buffer = [0; 1024];
    let (mut number, mut start, mut field) = (0u64, 0, 0);
    loop {
        let count = read(&mut buffer);
        for &byte in buffer.get(..count).filter(|bytes| !bytes.is_empty())? {
            match (field, byte) {
                (_, b'\n') => (number, field) = (0, 0),
                (0, b'-') => (start, number, field) = (number, 0, 1),
                (1, b' ') => {
                    if (start..number).contains(&address) {
                        return Some(start..number);
                    }
                    field = 2;
                }
                (0 | 1, digit) => {
                    let digit = char::from(digit).to_digit(16)?;
                    number = number << 4 | u64::from(digit);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search_text(text: &str, chunk: usize, address: u64) -> Option<Range<u64>> {
        let mut rest = text.as_bytes();
        search(
            &mut |buffer| {
                let (now, later) = rest.split_at(chunk.min(rest.len()).min(buffer.len()));
                buffer[..now.len()].copy_from_slice(now);
                rest = later;
                now.len()
            },
            address,
        )
    }

    #[test]
    fn finds_the_line_however_the_text_is_cut() {
        let text = "1000-2000 r-xp 00000000 08:01 42 /bin/a-b c\n7f00-8f00 rw-p 0 0:0 0\nfff0-ffff ---p\n";
        for chunk in 1..40 {
            assert_eq!(search_text(text, chunk, 0x1fff), Some(0x1000..0x2000));
            assert_eq!(search_text(text, chunk, 0x7f00), Some(0x7f00..0x8f00));
            assert_eq!(search_text(text, chunk, 0x2000), None);
            assert_eq!(search_text(text, chunk, 0x10_0000), None);
        }
        assert_eq!(search_text("garbage", 4, 1), None);
    }

    #[test]
    fn only_aligned_words_of_the_stack_are_read() {
        let words = [7u64, 8, 9];
        let start = words.as_ptr().expose_provenance() as u64;
        let stack = Stack::new(start, start + 24);
        assert_eq!([0, 8, 16].map(|offset| stack.read(start + offset)), [Some(7), Some(8), Some(9)]);
        for outside in [start - 8, start - 1, start + 1, start + 7, start + 20, start + 24, 0, u64::MAX] {
            assert_eq!(stack.read(outside), None, "{outside:x}");
        }
        assert_eq!(Stack::new(start, start).read(start), None);
    }

    #[test]
    fn the_own_stack_is_found_on_the_main_thread_and_on_others() {
        let check = || {
            let local = 0u8;
            let address = &raw const local as u64;
            let bounds = containing(address).expect("the stack is mapped");
            assert!(bounds.contains(&address) && bounds.end - bounds.start < 1 << 30);
            assert!(own(&bounds).expect("it is the thread's own").contains(&address));
            assert_eq!(own(&(4096..8192)), None);
        };
        check();
        std::thread::spawn(check).join().expect("the thread checks");
    }
}
