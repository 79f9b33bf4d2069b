//! A response on its way: whoever receives it puts it into pooled buffers, and whoever asked for it takes them from there.
//!
//! ```text
//! connection -- bytes --> receive() --> queue of buffers --> Inbound::next()
//! ```
//! **Source:** `FluxReceive` of Reactor Netty 1.2.0 to 1.2.2, and `DisposedChannel`, whose `close` failed.

use crate::arguments::Variant;
use crate::pool::{Buffer, PAGE_BYTES, Pool};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

/// What receiver and consumer share.
#[derive(Debug)]
pub(crate) struct Exchange {
    pool: &'static Pool,
    variant: Variant,
    state: Mutex<State>,
    /// Told whenever `state` changes.
    changed: Notify,
    /// How many responses have arrived in all.
    arrived: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Frame>,
    connection: Connection,
    is_cancelled: bool,
}

/// A part of the body.
#[derive(Clone, Copy, Debug)]
struct Frame {
    buffer: Buffer,
    bytes: usize,
}

/// Where the body comes from.
#[derive(Debug)]
enum Connection {
    Open(AbortHandle),
    /// The whole body has arrived, and the connection does other things.
    Gone,
}

impl Connection {
    fn close(&self) -> io::Result<()> {
        match self {
            Self::Open(connection) => {
                connection.abort();
                Ok(())
            }
            Self::Gone => Err(io::Error::new(io::ErrorKind::NotConnected, "the connection is gone")),
        }
    }
}

impl Exchange {
    /// An exchange over a connection. The consumer's side of it cancels it when it is dropped.
    pub(crate) fn new(
        pool: &'static Pool,
        variant: Variant,
        connection: AbortHandle,
        arrived: watch::Sender<u64>,
    ) -> (Arc<Self>, Inbound) {
        let state =
            State { queue: VecDeque::new(), connection: Connection::Open(connection), is_cancelled: false };
        let exchange =
            Arc::new(Self { pool, variant, state: Mutex::new(state), changed: Notify::new(), arrived });
        (Arc::clone(&exchange), Inbound(exchange))
    }

    /// Puts bytes into buffers, and these into the queue.
    fn push(&self, mut bytes: &[u8]) {
        let mut state = self.lock();
        while !(bytes.is_empty() || state.is_cancelled) {
            let has_room = state.queue.back().is_some_and(|frame| frame.bytes < PAGE_BYTES);
            let last = if has_room { state.queue.pop_back() } else { None };
            let mut frame = last.unwrap_or_else(|| Frame { buffer: self.pool.acquire(), bytes: 0 });
            let (now, later) = bytes.split_at(bytes.len().min(PAGE_BYTES - frame.bytes));
            self.pool.with(frame.buffer, |page| {
                page.iter_mut().skip(frame.bytes).zip(now).for_each(|(to, from)| *to = *from);
            });
            self.pool.touch(frame.buffer, "Buffered in the inbound queue");
            frame.bytes += now.len();
            state.queue.push_back(frame);
            bytes = later;
        }
        self.changed.notify_one();
    }

    /// The whole body has arrived: the connection is no longer this exchange's.
    fn end(&self) {
        self.lock().connection = Connection::Gone;
        self.changed.notify_one();
        self.arrived.send_modify(|arrived| *arrived += 1);
    }

    /// Nobody wants the rest.
    fn cancel(&self) -> io::Result<()> {
        self.lock().is_cancelled = true;
        // Releases what is queued, however this function is left.
        let _guard = (self.variant == Variant::Fixed).then(|| DrainGuard(self));
        // The bug: a connection that is gone cannot be closed, so the next line is not reached.
        self.lock().connection.close()?;
        self.drain();
        Ok(())
    }

    fn drain(&self) {
        self.lock().queue.drain(..).for_each(|frame| self.pool.release(frame.buffer));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct DrainGuard<'a>(&'a Exchange);

impl Drop for DrainGuard<'_> {
    fn drop(&mut self) {
        self.0.drain();
    }
}

/// Receives a body as fast as it comes, whether anybody reads it or not.
pub(crate) async fn receive(exchange: Arc<Exchange>, mut body: Incoming) {
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(bytes) = frame.data_ref() {
            exchange.push(bytes);
        }
    }
    exchange.end();
}

/// The consumer's side: the body of a response.
#[derive(Debug)]
pub(crate) struct Inbound(Arc<Exchange>);

impl Inbound {
    /// Takes the next part of the body, and returns its size. `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<usize> {
        loop {
            let is_over = {
                let mut state = self.0.lock();
                if let Some(frame) = state.queue.pop_front() {
                    self.0.pool.release(frame.buffer);
                    return Some(frame.bytes);
                }
                matches!(state.connection, Connection::Gone)
            };
            if is_over {
                return None;
            }
            self.0.changed.notified().await;
        }
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        // That a connection could not be closed is a line in some log, which says nothing of buffers.
        let _ = self.0.cancel();
    }
}
