//! `heapdiff pprof` with profiles from a server and names from binaries. The texts are those of pprof 1.24.11 with the
//! same server.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

/// A heap profile of a program without names, as Go's servers write it.
const HEAP: &str = "heap profile: 1: 64 [1: 64] @ heap/1048576\n1: 64 [1: 64] @ 0x401001 0x402001\n";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A server with a few pages. It goes with the test's process.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for client in listener.incoming() {
            thread::spawn(move || answer(client.unwrap()));
        }
    });
    host
}

fn answer(client: TcpStream) {
    let mut reader = BufReader::new(client);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() <= 2 {
            break;
        }
        head.push(line);
    }
    let Some(request) = head.first() else { return };
    let header = |name: &str| {
        let line = head.iter().find(|line| line.to_lowercase().starts_with(name));
        line.map(|line| line[name.len()..].trim().to_owned())
    };
    let mut sent = vec![0; header("content-length:").map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut sent).unwrap();
    let path = request.split(' ').nth(1).unwrap();
    let ok = |body: &[u8]| ("200 OK", "", body.to_vec());
    let explained = "X-Go-Pprof: 1\r\nContent-Type: text/plain; charset=utf-8\r\n";
    let (status, headers, body) = match path {
        "/profile" => ok(&fs::read(fixture("go-heap.pb.gz")).unwrap()),
        "/profile?seconds=2" => ok(HEAP.as_bytes()),
        "/debug/pprof/heap" => ok(HEAP.as_bytes()),
        "/debug/pprof/symbol" => {
            assert_eq!(String::from_utf8(sent).unwrap(), "0x401000+0x402000");
            ok(b"num_symbols: 1\n0x401000 main.grow\n0x402000 main.main\n")
        }
        "/moved" => ("302 Found", "Location: /profile\r\n", Vec::new()),
        "/loop" => ("302 Found", "Location: /loop\r\n", Vec::new()),
        "/explained" => ("500 Internal Server Error", explained, b"went wrong\n".to_vec()),
        "/user" if header("authorization:").as_deref() == Some("Basic dTpwYXNz") => ok(HEAP.as_bytes()),
        _ => ("404 Not Found", "", b"nothing here".to_vec()),
    };
    let mut client = reader.into_inner();
    let length = body.len();
    write!(client, "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n")
        .unwrap();
    client.write_all(&body).unwrap();
}

