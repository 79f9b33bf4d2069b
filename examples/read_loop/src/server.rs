//! The other side: a small HTTP server on this machine, which closes a connection after some requests.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

/// How many requests a connection may carry.
pub(crate) const REQUESTS_PER_CONNECTION: usize = 3;

/// What it is asked.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// What it answers.
pub(crate) const BODY: &[u8] = b"hello";

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

/// Answers requests. The last response has no length: it ends where the connection does.
fn serve(connection: TcpStream) -> io::Result<()> {
    let mut requests = BufReader::new(&connection);
    for number in 1..=REQUESTS_PER_CONNECTION {
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if requests.read_line(&mut line)? == 0 {
                return Ok(());
            }
        }
        let head = if number < REQUESTS_PER_CONNECTION {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", BODY.len())
        } else {
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned()
        };
        (&connection).write_all(&[head.as_bytes(), BODY].concat())?;
    }
    Ok(())
}
