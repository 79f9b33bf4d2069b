//! Many scopes at once, on threads of their own and with tasks on one runtime: each finds its own.

use crate::{amounts, left, never, open, row, runtime, scope};
use heapdiff::resource::Type;
use heapdiff::task::TaskExt as _;
use heapdiff::test::LeftoverKind;
use std::hint::black_box;
use std::sync::Barrier;

static HANDLE: Type = Type::new("handle");
const LEAKS: u64 = 12;

#[test]
fn each_finds_its_own() {
    let (runtime, barrier) = (runtime(), Barrier::new(2 * usize::try_from(LEAKS).unwrap()));
    std::thread::scope(|threads| {
        for number in 1..=LEAKS {
            let (runtime, barrier) = (&runtime, &barrier);
            threads.spawn(move || {
                barrier.wait();
                let scope = scope();
                let work = async move {
                    for _ in 0..number {
                        std::mem::forget(HANDLE.acquire(number));
                        tokio::task::yield_now().await;
                    }
                };
                runtime.block_on(runtime.spawn(work.tracked())).unwrap();
                let stays = runtime.spawn(never().tracked());
                std::mem::forget(black_box(vec![0u8; usize::try_from(number).unwrap() * 10]));
                let left = left(scope);
                let of_resources: Vec<_> =
                    amounts(&left).into_iter().filter(|row| row.0 == open("handle")).collect();
                assert_eq!(of_resources, [(open("handle"), number, number * number)], "{left}");
                assert_eq!(row(&left, &LeftoverKind::Tasks).count(), 1, "{left}");
                assert!(left.rows().iter().any(|row| row.bytes() == number * 10), "{left}");
                stays.abort();
            });
            threads.spawn(move || {
                barrier.wait();
                for _ in 0..50 {
                    let scope = scope();
                    let work = async move {
                        let handle = HANDLE.track(vec![number]);
                        tokio::task::yield_now().await;
                        handle.len()
                    };
                    assert_eq!(runtime.block_on(runtime.spawn(work.tracked())).unwrap(), 1);
                    scope.end();
                }
            });
        }
    });
}
