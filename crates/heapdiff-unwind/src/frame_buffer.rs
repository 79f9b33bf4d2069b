//! Where a walk puts its return addresses.

use crate::walk::STACK_DEPTH_MAX;

/// Return addresses of one stack, leaf first.
#[derive(Debug)]
pub struct FrameBuffer {
    frames: [u64; STACK_DEPTH_MAX],
    len: usize,
}

impl Default for FrameBuffer {
    fn default() -> Self {
        Self { frames: [0; STACK_DEPTH_MAX], len: 0 }
    }
}

impl FrameBuffer {
    /// The frames so far.
    #[must_use]
    pub fn frames(&self) -> &[u64] {
        self.frames.get(..self.len).unwrap_or_default()
    }

    /// Forgets all frames.
    pub const fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds a return address. `false` if the buffer is full.
    pub(crate) fn push(&mut self, return_address: u64) -> bool {
        let Some(frame) = self.frames.get_mut(self.len) else { return false };
        *frame = return_address;
        self.len += 1;
        true
    }
}
