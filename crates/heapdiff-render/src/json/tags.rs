//! `heapdiff/tags/v1`.

use super::subject::{SubjectJson, ValuesJson};
use crate::side::Sides;
use heapdiff_profile::{DiffFigures, TagText, TagsReport};
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
        let (total, pairing) = (&report.total, report.pairing);
        let values =
            |figures: &DiffFigures| ValuesJson::of(figures, pairing.is_some(), total.unfiltered.head);
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
            subject: SubjectJson::of(
                self.sides,
                &report.sample_type,
                pairing,
                total,
                report.resolution_bytes,
            ),
            tags: tags.collect(),
            notes: report.notes.iter().map(ToString::to_string).collect(),
        };
        super::write(&document, out)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(flatten)]
    subject: SubjectJson<'a>,
    tags: Vec<TagJson<'a>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct TagJson<'a> {
    key: &'a str,
    /// Of the samples that have the label.
    total: ValuesJson,
    /// Of those that do not.
    without: ValuesJson,
    /// Values before `-n` cut them.
    values_all: usize,
    values: Vec<ValueJson<'a>>,
}

#[derive(Serialize)]
struct ValueJson<'a> {
    #[serde(flatten)]
    value: TextJson<'a>,
    #[serde(flatten)]
    values: ValuesJson,
}

/// A word, or the smallest and the largest of some numbers; the others are null.
#[derive(Serialize)]
struct TextJson<'a> {
    word: Option<&'a str>,
    low: Option<i64>,
    high: Option<i64>,
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
