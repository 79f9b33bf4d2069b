//! Heaps whose every block is known, and what a recorder sees of them.

use crate::random::Random;
use heapdiff_profile::{InUse, NamedProfile, ProfileBuilder};
use std::collections::BTreeMap;

pub(crate) const KIB: f64 = 1024.0;
pub(crate) const MIB: f64 = 1024.0 * KIB;

/// Blocks of one size that come and go together: alive from snapshot `born` up to, but without, snapshot `dies`.
#[derive(Clone, Copy)]
pub(crate) struct Blocks {
    pub(crate) born: usize,
    pub(crate) dies: usize,
    pub(crate) size: f64,
    pub(crate) count: f64,
}

/// The blocks of one function.
pub(crate) struct Row {
    /// `function file:line`.
    pub(crate) name: String,
    pub(crate) blocks: Vec<Blocks>,
}

/// Later than any snapshot.
pub(crate) const NEVER: usize = usize::MAX;

impl Row {
    pub(crate) fn new(name: String) -> Self {
        Self { name, blocks: Vec::new() }
    }

    /// Bytes alive at a snapshot.
    pub(crate) fn live(&self, snapshot: usize) -> f64 {
        self.alive(snapshot).map(|blocks| blocks.count * blocks.size).sum()
    }

    /// Blocks alive at a snapshot.
    pub(crate) fn objects(&self, snapshot: usize) -> f64 {
        self.alive(snapshot).map(|blocks| blocks.count).sum()
    }

    fn alive(&self, snapshot: usize) -> impl Iterator<Item = &Blocks> {
        self.blocks.iter().filter(move |blocks| blocks.born <= snapshot && snapshot < blocks.dies)
    }
}

/// What a row shows of one size and epoch: how many blocks are seen, and for how many and how much they stand.
#[derive(Clone, Copy, Default)]
struct Seen {
    samples: f64,
    objects: f64,
    bytes: f64,
}

/// The snapshots that a recorder writes of these rows, one every ten seconds.
pub(crate) fn recorded(
    rows: &[Row],
    snapshots: usize,
    period: f64,
    random: &mut Random,
) -> Vec<NamedProfile> {
    let mut seen: Vec<BTreeMap<(usize, usize, u64), Seen>> = vec![BTreeMap::new(); snapshots];
    for (at, row) in rows.iter().enumerate() {
        for blocks in &row.blocks {
            let chance = if period <= 1.0 { 1.0 } else { 1.0 - (-blocks.size / period).exp() };
            let samples = random.binomial(blocks.count, chance);
            if samples <= 0.0 {
                continue;
            }
            for of_snapshot in seen.iter_mut().take(blocks.dies).skip(blocks.born) {
                let seen = of_snapshot.entry((at, blocks.born, blocks.size.to_bits())).or_default();
                seen.samples += samples;
                seen.objects += samples / chance;
                seen.bytes += samples * blocks.size / chance;
            }
        }
    }
    let snapshot = |(sequence, seen): (usize, &BTreeMap<(usize, usize, u64), Seen>)| {
        let number = u32::try_from(sequence).unwrap_or(u32::MAX);
        let mut builder = ProfileBuilder::heap().snapshot(number).period(whole(period));
        for (&(row, epoch, _), seen) in seen {
            let Some(row) = rows.get(row) else { continue };
            let live = InUse {
                bytes: whole(seen.bytes),
                objects: whole(seen.objects),
                samples: whole(seen.samples),
                epoch: whole(epoch as f64),
            };
            builder = builder.in_use(&[row.name.as_str()], live);
        }
        NamedProfile { name: format!("{sequence:06}.pb.gz"), profile: builder.build() }
    };
    seen.iter().enumerate().map(snapshot).collect()
}

/// As the writer of a profile rounds.
#[expect(clippy::cast_possible_truncation, reason = "rounds; `as` saturates")]
pub(crate) fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// The snapshot that a point in the time of a series falls to.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounds down; negative is the first"
)]
pub(crate) fn at(number: f64) -> usize {
    number as usize
}
