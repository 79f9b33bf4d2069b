//! Work in parts, all at once.

use std::panic::resume_unwind;
use std::thread::{self, Builder};

/// What a program's main thread has: the reader of debug information recurses.
const STACK_BYTES: usize = 8 << 20;

/// What `work` makes of each of so many parts, in their order; the first is done here. Where no thread can be had, the
/// others are as well.
///
/// # Panics
/// If `work` does.
pub(crate) fn in_parts<T: Send>(parts: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let spawn = |part: usize| {
            let thread = Builder::new().stack_size(STACK_BYTES);
            (part, thread.spawn_scoped(scope, move || work(part)))
        };
        let others: Vec<_> = (1..parts).map(spawn).collect();
        let mut results = vec![work(0)];
        results.extend(others.into_iter().map(|(part, thread)| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => work(part),
        }));
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_order() {
        assert_eq!(in_parts(5, |part| part * part), [0, 1, 4, 9, 16]);
        assert_eq!(in_parts(1, |part| part), [0]);
    }
}
