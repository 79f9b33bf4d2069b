//! What is left is found, counted exactly, and its place is named.

use crate::{amounts, left, never, of, open, row, runtime, scope};
use heapdiff::resource::{Ids, Lease, Level, MustClose, Type};
use heapdiff::task::TaskExt as _;
use heapdiff::test::LeftoverKind;
use std::hint::black_box;
use std::panic::catch_unwind;

static SESSION: Type = Type::new("session");
static SLOT: Type = Type::new("slot");
static SLOTS: Ids = Ids::new(&SLOT);

/// The line of this file that has `mark` in a comment.
fn line_of(mark: &str) -> u32 {
    let comment = format!("// {mark}");
    let at = include_str!("found.rs").lines().position(|line| line.ends_with(&comment));
    u32::try_from(at.unwrap()).unwrap() + 1
}

#[inline(never)]
fn forget_sessions(count: u64) {
    for _ in 0..count {
        let session = SESSION.acquire(10); // ACQUIRE
        session.record("queued");
        std::mem::forget(session);
    }
}

/// At the level that types begin with, of which one in 128 has a place.
#[test]
fn every_forgotten_resource() {
    let scope = scope();
    forget_sessions(300);
    drop(SESSION.acquire(10));
    let left = left(scope);
    assert_eq!(amounts(&left), [(open("session"), 300, 3000)]);
    let row = &left.rows()[0];
    assert_eq!(
        (row.frames()[0].file.as_deref(), row.frames()[0].line),
        (Some("tests/scopes/found.rs"), Some(line_of("ACQUIRE")))
    );
    assert!(row.frames()[0].function.ends_with("forget_sessions"), "{left}");
    assert_eq!(row.hint(), Some("queued"));
}

#[test]
fn at_every_level_but_off() {
    static TYPE: Type = Type::new("of every level");
    for (level, count) in
        [(Level::Count, 1), (Level::DEFAULT, 1), (Level::All, 1), (Level::Records, 1), (Level::Off, 0)]
    {
        TYPE.set_level(level);
        let scope = scope();
        std::mem::forget(TYPE.acquire(0));
        let result = scope.check();
        if count == 0 {
            result.unwrap();
        } else {
            assert_eq!(amounts(&of(result)), [(open("of_every_level"), 1, 0)], "{level}");
        }
    }
}

#[test]
fn what_is_dropped_unclosed_and_what_a_number_stands_for() {
    let scope = scope();
    drop(SESSION.must_close(7, 100));
    assert_eq!(MustClose::close(SESSION.must_close(8, 100)), 8);
    SLOTS.acquire(1, 4096);
    SLOTS.acquire(2, 4096);
    SLOTS.release(1).unwrap();
    let left = left(scope);
    assert_eq!(
        amounts(&left),
        [(open("slot"), 1, 4096), (LeftoverKind::Unclosed("session".to_owned()), 1, 100)],
        "{left}"
    );
}

#[inline(never)]
fn start(runtime: &tokio::runtime::Runtime) {
    runtime.spawn(wait_for_ever().tracked()); // SPAWN
}

async fn wait_for_ever() {
    let (_sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let _ = receiver.await; // AWAIT
}

#[test]
fn a_task_with_both_lines() {
    let runtime = runtime();
    let scope = scope();
    (0..3).for_each(|_| start(&runtime));
    let left = left(scope);
    let tasks = row(&left, &LeftoverKind::Tasks);
    assert_eq!((tasks.count(), tasks.bytes()), (3, 0));
    let own = |frames: &[heapdiff::test::FoundFrame], part: &str| {
        frames.iter().find(|frame| frame.function.contains(part)).and_then(|frame| frame.line)
    };
    assert_eq!(own(tasks.frames(), "found::start"), Some(line_of("SPAWN")), "{left}");
    assert_eq!(own(tasks.parked(), "wait_for_ever"), Some(line_of("AWAIT")), "{left}");
    let message = left.to_string();
    assert!(message.starts_with("left behind: 3 tasks, "), "{message}");
    assert!(
        message.contains("3 tasks spawned by scopes::found::start at tests/scopes/found.rs:"),
        "{message}"
    );
    assert!(
        message.contains("waiting at scopes::found::wait_for_ever::{{closure}} at tests/scopes/found.rs:"),
        "{message}"
    );
    // The cells of the tasks were allocated here, too.
    assert!(left.bytes() > 0);
}

/// What a task does on a thread of the runtime is the test's that spawned it.
#[test]
fn what_a_task_does_elsewhere() {
    let runtime = runtime();
    let scope = scope();
    let work = async {
        std::mem::forget(SESSION.acquire(5));
        std::mem::forget(black_box(vec![0u8; 1000]));
        tokio::task::yield_now().await;
        // The same after it was parked, maybe on another thread, and of a task of the task's.
        tokio::spawn(
            async {
                tokio::task::yield_now().await;
                std::mem::forget(SESSION.acquire(7));
            }
            .tracked(),
        )
        .await
        .unwrap();
    };
    let task = runtime.spawn(work.tracked());
    runtime.block_on(task).unwrap();
    // What others do is not: the runtime's threads are nobody's between polls.
    runtime.block_on(runtime.spawn(async { std::mem::forget(SESSION.acquire(9)) })).unwrap();
    let left = left(scope);
    let sessions: u64 =
        left.rows().iter().filter(|row| *row.kind() == open("session")).map(|row| row.bytes()).sum();
    assert_eq!(sessions, 12, "{left}");
    assert!(
        left.rows().iter().any(|row| *row.kind() == LeftoverKind::Memory && row.bytes() == 1000),
        "{left}"
    );
}

#[test]
fn memory() {
    let scope = scope();
    std::mem::forget(black_box(vec![0u8; 100]));
    let left = left(scope);
    assert_eq!(amounts(&left), [(LeftoverKind::Memory, 1, 100)]);
    assert_eq!(left.rows()[0].frames()[0].line, Some(line!() - 3));
}

#[test]
fn the_message_of_a_scope_that_is_dropped() {
    let payload = catch_unwind(|| {
        let _scope = scope();
        forget_sessions(2);
        std::mem::forget::<Lease>(SLOT.acquire(0));
    })
    .unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    for part in [
        "left behind: 2 resources `session` (20 bytes), 1 resource `slot`",
        "2 resources `session` (20 bytes) acquired by scopes::found::forget_sessions at tests/scopes/found.rs:",
        "    last `queued`",
        "`.ignore_top(\"scopes::found::forget_sessions\")`",
    ] {
        assert!(message.contains(part), "{message}");
    }
    for hidden in ["heapdiff::resource", "std::", "core::"] {
        assert!(!message.contains(hidden), "{hidden}: {message}");
    }
}

/// A test that fails already says why, and not what it could not clean up.
#[test]
fn a_panic_is_not_made_two() {
    let payload = catch_unwind(|| {
        let _scope = scope();
        forget_sessions(1);
        panic!("the test's own");
    })
    .unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the test's own"));
    // The thread is in no scope any longer.
    scope().end();
}

#[test]
fn a_task_that_is_polled_never() {
    let scope = scope();
    let task = never().tracked();
    let left = of(scope.check());
    assert_eq!(amounts(&left)[0], (LeftoverKind::Tasks, 1, 0));
    drop(task);
}
