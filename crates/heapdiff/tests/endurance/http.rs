//! A server and its clients over HTTP, with snapshots all the while.

use crate::random::Random;
use crate::series::{self, NOTES};
use crate::support::{Case, Ran};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Mutex;
use std::time::Instant;

pub(crate) const SERVED: Case = Case {
    name: "a_server_is_recorded_while_it_serves",
    environment: &[],
    inside: serve_for_a_while,
    check: |ran: &Ran| {
        let snapshots = ran.snapshots();
        assert!(snapshots.len() > 10, "{}", snapshots.len());
        series::check(ran, &snapshots);
        series::check_flat(&snapshots);
        let (truth, last) = (&series::truths(ran)[0], snapshots.last().unwrap());
        let kept = last.of("http::remember");
        assert_eq!((kept.inuse_objects, kept.inuse_space), (truth.objects, truth.space), "{truth:?}");
        assert!(truth.objects > 100, "{truth:?}");
        let made = last.of("http::page");
        assert_eq!(
            (made.inuse_objects, made.alloc_objects),
            (0, kept.alloc_objects),
            "all were sent and kept"
        );
        assert_eq!(
            last.of("http::answer_all").inuse_space,
            kept.inuse_space,
            "a connection leaves nothing else"
        );
    },
};

const CLIENTS: u64 = 4;
/// Pages that the server remembers; there are as many different ones.
const PAGES: usize = 500;
/// Requests on one connection.
const REQUESTS: usize = 200;

type Cache = Mutex<[Option<Box<[u8]>>; PAGES]>;

fn serve_for_a_while() {
    let (duration, every) = crate::duration();
    let builder = heapdiff::Profiler::builder().dir("profiles").every(every).keep(1 << 20, 1 << 40);
    let profiler = builder.period(1).start().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let cache: Cache = Mutex::new([const { None }; PAGES]);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let (listener, cache) = (&listener, &cache);
        let server = scope.spawn(move || {
            std::thread::scope(|connections| {
                // An empty connection is the last one.
                while let Ok((connection, _)) = listener.accept() {
                    if connection.peek(&mut [0]).unwrap_or(0) == 0 {
                        return;
                    }
                    connections.spawn(move || answer_all(connection, cache));
                }
            });
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn(move || {
                    let mut random = Random::new(client);
                    while started.elapsed() < duration {
                        ask(TcpStream::connect(address).unwrap(), &mut random);
                    }
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
        TcpStream::connect(address).unwrap().shutdown(Shutdown::Both).unwrap();
        server.join().unwrap();
    });
    let (mut objects, mut space) = (0, 0);
    for page in cache.lock().unwrap().iter().flatten() {
        (objects, space) = (objects + 1, space + page.len());
    }
    let name = profiler.snapshot().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    std::fs::write(NOTES, format!("{name} {objects} {space}\n")).unwrap();
    // Without the last snapshot, which a drop would write.
    std::mem::forget((profiler, cache));
}

/// Asks for pages on one connection, and checks each answer.
fn ask(mut connection: TcpStream, random: &mut Random) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    for _ in 0..REQUESTS {
        let page = random.below(PAGES);
        write!(connection, "GET /page/{page} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let headers = headers(&mut reader).unwrap();
        assert_eq!(headers[""], "HTTP/1.1 200 OK");
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        assert!(body.len() == length(page) && body.iter().all(|&byte| byte == page as u8), "page {page}");
    }
}

/// Answers the requests of one connection.
#[inline(never)]
fn answer_all(mut connection: TcpStream, cache: &Cache) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while let Some(headers) = headers(&mut reader) {
        let number: usize = headers[""].split(['/', ' ']).nth(3).unwrap().parse().unwrap();
        let body = page(number);
        write!(connection, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
        connection.write_all(&body).unwrap();
        // The old copy is freed, which another thread may have made.
        cache.lock().unwrap()[number] = Some(remember(&body));
    }
}

/// The first line, under an empty name, and the headers up to the empty line; `None` at the end of the connection.
fn headers(reader: &mut impl BufRead) -> Option<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 0 {
        let text = line.trim_end();
        if text.is_empty() {
            return Some(headers);
        }
        let (name, value) = if headers.is_empty() { ("", text) } else { text.split_once(": ").unwrap() };
        headers.insert(name.to_lowercase(), value.to_owned());
        line.clear();
    }
    None
}

fn length(number: usize) -> usize {
    100 + number * 17
}

#[inline(never)]
fn page(number: usize) -> Vec<u8> {
    black_box(vec![number as u8; length(number)])
}

#[inline(never)]
fn remember(body: &[u8]) -> Box<[u8]> {
    black_box(body.into())
}
