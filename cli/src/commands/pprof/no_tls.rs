//! No secure connections: built without the feature `https`.

use heapdiff_classic::options::TlsFiles;
use std::io;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

/// Nothing to set.
pub(super) type Config = ();

pub(super) fn of(_is_insecure: bool) -> Config {}

pub(super) fn with_files(_is_insecure: bool, _files: &TlsFiles) -> Result<Config, String> {
    Ok(())
}

pub(super) fn configured(builder: ConfigBuilder<AgentScope>, _tls: Config) -> ConfigBuilder<AgentScope> {
    builder
}

pub(super) fn reason(_error: &io::Error) -> Option<String> {
    None
}
