//! `heapdiff/list/v1`.

use super::subject::{SubjectJson, ValuesJson};
use crate::side::Sides;
use crate::source_file::SourceFile;
use heapdiff_profile::{DiffFigures, ListedFunction, ListedLine, Listing};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The lines of functions for other programs.
#[derive(Clone, Copy, Debug)]
pub struct ListJson<'a> {
    /// What the lines hold.
    pub report: &'a Listing,
    /// The source of each of its functions, in the same order; what is missing counts as not known.
    pub sources: &'a [SourceFile],
    /// The files.
    pub sides: Sides<'a>,
    /// Functions that are written at most, in the report's order; `None` writes all.
    pub rows_max: Option<usize>,
}

impl ListJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/list/v1";

    /// Writes it.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let functions = report.functions.iter().take(self.rows_max.unwrap_or(usize::MAX)).enumerate();
        let functions = functions.map(|(index, function)| {
            let source = self.sources.get(index).unwrap_or(&SourceFile::Unknown);
            FunctionJson::of(function, source, report)
        });
        let document = Document {
            schema: Self::SCHEMA,
            subject: SubjectJson::of(self.sides, &report.subject),
            functions_all: report.functions.len(),
            functions: functions.collect(),
            notes: report.notes.iter().map(ToString::to_string).collect(),
        };
        super::write(&document, out)
    }
}

/// What the lines of functions hold.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "List")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    #[serde(flatten)]
    subject: SubjectJson<'a>,
    /// How many functions there are; `-n` may have kept some out of `functions`.
    functions_all: usize,
    /// Those that match, the largest first.
    functions: Vec<FunctionJson<'a>>,
    /// What a reader must know to understand the figures, each a sentence.
    notes: Vec<String>,
}

/// A function and its lines.
#[derive(JsonSchema, Serialize)]
struct FunctionJson<'a> {
    /// Name of the function, demangled and in full.
    function: &'a str,
    /// Path of its source file, as the profile has it; empty where it has none.
    file: &'a str,
    /// Path of the source file that was found; null where none was.
    source: Option<&'a str>,
    /// Why there is no text, or why it may not be what the program was built from; null where nothing is known.
    remark: Option<String>,
    /// What its lines hold themselves.
    flat: ValuesJson,
    /// What they hold with all that they call.
    cum: ValuesJson,
    /// The lines that hold something, in their order.
    lines: Vec<LineJson<'a>>,
}

/// A line that holds something.
#[derive(JsonSchema, Serialize)]
struct LineJson<'a> {
    /// Number of the line; 0 where it is not known.
    line: i64,
    /// What it holds itself, in the unit; of a comparison the change.
    flat: i64,
    /// What it holds with all that it calls, in the unit; of a comparison the change.
    cum: i64,
    /// Sampled allocations that `flat` rests on; null where they are not known.
    flat_samples: Option<u64>,
    /// Sampled allocations that `cum` rests on; null where they are not known.
    cum_samples: Option<u64>,
    /// Lower end of the interval of `flat`, in the unit if that is bytes or a number of things and in bytes if not; null where it is not known how many samples there were, or how often.
    flat_low: Option<i64>,
    /// Upper end of that interval.
    flat_high: Option<i64>,
    /// Lower end of the interval of `cum`, in the unit if that is bytes or a number of things and in bytes if not; null where it is not known how many samples there were, or how often.
    cum_low: Option<i64>,
    /// Upper end of that interval.
    cum_high: Option<i64>,
    /// Whether `flat` changed, judged together with that of all lines; without an interval, and of one profile, whether
    /// there is any value.
    significant: bool,
    /// Whether `cum` changed, in the same way.
    cum_significant: bool,
    /// The line as the source has it; null where the source has no such line.
    text: Option<&'a str>,
}

impl<'a> FunctionJson<'a> {
    fn of(function: &ListedFunction, source: &'a SourceFile, report: &'a Listing) -> Self {
        let frame = report.frames.frame(function.frame);
        let values = |figures: &DiffFigures| ValuesJson::of(figures, &report.subject);
        let text = source.lines();
        let lines = function.lines.iter().map(|line| LineJson::of(line, &text));
        Self {
            function: frame.function,
            file: frame.file,
            source: source.path(),
            remark: source.remark(function.lines.last().map_or(0, |line| line.line)),
            flat: values(&function.flat),
            cum: values(&function.cum),
            lines: lines.collect(),
        }
    }
}

impl<'a> LineJson<'a> {
    fn of(line: &ListedLine, text: &[&'a str]) -> Self {
        let ListedLine { line, flat, cum } = line;
        let low = |figures: &DiffFigures| figures.interval.map(|interval| interval.low);
        let high = |figures: &DiffFigures| figures.interval.map(|interval| interval.high);
        Self {
            line: *line,
            flat: flat.value.delta(),
            cum: cum.value.delta(),
            flat_samples: flat.samples,
            cum_samples: cum.samples,
            flat_low: low(flat),
            flat_high: high(flat),
            cum_low: low(cum),
            cum_high: high(cum),
            significant: flat.significant.unwrap_or(flat.value.delta() != 0),
            cum_significant: cum.significant.unwrap_or(cum.value.delta() != 0),
            text: usize::try_from(*line).ok().and_then(|line| text.get(line.checked_sub(1)?).copied()),
        }
    }
}
