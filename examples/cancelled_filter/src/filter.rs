//! A filter that has every response audited before it passes it on.

use crate::client::{BoxError, BoxFuture};
use hyper::{Request, Response};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::Semaphore;
use tower::{Layer, Service};

/// Puts an [`Audit`] around a service.
#[derive(Clone, Debug)]
pub(crate) struct AuditLayer {
    /// As many permits as the auditor has agreed to responses.
    pub(crate) agreed: Arc<Semaphore>,
}

impl<S> Layer<S> for AuditLayer {
    type Service = Audit<S>;

    fn layer(&self, inner: S) -> Audit<S> {
        Audit { inner, agreed: Arc::clone(&self.agreed) }
    }
}

/// Passes responses on when the auditor has agreed.
#[derive(Clone, Debug)]
pub(crate) struct Audit<S> {
    inner: S,
    agreed: Arc<Semaphore>,
}

impl<S, Q, B> Service<Request<Q>> for Audit<S>
where
    S: Service<Request<Q>, Response = Response<B>, Error = BoxError>,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<Response<B>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let (response, agreed) = (self.inner.call(request), Arc::clone(&self.agreed));
        Box::pin(async move {
            let response = response.await?;
            // The head is there, and nobody reads the body yet. If the request is cancelled here, nobody ever will.
            agreed.acquire().await?.forget();
            Ok(response)
        })
    }
}
