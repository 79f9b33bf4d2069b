//! Clients that subscribe to events, want one, and go on to other things.

use crate::arguments::{Arguments, Variant};
use crate::registry::Registry;
use crate::service::{self, Event, Server};
use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use tonic::Streaming;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint};

/// How much a client takes of a stream that it does not read, in bytes: what HTTP/2 begins with.
const WINDOW_BYTES: u32 = 65_535;

/// Calls of which nobody reads the rest. To keep them is the bug: a call is ended by dropping it.
static KEPT: Mutex<Vec<Streaming<Event>>> = Mutex::new(Vec::new());

/// Subscribes some times, publishes events meanwhile, and returns how many there were.
pub(crate) async fn run(arguments: &Arguments) -> Result<u64, Box<dyn Error>> {
    let published = heapdiff::counter("events");
    let registry = Arc::new(Registry::default());
    let channel = serve(&registry)?;
    for _ in 0..arguments.calls {
        let call = service::subscribe(channel.clone()).await?;
        wait_for_one(call, &registry, arguments.variant).await?;
    }
    for number in 1..=u64::from(arguments.rounds) {
        registry.publish(number);
        published.add(1);
        tokio::time::sleep(arguments.pause).await;
    }
    Ok(u64::from(arguments.rounds))
}

/// Starts the server, and connects to it.
fn serve(registry: &Arc<Registry>) -> Result<Channel, Box<dyn Error>> {
    let incoming = TcpIncoming::bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let endpoint = Endpoint::try_from(format!("http://{}", incoming.local_addr()?))?;
    let server = Server(Arc::clone(registry));
    tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(server, incoming));
    Ok(endpoint.initial_stream_window_size(WINDOW_BYTES).connect_lazy())
}

/// Has an event published and reads it, which is all that was wanted.
async fn wait_for_one(
    mut call: Streaming<Event>,
    registry: &Registry,
    variant: Variant,
) -> Result<(), Box<dyn Error>> {
    registry.publish(0);
    let _event = call.message().await?.ok_or("the stream is at its end")?;
    match variant {
        Variant::Leaky => KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(call),
        Variant::Fixed => drop(call),
    }
    Ok(())
}
