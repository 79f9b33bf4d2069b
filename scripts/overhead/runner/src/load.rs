//! Load on the server: keep-alive connections over loopback, from this process, on the other core.

use crate::launch::Launch;
use overhead_workloads::{Block, Measured, Plan, Task, pin};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Connections, each of which waits for its answer before it asks again.
const CONNECTIONS: usize = 4;
/// Requests of one connection in a batch.
const REQUESTS: usize = 100;

/// Runs the server on `core`, asks it from the other one, and measures CPU time of the server a request.
pub(crate) fn measure(launch: &Launch, plan: Plan, core: usize) -> Result<Measured, String> {
    let mut command = launch.command(&Task::Http { core })?;
    let mut server = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("does not start: {error}"))?;
    let mut port = String::new();
    if let Some(stdout) = server.stdout.take() {
        let _ = BufReader::new(stdout).read_line(&mut port);
    }
    let measured = match port.trim().parse() {
        Ok(port) => std::thread::scope(|scope| {
            let load = scope.spawn(|| {
                pin(1 - core);
                Load::connect(port).and_then(|mut load| load.measure(plan))
            });
            load.join()
                .map_err(|_panic| "the load panicked".to_owned())?
                .map_err(|error| format!("does not serve: {error}"))
        }),
        Err(_) => Err("did not say its port".to_owned()),
    };
    if measured.is_err() {
        let _ = server.kill();
    }
    let _ = server.wait();
    let _ = std::fs::remove_dir_all(&launch.scratch);
    measured
}

struct Load {
    connections: Vec<Connection>,
    control: Connection,
}

impl Load {
    fn connect(port: u16) -> std::io::Result<Self> {
        let connections = (0..CONNECTIONS).map(|_| Connection::open(port)).collect::<Result<_, _>>()?;
        Ok(Self { connections, control: Connection::open(port)? })
    }

    fn measure(&mut self, plan: Plan) -> std::io::Result<Measured> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(plan.warm_up_ms) {
            self.batch()?;
        }
        // A request takes as long as thousands of allocations: fewer blocks, of which each is longer.
        let block = Duration::from_millis(plan.block_ms * 4);
        let mut measured = Measured::default();
        for _ in 0..plan.blocks.div_ceil(3) {
            let (start, cpu_start, mut ops) = (Instant::now(), self.server_cpu_ns()?, 0);
            while start.elapsed() < block {
                ops += self.batch()?;
            }
            let wall = start.elapsed().as_nanos() as f64;
            let cpu = self.server_cpu_ns()?.saturating_sub(cpu_start) as f64;
            measured.blocks.push(Block { wall_ns: wall / ops as f64, cpu_ns: cpu / ops as f64 });
            measured.ops += ops;
        }
        let _ = self.control.ask(b"GET /quit HTTP/1.1\r\nhost: a\r\n\r\n");
        Ok(measured)
    }

    /// All connections ask, then all are answered, again and again.
    fn batch(&mut self) -> std::io::Result<u64> {
        const LIST: &[u8] = b"GET /orders HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n\r\n";
        const ORDER: &str = r#"{"id":4711,"customer":"customer number 4711","note":"","items":[{"article":"A-000001","amount":2,"cents":1999},{"article":"A-000002","amount":1,"cents":250},{"article":"A-000003","amount":12,"cents":75}]}"#;
        let order = format!(
            "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{ORDER}",
            ORDER.len()
        );
        for number in 0..REQUESTS {
            let request = if number % 2 == 0 { LIST } else { order.as_bytes() };
            for connection in &mut self.connections {
                connection.send(request)?;
            }
            for connection in &mut self.connections {
                connection.receive()?;
            }
        }
        Ok((REQUESTS * CONNECTIONS) as u64)
    }

    fn server_cpu_ns(&mut self) -> std::io::Result<u64> {
        let body = self.control.ask(b"GET /cpu HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
        String::from_utf8_lossy(&body).parse().map_err(std::io::Error::other)
    }
}

/// A connection that is kept.
struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    fn open(port: u16) -> std::io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self { stream: BufReader::new(stream), line: String::new(), body: Vec::new() })
    }

    fn ask(&mut self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        self.send(request)?;
        self.receive()?;
        Ok(std::mem::take(&mut self.body))
    }

    fn send(&mut self, request: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(request)
    }

    fn receive(&mut self) -> std::io::Result<()> {
        let mut length = 0;
        loop {
            self.line.clear();
            if self.stream.read_line(&mut self.line)? == 0 {
                return Err(std::io::Error::other("the server hung up"));
            }
            let line = self.line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().map_err(std::io::Error::other)?;
            } else if line.starts_with("HTTP/1.1 ") && line != "HTTP/1.1 200 OK" {
                return Err(std::io::Error::other(line.to_owned()));
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)
    }
}
