//! A profile as pprof has it, and what pprof does to one before a report.

mod decode;
mod encode;
mod entities;
mod id_table;
mod label_sets;
mod merge;
mod model;
mod outline;
mod parse;
mod parse_error;
mod raw;
mod samples;
mod string_table;
mod wire_reader;

pub use entities::{Function, FunctionId, Line, Location, LocationId, Mapping, MappingId, ValueType};
pub use label_sets::{Label, LabelSetId, LabelSets, LabelValue};
pub use merge::{MergeError, merge};
pub use model::Profile;
pub use parse::parse;
pub use parse_error::{FormatError, InvalidProfile, ParseError};
pub use samples::{Sample, Samples};
pub use string_table::{StringId, StringTable};
