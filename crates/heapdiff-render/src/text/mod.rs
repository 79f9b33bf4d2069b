//! Reports for a terminal: what a person reads first.
//!
//! Lines fit the width that is asked for. Names give way before anything else: first their generic arguments, then
//! their paths, then their middle. `file:line` stays, for it is what the reader opens next. Colour repeats what signs
//! and words say already.

mod budget;
mod call_lists;
mod call_tree;
mod comparison_head;
mod diff;
mod diff_columns;
mod graph_columns;
mod graph_head;
mod info;
mod interval;
mod listing;
mod losses;
mod markdown;
mod memory_table;
mod naming;
mod next;
mod odd_tasks;
mod overview;
mod overview_head;
mod postmortem;
mod profile_head;
mod rates;
mod sparkline;
mod subject_table;
mod table;
mod tags;
mod task_cells;
mod things;
mod top;
mod traces;
mod trend;
mod wrapping;

pub use budget::BudgetText;
pub use call_lists::CallListsText;
pub use call_tree::CallTreeText;
pub use diff::DiffText;
pub use info::InfoText;
pub use listing::ListText;
pub use markdown::write_markdown;
pub use overview::OverviewText;
pub use postmortem::{HeapText, PostmortemText};
pub use tags::TagsText;
pub use top::TopText;
pub use traces::TracesText;
pub use trend::TrendText;

use crate::quantity::{Measure, Unit};
use crate::theme::Theme;
use heapdiff_profile::{Names, ValueType};

/// How a report is laid out.
#[derive(Clone, Debug)]
pub struct TextOptions {
    /// Columns of the terminal. Default: 80.
    pub width: usize,
    /// Colours. Default: none.
    pub theme: Theme,
    /// Rows that are shown at most, of each direction in a diff; the rest is counted. Default: 20.
    pub rows_max: usize,
    /// The folder that source files are written relative to. Default: none.
    pub source_root: Option<String>,
    /// How much of each function's name is written. `None`, the default: that of a row in full, or as much of it as
    /// fits; those of its callers short.
    pub names: Option<Names>,
    /// How values are written. Default: in the unit that suits each.
    pub measure: Measure,
    /// Whether this is for [`write_markdown`]: see [`Self::for_markdown`]. Default: for a terminal.
    pub is_markdown: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            width: 80,
            theme: Theme::plain(),
            rows_max: 20,
            source_root: None,
            names: None,
            measure: Measure::default(),
            is_markdown: false,
        }
    }
}

impl TextOptions {
    /// How values of this type are written.
    fn unit(&self, of: &ValueType) -> Unit {
        self.measure.unit(&of.unit)
    }
}
