//! Reports: what pprof prints about a profile.

mod callgrind;
mod comments;
mod dot;
mod instructions;
mod legend;
mod list;
mod outside;
mod tab_columns;
mod tags;
mod text;
mod top_proto;
mod traces;
mod tree;
mod trimmed_graph;

pub use outside::{LocalTime, Outside};

use crate::foreign_bytes::restore;
use crate::graph::{BYTES, GraphOptions, Measure, NodeSet, TagUnits};
use crate::measurement::{as_f64, as_i64, magnitude, percentage, scaled_label};
use crate::options::{Config, Format};
use crate::pattern::Pattern;
use crate::profile::{NumberLabelUnits, Profile, StringId};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt;
use std::io::Write as _;

/// A profile on its way to paper.
pub(crate) struct Report<'r> {
    pub(crate) profile: Profile,
    pub(crate) config: Config,
    pub(crate) format: Format,
    /// The functions that the report is about, if it is not about all.
    pub(crate) pattern: Option<Pattern>,
    pub(crate) measure: Measure,
    /// What is counted, as the legend names it.
    pub(crate) sample_type: String,
    /// The unit of values in the profile.
    pub(crate) sample_unit: String,
    /// The unit to print them in.
    pub(crate) output_unit: String,
    /// What percentages are of.
    pub(crate) total: i64,
    /// The units of numeric labels.
    pub(crate) label_units: NumberLabelUnits,
    pub(crate) outside: &'r Outside<'r>,
}

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportError {
    /// No function is as wanted.
    NoMatches {
        /// The regular expression.
        pattern: String,
    },
    /// No function of a binary that is here is as wanted.
    NoSymbols {
        /// The regular expression.
        pattern: String,
    },
    /// No binary that is here has this address.
    NoAddress(u64),
    /// A report that is not made here.
    NotSupported {
        /// Its name.
        name: &'static str,
        /// What answers the same question.
        instead: &'static str,
    },
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMatches { pattern } => write!(f, "no matches found for regexp: {pattern}"),
            Self::NoSymbols { pattern } => write!(f, "no matches found for regexp {pattern}"),
            Self::NoAddress(address) => write!(f, "no matches found for address {address:#x}"),
            Self::NotSupported { name, instead } => write!(f, "-{name} is not made here: {instead}"),
        }
    }
}

impl std::error::Error for ReportError {}

impl Report<'_> {
    /// The report.
    pub(crate) fn generate(mut self) -> Result<Vec<u8>, ReportError> {
        let text = match self.format {
            Format::Text => text::text(&mut self),
            Format::Tree => tree::tree(&mut self)?,
            Format::Traces => traces::traces(&mut self),
            Format::Tags => tags::tags(&self),
            Format::Comments => comments::comments(&self),
            Format::Dot => dot::dot(&mut self),
            Format::Callgrind => callgrind::callgrind(&mut self),
            Format::List => list::list(&mut self)?,
            Format::TopProto => return Ok(top_proto::top_proto(&mut self)),
            Format::Raw => self.profile.raw(&(self.outside.local_time)(self.profile.time_nanos).full()),
            Format::Proto => return Ok(self.proto()),
            Format::Disassembly => return Err(instructions::disassembly(&mut self)),
            Format::WebList => return Err(instructions::web_list(&self)),
        };
        Ok(restore(&text).into_owned())
    }

    /// The profile itself, with values divided.
    fn proto(mut self) -> Vec<u8> {
        let ratio = self.ratio();
        if ratio > 0.0 && ratio.to_bits() != 1.0_f64.to_bits() {
            for index in 0..self.profile.samples.len() {
                for value in self.profile.samples.values_mut(index) {
                    *value = as_i64(as_f64(*value) * ratio);
                }
            }
        }
        compressed(&self.profile)
    }

    fn ratio(&self) -> f64 {
        1.0 / self.config.divide_by
    }

    /// A value as the report prints it.
    pub(crate) fn format_value(&self, value: i64) -> String {
        scaled_label(self.divided(value), &self.sample_unit, &self.output_unit)
    }

    /// A value, divided by what the user asked for.
    fn divided(&self, value: i64) -> i64 {
        let ratio = self.ratio();
        if ratio > 0.0 && ratio.to_bits() != 1.0_f64.to_bits() {
            as_i64(as_f64(value) * ratio)
        } else {
            value
        }
    }

    /// A value's part of the total, in a column.
    pub(crate) fn percentage(&self, value: i64) -> String {
        percentage(value, self.total)
    }

    /// The unit of a numeric label.
    fn label_unit(&self, key: StringId) -> &str {
        self.label_units.units.get(self.profile.text(key)).map_or("", String::as_str)
    }

    /// Options for a graph of the whole profile, or of some nodes.
    fn graph_options<'o>(&'o self, kept: Option<&'o NodeSet>, has_inlines: bool) -> GraphOptions<'o> {
        let is_drawn = matches!(self.format, Format::Dot | Format::Callgrind);
        let needs_calls = match self.format {
            Format::Text | Format::TopProto => has_inlines,
            Format::List => false,
            _ => true,
        };
        GraphOptions {
            measure: self.measure,
            keep_objects: matches!(
                self.format,
                Format::Raw | Format::List | Format::WebList | Format::Disassembly | Format::Callgrind
            ),
            is_tree: self.config.call_tree && is_drawn,
            drop_negative: self.config.drop_negative,
            has_edges: needs_calls,
            tag_units: (self.format == Format::Dot).then_some(TagUnits {
                from: self.label_units.units.get(BYTES).map_or("", String::as_str),
                to: self.output_unit.as_str(),
            }),
            kept,
        }
    }
}

/// What percentages are of: all values without their signs, or where samples are marked as the base of a comparison,
/// theirs.
pub(crate) fn total(profile: &Profile, measure: Measure) -> i64 {
    let is_base: Vec<bool> = profile.label_sets.ids().map(|set| profile.is_base(set)).collect();
    let (mut total, mut divisor) = (0_i64, 0_i64);
    let (mut base_total, mut base_divisor) = (0_i64, 0_i64);
    for sample in profile.samples.iter() {
        let (value, by) = measure.of(&sample);
        let value = magnitude(value);
        total = total.wrapping_add(value);
        divisor = divisor.wrapping_add(by);
        if is_base.get(sample.labels.index()) == Some(&true) {
            base_total = base_total.wrapping_add(value);
            base_divisor = base_divisor.wrapping_add(by);
        }
    }
    if base_total > 0 {
        (total, divisor) = (base_total, base_divisor);
    }
    if divisor == 0 { total } else { total.wrapping_div(divisor) }
}

/// A profile as a file.
#[must_use]
pub fn compressed(profile: &Profile) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Memory takes everything.
    let _ = encoder.write_all(&profile.encode());
    encoder.finish().unwrap_or_default()
}
