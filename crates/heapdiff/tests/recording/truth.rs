//! In exact mode every figure is the truth.

use crate::support::{Case, Figures, Ran};
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::hint::black_box;

fn profiler() -> heapdiff::Profiler {
    heapdiff::Profiler::builder().dir("profiles").period(1).start().unwrap()
}

/// Blocks of many sizes, some freed: what stays and what was ever allocated.
pub(crate) const EXACT: Case = Case {
    name: "exact_mode_counts_every_block",
    environment: &[],
    inside: || {
        let profiler = profiler();
        let kept = keep_mixed();
        free_all();
        profiler.snapshot().unwrap();
        drop(black_box(kept));
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let sizes = (1..=200i64).map(|n| n * 37).chain([1 << 20, 5 << 20]);
        let (objects, space) = sizes.fold((0, 0), |(n, sum), size| (n + 1, sum + size));
        let mixed = snapshots[0].of("keep_mixed");
        let expected = Figures {
            inuse_objects: objects,
            inuse_space: space,
            alloc_objects: objects,
            alloc_space: space,
        };
        // The vector that holds them is allocated there too, once, with its capacity.
        let holder = 202 * 16;
        assert_eq!(mixed.inuse_space - expected.inuse_space, holder);
        assert_eq!(mixed.inuse_objects, objects + 1);
        assert_eq!((mixed.alloc_objects, mixed.alloc_space), (objects + 1, space + holder));
        let freed = snapshots[0].of("free_all");
        assert_eq!(freed, Figures { alloc_objects: 1000, alloc_space: 1000 * 48, ..Figures::default() });
        let gone = snapshots[1].of("keep_mixed");
        assert_eq!((gone.inuse_objects, gone.inuse_space), (0, 0));
        assert_eq!(gone.alloc_space, mixed.alloc_space, "what was allocated stays allocated");
        assert!(snapshots.iter().all(|s| s.metadata().dropped.values().all(|&lost| lost == 0)));
    },
};

#[inline(never)]
fn keep_mixed() -> Vec<Box<[u8]>> {
    let mut kept = Vec::with_capacity(202);
    for size in (1..=200).map(|n| n * 37).chain([1 << 20, 5 << 20]) {
        kept.push(raw_box(size));
    }
    kept
}

#[inline(always)]
fn raw_box(size: usize) -> Box<[u8]> {
    Vec::<u8>::into_boxed_slice(Vec::with_capacity(size).tap_len(size))
}

trait TapLen {
    fn tap_len(self, len: usize) -> Self;
}

impl TapLen for Vec<u8> {
    /// Fills up to the capacity without another allocation.
    fn tap_len(mut self, len: usize) -> Self {
        self.resize(len, 7);
        self
    }
}

#[inline(never)]
fn free_all() {
    for _ in 0..1000 {
        drop(black_box(Box::new([0u64; 6])));
    }
}

/// A vector that grows step by step is one object of its last size, at the place where it was born; one that shrinks is
/// as large as it is, and one that moves is not counted twice.
pub(crate) const REALLOC: Case = Case {
    name: "a_block_that_changes_its_size_stays_one_block",
    environment: &[],
    inside: || {
        let profiler = profiler();
        let mut grown = born_small();
        profiler.snapshot().unwrap();
        for size in (128..=4 << 20).step_by(9999) {
            grown.reserve_exact(size);
        }
        grown.reserve_exact(8 << 20);
        let mut shrunk = born_large();
        shrunk.shrink_to(100);
        profiler.snapshot().unwrap();
        black_box((&grown, &shrunk));
        drop((grown, shrunk));
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let figures = |n: usize, function| {
            let found: Figures = snapshots[n].of(function);
            (found.inuse_objects, found.inuse_space, found.alloc_objects, found.alloc_space)
        };
        assert_eq!(figures(0, "born_small"), (1, 100, 1, 100));
        assert_eq!(
            figures(1, "born_small"),
            (1, 8 << 20, 1, 8 << 20),
            "grown bytes belong to the birth stack"
        );
        assert_eq!(figures(1, "born_large"), (1, 100, 1, 3 << 20));
        assert_eq!(figures(2, "born_small"), (0, 0, 1, 8 << 20));
        assert_eq!(figures(2, "born_large"), (0, 0, 1, 3 << 20));
        // Grown by realloc, it keeps the epoch of its birth.
        let epochs: Vec<i64> = snapshots[1]
            .0
            .samples
            .iter()
            .filter(|sample| snapshots[1].frames(sample).iter().any(|name| name.ends_with("born_small")))
            .filter_map(|sample| snapshots[1].0.number_label(sample, "epoch"))
            .collect();
        assert_eq!(epochs, [0]);
    },
};

/// A block that shrinks and then grows into another size class: what was ever allocated never becomes less.
pub(crate) const REGROWN: Case = Case {
    name: "what_was_allocated_stays_when_a_block_shrinks_and_grows",
    environment: &[],
    inside: || {
        let profiler = profiler();
        let mut block = born_large();
        block.shrink_to(100);
        profiler.snapshot().unwrap();
        block.reserve_exact(5000);
        profiler.snapshot().unwrap();
        black_box(block);
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert_eq!(snapshots[0].of("born_large").alloc_space, 3 << 20);
        let regrown = snapshots[1].of("born_large");
        assert_eq!((regrown.inuse_objects, regrown.inuse_space), (1, 5000));
        assert_eq!((regrown.alloc_objects, regrown.alloc_space), (1, (3 << 20) + 4900));
    },
};

