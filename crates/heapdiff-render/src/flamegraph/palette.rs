//! Colours of the boxes. Each is light enough for black text.

use crate::source_path;
use std::fmt;

/// A colour of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(u8, u8, u8);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rgb({},{},{})", self.0, self.1, self.2)
    }
}

const UNCHANGED: Rgb = Rgb(232, 232, 230);
/// Pale, medium and deep, for growth: orange to red.
const GROWTH: [Rgb; 3] = [Rgb(253, 232, 208), Rgb(253, 161, 84), Rgb(236, 84, 58)];
/// The same for shrinkage: blues.
const SHRINKAGE: [Rgb; 3] = [Rgb(219, 234, 250), Rgb(133, 183, 240), Rgb(74, 134, 222)];

/// How deep the colour of `change` is, from 0 to 1, where `biggest` is the biggest change of any box.
///
/// The square root keeps a change of a hundredth of the biggest visible: it gets a tenth of the depth.
fn depth(change: i64, biggest: u64) -> f64 {
    if biggest == 0 { 0.0 } else { (change.unsigned_abs() as f64 / biggest as f64).sqrt().min(1.0) }
}

/// The colour of a net change.
pub(super) fn change(change: i64, biggest: u64) -> Rgb {
    let depth = depth(change, biggest);
    match change {
        0 => UNCHANGED,
        1.. => ramp(GROWTH, depth),
        _ => ramp(SHRINKAGE, depth),
    }
}

fn ramp([pale, medium, deep]: [Rgb; 3], depth: f64) -> Rgb {
    if depth < 0.5 { mix(pale, medium, depth * 2.0) } else { mix(medium, deep, depth * 2.0 - 1.0) }
}

fn mix(from: Rgb, to: Rgb, part: f64) -> Rgb {
    let channel = |from: u8, to: u8| {
        let value = f64::from(from) + (f64::from(to) - f64::from(from)) * part;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a value between two colour channels is a colour channel"
        )]
        let value = value.round() as u8;
        value
    };
    Rgb(channel(from.0, to.0), channel(from.1, to.1), channel(from.2, to.2))
}

/// The colour of a function in a graph of one profile: by crate, and grey for what came with the compiler. Where debug
/// information knows names without their path, its file tells the latter.
pub(super) fn by_crate(function: &str, file: &str) -> Rgb {
    const WARM: [Rgb; 8] = [
        Rgb(247, 197, 122),
        Rgb(240, 160, 120),
        Rgb(228, 190, 160),
        Rgb(244, 214, 110),
        Rgb(222, 170, 130),
        Rgb(250, 180, 150),
        Rgb(214, 200, 130),
        Rgb(236, 176, 96),
    ];
    let crate_name = crate_name(function);
    let is_named_so = matches!(crate_name, "std" | "core" | "alloc" | "hashbrown");
    if is_named_so || crate_name.starts_with("__r") || source_path::is_of_standard_library(file) {
        return UNCHANGED;
    }
    // FNV-1a: any hash will do that is the same on each machine and in each version.
    let hash = crate_name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let slot = usize::try_from(hash % WARM.len() as u64).unwrap_or(0);
    WARM.get(slot).copied().unwrap_or(UNCHANGED)
}

/// The first segment of a path, also inside `<impl Trait for crate::Type>`.
fn crate_name(function: &str) -> &str {
    let start = function.trim_start_matches(['<', '&', '*', '(', '[']);
    let start = start.strip_prefix("dyn ").or_else(|| start.strip_prefix("mut ")).unwrap_or(start);
    start.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_biggest_changes_are_deepest_and_none_is_grey() {
        assert_eq!(change(100, 100), GROWTH[2]);
        assert_eq!(change(-100, 100), SHRINKAGE[2]);
        assert_eq!(change(25, 100), GROWTH[1]);
        assert_eq!(change(0, 100), UNCHANGED);
        assert_eq!(change(0, 0), UNCHANGED);
    }

    #[test]
    fn crates_keep_their_colour_and_the_standard_library_is_grey() {
        let of = |function| by_crate(function, "src/a.rs");
        assert_eq!(of("tokio::task::spawn"), of("<tokio::io::Stdin as core::fmt::Debug>::fmt"));
        assert_eq!(of("alloc::vec::Vec<T>::push"), UNCHANGED);
        assert_eq!(of("<&mut std::fs::File>::read"), UNCHANGED);
        assert_ne!(of("from_elem"), UNCHANGED);
        assert_eq!(by_crate("from_elem", "/rustc/0123456789/library/alloc/src/vec/mod.rs"), UNCHANGED);
    }
}
