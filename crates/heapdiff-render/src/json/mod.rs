//! Reports for other programs: JSON with a versioned schema.
//!
//! Each report is a `serde` structure of its own, apart from the analysis, so that a change there cannot change what
//! scripts rely on. Within a schema version fields are added, but never renamed, retyped or removed.
//! What a comment says of a field is what its [`Schema`] says of it: its meaning, its unit, and when it is null.

mod budget;
mod call_graph;
mod csv;
mod diff;
mod frame;
mod info;
mod listing;
mod overview;
mod postmortem;
mod schema;
mod subject;
mod tags;
mod things;
mod top;
mod traces;
mod trend;
mod verdict;

pub use budget::BudgetJson;
pub use call_graph::{GraphJson, GraphJsonKind};
pub use diff::DiffJson;
pub use info::InfoJson;
pub use listing::ListJson;
pub use overview::OverviewJson;
pub use postmortem::{DeathJson, HeapJson, PostmortemJson};
pub use schema::{Schema, schemas};
pub use tags::TagsJson;
pub use top::TopJson;
pub use traces::TracesJson;
pub use trend::TrendJson;

use std::io::{self, Write};

/// Writes a report, indented, with a newline at its end.
fn write(report: &impl serde::Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    writeln!(out)
}
