//! Connections that are never let go, and the same connections without the leak; README.md tells the story.
#![forbid(unsafe_code)]

mod arguments;
mod connection;
mod response;
mod server;

use arguments::Arguments;
use clap::Parser;
use connection::Connection;
use std::fs::DirEntry;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// The runtime lives as long as the process, as that of a service does: its tasks are there when the last snapshot is
/// taken. It has one thread, so tasks run in the same order each time. On several threads the leak is a race, which is
/// lost now and then.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let server = server::start()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let runtime = RUNTIME.get_or_init(|| runtime);
    let sockets = open_sockets()?;
    runtime.block_on(connect_again_and_again(&arguments, server))?;
    let more = open_sockets()?.saturating_sub(sockets);
    let connections = arguments.connections;
    writeln!(io::stdout(), "{connections} connections are done; {more} sockets more than before are open")
}

/// Opens connections, has each carry as many requests as the server allows, and lets go of it.
async fn connect_again_and_again(arguments: &Arguments, server: SocketAddr) -> io::Result<()> {
    for _ in 0..arguments.connections {
        let connection = Connection::open(server, arguments.variant).await?;
        for _ in 0..server::REQUESTS_PER_CONNECTION {
            let body = connection.round_trip(server::REQUEST).await?;
            assert_eq!(body, server::BODY);
        }
        drop(connection);
        tokio::time::sleep(arguments.pause).await;
    }
    Ok(())
}

/// How many of this process's descriptors are sockets. Others come and go: a snapshot that is being written has one.
fn open_sockets() -> io::Result<usize> {
    let is_socket = |descriptor: io::Result<DirEntry>| {
        let behind = descriptor.and_then(|descriptor| std::fs::read_link(descriptor.path()));
        behind.is_ok_and(|behind| behind.to_string_lossy().starts_with("socket:"))
    };
    Ok(std::fs::read_dir("/proc/self/fd")?.map(is_socket).filter(|is_socket| *is_socket).count())
}
