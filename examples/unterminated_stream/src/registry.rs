//! Who is told of events.

use crate::service::Event;
use slab::Slab;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// The size of an event's payload.
const PAYLOAD_BYTES: usize = 16_384;

/// The subscribers, each with a queue that has no limit. It keeps a queue until its reader is gone.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<Slab<mpsc::UnboundedSender<Event>>>);

impl Registry {
    /// The queue of a new subscriber.
    pub(crate) fn subscribe(&self) -> mpsc::UnboundedReceiver<Event> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(sender);
        receiver
    }

    /// Puts an event into every queue.
    pub(crate) fn publish(&self, number: u64) {
        let mut subscribers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        subscribers.retain(|_, subscriber| {
            let payload = vec![1; PAYLOAD_BYTES];
            subscriber.send(Event { number, payload }).is_ok()
        });
    }
}
