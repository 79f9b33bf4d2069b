//! What grows and stops, or comes and goes, is no growth.

use heapdiff::test::{Growth, assert_no_growth};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hint::black_box;
use std::sync::{Mutex, OnceLock};

#[test]
fn work_that_frees_what_it_takes() {
    assert_no_growth(|| {
        let mut words: Vec<String> = (0..100).map(|n| format!("word {n}")).collect();
        words.sort();
        words.concat().len()
    });
}

#[test]
fn a_cache_with_a_bound() {
    let (mut cache, mut key) = (VecDeque::new(), 0_u64);
    Growth::new().warm_up(20).assert(|| {
        key += 1;
        cache.push_back(vec![key; 50]);
        if cache.len() > 16 {
            cache.pop_front();
        }
    });
}

#[test]
fn a_cache_that_fills_in_half_of_the_rounds() {
    let (mut cache, mut request) = (BTreeMap::new(), 0_u32);
    assert_no_growth(|| {
        request += 1;
        cache.insert(request % 16, vec![0_u8; 1024]);
    });
}

#[test]
fn a_map_that_grows_to_its_keys() {
    let (mut map, mut key) = (HashMap::new(), 0_u64);
    assert_no_growth(|| {
        for _ in 0..64 {
            key = (key + 1) % 1000;
            map.insert(key, key);
        }
    });
}

#[test]
fn a_vector_that_is_filled_and_emptied() {
    let mut queue: Vec<u64> = Vec::new();
    assert_no_growth(|| {
        queue.push(1);
        if queue.len() == 7 {
            queue.clear();
        }
    });
}

#[test]
fn what_is_made_once() {
    thread_local! {
        static OWN: Vec<u8> = vec![1; 5000];
    }
    static SHARED: OnceLock<Vec<u8>> = OnceLock::new();
    assert_no_growth(|| OWN.with(Vec::len) + SHARED.get_or_init(|| vec![2; 7000]).len());
}

#[test]
fn what_is_printed() {
    assert_no_growth(|| {
        println!("the harness keeps this line, and the next one, and those of all other rounds");
        eprintln!("and this one");
    });
}

#[test]
fn threads_that_come_and_go() {
    assert_no_growth(|| std::thread::spawn(|| black_box(vec![0_u8; 100]).len()).join().unwrap());
}

#[test]
fn a_value_that_is_returned() {
    assert_no_growth(|| vec![0_u8; 4096]);
}

#[test]
fn a_value_that_takes_the_place_of_the_last_one() {
    static LAST: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    let mut size = 0;
    assert_no_growth(|| {
        size = (size * 7 + 13) % 1009;
        *LAST.lock().unwrap() = vec![0; size];
    });
}

#[test]
fn what_other_threads_leave_behind() {
    let (work, orders) = std::sync::mpsc::sync_channel::<()>(0);
    let (done, answers) = std::sync::mpsc::sync_channel::<()>(0);
    let other = std::thread::spawn(move || {
        for () in orders {
            std::mem::forget(black_box(vec![0_u8; 10_000]));
            done.send(()).unwrap();
        }
    });
    assert_no_growth(|| {
        work.send(()).unwrap();
        answers.recv().unwrap();
    });
    drop(work);
    other.join().unwrap();
}
