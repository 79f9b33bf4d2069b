//! JSON of the Firefox Profiler: its processed profile format, which it takes as it is and brings up to date itself.
//!
//! A thread a sample type, as its importer of DHAT does it, each with weighted samples. A heap has no time line, so
//! the time of a sample is its place among the others, in milliseconds. Negative weights are those of a comparison.
//!
//! **Source:** `src/types/profile.ts` and `docs-developer/CHANGELOG-formats.md` of firefox-devtools/profiler.

mod tables;

use super::frames::{Frames, Groups};
use super::{ExportError, ExportOptions, write_json};
use heapdiff_profile::{Profile, ValueType};
use serde::{Serialize, Serializer};
use std::io::Write;
use tables::{FrameTable, FuncTable, Lib, ResourceTable, Shared, StackTable, Tables};

/// The version of the format that is written. Later ones move the tables of a thread elsewhere.
const VERSION: u32 = 58;
/// The version of Firefox's own format of the same time; it is not looked at.
const GECKO_VERSION: u32 = 31;

pub(super) fn write(
    profile: &Profile,
    options: &ExportOptions<'_>,
    sink: &mut dyn Write,
) -> Result<(), ExportError> {
    let frames = Frames::of(profile);
    let groups = frames.by_stack();
    let tables = Tables::of(profile, &frames, &groups);
    let thread = |(column, of)| Thread::of(profile, &tables, &groups, column, of);
    let threads: Vec<_> = profile.sample_types.iter().enumerate().map(thread).collect();
    let document = Document {
        meta: Meta::of(profile, options, threads.len()),
        libs: &tables.libs,
        pages: [],
        counters: [],
        profiler_overhead: [],
        shared: &tables.shared,
        threads,
    };
    write_json(&document, sink)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    meta: Meta,
    libs: &'a [Lib<'a>],
    pages: [(); 0],
    counters: [(); 0],
    profiler_overhead: [(); 0],
    shared: &'a Shared<'a>,
    threads: Vec<Thread<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    interval: u32,
    /// Milliseconds since 1970.
    start_time: i64,
    process_type: u32,
    product: String,
    imported_from: &'static str,
    stackwalk: u32,
    debug: bool,
    version: u32,
    preprocessed_profile_version: u32,
    symbolicated: bool,
    uses_only_one_stack_type: bool,
    source_code_is_not_on_searchfox: bool,
    keep_profile_thread_order: bool,
    categories: [Category; 1],
    marker_schema: [(); 0],
    initial_visible_threads: Vec<usize>,
    initial_selected_threads: [usize; 1],
}

/// The one category: there must be a grey one.
#[derive(Serialize)]
struct Category {
    name: &'static str,
    color: &'static str,
    subcategories: [&'static str; 1],
}

impl Meta {
    fn of(profile: &Profile, options: &ExportOptions<'_>, threads: usize) -> Self {
        Self {
            interval: 1,
            start_time: profile.time_nanos / 1_000_000,
            process_type: 0,
            product: options.name.to_owned(),
            imported_from: "heapdiff",
            stackwalk: 1,
            debug: false,
            version: GECKO_VERSION,
            preprocessed_profile_version: VERSION,
            // What has no name here would find none there either.
            symbolicated: true,
            uses_only_one_stack_type: true,
            source_code_is_not_on_searchfox: true,
            keep_profile_thread_order: true,
            categories: [Category { name: "Other", color: "grey", subcategories: ["Other"] }],
            marker_schema: [],
            initial_visible_threads: (0..threads).collect(),
            initial_selected_threads: [options.column],
        }
    }
}

/// One sample type.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thread<'a> {
    process_type: &'static str,
    process_startup_time: u32,
    process_shutdown_time: (),
    register_time: u32,
    unregister_time: (),
    paused_ranges: [(); 0],
    name: &'a str,
    is_main_thread: bool,
    process_name: &'a str,
    pid: String,
    tid: usize,
    samples: Samples<'a>,
    markers: Markers,
    stack_table: &'a StackTable,
    frame_table: &'a FrameTable,
    func_table: &'a FuncTable,
    resource_table: &'a ResourceTable,
    native_symbols: NativeSymbols,
}

impl<'a> Thread<'a> {
    fn of(
        profile: &'a Profile,
        tables: &'a Tables<'a>,
        groups: &'a Groups<'a>,
        column: usize,
        sample_type: &'a ValueType,
    ) -> Self {
        let process = profile.metadata.as_ref().map(|metadata| &metadata.process);
        Self {
            process_type: "default",
            process_startup_time: 0,
            process_shutdown_time: (),
            register_time: 0,
            unregister_time: (),
            paused_ranges: [],
            name: &sample_type.kind,
            is_main_thread: column == 0,
            process_name: process.map_or("heap", |process| &process.program),
            pid: process.map_or(0, |process| process.pid).to_string(),
            tid: column,
            samples: Samples::of(tables, groups, column, sample_type),
            markers: Markers::default(),
            stack_table: &tables.stacks,
            frame_table: &tables.frames,
            func_table: &tables.funcs,
            resource_table: &tables.resources,
            native_symbols: NativeSymbols::default(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Samples<'a> {
    length: usize,
    stack: Column<'a>,
    time: Times,
    weight: Column<'a>,
    weight_type: &'static str,
}

impl<'a> Samples<'a> {
    fn of(tables: &'a Tables<'a>, groups: &'a Groups<'a>, column: usize, sample_type: &'a ValueType) -> Self {
        let holding = groups.iter().filter(|group| group.sum(column) != 0).count();
        let of = |what| Column { tables, groups, column, what, is_empty: holding == 0 };
        Self {
            // A thread without any sample is taken for a broken one.
            length: holding.max(1),
            stack: of(What::Stack),
            time: Times(holding.max(1)),
            weight: of(What::Weight),
            weight_type: if sample_type.unit.trim_end_matches('s') == "byte" { "bytes" } else { "samples" },
        }
    }
}

/// The milliseconds from 0 on.
struct Times(usize);

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(0..self.0)
    }
}

/// The stacks or the weights of the stacks that hold something.
struct Column<'a> {
    tables: &'a Tables<'a>,
    groups: &'a Groups<'a>,
    column: usize,
    what: What,
    is_empty: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Stack,
    Weight,
}

impl Serialize for Column<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_empty {
            return match self.what {
                What::Stack => serializer.collect_seq([()]),
                What::Weight => serializer.collect_seq([0]),
            };
        }
        let sums = self.groups.iter().map(|group| group.sum(self.column));
        let holding = sums.zip(&self.tables.stack_of_group).filter(|&(sum, _)| sum != 0);
        match self.what {
            What::Stack => serializer.collect_seq(holding.map(|(_, stack)| stack)),
            What::Weight => serializer.collect_seq(holding.map(|(sum, _)| sum)),
        }
    }
}

/// No markers.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Markers {
    length: usize,
    data: [(); 0],
    name: [(); 0],
    start_time: [(); 0],
    end_time: [(); 0],
    phase: [(); 0],
    category: [(); 0],
}

/// No symbols beyond the names of functions.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct NativeSymbols {
    length: usize,
    lib_index: [(); 0],
    address: [(); 0],
    name: [(); 0],
    function_size: [(); 0],
}
