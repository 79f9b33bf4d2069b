//! Profiles in the formats of other tools.
//!
//! Writers stream: beside the profile they hold its distinct frames and a few words a sample, never a second copy.
//! Rows of equal stack are summed where the format has no place for what tells them apart, and come in the order of
//! their stacks from the root on, so that what belongs together lies together.

mod collapsed;
mod csv;
mod firefox;
mod frames;
mod pprof;
mod speedscope;

use flate2::Compression;
use flate2::write::GzEncoder;
use heapdiff_pprof::WriteError;
use heapdiff_profile::Profile;
use std::io::{self, Write};

pub use pprof::write_profile;

/// A format that profiles are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// `profile.proto` in gzip: everything that a profile holds.
    Pprof,
    /// A line a stack, `main;load;parse 4096`, root first: what flame graph scripts read. One sample type.
    Collapsed,
    /// The same with two values, as `difffolded.pl` writes it: those of the profile's first two sample types, of which
    /// the first is the base.
    Differential,
    /// JSON of speedscope: every sample type, with files and lines.
    Speedscope,
    /// JSON of the Firefox Profiler, its processed profile format: every sample type, with files and lines.
    Firefox,
    /// Comma-separated values, a row a stack and set of labels: every sample type, and the labels.
    Csv,
}

/// How a profile is written.
#[derive(Clone, Debug)]
pub struct ExportOptions<'a> {
    /// What the profile is called where a format has a place for it.
    pub name: &'a str,
    /// The column of values for a format that has room for one, and the one to show first for the others.
    pub column: usize,
    /// Whether text is compressed too. `profile.proto` always is.
    pub gzip: bool,
}

/// Why a profile could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A message of `profile.proto` could not be written.
    #[error("failed to encode the profile")]
    Encode {
        /// Which, and why.
        #[from]
        source: WriteError,
    },
    /// The metadata could not be made JSON.
    #[error("failed to encode the metadata")]
    Metadata {
        /// Why.
        #[from]
        source: serde_json::Error,
    },
    /// The sink takes no more.
    #[error("failed to write")]
    Io {
        /// What the system says.
        #[from]
        source: io::Error,
    },
    /// The profile holds less than nothing somewhere, as a difference does.
    #[error("`{kind}` has negative values, which {format} cannot show")]
    NegativeValues {
        /// The sample type.
        kind: String,
        /// The format.
        format: &'static str,
    },
}

impl ExportError {
    /// What the sink said, where it is the sink that failed.
    ///
    /// # Errors
    /// The error itself, where the profile is to blame.
    pub fn into_sink_error(self) -> Result<io::Error, Self> {
        match self {
            Self::Io { source } | Self::Encode { source: WriteError::Io(source) } => Ok(source),
            other => Err(other),
        }
    }
}

/// Writes a profile, and leaves the sink not flushed.
///
/// # Errors
/// If the sink fails, the profile's invariants do not hold, or the format has no place for what it holds.
pub fn export<W: Write>(
    profile: &Profile,
    format: ExportFormat,
    options: &ExportOptions<'_>,
    sink: W,
) -> Result<(), ExportError> {
    if format == ExportFormat::Pprof {
        write_profile(profile, sink)?;
        return Ok(());
    }
    if options.gzip {
        let mut sink = GzEncoder::new(sink, Compression::default());
        export_text(profile, format, options, &mut sink)?;
        sink.finish()?;
        return Ok(());
    }
    let mut sink = sink;
    export_text(profile, format, options, &mut sink)
}

fn export_text(
    profile: &Profile,
    format: ExportFormat,
    options: &ExportOptions<'_>,
    sink: &mut dyn Write,
) -> Result<(), ExportError> {
    match format {
        ExportFormat::Pprof => write_profile(profile, sink).map(|_| ()),
        ExportFormat::Collapsed => collapsed::write(profile, &[options.column], sink),
        ExportFormat::Differential => collapsed::write(profile, &[0, 1], sink),
        ExportFormat::Speedscope => speedscope::write(profile, options, sink),
        ExportFormat::Firefox => firefox::write(profile, options, sink),
        ExportFormat::Csv => csv::write(profile, sink),
    }
}

/// Writes a document of JSON. A sink that fails is told from a document that is none.
fn write_json(document: &impl serde::Serialize, sink: &mut dyn Write) -> Result<(), ExportError> {
    serde_json::to_writer(&mut *sink, document).map_err(io::Error::from)?;
    sink.write_all(b"\n")?;
    Ok(())
}
