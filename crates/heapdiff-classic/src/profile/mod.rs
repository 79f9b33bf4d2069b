//! A profile as pprof has it, and what pprof does to one before a report.

mod aggregate;
mod combine;
mod decode;
mod encode;
mod entities;
mod id_table;
mod label_filter;
mod label_sets;
mod legacy;
mod mapping_sources;
mod matches;
mod merge;
mod model;
mod name_filter;
mod outline;
mod parse;
mod parse_error;
mod prune;
mod raw;
mod samples;
mod string_table;
mod tag_frames;
mod wire_reader;

pub use aggregate::Detail;
pub use combine::{CombineError, combine};
pub use entities::{Function, FunctionId, Line, Location, LocationId, Mapping, MappingId, ValueType};
pub use label_filter::{LabelTest, NumberLabelUnits};
pub use label_sets::{Label, LabelSetId, LabelSets, LabelValue};
pub use merge::{MergeError, merge};
pub use model::Profile;
pub use name_filter::{NameFilters, NameMatches};
pub use parse::parse;
pub use parse_error::{FormatError, InvalidProfile, ParseError};
pub use samples::{Sample, Samples};
pub use string_table::{StringId, StringTable};
