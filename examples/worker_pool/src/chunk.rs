//! A piece of the queue: slots that are written once and read once, from the first to the last.

use crate::arguments::Variant;

/// Slots in order: first those that were read, then those that wait, then those that are free.
///
/// ```text
/// [ read | read | read | waiting | waiting | free | free | free ]
///                        ^ read_next         ^ slots.len()      ^ capacity
/// ```
#[derive(Debug)]
pub(crate) struct Chunk<T> {
    slots: Vec<Option<T>>,
    capacity: usize,
    read_next: usize,
}

impl<T: Clone> Chunk<T> {
    /// A chunk with room for `capacity` values.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { slots: Vec::with_capacity(capacity), capacity, read_next: 0 }
    }

    /// How many values it takes in all.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether no further value fits.
    pub(crate) fn is_full(&self) -> bool {
        self.slots.len() == self.capacity
    }

    /// Whether all that it can hold has been written and read.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.read_next == self.capacity
    }

    /// Puts `value` into the next free slot; hands it back if there is none.
    pub(crate) fn write(&mut self, value: T) -> Result<(), T> {
        if self.is_full() {
            return Err(value);
        }
        self.slots.push(Some(value));
        Ok(())
    }

    /// The value that has waited longest.
    pub(crate) fn read(&mut self, variant: Variant) -> Option<T> {
        let slot = self.slots.get_mut(self.read_next)?;
        let value = match variant {
            // The leak. Where values are references, as in Go, reading one copies it: the slot goes on referring to
            // a task that is long done, and the task to all that it captured.
            Variant::Leaky => slot.clone(),
            Variant::Fixed => slot.take(),
        };
        self.read_next += 1;
        value
    }
}
