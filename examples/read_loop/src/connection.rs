//! A connection, and the two tasks that belong to it.
//!
//! ```text
//! round_trip() -- request ------> write_loop -> socket
//!      |                                          |
//!      +--------- who waits ----> read_loop <-----+
//!      ^                              |
//!      +--------- response -----------+
//! ```
//! **Source:** `persistConn` of Go's `net/http` before Go 1.5, which the proxy bfe had copied.

use crate::arguments::Variant;
use crate::response;
use heapdiff::task;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 4096;

/// Where a response goes.
type Waiting = oneshot::Sender<Vec<u8>>;

/// A connection to a server. Its socket is closed when both of its tasks have ended.
#[derive(Debug)]
pub(crate) struct Connection {
    /// To `write_loop`: what is to be sent.
    requests: mpsc::UnboundedSender<&'static [u8]>,
    /// To `read_loop`: who waits, in the order of the requests.
    waiting: mpsc::UnboundedSender<Waiting>,
    /// Responses that are still to come.
    expected_responses: AtomicUsize,
    variant: Variant,
}

impl Connection {
    /// Connects, and starts both tasks.
    pub(crate) async fn open(server: SocketAddr, variant: Variant) -> io::Result<Arc<Self>> {
        let (reader, writer) = TcpStream::connect(server).await?.into_split();
        let (requests, to_write) = mpsc::unbounded_channel();
        let (waiting, to_read) = mpsc::unbounded_channel();
        let connection =
            Arc::new(Self { requests, waiting, expected_responses: AtomicUsize::new(0), variant });
        let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        task::spawn(read_loop(Arc::clone(&connection), reader, to_read));
        task::spawn(write_loop(writer, to_write));
        Ok(connection)
    }

    /// Sends a request, and returns the body of its response.
    pub(crate) async fn round_trip(&self, request: &'static [u8]) -> io::Result<Vec<u8>> {
        // Relaxed, here and below: it is a number, and what is handed over goes through channels.
        self.expected_responses.fetch_add(1, Ordering::Relaxed);
        let (sender, response) = oneshot::channel();
        self.waiting.send(sender).map_err(closed)?;
        self.requests.send(request).map_err(closed)?;
        let response = response.await.map_err(closed)?;
        if self.variant == Variant::Leaky {
            // The bug: `read_loop` has sent the response, and may have gone on before this task runs.
            self.expected_responses.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(response)
    }
}

/// Hands responses to those who wait for them, until the server closes the connection.
async fn read_loop(
    connection: Arc<Connection>,
    mut reader: BufReader<OwnedReadHalf>,
    mut waiting: mpsc::UnboundedReceiver<Waiting>,
) {
    loop {
        // Ready when a response comes, or the end of the connection.
        let _ = reader.fill_buf().await;
        if connection.expected_responses.load(Ordering::Relaxed) == 0 {
            break;
        }
        // In the leaky variant nobody will ever send. And this does not end either, since `connection`, which this task
        // holds, has the sender.
        let Some(whose) = waiting.recv().await else { break };
        let Ok(response) = response::read(&mut reader).await else { break };
        if connection.variant == Variant::Fixed {
            connection.expected_responses.fetch_sub(1, Ordering::Relaxed);
        }
        // Who has stopped waiting needs no response.
        let _ = whose.send(response);
    }
}

/// Sends requests, until the connection is dropped.
async fn write_loop(mut writer: OwnedWriteHalf, mut requests: mpsc::UnboundedReceiver<&'static [u8]>) {
    while let Some(request) = requests.recv().await {
        if writer.write_all(request).await.is_err() {
            break;
        }
    }
}

fn closed<E>(_: E) -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}
