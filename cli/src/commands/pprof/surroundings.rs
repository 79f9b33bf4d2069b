//! This machine and the servers that it reaches, for symbolization.

use super::binary::LocalBinary;
use super::{http, path, reason};
use heapdiff_classic::foreign_bytes::carry;
use heapdiff_classic::options::TlsFiles;
use heapdiff_classic::session::{Binary, Surroundings};
use heapdiff_classic::url::page_of;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

/// The machine on which this program runs.
#[derive(Debug, Default)]
pub(super) struct ThisMachine {
    pub(super) tls: TlsFiles,
}

impl Surroundings for ThisMachine {
    fn open_binary(&self, file: &str) -> Result<Box<dyn Binary>, String> {
        let binary = LocalBinary::open(&path(file));
        match binary {
            Ok(Some(binary)) => Ok(Box::new(binary)),
            Ok(None) => Err(format!("open {file}: unrecognized object file")),
            Err(error) => Err(format!("open {file}: {}", reason(&error))),
        }
    }

    fn files_in(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(path(folder)).into_iter().flatten().flatten();
        let mut files: Vec<String> =
            entries.map(|entry| carry(entry.path().as_os_str().as_bytes()).into_owned()).collect();
        files.sort();
        files
    }

    fn binary_path(&self) -> String {
        match super::variable("PPROF_BINARY_PATH") {
            path if path.is_empty() => {
                let home = super::variable("HOME");
                if home.is_empty() { "pprof/binaries".to_owned() } else { format!("{home}/pprof/binaries") }
            }
            path => path,
        }
    }

    fn post(&self, url: &str, text: &str) -> Result<Vec<u8>, String> {
        let page = page_of(url).ok_or_else(|| format!("http post {url}: no such address"))?;
        http::post(&page, text, &self.tls)
    }
}
