//! A hyper server on loopback whose handlers read and write JSON.

use crate::clock;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::io::Write;
use tokio::net::TcpListener;

#[derive(Serialize, Deserialize)]
struct Order {
    id: u64,
    customer: String,
    note: String,
    items: Vec<Item>,
}

#[derive(Serialize, Deserialize)]
struct Item {
    article: String,
    amount: u32,
    cents: u64,
}

/// Serves until `/quit` is asked for. Prints the port first.
pub(crate) fn serve() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_io().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        println!("{}", listener.local_addr().expect("it is bound").port());
        std::io::stdout().flush().expect("the runner listens");
        while let Ok((stream, _)) = listener.accept().await {
            // As servers do; without it a response waits for the acknowledgement of the one before.
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let _ =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(handle)).await;
            });
        }
    });
}

async fn handle(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    Ok(match (request.method(), path) {
        (&Method::GET, "/orders") => answer(&(0..12).map(order).collect::<Vec<_>>()),
        (&Method::POST, "/orders") => accept(request).await,
        (&Method::GET, "/cpu") => Response::new(Full::from(clock::process_cpu_ns().to_string())),
        (&Method::GET, "/quit") => std::process::exit(0),
        _ => status(StatusCode::NOT_FOUND),
    })
}

/// Reads an order, adds up what it costs, and sends it back with a note.
async fn accept(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let Ok(body) = request.into_body().collect().await else { return status(StatusCode::BAD_REQUEST) };
    let Ok(mut order) = serde_json::from_slice::<Order>(&body.to_bytes()) else {
        return status(StatusCode::BAD_REQUEST);
    };
    let cents: u64 = order.items.iter().map(|item| u64::from(item.amount) * item.cents).sum();
    order.note = format!("costs {}.{:02}", cents / 100, cents % 100);
    answer(&order)
}

fn order(id: u64) -> Order {
    let items = (0..1 + id % 5)
        .map(|line| Item {
            article: format!("A-{:06}", id * 31 + line),
            amount: line as u32 + 1,
            cents: 199 * id,
        })
        .collect();
    Order { id, customer: format!("customer number {id}"), note: "to be paid on delivery".to_owned(), items }
}

fn answer(value: &impl Serialize) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(value).expect("orders are JSON");
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(Full::from(body))
        .expect("a constant header is valid")
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
