//! `heapdiff/traces/v1`.

use super::frame::FrameJson;
use super::subject::{SubjectJson, ValuesJson};
use crate::side::Sides;
use heapdiff_profile::{Trace, TraceLabel, TracesReport};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The stacks of a profile or of a comparison for other programs.
#[derive(Clone, Copy, Debug)]
pub struct TracesJson<'a> {
    /// The stacks.
    pub report: &'a TracesReport,
    /// The files.
    pub sides: Sides<'a>,
    /// Stacks that are written at most, in the report's order; `None` writes all.
    pub rows_max: Option<usize>,
}

impl TracesJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/traces/v1";

    /// Writes them.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let traces = report.traces.iter().take(self.rows_max.unwrap_or(usize::MAX));
        let document = Document {
            schema: Self::SCHEMA,
            subject: SubjectJson::of(self.sides, &report.subject),
            traces_all: report.traces.len(),
            traces: traces.map(|trace| TraceJson::of(trace, report)).collect(),
            notes: report.notes.iter().map(ToString::to_string).collect(),
        };
        super::write(&document, out)
    }

    /// Writes the stacks as comma-separated values.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let traces = self.report.traces.iter().take(self.rows_max.unwrap_or(usize::MAX));
        let traces = traces.map(|trace| TraceJson::of(trace, self.report));
        super::csv::write(traces, self.report.subject.is_diff(), out)
    }
}

/// Every stack with what it holds.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Traces")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    #[serde(flatten)]
    subject: SubjectJson<'a>,
    /// How many stacks there are; `-n` may have kept some out of `traces`.
    traces_all: usize,
    /// Each stack with what it holds, the largest first.
    traces: Vec<TraceJson<'a>>,
    /// What a reader must know to understand the figures, each a sentence.
    notes: Vec<String>,
}

/// A stack and what it holds.
#[derive(JsonSchema, Serialize)]
struct TraceJson<'a> {
    /// The hidden function that asked for the memory, such as `Vec::reserve`; null where there is none.
    via: Option<FrameJson>,
    /// Shown frames, leaf first.
    stack: Vec<FrameJson>,
    /// The same with the frames that are hidden by default.
    whole_stack: Vec<FrameJson>,
    #[serde(flatten)]
    values: ValuesJson,
    /// The labels of its samples.
    labels: Vec<LabelJson<'a>>,
}

/// A label of the samples of a stack.
#[derive(JsonSchema, Serialize)]
struct LabelJson<'a> {
    /// Name of the label, such as `bytes`.
    key: &'a str,
    /// The smallest of its numbers; null where it has none.
    low: Option<i64>,
    /// The largest of its numbers; null where it has none.
    high: Option<i64>,
    /// Their unit, empty where there is none; null where it has no numbers.
    unit: Option<&'a str>,
    /// Its words, if it has any.
    words: &'a [String],
}

impl<'a> TraceJson<'a> {
    fn of(trace: &'a Trace, report: &TracesReport) -> Self {
        let frames = &report.frames;
        Self {
            via: trace.via.map(|via| FrameJson::of(via, frames)),
            stack: FrameJson::stack(&trace.stack, frames),
            whole_stack: FrameJson::stack(frames.stack(trace.whole_stack), frames),
            values: ValuesJson::of(&trace.figures, &report.subject),
            labels: trace.labels.iter().map(LabelJson::of).collect(),
        }
    }
}

impl<'a> LabelJson<'a> {
    fn of(label: &'a TraceLabel) -> Self {
        let numbers = label.numbers.as_ref();
        Self {
            key: &label.key,
            low: numbers.map(|numbers| numbers.low),
            high: numbers.map(|numbers| numbers.high),
            unit: numbers.map(|numbers| numbers.unit.as_str()),
            words: &label.words,
        }
    }
}
