//! `heapdiff/info/v1`.

use heapdiff_profile::{Mapping, Metadata, Profile, ProfileSummary, ValueType};
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

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    file: &'a str,
    file_bytes: Option<u64>,
    /// 0 where it is not known.
    time_nanos: i64,
    duration_nanos: i64,
    period: i64,
    period_type: Option<ValueTypeJson<'a>>,
    default_sample_type: Option<&'a str>,
    drop_frames: Option<&'a str>,
    keep_frames: Option<&'a str>,
    doc_url: Option<&'a str>,
    comments: &'a [String],
    /// What heapdiff's recorder wrote, as it wrote it; null for other producers.
    metadata: Option<&'a Metadata>,
    totals: Vec<TotalJson<'a>>,
    samples: usize,
    stacks: usize,
    depth_max: usize,
    locations: usize,
    locations_symbolized: usize,
    functions: usize,
    mappings: Vec<MappingJson<'a>>,
}

#[derive(Serialize)]
struct ValueTypeJson<'a> {
    kind: &'a str,
    unit: &'a str,
}

impl<'a> ValueTypeJson<'a> {
    fn of(value_type: &'a ValueType) -> Self {
        Self { kind: &value_type.kind, unit: &value_type.unit }
    }
}

#[derive(Serialize)]
struct TotalJson<'a> {
    sample_type: &'a str,
    unit: &'a str,
    total: i64,
}

impl<'a> TotalJson<'a> {
    fn of((sample_type, total): &'a (ValueType, i64)) -> Self {
        Self { sample_type: &sample_type.kind, unit: &sample_type.unit, total: *total }
    }
}

#[derive(Serialize)]
struct MappingJson<'a> {
    file: &'a str,
    build_id: &'a str,
    memory_start: u64,
    memory_limit: u64,
    file_offset: u64,
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
