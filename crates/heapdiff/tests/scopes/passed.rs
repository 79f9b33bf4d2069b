//! What passes: all is released, what is about to end gets the time for it, and what stood before is nobody's business.

use crate::{amounts, left, never, open, runtime, scope};
use heapdiff::resource::Type;
use heapdiff::task::TaskExt as _;
use heapdiff::test::{LeftoverKind, ScopeError, assert_no_growth};
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

static FILE: Type = Type::new("file");

#[test]
fn a_test_that_cleans_up() {
    let _scope = scope();
    let file = FILE.track(vec![0u8; 100]);
    let runtime = runtime();
    let _ = runtime.block_on(runtime.spawn(async { black_box(vec![0u8; 10]).len() }.tracked())).unwrap();
    let pending = runtime.spawn(never().tracked());
    pending.abort();
    drop((file, runtime));
}

#[test]
fn what_winds_down_meanwhile() {
    let runtime = runtime();
    let scope = scope();
    runtime.spawn(
        async {
            let _file = FILE.track(0);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        .tracked(),
    );
    let began = Instant::now();
    scope.end();
    assert!(began.elapsed() < Duration::from_secs(10));
}

/// As long as goleak's: about half a second, and longer if asked.
#[test]
fn waiting_has_an_end() {
    let looked = |patience| {
        let scope = scope().patience(patience);
        let file = FILE.acquire(1);
        let began = Instant::now();
        let left = left(scope);
        drop(file);
        assert_eq!(amounts(&left), [(open("file"), 1, 1)]);
        began.elapsed()
    };
    assert!(looked(Duration::ZERO) >= Duration::from_millis(400));
    assert!(looked(Duration::from_millis(900)) >= Duration::from_millis(900));
}

#[test]
fn what_stood_before() {
    let runtime = runtime();
    let before = runtime.spawn(never().tracked());
    let file = FILE.acquire(1);
    let first = scope();
    let ended = FILE.acquire(2);
    let mut second = {
        let task = runtime.spawn(never().tracked());
        assert_eq!(amounts(&left(first))[0], (open("file"), 1, 2));
        task.abort();
        scope()
    };
    // Of the ended scope, and what is there when it is said to be fine.
    drop(ended);
    let third = FILE.acquire(3);
    let block = black_box(vec![0u8; 77]);
    second.ignore_current();
    second.end();
    drop((file, third, block));
    before.abort();
}

#[test]
fn what_is_made_once() {
    static TABLE: OnceLock<Vec<u8>> = OnceLock::new();
    thread_local! {
        static OWN: Vec<u8> = vec![0; 50];
    }
    let _scope = scope();
    assert_eq!(TABLE.get_or_init(|| vec![0; 50]).len() + OWN.with(Vec::len), 100);
    println!("what is printed is kept by the harness");
}

#[test]
fn a_small_rest_of_memory() {
    let leak = || std::mem::forget(black_box(vec![0u8; 100]));
    let allowed = scope().allow_bytes(100);
    leak();
    allowed.end();
    let strict = scope().allow_bytes(99);
    leak();
    assert_eq!(amounts(&left(strict)), [(LeftoverKind::Memory, 1, 100)]);
}

#[test]
fn one_inside_of_another_is_refused() {
    let outer = scope();
    assert!(matches!(heapdiff::test::Scope::begin(), Err(ScopeError::Nested)));
    assert!(std::panic::catch_unwind(|| assert_no_growth(|| ())).is_err());
    outer.end();
    assert_no_growth(|| assert!(matches!(heapdiff::test::Scope::begin(), Err(ScopeError::Nested))));
}

/// The executor of an async test has one thread, the test's.
#[tokio::test]
async fn an_async_test() {
    let scope = scope();
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(
        async {
            let _file = FILE.track(0);
            let _ = receiver.await;
        }
        .tracked(),
    );
    tokio::task::yield_now().await;
    sender.send(()).unwrap();
    scope.end_async().await;
}

#[tokio::test]
async fn an_async_test_that_leaves_a_task() {
    let scope = scope();
    // Not tracked: seen by its memory.
    tokio::spawn(never());
    let Err(ScopeError::Left(left)) = scope.check_async().await else { panic!("a task is left") };
    assert!(left.bytes() > 0 && left.rows().iter().all(|row| *row.kind() == LeftoverKind::Memory), "{left}");
}
