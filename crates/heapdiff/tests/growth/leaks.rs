//! Leaks: bytes and objects of a round are exact, and the line is named.

use crate::{found, rows};
use heapdiff::test::{Growth, assert_no_growth};
use std::any::Any;
use std::cell::RefCell;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Mutex;

#[test]
fn a_leaked_box() {
    let found = found(&Growth::new(), || {
        black_box(Box::leak(Box::new([0_u8; 100])));
    });
    let [row] = found.rows() else { panic!("{found}") };
    assert_eq!((row.bytes(), row.objects()), (2800, 28));
    assert_eq!(found.bytes_per_round().to_bits(), 100_f64.to_bits());
    let leaf = &row.frames()[0];
    assert_eq!(leaf.file.as_deref(), Some("tests/growth/leaks.rs"));
    assert_eq!(leaf.line, Some(line!() - 7), "the line of the box");
    assert!(leaf.function.contains("a_leaked_box"), "{}", leaf.function);
}

#[test]
fn a_forgotten_string() {
    let found = found(&Growth::new(), || std::mem::forget(black_box(String::from("twenty-one characters"))));
    assert_eq!(rows(&found)[0].0, 21 * 28);
    assert_eq!(found.rows().len(), 1);
}

#[test]
fn what_a_static_vector_holds_and_the_vector() {
    static HELD: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());
    #[inline(never)]
    fn remember() {
        let block = black_box(Box::new([1_u8; 100]));
        HELD.lock().unwrap().push(block);
    }
    let found = found(&Growth::new(), remember);
    let rows = rows(&found);
    assert_eq!(rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>(), [(2800, 28), (16 * 28, 0)]);
    assert!(rows.iter().all(|row| row.2.ends_with("::remember")), "{rows:?}");
    assert_eq!(found.bytes_per_round().to_bits(), 116_f64.to_bits());
}

#[test]
fn a_static_vector_of_numbers() {
    static HELD: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    let found = found(&Growth::new(), || HELD.lock().unwrap().push(7));
    // A power of two at the beginning and at the end.
    assert_eq!((found.rows()[0].bytes(), found.rows()[0].objects()), (8 * 28, 0));
}

#[test]
fn a_cycle() {
    struct Node {
        _next: RefCell<Option<Rc<Self>>>,
    }
    let found = found(&Growth::new(), || {
        let node = Rc::new(Node { _next: RefCell::new(None) });
        *node._next.borrow_mut() = Some(Rc::clone(&node));
    });
    // Two counts, the flag of the cell, and the reference.
    assert_eq!((found.rows()[0].bytes(), found.rows()[0].objects()), (32 * 28, 28));
}

#[test]
fn every_third_round() {
    let mut round = 0;
    let found = found(&Growth::new(), || {
        round += 1;
        if round % 3 == 0 {
            std::mem::forget(black_box(vec![0_u8; 300]));
        }
    });
    // Of the rounds 5 to 32 nine.
    assert_eq!((found.rows()[0].bytes(), found.rows()[0].objects()), (2700, 9));
}

#[test]
fn what_grows_in_its_place() {
    let mut text = String::with_capacity(4);
    let found = found(&Growth::new(), || text.reserve_exact(text.capacity() + 10));
    assert_eq!(found.rows().len(), 1);
    assert_eq!(found.rows()[0].objects(), 0);
}

/// Freed by others than those who allocated is freed; what others do not free is left behind.
#[test]
fn what_is_handed_to_another_thread() {
    let (sender, receiver) = std::sync::mpsc::sync_channel::<Vec<u8>>(0);
    let other = std::thread::spawn(move || {
        let mut kept = Vec::new();
        for (number, block) in receiver.iter().enumerate() {
            if number % 2 == 1 {
                kept.push(block);
            }
        }
        kept.len()
    });
    let found = found(&Growth::new(), || {
        sender.send(black_box(vec![0; 1000])).unwrap();
        sender.send(black_box(vec![0; 500])).unwrap();
    });
    drop(sender);
    assert_eq!(other.join().unwrap(), 32);
    assert!(found.rows().iter().any(|row| (row.bytes(), row.objects()) == (500 * 28, 28)), "{found}");
    assert!(found.rows().iter().all(|row| row.bytes() != 1000 * 28), "{found}");
}

#[test]
fn places_with_one_name_are_one_row() {
    #[inline(never)]
    fn leak() {
        std::mem::forget(black_box(Box::new(7_u64)));
    }
    let found = found(&Growth::new(), || {
        leak();
        leak();
        (0..3).for_each(|_| leak());
    });
    let all: (u64, u64) =
        found.rows().iter().fold((0, 0), |sum, row| (sum.0 + row.bytes(), sum.1 + row.objects()));
    assert_eq!(all, (8 * 5 * 28, 5 * 28));
    let mut rows = found.rows().iter().map(heapdiff::test::FoundRow::frames);
    while let Some(frames) = rows.next() {
        assert!(rows.clone().all(|others| others != frames), "{found}");
    }
}

#[test]
fn the_message() {
    fn handle() {
        std::mem::forget(black_box(vec![0_u8; 64]));
    }
    let payload = std::panic::catch_unwind(|| assert_no_growth(handle)).unwrap_err();
    let message = payload.downcast_ref::<String>().unwrap();
    for part in [
        "memory grows: 64 bytes in 1 object left behind in each round, over 28 rounds after 4 to warm up",
        "64 bytes in 1 object allocated by growth::leaks::the_message::handle at tests/growth/leaks.rs:",
        "`.ignore(\"growth::leaks::the_message::handle\")`, or `.allow_bytes(64)`",
        "HEAPDIFF_DIR=profiles HEAPDIFF_PERIOD=1 cargo test leaks::the_message`",
    ] {
        assert!(message.contains(part), "{message}");
    }
    for hidden in ["alloc::", "std::", "hook", "core::"] {
        assert!(!message.contains(hidden), "{hidden}: {message}");
    }
}
