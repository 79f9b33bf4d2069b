//! Where profiles and source files come from: files and pages. Several profiles are read at once.

use super::binary::LocalBinary;
use super::finish::status_text;
use super::surroundings::ThisMachine;
use super::{http, path, reason, say};
use heapdiff_classic::foreign_bytes::carry;
use heapdiff_classic::options::CommandLine;
use heapdiff_classic::session::{self, Fetched, Source};
use heapdiff_classic::url::page_address;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// How a file begins that `perf` recorded.
const PERF_MAGIC: &[u8] = b"PERFILE2";

/// How many pages are fetched at once.
const PAGES_AT_ONCE: usize = 128;

/// Whether a file holds a program or a library.
pub(super) fn is_binary(name: &str) -> bool {
    LocalBinary::open(&path(name)).is_ok_and(|binary| binary.is_some())
}

/// Reads all profiles of a command line: sources and bases.
pub(super) fn fetch(line: &CommandLine, machine: &ThisMachine) -> (Vec<Fetched>, Vec<Fetched>) {
    let names: Vec<&String> = line.sources.iter().chain(&line.bases).collect();
    let profiles = read_all(&names, line, machine);
    let mut fetched = names.into_iter().zip(profiles).map(|(name, profile)| Fetched {
        name: name.clone(),
        source: profile.unwrap_or_else(|| Err("was not read".to_owned())),
    });
    let sources = fetched.by_ref().take(line.sources.len()).collect();
    (sources, fetched.collect())
}

/// Fewer bytes than this are read by one thread.
const THREADS_WORTH_BYTES: u64 = 256 << 10;

/// Reads profiles, several at once. All are there in the end, in the order of their names.
fn read_all(
    names: &[&String],
    line: &CommandLine,
    machine: &ThisMachine,
) -> Vec<Option<Result<Source, String>>> {
    let sizes: Vec<Option<u64>> =
        names.iter().map(|name| fs::metadata(path(name)).ok()?.len().into()).collect();
    let pages = sizes.iter().filter(|size| size.is_none()).count().min(PAGES_AT_ONCE);
    let is_small = pages == 0 && sizes.iter().flatten().sum::<u64>() < THREADS_WORTH_BYTES;
    if names.len() == 1 || is_small {
        // A thread would take longer to start than these to read.
        return names.iter().map(|name| Some(read(name, line, machine))).collect();
    }
    // Servers take their time: whoever waits for one needs no processor.
    let threads = thread::available_parallelism().map_or(1, usize::from) + pages;
    let threads = threads.min(names.len());
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut profiles: Vec<Option<Result<Source, String>>> = names.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    // Nothing but the number itself is shared.
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(name) = names.get(index) else { break };
                    if sender.send((index, read(name, line, machine))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (index, profile) in receiver {
            if let Some(slot) = profiles.get_mut(index) {
                *slot = Some(profile);
            }
        }
    });
    profiles
}

fn read(name: &str, line: &CommandLine, machine: &ThisMachine) -> Result<Source, String> {
    let mut page = None;
    let bytes = match fs::metadata(path(name)) {
        Ok(_) => read_file(name)?,
        Err(error) => match page_address(name, line.seconds, line.timeout) {
            Some(address) => {
                say(&format!("Fetching profile over HTTP from {}", address.url));
                if line.seconds > 0 {
                    say(&format!("Please wait... ({})", duration_of_go(line.seconds)));
                }
                let bytes = http::get(&address)?;
                page = Some(address.url);
                bytes
            }
            None => return Err(format!("stat {name}: {}", reason(&error))),
        },
    };
    let mut remarks = Vec::new();
    let source = session::read(&bytes, page.as_deref(), line, machine, &mut remarks);
    remarks.iter().for_each(|remark| say(remark));
    source.map_err(|error| error.to_string())
}

fn read_file(name: &str) -> Result<Vec<u8>, String> {
    let mut file = File::open(path(name)).map_err(|error| format!("open {name}: {}", reason(&error)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| format!("read {name}: {}", reason(&error)))?;
    if bytes.starts_with(PERF_MAGIC) {
        say(&format!("Converting {name} to a profile.proto... (May take a few minutes)"));
        return convert(name).map_err(|error| {
            format!("failed to convert perf.data file. Try github.com/google/perf_data_converter: {error}")
        });
    }
    Ok(bytes)
}

/// Lets the tool for it make a profile of what `perf` recorded.
fn convert(name: &str) -> Result<Vec<u8>, String> {
    const TOOL: &str = "perf_to_profile";
    let profile = tempfile::Builder::new().prefix("pprof_").suffix(".pb.gz").tempfile();
    let profile = profile.map_err(|error| reason(&error))?;
    let status = std::process::Command::new(TOOL).arg(path(name)).arg(profile.path()).status();
    match status {
        Ok(status) if status.success() => fs::read(profile.path()).map_err(|error| reason(&error)),
        Ok(status) => Err(status_text(status)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("exec: \"{TOOL}\": executable file not found in $PATH"))
        }
        Err(error) => Err(reason(&error)),
    }
}

/// A time as Go prints it: `1h0m5s`.
fn duration_of_go(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// Reads a source file for `-list`.
pub(super) fn read_source(name: &str) -> Result<Vec<u8>, String> {
    fs::read(path(name)).map_err(|error| reason(&error))
}

/// The folder in which the program was started.
pub(super) fn working_directory() -> String {
    std::env::current_dir().map(|path| carry(path.as_os_str().as_bytes()).into_owned()).unwrap_or_default()
}

/// Where Go keeps the sources of modules, if the user has Go.
pub(super) fn go_modules() -> Vec<String> {
    let folder = std::env::var("GOPATH").ok().filter(|folder| !folder.is_empty());
    folder.map(|folder| format!("{folder}/pkg/mod")).into_iter().collect()
}
