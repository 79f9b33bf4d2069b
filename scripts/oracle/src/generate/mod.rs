//! Random cases. The same seed and number give the same case, everywhere.

mod flags;
pub(crate) mod large;
mod legacy;
mod lines;
mod names;
mod profile;
mod unusual;

use crate::case::{Case, Content, Input, Role};
use crate::shrink::is_report;
use fastrand::Rng;

/// The case of this number.
pub(crate) fn case(seed: u64, number: u64) -> Case {
    // The odd constant spreads neighbouring seeds, whose cases would be each other's neighbours otherwise.
    let rng = &mut Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number));
    let inputs = inputs(rng);
    let vocabulary = names::Vocabulary::of(&inputs);
    let mut flags = flags::flags(rng, &vocabulary);
    let source_files = vec![("src/lib.rs".to_owned(), names::source_text(60))];
    let mut lines = Vec::new();
    if chance(rng, 15) {
        flags.retain(|flag| !is_report(flag));
        lines = lines::lines(rng, &vocabulary);
    }
    Case { inputs, flags, source_files, lines }
}

fn inputs(rng: &mut Rng) -> Vec<Input> {
    if chance(rng, 12) {
        let content = Content::Bytes(legacy::text(rng));
        return vec![Input { role: Role::Source, content }];
    }
    let first = profile::profile(rng);
    let sources = match rng.u32(0..100) {
        0..14 => rng.usize(2..4),
        // More than pprof combines at once.
        14 if chance(rng, 30) => rng.usize(126..132),
        _ => 1,
    };
    let bases = if chance(rng, 35) { rng.usize(1..3) } else { 0 };
    let role = if rng.bool() { Role::Base } else { Role::DiffBase };
    let mut inputs = Vec::new();
    for index in 0..sources + bases {
        let mut profile = match index {
            0 => first.clone(),
            // A later profile of the same program, mostly; now and then that of another one.
            _ if chance(rng, 93) => profile::later(&first, rng),
            _ => profile::profile(rng),
        };
        if chance(rng, 2) {
            profile::damage(&mut profile, rng);
        }
        if chance(rng, 20) {
            unusual::distort(&mut profile, rng);
        }
        if chance(rng, 25) {
            profile::renumber(&mut profile, rng);
        }
        let role = if index < sources { Role::Source } else { role };
        let mut content = Content::Profile { profile: Box::new(profile), is_gzipped: chance(rng, 90) };
        if chance(rng, 3) {
            let mut bytes = content.bytes().unwrap_or_default();
            unusual::damage_file(&mut bytes, rng);
            content = Content::File(bytes);
        }
        inputs.push(Input { role, content });
    }
    if chance(rng, 2) {
        let content = if rng.bool() { Content::Missing } else { Content::Bytes(b"rubbish\n".to_vec()) };
        inputs.push(Input { role: Role::Source, content });
    }
    inputs
}

/// True in so many percent of the cases.
pub(crate) fn chance(rng: &mut Rng, percent: u32) -> bool {
    rng.u32(0..100) < percent
}

/// One of these.
pub(crate) fn pick<'a, T: ?Sized>(rng: &mut Rng, items: &[&'a T]) -> &'a T {
    items[rng.usize(0..items.len())]
}

/// A number below a random power of two: small and large ones are equally frequent.
pub(crate) fn any_size(rng: &mut Rng, bits_max: u32) -> i64 {
    let bits = rng.u32(1..=bits_max);
    rng.i64(0..1 << bits)
}
