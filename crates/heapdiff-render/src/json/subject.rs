//! What the reports on one profile or on a comparison have in common.

use super::frame::{FiguresJson, SideJson};
use crate::side::Sides;
use heapdiff_profile::{DiffFigures, Pairing, SubjectTotals};
use schemars::JsonSchema;
use serde::Serialize;

/// Files, what is counted, and how much there is of it.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct SubjectJson<'a> {
    /// Whether both sides are snapshots of one process; null for one profile.
    paired: Option<bool>,
    /// What is counted, such as `inuse_space`.
    sample_type: &'a str,
    /// The unit of every `value`, such as `bytes` or `count`.
    unit: &'a str,
    /// The file that is compared against; null for one profile.
    base: Option<SideJson>,
    /// The file that is asked about.
    head: SideJson,
    /// The smallest change of one stack that cannot have been missed, in bytes; 0 where every allocation was recorded,
    /// null where it is not known.
    resolution_bytes: Option<u64>,
    /// The chance with which each interval holds the true value, from 0 to 1.
    confidence: f64,
    /// What the filters let through.
    total: ValuesJson,
}

impl<'a> SubjectJson<'a> {
    pub(super) fn of(sides: Sides<'_>, subject: &'a SubjectTotals) -> Self {
        let SubjectTotals { sample_type, pairing, total, resolution_bytes, confidence } = subject;
        Self {
            paired: pairing.map(|pairing| pairing == Pairing::Paired),
            sample_type: &sample_type.kind,
            unit: &sample_type.unit,
            base: sides.base.map(|base| SideJson::of(base, total.unfiltered.base)),
            head: SideJson::of(sides.head, total.unfiltered.head),
            resolution_bytes: *resolution_bytes,
            confidence: confidence.chance(),
            total: ValuesJson::of(&total.shown, subject),
        }
    }
}

/// The numbers of a row.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
pub(super) enum ValuesJson {
    /// Of one profile.
    Held {
        /// What it holds, in the unit of the report.
        value: i64,
        /// `value` in percent of the whole profile; null where that is 0.
        percent: Option<f64>,
        /// The same in bytes; null where the profile does not count them.
        bytes: Option<i64>,
        /// Lower end of the interval of `bytes`, or of `value` for objects, resources and tasks; null where it is not known how many samples there were, or how often.
        bytes_low: Option<i64>,
        /// Upper end of that interval.
        bytes_high: Option<i64>,
        /// The same in objects; null where the profile does not count them.
        objects: Option<i64>,
        /// Sampled allocations that it rests on; null where they are not known.
        samples: Option<u64>,
    },
    /// Of a comparison.
    #[schemars(schema_with = "FiguresJson::json_schema")]
    Changed(Box<FiguresJson>),
}

impl ValuesJson {
    /// The figures of a row of a report on this subject.
    pub(super) fn of(figures: &DiffFigures, subject: &SubjectTotals) -> Self {
        if subject.is_diff() {
            return Self::Changed(Box::new(FiguresJson::of(figures)));
        }
        let value = figures.value.delta();
        Self::Held {
            value,
            percent: percent(value, subject.total.unfiltered.head),
            bytes: figures.bytes.map(|bytes| bytes.delta()),
            bytes_low: figures.interval.map(|interval| interval.low),
            bytes_high: figures.interval.map(|interval| interval.high),
            objects: figures.objects.map(|objects| objects.delta()),
            samples: figures.samples,
        }
    }
}

/// `part` in percent of `total`; null where the total is nothing.
fn percent(part: i64, total: i64) -> Option<f64> {
    (total != 0).then(|| part as f64 / total as f64 * 100.0)
}
