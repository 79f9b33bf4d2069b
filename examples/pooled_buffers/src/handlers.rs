//! What answers requests.

use crate::arguments::Variant;
use crate::pool::{Buffer, Pool};
use std::hint::black_box;

/// Handles requests, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handlers<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) variant: Variant,
}

impl Handlers<'_> {
    /// Handles a request: one in eight is of the kind whose handler leaks.
    pub(crate) fn handle(self, request: u64) {
        if request % 8 == 7 { self.handler_leaky(request) } else { self.handler_ok(request) }
    }

    #[inline(never)]
    fn handler_ok(self, request: u64) {
        let buffer = self.pool.acquire();
        self.answer(buffer, request);
        self.pool.release(buffer);
    }

    #[inline(never)]
    fn handler_leaky(self, request: u64) {
        let buffer = self.pool.acquire();
        self.answer(buffer, request);
        // The bug is what is not here in the leaky variant.
        if self.variant == Variant::Fixed {
            self.pool.release(buffer);
        }
    }

    /// Writes the answer, and sends it. What sends has a reference of its own, and releases it.
    fn answer(self, buffer: Buffer, request: u64) {
        self.pool.retain(buffer);
        self.pool.touch(buffer, "Sent as an answer");
        self.pool.with(buffer, |bytes| {
            for (byte, digit) in bytes.iter_mut().zip(request.to_be_bytes()) {
                *byte = digit;
            }
            black_box(bytes);
        });
        self.pool.release(buffer);
    }
}
