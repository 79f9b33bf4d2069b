//! A profile as pprof has it, and what pprof does to one before a report.

mod entities;
mod label_sets;
mod model;
mod samples;
mod string_table;

pub use entities::{Function, FunctionId, Line, Location, LocationId, Mapping, MappingId, ValueType};
pub use label_sets::{Label, LabelSetId, LabelSets, LabelValue};
pub use model::Profile;
pub use samples::{Sample, Samples};
pub use string_table::{StringId, StringTable};
