//! The other side: a small HTTP server on this machine.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

/// How much it answers.
pub(crate) const BODY_BYTES: usize = 65_536;

/// Starts it, on a port that is free.
pub(crate) fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            // A connection that breaks is the client's to complain about.
            let _ = connection.and_then(serve);
        }
    });
    Ok(address)
}

/// Answers one request.
fn serve(connection: TcpStream) -> io::Result<()> {
    let mut request = BufReader::new(&connection);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        if request.read_line(&mut line)? == 0 {
            return Ok(());
        }
    }
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY_BYTES}\r\n\r\n");
    (&connection).write_all(&[head.as_bytes(), &[b'.'; BODY_BYTES]].concat())
}
