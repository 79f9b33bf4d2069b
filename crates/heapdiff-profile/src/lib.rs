//! The model of a heap profile, and the analysis of one, two or a series of them.
//!
//! Pure: no files, clocks, environment, threads or printing, and no order that depends on a hash. Readers
//! (`heapdiff-formats`) make a [`Profile`], `heapdiff-symbols` adds frames to its locations, and
//! `heapdiff-render` writes the reports that are computed here: [`diff`], [`call_graph`], [`traces`], [`list`],
//! [`tags`], [`fold`], [`TrendBuilder`] and [`OverviewBuilder`].
//!
//! # Example
//!
//! ```
//! use heapdiff_profile::{DiffInputs, DiffOptions, InUse, ProfileBuilder, diff};
//!
//! let stack = ["alloc::vec::Vec<T>::push /rustc/0/library/alloc/src/vec/mod.rs:1", "app::fill src/main.rs:7"];
//! let base = ProfileBuilder::heap().snapshot(0).build();
//! let born = InUse { bytes: 80 << 20, objects: 40, samples: 40, epoch: 1 };
//! let head = ProfileBuilder::heap().snapshot(1).in_use(&stack, born).build();
//!
//! let report = diff(DiffInputs { base: &base, head: &head }, &DiffOptions::default())?;
//! let row = &report.rows[0];
//! assert_eq!(report.frames.function(row.frame), "app::fill");
//! assert_eq!(row.figures.value.delta(), 80 << 20);
//! assert_eq!(row.figures.significant, Some(true));
//! # Ok::<(), heapdiff_profile::AnalysisError>(())
//! ```
//!
//! # How a report comes about
//!
//! 1. `sample_type`: which columns of values are meant.
//! 2. `resolve`: samples of addresses become stacks of frames in one [`FrameTable`], after [`Filters`].
//! 3. `attribution`, by the tables of `frame_rules`: which frame of a stack its value is put to.
//! 4. `comparison`: sums by stack, split into births, deaths and
//!    survivors where two snapshots of one process are paired.
//! 5. `row_key`, `row_groups`, [`fold`]: stacks become rows; `call_paths`, [`call_graph`]: nodes and the calls between
//!    them. `interval` says how sure values are, and `significance` which rows changed.
//! 6. [`TrendBuilder`], for a series: the rate of each row, its shape and its verdict; [`OverviewBuilder`]: what kind of
//!    growth that is.
//!
//! # Limits
//!
//! Intervals speak of sampling error alone: that another run of the program would differ is not in them. They take
//! all samples of one row of a profile for equally big, as a recorder with fine size classes makes sure. Rows are
//! judged one by one, with no correction for their number.
#![forbid(unsafe_code)]

mod allocated_type;
mod amounts;
mod attribution;
mod base_scale;
mod budget;
mod call_graph;
mod call_paths;
mod cell_series;
mod collapsed_names;
mod comparison;
mod diff;
mod drop_frames;
mod error;
mod filter;
mod fold;
mod frame;
mod frame_filter;
mod frame_kind;
mod frame_order;
mod frame_rules;
mod function_name;
mod gathered;
mod graph_edges;
mod graph_trimming;
mod headline;
mod interval;
mod known_locations;
mod label_value;
mod last_seconds;
mod listing;
mod merge;
mod metadata;
mod module_name;
mod natural_order;
mod node_key;
mod note;
mod overview;
mod per_item;
mod pool_chunk;
mod profile;
mod profile_builder;
mod pruning;
#[cfg(test)]
mod random;
mod rate_budget;
mod relation;
mod rename;
mod renamed;
mod resolve;
mod resolved_subject;
mod row_groups;
mod row_key;
mod sample_type;
mod sampling;
mod selection;
mod series;
mod side;
mod side_notes;
mod significance;
mod snapshot_point;
mod string_table;
mod subject;
mod summary;
mod tag_filter;
mod tag_frames;
mod tag_ranges;
mod tags;
mod task_cells;
mod task_series;
mod tendency;
mod things;
mod traces;
mod trend;

pub use budget::{Budget, BudgetOutcome, BudgetReport, BudgetVerdict, Limit, check, plant_leak};
pub use call_graph::{
    CallGraph, DroppedNodes, GraphNode, GraphOptions, GraphTotals, NodeOrder, Trimming, call_graph,
};
pub use cell_series::CellSite;
pub use diff::{
    Change, DiffFigures, DiffInputs, DiffOptions, DiffReport, DiffRow, DiffTotal, Estimated, Flow, Pairing,
    diff,
};
pub use error::AnalysisError;
pub use filter::{FilterPatterns, Filters};
pub use fold::{FoldOptions, Folded, FoldedEvidence, FoldedStack, fold};
pub use frame::{Frame, FrameId, FrameTable, StackId};
pub use function_name::{Names, short_name};
pub use graph_edges::GraphEdge;
pub use headline::{GrowthKind, Headline};
pub use interval::{Confidence, Interval};
pub use label_value::LabelRange;
pub use last_seconds::{LastRow, LastSeconds, MomentFigures};
pub use listing::{ListedFunction, ListedLine, Listing, ListingOptions, list};
pub use merge::{MergeError, Merged, Merger, difference, merge, side_by_side};
pub use metadata::{
    AllocatorFigures, MemoryFigures, Metadata, PoolFigures, Process, RecorderCost, ResourceFigures,
    SnapshotReason, StackQuality, TaskFigures, Unwinder,
};
pub use natural_order::natural_order;
pub use node_key::NodeBy;
pub use note::Note;
pub use overview::{Overview, OverviewBuilder, OverviewOptions, Recording};
pub use per_item::{ItemCounts, ItemSeries, Per};
pub use pool_chunk::PoolChunk;
pub use profile::{
    Function, FunctionId, Label, LabelValue, Labels, Line, Location, LocationId, Mapping, MappingId, Profile,
    Sample, ValueType, Values,
};
pub use profile_builder::{Allocated, InUse, ProfileBuilder};
pub use pruning::RowsInUse;
pub use rate_budget::{RateBudget, RateCheck, RateLimit, RateNeeds, RateOutcome, RateUnit, plant_rate};
pub use rename::{Rename, RenameError};
pub use renamed::Renamed;
pub use row_key::{DiffBy, RowTitle};
pub use sample_type::sample_type_index;
pub use selection::{FrameVisibility, Selection};
pub use series::{NamedProfile, Series, series};
pub use snapshot_point::{MemorySplit, SnapshotPoint};
pub use string_table::{StringId, StringTable};
pub use subject::{Subject, SubjectTotals};
pub use summary::ProfileSummary;
pub use tags::{Tag, TagText, TagValue, TagsReport, tags};
pub use task_cells::{TaskCellRow, TaskCells, task_cells};
pub use task_series::{OddTasks, TaskLint, TaskSeries, TaskSeriesOptions};
pub use tendency::Tendency;
pub use things::{OpenCounts, ThingKind, Things};
pub use traces::{Trace, TraceLabel, TracesReport, traces};
pub use trend::{
    Cohort, Headroom, ItemRate, ItemRates, Judgement, MemoryLimit, Rate, Reason, SeriesNote, Shape, Step,
    TrendBuilder, TrendOptions, TrendReport, TrendRow, Verdict,
};