#[inline(never)]
fn born_small() -> Vec<u8> {
    black_box(Vec::with_capacity(100))
}

#[inline(never)]
fn born_large() -> Vec<u8> {
    black_box(Vec::with_capacity(3 << 20))
}

/// Zeroed, over-aligned and zero-sized layouts.
pub(crate) const LAYOUTS: Case = Case {
    name: "zeroed_overaligned_and_empty_layouts",
    environment: &[],
    inside: || {
        let profiler = profiler();
        let kept = odd_layouts();
        profiler.snapshot().unwrap();
        for (block, layout) in kept {
            // SAFETY: allocated with this layout below.
            unsafe { dealloc(block, layout) };
        }
        profiler.snapshot().unwrap();
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        let figures = snapshots[0].of("odd_layouts");
        let space: i64 = ALIGNS.iter().map(|&align| 3 * (align as i64 + 24)).sum();
        let objects = 3 * ALIGNS.len() as i64;
        let holder = objects * size_of::<(*mut u8, Layout)>() as i64;
        assert_eq!((figures.inuse_objects, figures.inuse_space), (objects + 1, space + holder));
        assert_eq!(snapshots[1].of("odd_layouts").inuse_objects, 0);
    },
};

const ALIGNS: [usize; 9] = [1, 8, 16, 32, 64, 512, 4096, 65_536, 1 << 21];

#[inline(never)]
fn odd_layouts() -> Vec<(*mut u8, Layout)> {
    let mut kept = Vec::with_capacity(3 * ALIGNS.len());
    drop(black_box(vec![(); 1000]));
    for align in ALIGNS {
        let layout = Layout::from_size_align(align + 24, align).unwrap();
        for way in 0..3 {
            let allocate = if way == 0 { alloc_zeroed } else { alloc };
            // SAFETY: the layout is not empty.
            let mut block = unsafe { allocate(layout) };
            assert!(!block.is_null() && block.addr().is_multiple_of(align));
            // SAFETY: the block has so many bytes.
            let is_zero =
                || unsafe { std::slice::from_raw_parts(block, layout.size()) }.iter().all(|&byte| byte == 0);
            assert!(way != 0 || is_zero());
            if way == 2 {
                // SAFETY: allocated with this layout.
                block = unsafe { realloc(block, layout, 9) };
                let smaller = Layout::from_size_align(9, align).unwrap();
                // SAFETY: reallocated to that layout.
                block = unsafe { realloc(block, smaller, layout.size()) };
                assert!(block.addr().is_multiple_of(align));
            }
            kept.push((block, layout));
        }
    }
    kept
}

/// Threads that allocate, reallocate, hand on and free at random while snapshots are taken: contents stay, and in the
/// end nothing is left.
pub(crate) const STRESS: Case = Case {
    name: "nothing_is_lost_under_stress",
    environment: &[("HEAPDIFF_DIR", "profiles"), ("HEAPDIFF_EVERY", "20ms"), ("HEAPDIFF_PERIOD", "700")],
    inside: || {
        let (sender, receiver) = std::sync::mpsc::sync_channel::<Vec<u8>>(64);
        let receiver = std::sync::Mutex::new(receiver);
        std::thread::scope(|scope| {
            for thread in 0..4u64 {
                let (sender, receiver) = (sender.clone(), &receiver);
                scope.spawn(move || stressed(thread, &sender, receiver));
            }
        });
        while receiver.lock().unwrap().try_recv().is_ok() {}
    },
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert!(snapshots.len() >= 3, "{} snapshots", snapshots.len());
        let last = snapshots.last().unwrap();
        let left = last.of("stressed");
        assert!(left.alloc_space > 100 << 20, "{left:?}");
        assert_eq!((left.inuse_objects, left.inuse_space), (0, 0), "all is freed");
        let lost = &last.metadata().dropped;
        for name in ["live_table_full", "stack_table_full", "tally_table_full", "sampled_heap_full"] {
            assert_eq!(lost[name], 0, "{name}");
        }
    },
};

#[inline(never)]
fn stressed(
    thread: u64,
    sender: &std::sync::mpsc::SyncSender<Vec<u8>>,
    receiver: &std::sync::Mutex<std::sync::mpsc::Receiver<Vec<u8>>>,
) {
    let mut state = thread * 7919 + 1;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut held: Vec<Vec<u8>> = Vec::new();
    let check = |block: &Vec<u8>| assert!(block.iter().all(|&byte| byte == block[0]), "contents are kept");
    for _ in 0..30_000 {
        match random(5) {
            0 | 1 => {
                let size = if random(20) == 0 { random(200_000) } else { random(600) } as usize + 1;
                held.push(vec![random(256) as u8; size]);
            }
            2 if !held.is_empty() => {
                let index = random(held.len() as u64) as usize;
                let block = &mut held[index];
                let (size, byte) = ((random(3000) + 1) as usize, block[0]);
                block.resize(size, byte);
                block.shrink_to_fit();
                check(block);
            }
            3 if !held.is_empty() => {
                let block = held.swap_remove(random(held.len() as u64) as usize);
                check(&block);
                let _ = sender.try_send(block);
            }
            _ => {
                if let Ok(block) = receiver.lock().unwrap().try_recv() {
                    check(&block);
                }
            }
        }
        if held.len() > 300 {
            held.clear();
        }
    }
}
