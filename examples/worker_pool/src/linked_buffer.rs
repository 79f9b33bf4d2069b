//! An unbounded first-in-first-out queue of chunks.

use crate::arguments::Variant;
use crate::chunk::Chunk;
use std::collections::VecDeque;

/// Capacity of the first chunk, in values.
pub(crate) const CAPACITY_INITIAL: usize = 1024;

/// Largest capacity of a chunk, in values.
pub(crate) const CAPACITY_MAX: usize = 100 * 1024;

/// Below this capacity the next chunk is twice as large, from it on half as large again.
const CAPACITY_DOUBLING: usize = 1024;

/// Values wait here in chunks; values are written to the last one and read from the first one. A chunk is freed when
/// all of its slots have been read **and** another chunk follows: until then it stays, with all that its slots hold.
///
/// **Source:** the linked buffer of the Go library alitto/pond, v2.2.0 to v2.3.2 (leaky) and v2.3.3 (fixed).
#[derive(Debug)]
pub(crate) struct LinkedBuffer<T> {
    /// Never empty.
    chunks: VecDeque<Chunk<T>>,
    variant: Variant,
}

impl<T: Clone> LinkedBuffer<T> {
    /// An empty queue.
    pub(crate) fn new(variant: Variant) -> Self {
        Self { chunks: VecDeque::from([Chunk::new(CAPACITY_INITIAL)]), variant }
    }

    /// Appends `value`.
    pub(crate) fn write(&mut self, value: T) {
        let capacity = self.chunks.back().map_or(CAPACITY_INITIAL, |chunk| next_capacity(chunk.capacity()));
        let refused = match self.chunks.back_mut() {
            Some(chunk) => chunk.write(value).err(),
            None => Some(value),
        };
        if let Some(value) = refused {
            let mut chunk = Chunk::new(capacity);
            // A new chunk has room.
            let _ = chunk.write(value);
            self.chunks.push_back(chunk);
        }
    }

    /// Takes the value that has waited longest.
    pub(crate) fn read(&mut self) -> Option<T> {
        if self.chunks.len() > 1 && self.chunks.front().is_some_and(Chunk::is_exhausted) {
            self.chunks.pop_front();
        }
        self.chunks.front_mut()?.read(self.variant)
    }
}

/// The capacity of the chunk after one of `capacity`.
fn next_capacity(capacity: usize) -> usize {
    let next = if capacity < CAPACITY_DOUBLING { capacity * 2 } else { capacity + capacity / 2 };
    next.min(CAPACITY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Weak};

    const VARIANTS: [Variant; 2] = [Variant::Leaky, Variant::Fixed];

    /// How many of `values` still exist.
    fn alive(values: &[Weak<usize>]) -> usize {
        values.iter().filter(|value| value.strong_count() > 0).count()
    }

    /// Writes values and reads them at once, `count` times; the values, as far as they exist.
    fn pass_through(buffer: &mut LinkedBuffer<Arc<usize>>, count: usize) -> Vec<Weak<usize>> {
        let pass = |number| {
            let value = Arc::new(number);
            let weak = Arc::downgrade(&value);
            buffer.write(value);
            assert_eq!(buffer.read().as_deref(), Some(&number));
            weak
        };
        (0..count).map(pass).collect()
    }

    #[test]
    fn values_come_out_in_the_order_in_which_they_went_in() {
        for variant in VARIANTS {
            let mut buffer = LinkedBuffer::new(variant);
            let mut read = 0;
            // Three in, two out: the queue grows over several chunks, and is then emptied.
            for number in 0..10_000 {
                buffer.write(number);
                if number % 3 != 0 {
                    assert_eq!(buffer.read(), Some(read));
                    read += 1;
                }
            }
            assert!(buffer.chunks.len() > 1);
            while let Some(value) = buffer.read() {
                assert_eq!(value, read);
                read += 1;
            }
            assert_eq!(read, 10_000);
            assert_eq!(buffer.chunks.len(), 1);
        }
    }

    #[test]
    fn chunks_grow_by_half_up_to_a_limit() {
        let mut capacities = vec![CAPACITY_INITIAL];
        while capacities.last() != Some(&CAPACITY_MAX) {
            capacities.push(next_capacity(*capacities.last().unwrap()));
        }
        assert_eq!(
            capacities,
            [1024, 1536, 2304, 3456, 5184, 7776, 11_664, 17_496, 26_244, 39_366, 59_049, 88_573, 102_400]
        );
        assert_eq!(next_capacity(CAPACITY_MAX), CAPACITY_MAX);
        assert_eq!(next_capacity(512), 1024, "small chunks double");
    }

    #[test]
    fn leaky_slots_keep_what_was_read_until_the_chunk_goes() {
        let mut buffer = LinkedBuffer::new(Variant::Leaky);
        let first_chunk = pass_through(&mut buffer, CAPACITY_INITIAL);
        assert_eq!(alive(&first_chunk), CAPACITY_INITIAL, "a chunk without a successor stays");
        let second_chunk = pass_through(&mut buffer, 1);
        assert_eq!(alive(&first_chunk), 0);
        assert_eq!(alive(&second_chunk), 1);
    }

    #[test]
    fn fixed_slots_keep_nothing() {
        let mut buffer = LinkedBuffer::new(Variant::Fixed);
        let values = pass_through(&mut buffer, CAPACITY_INITIAL + 1);
        assert_eq!(alive(&values), 0);
    }

    #[test]
    fn what_waits_is_kept_by_both() {
        for variant in VARIANTS {
            let mut buffer = LinkedBuffer::new(variant);
            let value = Arc::new(7);
            let weak = Arc::downgrade(&value);
            buffer.write(value);
            assert_eq!(alive(&[weak]), 1);
        }
    }
}
