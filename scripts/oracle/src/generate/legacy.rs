//! Random texts in the formats from before profile.proto.

use crate::generate::{any_size, chance, pick};
use fastrand::Rng;
use std::fmt::Write as _;

/// A profile in one of the formats, or, rarely, something close to it.
pub(crate) fn text(rng: &mut Rng) -> Vec<u8> {
    let mut text = match rng.u32(0..10) {
        0..=3 => heap(rng),
        4 => go_count(rng),
        5 => threads(rng),
        6..=7 => contention(rng),
        8 => java(rng),
        _ => return cpu(rng),
    };
    if chance(rng, 85) {
        text.push_str(memory_map(rng));
    }
    if chance(rng, 5) {
        let mut cut = rng.usize(0..text.len());
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        text.truncate(cut);
    }
    text.into_bytes()
}

fn heap(rng: &mut Rng) -> String {
    let kinds = [
        "heapz_v2/524288",
        "heap_v2/524288",
        "heap/1048576",
        "heap/2",
        "heap",
        "heapprofile",
        "growthz",
        "growth",
        "fragmentationz",
        "heapz_v2/1",
        "heapz_v2/0",
        "heap_v2",
    ];
    let has_alloc = chance(rng, 50);
    let mut text = String::new();
    let (count, size) = (rng.u64(1..500), rng.u64(1..1 << 30));
    let (alloc_count, alloc_size) = if has_alloc { (count * 3, size * 5) } else { (count, size) };
    let kind = pick(rng, &kinds);
    let _ = writeln!(text, "heap profile: {count}: {size} [{alloc_count}: {alloc_size}] @ {kind}");
    for _ in 0..rng.usize(0..15) {
        let count = rng.u64(0..20);
        let size = if count == 0 && !chance(rng, 3) { 0 } else { any_size(rng, 29) };
        let (alloc_count, alloc_size) =
            if has_alloc { (count + rng.u64(0..9), size + rng.i64(0..9_999)) } else { (count, size) };
        let space = pick(rng, &["", " ", "    "]);
        let stack = stack(rng);
        let _ = writeln!(text, "{space}{count}: {size} [{alloc_count}: {alloc_size}] @{stack}");
        if chance(rng, 10) {
            text.push_str("#\t0x420cef\tmain.main+0x1f\t/home/user/main.go:12\n\n");
        }
    }
    text
}

fn go_count(rng: &mut Rng) -> String {
    let name = pick(rng, &["goroutine", "threadcreate", "block", "größe"]);
    let mut text = format!("{name} profile: total {}\n", rng.u32(0..99));
    for _ in 0..rng.usize(0..10) {
        let stack = stack(rng);
        let _ = writeln!(text, "{} @{stack}", rng.u32(0..30));
        if chance(rng, 30) {
            text.push_str("#\t0x44cb3\truntime.gopark+0x1\t/usr/local/go/src/runtime/proc.go:1\n\n");
        }
    }
    text
}

fn threads(rng: &mut Rng) -> String {
    let mut text = "--- threadz 1 ---\n\n".to_owned();
    for thread in 0..rng.u32(0..8) {
        if thread > 0 && chance(rng, 25) {
            text.push_str("  [same as previous thread]\n");
            continue;
        }
        let _ = writeln!(text, "--- Thread 7f79{thread:08x} (name: thread{thread}/147{thread}) stack: ---");
        for frame in 0..rng.u32(0..6) {
            let word = if frame == 0 { "PC:  " } else { "" };
            let _ = writeln!(text, "  {word}0x{:08x}: name{frame}", rng.u32(0x40_0000..0xc0_0000));
        }
        if chance(rng, 40) {
            let stack = stack(rng);
            let _ = writeln!(text, "      creator:{stack}");
        }
    }
    text
}

fn contention(rng: &mut Rng) -> String {
    let mut text = pick(rng, &["--- contentionz 1 ---\n", "--- mutex:\n", "--- contention:\n"]).to_owned();
    for (key, chance_percent, max) in [
        ("cycles/second", 90, 4_000_000_000),
        ("sampling period", 80, 200),
        ("ms since reset", 60, 20_000_000),
        ("discarded samples", 50, 3),
    ] {
        if chance(rng, chance_percent) {
            let _ = writeln!(text, "{key} = {}", rng.u64(0..max));
        }
    }
    for _ in 0..rng.usize(0..12) {
        let stack = stack(rng);
        let _ = writeln!(text, "{:>10} {:>8} @{stack}", any_size(rng, 35), rng.u32(0..200));
    }
    text
}

