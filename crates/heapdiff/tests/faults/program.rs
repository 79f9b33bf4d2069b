//! The program that is recorded while a call fails: it must notice nothing but errors that it asked for.

use crate::injection::{self, Fault};
use crate::table::{Effect, Moment, Site};
use heapdiff::{Profiler, StartError};
use std::hint::black_box;
use std::time::Duration;

/// Blocks that are held at the end, all of a size that nobody else has.
pub(crate) const BLOCKS: usize = 200;
/// Their size in bytes.
pub(crate) const SIZE: usize = 12_345;
/// What the program says at its end.
pub(crate) const UNHARMED: &str = "unharmed";
/// What it says where no calls can be made to fail.
pub(crate) const NOT_ALLOWED: &str = "not allowed to filter system calls";

/// Runs it, with the calls of `site` failing as `fault` says.
pub(crate) fn run(site: &Site, fault: &'static Fault) {
    if !injection::install() {
        println!("{NOT_ALLOWED}");
        return;
    }
    let (kept, hits) = match site.moment {
        Moment::Start => at_start(site.effect, fault),
        Moment::Recording => while_recording(site.effect, fault),
    };
    assert!(hits > 0 || !site.must_happen, "no such call was made");
    check(&kept);
    println!("{UNHARMED}");
}

type Kept = Vec<Vec<u8>>;

fn start() -> Result<Profiler, StartError> {
    Profiler::builder().dir("profiles").period(1).every(Duration::MAX).start()
}

fn at_start(effect: Effect, fault: &'static Fault) -> (Kept, u32) {
    injection::begin(fault);
    let first = start();
    let early = work();
    check(&early);
    if let Ok(profiler) = &first {
        assert_ne!(effect, Effect::NoRecording);
        profiler.snapshot().unwrap();
    }
    let hits = injection::end();
    let profiler = match first {
        Ok(profiler) => {
            profiler.snapshot().unwrap();
            return (early, hits);
        }
        Err(error) => {
            assert_ne!(effect, Effect::None, "{error}");
            let text = error.to_string();
            assert!(text.lines().count() == 1 && text.len() > 20, "{text}");
            start()
        }
    };
    if let Err(error) = &profiler {
        assert_eq!(effect, Effect::Less, "after a failure it must be possible to start again: {error}");
        return (early, hits);
    }
    let kept = work();
    drop(profiler);
    check(&early);
    (kept, hits)
}

fn while_recording(effect: Effect, fault: &'static Fault) -> (Kept, u32) {
    let profiler = start().unwrap();
    profiler.snapshot().unwrap();
    injection::begin(fault);
    let kept = work();
    for _ in 0..3 {
        let snapshot = profiler.snapshot();
        assert_eq!(snapshot.is_err(), effect == Effect::NoSnapshots, "{snapshot:?}");
    }
    let hits = injection::end();
    profiler.snapshot().unwrap();
    (kept, hits)
}

/// Allocates, grows, shrinks and frees, and keeps [`BLOCKS`] blocks of [`SIZE`] bytes.
#[inline(never)]
fn work() -> Kept {
    let mut kept: Kept = Vec::with_capacity(BLOCKS);
    for index in 0..BLOCKS {
        let mut block = Vec::with_capacity(SIZE);
        block.resize(SIZE, index as u8);
        if index.is_multiple_of(10) {
            block.resize(SIZE * 50, index as u8);
            block.truncate(SIZE);
            block.shrink_to_fit();
        }
        drop(black_box(vec![1u8; index * 7000 + 1]));
        kept.push(block);
    }
    kept
}

fn check(kept: &Kept) {
    assert_eq!(kept.len(), BLOCKS);
    for (index, block) in kept.iter().enumerate() {
        assert!(block.len() == SIZE && block.iter().all(|&byte| byte == index as u8), "block {index}");
    }
}
