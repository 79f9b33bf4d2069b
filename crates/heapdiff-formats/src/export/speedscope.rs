//! JSON of speedscope: one sampled profile a sample type, over shared frames.
//!
//! **Source:** `src/lib/file-format-spec.ts` of jlfwong/speedscope.

use super::frames::{Frames, Groups};
use super::{ExportError, ExportOptions, write_json};
use heapdiff_profile::{LocationId, Profile, ValueType};
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use std::io::Write;

pub(super) fn write(
    profile: &Profile,
    options: &ExportOptions<'_>,
    sink: &mut dyn Write,
) -> Result<(), ExportError> {
    let frames = &Frames::of(profile);
    let groups = &frames.by_stack();
    for (column, sample_type) in profile.sample_types.iter().enumerate() {
        if groups.iter().any(|group| group.sum(column) < 0) {
            let kind = sample_type.kind.clone();
            return Err(ExportError::NegativeValues { kind, format: "speedscope" });
        }
    }
    let sampled = |(column, sample_type)| Sampled::of(frames, groups, column, sample_type);
    let document = Document {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: concat!("heapdiff ", env!("CARGO_PKG_VERSION")),
        name: options.name,
        active_profile_index: options.column,
        shared: Shared { frames: SharedFrames(frames) },
        profiles: profile.sample_types.iter().enumerate().map(sampled).collect(),
    };
    write_json(&document, sink)
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: &'static str,
    name: &'a str,
    #[serde(rename = "activeProfileIndex")]
    active_profile_index: usize,
    shared: Shared<'a>,
    profiles: Vec<Sampled<'a>>,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: SharedFrames<'a>,
}

struct SharedFrames<'a>(&'a Frames<'a>);

impl Serialize for SharedFrames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.table.frames().map(|frame| Frame {
            name: frame.function,
            file: Some(frame.file).filter(|file| !file.is_empty()),
            line: Some(frame.line).filter(|&line| line > 0),
        }))
    }
}

#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<i64>,
}

/// One sample type.
#[derive(Serialize)]
struct Sampled<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    unit: &'static str,
    #[serde(rename = "startValue")]
    start_value: i64,
    #[serde(rename = "endValue")]
    end_value: i64,
    samples: Stacks<'a>,
    weights: Weights<'a>,
}

impl<'a> Sampled<'a> {
    fn of(frames: &'a Frames<'a>, groups: &'a Groups<'a>, column: usize, sample_type: &'a ValueType) -> Self {
        let total = groups.iter().fold(0_i64, |sum, group| sum.saturating_add(group.sum(column)));
        Self {
            kind: "sampled",
            name: &sample_type.kind,
            unit: unit(sample_type),
            start_value: 0,
            end_value: total,
            samples: Stacks { frames, groups, column },
            weights: Weights { groups, column },
        }
    }
}

/// The stacks that hold something, each as indices of frames, root first.
struct Stacks<'a> {
    frames: &'a Frames<'a>,
    groups: &'a Groups<'a>,
    column: usize,
}

impl Serialize for Stacks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let holding = self.groups.iter().filter(|group| group.sum(self.column) != 0);
        serializer.collect_seq(holding.map(|group| Stack { frames: self.frames, stack: &group.first.stack }))
    }
}

struct Stack<'a> {
    frames: &'a Frames<'a>,
    stack: &'a [LocationId],
}

impl Serialize for Stack<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        for frame in self.frames.root_first(self.stack) {
            sequence.serialize_element(&frame.index())?;
        }
        sequence.end()
    }
}

/// The values of those stacks.
struct Weights<'a> {
    groups: &'a Groups<'a>,
    column: usize,
}

impl Serialize for Weights<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sums = self.groups.iter().map(|group| group.sum(self.column));
        serializer.collect_seq(sums.filter(|&sum| sum != 0))
    }
}

/// The unit by speedscope's name for it.
fn unit(sample_type: &ValueType) -> &'static str {
    match sample_type.unit.as_str() {
        "bytes" | "byte" => "bytes",
        "nanoseconds" => "nanoseconds",
        "microseconds" => "microseconds",
        "milliseconds" => "milliseconds",
        "seconds" => "seconds",
        _ => "none",
    }
}
