//! Requests that are cancelled between head and body, with and without the leak; README.md tells the story.
#![forbid(unsafe_code)]

mod arguments;
mod client;
mod exchange;
mod filter;
#[path = "../../pooled_buffers/src/pool.rs"]
#[cfg_attr(not(test), expect(dead_code, reason = "buffers have one reference here"))]
mod pool;
mod server;

use arguments::Arguments;
use bytes::Bytes;
use clap::Parser;
use client::{BoxError, Client};
use exchange::Inbound;
use filter::AuditLayer;
use http_body_util::Empty;
use hyper::{Request, Response};
use pool::Pool;
use std::io::Write;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, watch};
use tower::{Layer as _, Service};

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// The pool lives as long as the process, as that of a service does.
static POOL: OnceLock<Pool> = OnceLock::new();

fn main() -> Result<(), BoxError> {
    let arguments = Arguments::parse();
    let pool = POOL.get_or_init(Pool::new);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let cancelled = runtime.block_on(make_requests(&arguments, pool))?;
    let (chunks, out) = pool.figures();
    let requests = arguments.requests;
    writeln!(
        std::io::stdout(),
        "{requests} requests are done, {cancelled} of them cancelled; chunks of 4 MiB: {chunks}, buffers that are out: {out}"
    )?;
    Ok(())
}

/// Makes requests, and cancels every second one when its response has arrived. Returns how many these were.
async fn make_requests(arguments: &Arguments, pool: &'static Pool) -> Result<u64, BoxError> {
    let (arrived, mut has_arrived) = watch::channel(0);
    let agreed = Arc::new(Semaphore::new(0));
    let client = Client { server: server::start()?, pool, variant: arguments.variant, arrived };
    let mut service = AuditLayer { agreed: Arc::clone(&agreed) }.layer(client);
    let mut cancelled = 0;
    for number in 1..=arguments.requests {
        let response =
            service.call(Request::get("/").header("Host", "localhost").body(Empty::<Bytes>::new())?);
        if number % 2 == 1 {
            agreed.add_permits(1);
            read(response.await?).await;
        } else {
            // Who asked goes away, while the auditor still thinks.
            tokio::select! {
                _ = response => unreachable!("nobody has agreed"),
                _ = has_arrived.wait_for(|arrived| *arrived == number) => cancelled += 1,
            }
        }
        tokio::time::sleep(arguments.pause).await;
    }
    Ok(cancelled)
}

/// Reads a whole body.
async fn read(response: Response<Inbound>) {
    let mut body = response.into_body();
    let mut bytes = 0;
    while let Some(more) = body.next().await {
        bytes += more;
    }
    assert_eq!(bytes, server::BODY_BYTES);
}
