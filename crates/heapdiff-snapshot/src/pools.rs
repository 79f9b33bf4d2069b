//! Pools of the program's own: memory that it takes in chunks, of which it hands out parts by itself.
//!
//! A profile of the heap shows a chunk where the pool grew, which says nothing of who holds its parts. So the rows of chunks
//! say whose they are, and the pool which profile of resources has the holders.

/// How a pool is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolFigures {
    /// What its chunks are labelled with.
    pub name: String,
    /// The type of resources that its parts are, as its files are called; empty if there is none.
    pub resource: String,
    /// Parts that are handed out, in the pool's own unit.
    pub used: u64,
    /// Parts that are not, in the same unit.
    pub free: u64,
    /// Chunks that it has.
    pub chunks: u64,
    /// Their bytes.
    pub chunk_bytes: u64,
}

/// Where the chunks of all pools are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunks {
    /// Start, end and the number of the pool; by start.
    ranges: Vec<(u64, u64, usize)>,
}

impl Chunks {
    /// Chunks by start and bytes, each with the number of its pool.
    #[must_use]
    pub fn new(chunks: impl IntoIterator<Item = (u64, u64, usize)>) -> Self {
        let ranges =
            chunks.into_iter().map(|(start, bytes, pool)| (start, start.saturating_add(bytes), pool));
        let mut ranges: Vec<_> = ranges.filter(|(start, end, _)| start < end).collect();
        ranges.sort_unstable();
        Self { ranges }
    }

    /// The pool that has a chunk in a block: a pool may align what it has allocated.
    pub(crate) fn pool_at(&self, address: u64, bytes: u64) -> Option<usize> {
        let end = address.saturating_add(bytes);
        let before = self.ranges.partition_point(|&(start, ..)| start < end);
        let &(_, chunk_end, pool) = self.ranges.get(before.checked_sub(1)?)?;
        (chunk_end > address).then_some(pool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_with_a_part_of_a_chunk_is_the_pools() {
        let chunks = Chunks::new([(200, 50, 1), (100, 100, 0), (300, 0, 2)]);
        let cases = [
            ((0, 100), None),
            ((0, 101), Some(0)),
            ((100, 100), Some(0)),
            ((199, 1), Some(0)),
            ((200, 1), Some(1)),
            ((150, 500), Some(1)),
            ((250, 100), None),
            ((u64::MAX, 8), None),
        ];
        for ((address, bytes), pool) in cases {
            assert_eq!(chunks.pool_at(address, bytes), pool, "{bytes} bytes at {address}");
        }
        assert_eq!(Chunks::default().pool_at(1, 1), None);
    }
}
