//! An HTTP client as a `tower` service: a connection for each request.

use crate::arguments::Variant;
use crate::exchange::{Exchange, Inbound, receive};
use crate::pool::Pool;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower::Service;

/// What goes wrong.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;
/// What a service returns.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// Makes requests.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) server: SocketAddr,
    pub(crate) pool: &'static Pool,
    pub(crate) variant: Variant,
    /// How many responses have arrived in all.
    pub(crate) arrived: watch::Sender<u64>,
}

impl Service<Request<Empty<Bytes>>> for Client {
    type Response = Response<Inbound>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}

impl Client {
    /// Sends a request. The response is there when its head is; its body comes by itself.
    async fn send(self, request: Request<Empty<Bytes>>) -> Result<Response<Inbound>, BoxError> {
        let socket = TcpStream::connect(self.server).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        let connection = tokio::spawn(connection).abort_handle();
        let response = sender.send_request(request).await?;
        let (exchange, inbound) = Exchange::new(self.pool, self.variant, connection, self.arrived);
        let (head, body) = response.into_parts();
        tokio::spawn(receive(exchange, body));
        Ok(Response::from_parts(head, inbound))
    }
}
