//! Workloads as programs have them: documents and maps.

use crate::measure::Done;
use crate::random::Random;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::hint::black_box;

/// Reads and writes a document of about 1 MB.
pub(crate) fn json() -> Box<dyn FnMut() -> Done> {
    let text = serde_json::to_string(&document()).expect("a value is JSON");
    Box::new(move || {
        let value: Value = serde_json::from_str(&text).expect("it was written a moment ago");
        let written = serde_json::to_string(&value).expect("a value is JSON");
        assert_eq!(written.len(), text.len());
        black_box(&written);
        Done { ops: 1, bytes: 0 }
    })
}

fn document() -> Value {
    let mut random = Random::new(3);
    let mut below = |limit: u64| random.next() % limit;
    let orders: Vec<Value> = (0..2_900)
        .map(|number| {
            let items: Vec<Value> = (0..1 + below(5))
                .map(|_| json!({ "article": format!("A-{:06}", below(1_000_000)), "amount": below(20), "cents": below(100_000) }))
                .collect();
            json!({
                "id": number,
                "customer": format!("customer number {}", below(10_000)),
                "note": "x".repeat(below(120) as usize),
                "paid": below(2) == 0,
                "tags": ["new", "web", format!("t{}", below(50))],
                "items": items,
            })
        })
        .collect();
    json!({ "orders": orders })
}

/// One entry out and one in.
pub(crate) fn btree() -> Box<dyn FnMut() -> Done> {
    const ENTRIES: u64 = 16_384;
    const OPS: u64 = 512;
    let mut random = Random::new(5);
    let mut map = BTreeMap::new();
    for number in 0..ENTRIES {
        map.insert(key(number), vec![0_u8; random.size()]);
    }
    Box::new(move || {
        let mut done = Done { ops: OPS, bytes: 0 };
        for _ in 0..OPS {
            let key = key(random.next() % ENTRIES);
            black_box(map.remove(&key));
            let size = random.size();
            done.bytes += (size + key.len()) as u64;
            map.insert(key, vec![0_u8; size]);
        }
        done
    })
}

fn key(number: u64) -> String {
    format!("session/{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
