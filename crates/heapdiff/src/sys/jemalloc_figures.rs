//! jemalloc's figures about itself.

use std::ffi::CStr;
use tikv_jemalloc_sys as je;

/// Has jemalloc bring its figures up to date: what [`read`] answers is as of the last call.
pub(crate) fn refresh() -> bool {
    let mut any = 1_u64;
    let any = (&raw mut any).cast();
    // SAFETY: the name ends with a zero; nothing is asked for, and jemalloc reads one `uint64_t`, as the size says.
    let result = unsafe {
        je::mallctl(c"epoch".as_ptr(), std::ptr::null_mut(), std::ptr::null_mut(), any, size_of::<u64>())
    };
    result == 0
}

/// A figure by the name that jemalloc's manual has for it, such as `stats.allocated`: those of the type `size_t`.
pub(crate) fn read(name: &CStr) -> Option<u64> {
    let (mut figure, mut len) = (0_usize, size_of::<usize>());
    // SAFETY: the name ends with a zero; jemalloc writes a `size_t` only if the size says so, and nothing else.
    let result = unsafe {
        je::mallctl(name.as_ptr(), (&raw mut figure).cast(), &raw mut len, std::ptr::null_mut(), 0)
    };
    (result == 0).then_some(figure as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_by_name_and_one_that_is_no_size_is_refused() {
        assert!(refresh());
        assert!(read(c"stats.metadata").is_some_and(|bytes| bytes > 0));
        assert!(read(c"stats.resident") >= read(c"stats.active"));
        assert_eq!(read(c"stats.no_such_figure"), None);
        assert_eq!(read(c"background_thread"), None, "a `bool` has another size");
    }
}
