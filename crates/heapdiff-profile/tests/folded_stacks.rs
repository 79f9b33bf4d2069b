//! Folded stacks against figures worked out by hand.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use heapdiff_profile::{FoldOptions, InUse, Profile, ProfileBuilder, Subject, fold};

const RUST: &str = "/rustc/0/library/alloc/src/raw_vec/mod.rs";

fn profile() -> Profile {
    let grow = format!("alloc::raw_vec::RawVec<T>::grow_one {RUST}:336");
    let live = |bytes, objects| InUse { bytes, objects, samples: objects, epoch: 0 };
    ProfileBuilder::heap()
        .drop_frames("__rust_.*|mymalloc")
        .in_use(
            &[
                "__rust_alloc",
                &grow,
                "app::leaf src/leaf.rs:1",
                "app::walk src/walk.rs:5",
                "app::main src/main.rs:9",
            ],
            live(100, 10),
        )
        .in_use(
            &[
                "mymalloc m.c:1",
                "app::walk src/walk.rs:6",
                "app::walk src/walk.rs:5",
                "app::main src/main.rs:9",
            ],
            live(40, 4),
        )
        .in_use(&["app::main src/main.rs:9"], live(7, 1))
        .build()
}

fn folded(base: Option<&Profile>, head: &Profile, options: &FoldOptions) -> Vec<String> {
    let folded = fold(Subject { base, head }, options).unwrap();
    let text = |stack: &heapdiff_profile::FoldedStack| {
        let name = |&id| {
            let frame = folded.frames.frame(id);
            if frame.line == 0 {
                frame.function.to_owned()
            } else {
                format!("{}:{}", frame.function, frame.line)
            }
        };
        let frames: Vec<_> = stack.frames.iter().map(name).collect();
        format!("{} {}..{}", frames.join(";"), stack.base, stack.head)
    };
    folded.stacks.iter().map(text).collect()
}

#[test]
fn folded_stacks_are_root_first_without_the_allocator() {
    assert_eq!(
        folded(None, &profile(), &FoldOptions::default()),
        ["app::main 0..7", "app::main;app::walk;app::leaf 0..100", "app::main;app::walk;app::walk 0..40"]
    );
    let lines = FoldOptions { lines: true, ..FoldOptions::default() };
    assert_eq!(folded(None, &profile(), &lines)[2], "app::main:9;app::walk:5;app::walk:6 0..40");
}

#[test]
fn a_folded_diff_keeps_what_vanished() {
    let head = ProfileBuilder::heap()
        .in_use(
            &["app::new src/new.rs:1", "app::main src/main.rs:9"],
            InUse { bytes: 5, objects: 1, ..InUse::default() },
        )
        .in_use(&["app::main src/main.rs:9"], InUse { bytes: 7, objects: 1, ..InUse::default() })
        .build();
    assert_eq!(
        folded(Some(&profile()), &head, &FoldOptions::default()),
        [
            "app::main 7..7",
            "app::main;app::new 0..5",
            "app::main;app::walk;app::leaf 100..0",
            "app::main;app::walk;app::walk 40..0",
        ]
    );
}
