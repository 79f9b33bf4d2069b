//! Where profiles and source files come from: files. Several profiles are read at once.

use super::{path, reason};
use heapdiff_classic::foreign_bytes::carry;
use heapdiff_classic::options::CommandLine;
use heapdiff_classic::profile::Profile;
use heapdiff_classic::session::{self, Fetched};
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// How the files begin that hold programs: ELF, Mach-O of both kinds and both byte orders, and universal ones.
const BINARY_MAGICS: [&[u8]; 7] = [
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"MZ",
];

/// Whether a file holds a program or a library.
pub(super) fn is_binary(name: &str) -> bool {
    let mut start = [0; 4];
    let has_start = File::open(path(name)).and_then(|mut file| file.read_exact(&mut start)).is_ok();
    has_start && BINARY_MAGICS.iter().any(|magic| start.starts_with(magic))
}

/// Reads all profiles of a command line: sources and bases.
pub(super) fn fetch(line: &CommandLine) -> (Vec<Fetched>, Vec<Fetched>) {
    let names: Vec<&String> = line.sources.iter().chain(&line.bases).collect();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(names.len());
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut profiles: Vec<Option<Result<Profile, String>>> = names.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, names) = (sender.clone(), &next, &names);
            scope.spawn(move || {
                loop {
                    // Nothing but the number itself is shared.
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(name) = names.get(index) else { break };
                    if sender.send((index, read(name, line))).is_err() {
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
    let mut fetched = names.into_iter().zip(profiles).map(|(name, profile)| Fetched {
        name: name.clone(),
        profile: profile.unwrap_or_else(|| Err("was not read".to_owned())),
    });
    let sources = fetched.by_ref().take(line.sources.len()).collect();
    (sources, fetched.collect())
}

fn read(name: &str, line: &CommandLine) -> Result<Profile, String> {
    if let Err(error) = fs::metadata(path(name)) {
        if is_address(name) {
            return Err("fetching over HTTP is not supported yet".to_owned());
        }
        return Err(format!("stat {name}: {}", reason(&error)));
    }
    let mut file = File::open(path(name)).map_err(|error| format!("open {name}: {}", reason(&error)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| format!("read {name}: {}", reason(&error)))?;
    drop(file);
    session::read(&bytes, line).map_err(|error| error.to_string())
}

/// Whether what is no file is the address of a page: `http://host/profile`, `host:6060/profile`.
fn is_address(name: &str) -> bool {
    name.split('/').next().is_some_and(|first| first.contains(':') && first != "file:")
}

/// Reads a source file for `-list`.
pub(super) fn read_source(name: &str) -> Result<Vec<u8>, String> {
    fs::read(path(name)).map_err(|error| reason(&error))
}

/// Whether a file can be opened.
pub(super) fn can_open(name: &str) -> Result<(), String> {
    File::open(path(name)).map(drop).map_err(|error| reason(&error))
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