/// Runs pprof in a home of its own.
fn pprof(arguments: &[&str], home: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapdiff"));
    command.arg("pprof").args(arguments).current_dir(home);
    for name in ["PPROF_TMPDIR", "PPROF_BINARY_PATH", "HTTP_PROXY", "http_proxy"] {
        command.env_remove(name);
    }
    command.env("HOME", home).env("TZ", "UTC").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_fetched_profile_is_shown_and_kept() {
    let (host, home) = (server(), tempfile::tempdir().unwrap());
    let folder = home.path().join("pprof");
    let name = "pprof.app.alloc_objects.alloc_space.inuse_objects.inuse_space.001.pb.gz";
    let from_file = pprof(&["-top", fixture("go-heap.pb.gz").to_str().unwrap()], home.path());
    for page in ["/profile", "/moved"] {
        let output = pprof(&["-top", &format!("{host}{page}")], home.path());
        let kept = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let said = text(&output.stderr);
        let expected = format!(
            "Fetching profile over HTTP from http://{host}{page}\nSaved profile in {}\n",
            kept.display()
        );
        assert_eq!(said, expected);
        assert_eq!(text(&output.stdout), text(&from_file.stdout));
        let again = pprof(&["-raw", kept.to_str().unwrap()], home.path());
        let raw = pprof(&["-raw", fixture("go-heap.pb.gz").to_str().unwrap()], home.path());
        assert_eq!(text(&again.stdout), text(&raw.stdout));
        assert!(kept.ends_with(name), "{}", kept.display());
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn the_server_names_functions() {
    let (host, home) = (server(), tempfile::tempdir().unwrap());
    let output = pprof(&["-traces", &format!("http://{host}/debug/pprof/heap")], home.path());
    let report = text(&output.stdout);
    let rows: Vec<&str> = report.lines().skip(2).collect();
    assert_eq!(
        rows.get(..3),
        Some(&["     bytes:  64B", "  512.03kB   main.grow", "             main.main"][..])
    );
    assert_eq!(fs::read_dir(home.path().join("pprof")).unwrap().count(), 1);
}

#[test]
fn the_time_to_measure_is_asked_for() {
    let (host, home) = (server(), tempfile::tempdir().unwrap());
    let page = format!("http://{host}/profile");
    let output = pprof(&["-comments", "-symbolize=none", "-seconds", "2", &page], home.path());
    let said = text(&output.stderr);
    assert!(
        said.starts_with(&format!("Fetching profile over HTTP from {page}?seconds=2\nPlease wait... (2s)\n")),
        "{said}"
    );
    assert!(output.status.success());
}

#[test]
fn what_a_server_refuses_is_said() {
    let (host, home) = (server(), tempfile::tempdir().unwrap());
    for (source, url, reason) in [
        ("HOST/absent", "http://HOST/absent", "server response: 404 Not Found"),
        (
            "HOST/explained",
            "http://HOST/explained",
            "server response: 500 Internal Server Error - went wrong",
        ),
        ("HOST/loop", "http://HOST/loop", r#"Get "/loop": stopped after 10 redirects"#),
        ("HOST", "http://HOST/debug/pprof/profile", "server response: 404 Not Found"),
        ("http://u:wrong@HOST/user", "http://u:wrong@HOST/user", "server response: 404 Not Found"),
        (
            "127.0.0.1:1/x",
            "http://127.0.0.1:1/x",
            r#"Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused"#,
        ),
        ("ftp://x/y", "ftp://x/y", r#"Get "ftp://x/y": unsupported protocol scheme "ftp""#),
    ] {
        let (source, url) = (source.replace("HOST", &host), url.replace("HOST", &host));
        let output = pprof(&["-top", &source], home.path());
        let expected = format!(
            "Fetching profile over HTTP from {url}\n{source}: {reason}\nfailed to fetch any source profiles\n"
        );
        assert_eq!(text(&output.stderr).replace("wrong\n\n", "wrong\n"), expected);
        assert_eq!(output.status.code(), Some(2));
    }
    let page = format!("http://u:pass@{host}/user");
    assert!(pprof(&["-top", "-symbolize=none", &page], home.path()).status.success());
    assert_eq!(fs::read_dir(home.path().join("pprof")).unwrap().count(), 1);
}

/// The function that is looked up in this very program.
#[inline(never)]
fn heapdiff_test_of_a_local_binary() -> u32 {
    std::hint::black_box(line!())
}

#[test]
fn a_binary_of_this_machine_names_its_functions() {
    let address = heapdiff_test_of_a_local_binary as fn() -> u32 as usize;
    assert!(heapdiff_test_of_a_local_binary() > 0);
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let home = tempfile::tempdir().unwrap();
    let profile = home.path().join("heap");
    // The reader takes one off every address.
    let heap = format!(
        "heap profile: 1: 64 [1: 64] @ heapprofile\n1: 64 [1: 64] @ {:#x}\n\nMAPPED_LIBRARIES:\n{maps}",
        address + 1
    );
    fs::write(&profile, heap).unwrap();
    let report = text(&pprof(&["-traces", "-lines", profile.to_str().unwrap()], home.path()).stdout);
    let row = report.lines().find(|line| line.contains("64B   ")).unwrap();
    assert!(
        row.contains("heapdiff_test_of_a_local_binary") && row.contains("cli/tests/pprof_pages.rs:"),
        "{report}"
    );
}
