//! `heapdiff/info/v1`.

use heapdiff_profile::{Mapping, Metadata, Profile, ProfileSummary, ValueType};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// All metadata of a profile, for other programs.
#[derive(Clone, Copy, Debug)]
pub struct InfoJson<'a> {
    /// The file, as the user would type it.
    pub name: &'a str,
    /// Its size in bytes, compressed as it is; `None` where that is not known.
    pub file_bytes: Option<u64>,
    /// What it holds.
    pub profile: &'a Profile,
    /// The same in counts.
    pub summary: &'a ProfileSummary,
}

impl InfoJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/info/v1";

    /// Writes the metadata.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (profile, summary) = (self.profile, self.summary);
        super::write(
            &Document {
                schema: Self::SCHEMA,
                file: self.name,
                file_bytes: self.file_bytes,
                time_nanos: profile.time_nanos,
                duration_nanos: profile.duration_nanos,
                period: profile.period,
                period_type: profile.period_type.as_ref().map(ValueTypeJson::of),
                default_sample_type: profile.default_sample_type.as_deref(),
                drop_frames: profile.drop_frames.as_deref(),
                keep_frames: profile.keep_frames.as_deref(),
                doc_url: profile.doc_url.as_deref(),
                comments: &profile.comments,
                metadata: profile.metadata.as_ref(),
                totals: summary.totals.iter().map(TotalJson::of).collect(),
                samples: summary.samples,
                stacks: summary.stacks,
                depth_max: summary.depth_max,
                locations: summary.locations,
                locations_symbolized: summary.locations_symbolized,
                functions: summary.functions,
                mappings: profile.mappings.iter().map(MappingJson::of).collect(),
            },
            out,
        )
    }
}

/// All that a profile says about itself.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Info")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    /// Path of the profile, as it was typed or found.
    file: &'a str,
    /// Size of the file, compressed as it is; null where it is not known.
    file_bytes: Option<u64>,
    /// When it was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    time_nanos: i64,
    /// The time that it covers, in nanoseconds; 0 where it is not known.
    duration_nanos: i64,
    /// Mean distance between samples in the unit of `period_type`; 0 where it is not known.
    period: i64,
    /// What the period counts; null where the profile does not say.
    period_type: Option<ValueTypeJson<'a>>,
    /// The sample type that is shown unless another is asked for; null where the profile does not say.
    default_sample_type: Option<&'a str>,
    /// Regular expression of functions that pprof hides with all that they call; null where there is none.
    drop_frames: Option<&'a str>,
    /// Regular expression of functions that it shows in spite of that; null where there is none.
    keep_frames: Option<&'a str>,
    /// Where its producer documents it; null where there is none.
    doc_url: Option<&'a str>,
    /// What its producer wrote for people.
    comments: &'a [String],
    /// What heapdiff's recorder says of the process and of itself; null for other producers.
    metadata: Option<&'a Metadata>,
    /// The sum of each sample type, in the order of the file.
    totals: Vec<TotalJson<'a>>,
    /// Rows of values.
    samples: usize,
    /// Stacks that differ.
    stacks: usize,
    /// Addresses of the deepest stack.
    depth_max: usize,
    /// Addresses.
    locations: usize,
    /// Addresses whose function is known.
    locations_symbolized: usize,
    /// Functions.
    functions: usize,
    /// Files that were loaded into the process.
    mappings: Vec<MappingJson<'a>>,
}

/// What is counted.
#[derive(JsonSchema, Serialize)]
struct ValueTypeJson<'a> {
    /// What is counted, such as `space`.
    kind: &'a str,
    /// In which unit, such as `bytes`.
    unit: &'a str,
}

impl<'a> ValueTypeJson<'a> {
    fn of(value_type: &'a ValueType) -> Self {
        Self { kind: &value_type.kind, unit: &value_type.unit }
    }
}

/// The sum of a sample type.
#[derive(JsonSchema, Serialize)]
struct TotalJson<'a> {
    /// What is counted, such as `inuse_space`.
    sample_type: &'a str,
    /// In which unit, such as `bytes`.
    unit: &'a str,
    /// The sum over all samples.
    total: i64,
}

impl<'a> TotalJson<'a> {
    fn of((sample_type, total): &'a (ValueType, i64)) -> Self {
        Self { sample_type: &sample_type.kind, unit: &sample_type.unit, total: *total }
    }
}

/// A file that was loaded into the process.
#[derive(JsonSchema, Serialize)]
struct MappingJson<'a> {
    /// Path of the file.
    file: &'a str,
    /// Its build ID, hexadecimal; empty where it is not known.
    build_id: &'a str,
    /// The first address that it is mapped to.
    memory_start: u64,
    /// The first address behind it.
    memory_limit: u64,
    /// Offset in the file of what is mapped first, in bytes.
    file_offset: u64,
    /// Whether the profile names the functions of its addresses.
    symbolized: bool,
}

impl<'a> MappingJson<'a> {
    fn of(mapping: &'a Mapping) -> Self {
        Self {
            file: &mapping.file,
            build_id: &mapping.build_id,
            memory_start: mapping.memory_start,
            memory_limit: mapping.memory_limit,
            file_offset: mapping.file_offset,
            symbolized: mapping.symbolized,
        }
    }
}
