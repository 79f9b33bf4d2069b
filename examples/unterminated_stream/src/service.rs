//! A service of one method, which streams events: what `tonic-build` would make of this, and its handler.
//!
//! ```protobuf
//! service Events { rpc Subscribe(Subscription) returns (stream Event); }
//! ```

use crate::registry::Registry;
use heapdiff::task;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::ServerStreamingService;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

const PATH: &str = "/Events/Subscribe";

/// Something that happened.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Event {
    #[prost(uint64, tag = "1")]
    pub(crate) number: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) payload: Vec<u8>,
}

/// That a client wants to be told.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct Subscription {}

/// The server's side.
#[derive(Clone, Debug)]
pub(crate) struct Server(pub(crate) Arc<Registry>);

impl Service<http::Request<Body>> for Server {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let handler = Subscribe(Arc::clone(&self.0));
        Box::pin(async move {
            if request.uri().path() != PATH {
                return Ok(Status::unimplemented("there is one method").into_http());
            }
            Ok(tonic::server::Grpc::new(ProstCodec::default()).server_streaming(handler, request).await)
        })
    }
}

/// The handler of `Subscribe`.
struct Subscribe(Arc<Registry>);

impl ServerStreamingService<Subscription> for Subscribe {
    type Response = Event;
    type ResponseStream = ReceiverStream<Result<Event, Status>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, _: Request<Subscription>) -> Self::Future {
        let events = self.0.subscribe();
        Box::pin(async move {
            let (responses, stream) = mpsc::channel(1);
            task::spawn(deliver(events, responses));
            Ok(Response::new(ReceiverStream::new(stream)))
        })
    }
}

/// Sends a subscriber's events, as fast as the client takes them, until the call ends.
async fn deliver(mut events: mpsc::UnboundedReceiver<Event>, responses: mpsc::Sender<Result<Event, Status>>) {
    while let Some(event) = events.recv().await {
        let response = Ok(event);
        // A client that neither reads nor ends its call keeps this waiting, while events queue up.
        if responses.send(response).await.is_err() {
            break;
        }
    }
}

/// The client's side: subscribes.
pub(crate) async fn subscribe(channel: Channel) -> Result<Streaming<Event>, Status> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = PathAndQuery::from_static(PATH);
    let response =
        client.server_streaming(Request::new(Subscription {}), path, ProstCodec::default()).await?;
    Ok(response.into_inner())
}