fn java(rng: &mut Rng) -> String {
    let (kind, resolution) =
        *pick(rng, &[&("heapz", "bytes"), &("contentionz", "microseconds"), &("contentionz", "ms")]);
    let mut text = format!("--- {kind} 1 ---\nformat = java\nresolution = {resolution}\n");
    if chance(rng, 50) {
        let _ = writeln!(
            text,
            "sampling period = {}\nms since reset = {}",
            rng.u32(1..600_000),
            rng.u32(0..9_999)
        );
    }
    for _ in 0..rng.usize(1..10) {
        let _ = write!(text, "{:>14} {:>5} @", rng.u32(1..99_999), rng.u32(1..9));
        for _ in 0..rng.usize(1..8) {
            let _ = write!(text, " 0x{:08x}", rng.u32(1..12));
        }
        text.push('\n');
    }
    text.push('\n');
    for id in 1..12 {
        let place = match id % 4 {
            0 => format!("com.example.Klass{id}.run (Klass{id}.java:{id})"),
            1 => format!("com.example.Klass{id}.<init> (Klass{id}.java)"),
            2 => format!("libjvm_{id} (/usr/lib/jvm/libjvm.so)"),
            _ => "GC".to_owned(),
        };
        let _ = writeln!(text, " 0x{id:08x} {place}");
    }
    text
}

/// The binary format: words of 64 or 32 bits, of either end first.
fn cpu(rng: &mut Rng) -> Vec<u8> {
    let period = *pick(rng, &[&10_000_u64, &1_000, &0]);
    let mut words = vec![0, 3, 0, period, 0];
    for _ in 0..rng.usize(1..10) {
        let depth = rng.u64(1..8);
        words.extend([rng.u64(1..50), depth]);
        words.extend((0..depth).map(|_| rng.u64(0x40_0000..0xc0_0000)));
    }
    words.extend([0, 1, 0]);
    let (is_wide, is_little) = (chance(rng, 75), chance(rng, 80));
    let mut bytes = Vec::new();
    for word in words {
        match (is_wide, is_little) {
            (true, true) => bytes.extend(word.to_le_bytes()),
            (true, false) => bytes.extend(word.to_be_bytes()),
            (false, true) => bytes.extend((word as u32).to_le_bytes()),
            (false, false) => bytes.extend((word as u32).to_be_bytes()),
        }
    }
    bytes.extend(memory_map(rng).bytes());
    bytes
}

fn stack(rng: &mut Rng) -> String {
    let mut text = String::new();
    for _ in 0..rng.usize(0..9) {
        // Few addresses, so that stacks meet.
        let _ = write!(text, " 0x{:x}", 0x40_0000 + rng.u64(0..24) * 0x1_0003);
    }
    text
}

/// Mostly the form that all parsers take: some refuse the others.
fn memory_map(rng: &mut Rng) -> &'static str {
    const COMMON: &str = "--- Memory map: ---\n  00400000-00b00000: /usr/bin/app\n\
         \x20 00b00000-00c00000: /usr/bin/app\n  7ffff7ffd000-7ffff7fff000: [vdso]\n";
    const PROC_MAPS: &str = "\nMAPPED_LIBRARIES:\n00400000-00b00000 r-xp 00000000 00:00 0  /usr/bin/app\n\
         7f0000000000-7f0000100000 r-xp 00001000 08:01 123  /lib/libabsent.so.6\n";
    const ATTRIBUTES: &str = "--- Memory map: ---\n  build=/opt/build\n  00400000-00500000: $build/app\n\
         \x20 00500000-00b00000: $build/libx.so\n  00b00000-00c00000 rw-p 0 00:00 0 $build/app\n";
    const NONSENSE: &str = "\nMAPPED_LIBRARIES:\nnonsense\n";
    pick(rng, &[COMMON, COMMON, COMMON, COMMON, ATTRIBUTES, ATTRIBUTES, PROC_MAPS, NONSENSE])
}
