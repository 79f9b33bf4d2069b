//! Messages in frames, written into buffers that are known by number.
//!
//! **Source:** `MessageFramer` of gRPC-Java 1.70, of which two threads may not use one at the same time; when they did,
//! Netty reported a buffer created at `MessageFramer.writeKnownLengthUncompressed`.

use crate::arguments::Variant;
use slab::Slab;
use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What stands before a message: whether it is compressed, and its length.
const HEADER_BYTES: usize = 5;

/// The size of a message.
const MESSAGE_BYTES: usize = 65_536;

/// The buffers of all streams, by number: that is how whatever writes them to the network is told of them.
static BUFFERS: Mutex<Slab<Vec<u8>>> = Mutex::new(Slab::new());

/// Frames the messages of one stream.
#[derive(Debug)]
struct Framer {
    /// The buffer that messages go to.
    buffer: Cell<Option<usize>>,
    /// Whether the stream is open.
    is_open: watch::Receiver<bool>,
    variant: Variant,
}

impl Framer {
    async fn write_known_length(&self, message: &[u8]) {
        let buffer = match self.buffer.get() {
            Some(buffer) => buffer,
            None => {
                let _ = self.is_open.clone().wait_for(|is_open| *is_open).await;
                // The bug: that there was none is old news by now. What the other writer has set is overwritten, and
                // nobody has its number any more.
                match self.buffer.get().filter(|_| self.variant == Variant::Fixed) {
                    Some(buffer) => buffer,
                    None => {
                        let bytes = Vec::with_capacity(HEADER_BYTES + message.len());
                        self.set_buffer(bytes)
                    }
                }
            }
        };
        if let (Some(bytes), Ok(length)) = (buffers().get_mut(buffer), u32::try_from(message.len())) {
            bytes.push(0);
            bytes.extend(length.to_be_bytes());
            bytes.extend(message);
        }
    }

    fn set_buffer(&self, bytes: Vec<u8>) -> usize {
        let buffer = buffers().insert(bytes);
        self.buffer.set(Some(buffer));
        buffer
    }

    /// Sends what was written, and frees the buffer. Returns how many bytes these were.
    fn flush(&self) -> usize {
        self.buffer.take().map_or(0, |buffer| buffers().remove(buffer).len())
    }
}

/// Opens a stream, while two write a message to it; flushes and closes it. Returns how many bytes were sent.
pub(crate) async fn round(variant: Variant) -> usize {
    let (open, is_open) = watch::channel(false);
    let framer = Framer { buffer: Cell::new(None), is_open, variant };
    let message = [7; MESSAGE_BYTES];
    tokio::join!(framer.write_known_length(&message), framer.write_known_length(&message), async {
        open.send_replace(true)
    },);
    framer.flush()
}

fn buffers() -> MutexGuard<'static, Slab<Vec<u8>>> {
    BUFFERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many buffers there are.
pub(crate) fn buffers_alive() -> usize {
    buffers().len()
}
