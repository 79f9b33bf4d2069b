//! Fills a row with blocks.

use crate::heap::{Blocks, KIB, NEVER, Row, at};
use crate::random::Random;

/// A row that comes into being.
pub(crate) struct RowBuilder<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) snapshots: usize,
    row: Row,
    /// What parts of the row are parts of, in bytes.
    total: f64,
    block_bytes: f64,
}

impl<'a> RowBuilder<'a> {
    /// A row of `total` bytes, in blocks of one size. Up to a third of that is there from the beginning.
    pub(crate) fn new(name: String, snapshots: usize, total: f64, random: &'a mut Random) -> Self {
        let block_bytes = match random.uniform() {
            ..0.33 => 256.0,
            ..0.67 => 4.0 * KIB,
            _ => 64.0 * KIB,
        };
        let level = random.between(0.0, 0.3);
        let mut builder = Self { random, snapshots, row: Row::new(name), total, block_bytes };
        builder.add(0, NEVER, level);
        builder
    }

    /// The number of snapshots.
    pub(crate) fn length(&self) -> f64 {
        self.snapshots as f64
    }

    /// A snapshot between two parts of the time.
    pub(crate) fn part_of_time(&mut self, low: f64, high: f64) -> usize {
        at(self.length() * self.random.between(low, high))
    }

    /// Blocks that make up this part of the row, more or less.
    pub(crate) fn add(&mut self, born: usize, dies: usize, part: f64) {
        let count = self.random.poisson(part * self.total / self.block_bytes);
        self.row.blocks.push(Blocks { born, dies, size: self.block_bytes, count });
    }

    /// One block of this size.
    pub(crate) fn one_block(&mut self, born: usize, dies: usize, size: f64) {
        self.row.blocks.push(Blocks { born, dies, size, count: 1.0 });
    }

    /// Takes out what was there from the beginning.
    pub(crate) fn clear(&mut self) {
        self.row.blocks.clear();
    }

    pub(crate) fn finish(self) -> Row {
        self.row
    }
}
