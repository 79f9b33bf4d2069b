//! `heapdiff/tags/v1`.

use super::subject::{SubjectJson, ValuesJson};
use crate::side::Sides;
use heapdiff_profile::{DiffFigures, TagText, TagsReport};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The labels of a profile or of a comparison for other programs.
#[derive(Clone, Copy, Debug)]
pub struct TagsJson<'a> {
    /// The labels.
    pub report: &'a TagsReport,
    /// The files.
    pub sides: Sides<'a>,
    /// Values of each label that are written at most, in the report's order; `None` writes all.
    pub rows_max: Option<usize>,
}

impl TagsJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/tags/v1";

    /// Writes them.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let values = |figures: &DiffFigures| ValuesJson::of(figures, &report.subject);
        let tags = report.tags.iter().map(|tag| TagJson {
            key: &tag.key,
            total: values(&tag.total),
            without: values(&tag.untagged),
            values_all: tag.values.len(),
            values: tag
                .values
                .iter()
                .take(self.rows_max.unwrap_or(usize::MAX))
                .map(|value| ValueJson { value: TextJson::of(&value.value), values: values(&value.figures) })
                .collect(),
        });
        let document = Document {
            schema: Self::SCHEMA,
            subject: SubjectJson::of(self.sides, &report.subject),
            tags: tags.collect(),
            notes: report.notes.iter().map(ToString::to_string).collect(),
        };
        super::write(&document, out)
    }

    /// Writes the values of all labels as comma-separated values, each label with what is without it at last.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let subject = &self.report.subject;
        let rows_max = self.rows_max.unwrap_or(usize::MAX);
        let rows = self.report.tags.iter().flat_map(|tag| {
            let values = tag.values.iter().take(rows_max);
            let values = values.map(|value| (TextJson::of(&value.value), &value.figures));
            values.chain([(TextJson::default(), &tag.untagged)]).map(move |(value, figures)| CsvRow {
                key: &tag.key,
                row: ValueJson { value, values: ValuesJson::of(figures, subject) },
            })
        });
        super::csv::write(rows, subject.is_diff(), out)
    }
}

/// A row where no label is around it. Without word and numbers it is what does not have the label.
#[derive(JsonSchema, Serialize)]
struct CsvRow<'a> {
    /// Name of the label.
    key: &'a str,
    #[serde(flatten)]
    row: ValueJson<'a>,
}

/// The labels of samples, and how much each value stands for.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Tags")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    #[serde(flatten)]
    subject: SubjectJson<'a>,
    /// The labels, by name.
    tags: Vec<TagJson<'a>>,
    /// What a reader must know to understand the figures, each a sentence.
    notes: Vec<String>,
}

/// A label.
#[derive(JsonSchema, Serialize)]
struct TagJson<'a> {
    /// Name of the label, such as `bytes`.
    key: &'a str,
    /// Of the samples that have the label.
    total: ValuesJson,
    /// Of the samples that do not.
    without: ValuesJson,
    /// How many values there are; `-n` may have kept some out of `values`.
    values_all: usize,
    /// What stands in the label, numbers in their order.
    values: Vec<ValueJson<'a>>,
}

/// What stands in a label, and how much it stands for.
#[derive(JsonSchema, Serialize)]
struct ValueJson<'a> {
    #[serde(flatten)]
    value: TextJson<'a>,
    #[serde(flatten)]
    values: ValuesJson,
}

/// A word, or the smallest and the largest of some numbers; the others are null.
#[derive(Default, JsonSchema, Serialize)]
struct TextJson<'a> {
    /// The value, if it is a word; otherwise null.
    word: Option<&'a str>,
    /// The smallest of the numbers that the row sums over; null for a word.
    low: Option<i64>,
    /// The largest of them; null for a word.
    high: Option<i64>,
    /// Their unit, empty where there is none; null for a word.
    unit: Option<&'a str>,
}

impl<'a> TextJson<'a> {
    fn of(text: &'a TagText) -> Self {
        match text {
            TagText::Numbers(numbers) => Self {
                word: None,
                low: Some(numbers.low),
                high: Some(numbers.high),
                unit: Some(&numbers.unit),
            },
            TagText::Words(word) => Self { word: Some(word), low: None, high: None, unit: None },
        }
    }
}
