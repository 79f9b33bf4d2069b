//! The allocators that are compared.

use crate::programs::Program;

/// One allocator in one mode: a row of every table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Its name in JSON and for `--row`.
    pub(crate) key: &'static str,
    /// Its name in tables.
    pub(crate) label: &'static str,
    pub(crate) program: Program,
    /// The allocator underneath, by key; its own key where there is none.
    pub(crate) inner: &'static str,
    pub(crate) mode: Mode,
    /// Built with frame pointers in every build, because its documentation asks for them.
    pub(crate) needs_frame_pointers: bool,
}

/// How a program is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It needs nothing.
    Plain,
    /// `HEAPDIFF_DIR`, and `HEAPDIFF_PERIOD` where it is not the default.
    Heapdiff(Option<&'static str>),
    /// `_RJEM_MALLOC_CONF` with this `lg_prof_sample`.
    JemallocProfiling(u32),
    /// Under the heaptrack command.
    Heaptrack,
}

impl Row {
    pub(crate) fn is_inner(&self) -> bool {
        self.inner == self.key
    }

    /// Whether another crate or tool than heapdiff is measured.
    pub(crate) fn is_peer(&self) -> bool {
        !self.is_inner() && !self.key.starts_with("heapdiff") && self.key != "jemalloc_statistics"
    }
}

const fn program(bin: &'static str, feature: Option<&'static str>) -> Program {
    Program { package: "overhead-programs", bin, feature }
}

const SYSTEM: Program = program("system", None);
const JEMALLOC: Program = program("jemalloc", Some("jemalloc"));
const JEMALLOC_STATISTICS: Program = program("jemalloc_statistics", Some("heapdiff"));
const JEMALLOC_PROFILING: Program = program("jemalloc_profiling", Some("jemalloc_profiling"));
const HEAPDIFF: Program = program("heapdiff_jemalloc", Some("heapdiff"));
const WRAP_JEMALLOC: Program = program("heapdiff_wrap_jemalloc", Some("heapdiff"));
const WRAP_SYSTEM: Program = program("heapdiff_wrap_system", Some("heapdiff"));
const LIBDD: Program = program("peer_libdd", Some("libdd"));
const PPROF_ALLOC: Program = program("peer_pprof_alloc", Some("pprof_alloc"));
const HEAPSCOPE: Program = program("peer_heapscope", Some("heapscope"));
const DHAT: Program = program("peer_dhat", Some("dhat"));

const fn row(
    key: &'static str,
    label: &'static str,
    program: Program,
    inner: &'static str,
    mode: Mode,
) -> Row {
    Row { key, label, program, inner, mode, needs_frame_pointers: false }
}

const fn with_frame_pointers(row: Row) -> Row {
    Row { needs_frame_pointers: true, ..row }
}

// Rows of several tables.
const JEMALLOC_ROW: Row = row("jemalloc", "jemalloc", JEMALLOC, "jemalloc", Mode::Plain);
const OFF: Row = row("heapdiff_off", "heapdiff, off", HEAPDIFF, "jemalloc", Mode::Plain);
const EACH_512K: Row = row("heapdiff_512k", "heapdiff, 512 KiB", HEAPDIFF, "jemalloc", Mode::Heapdiff(None));
const EACH_64K: Row =
    row("heapdiff_64k", "heapdiff, 64 KiB", HEAPDIFF, "jemalloc", Mode::Heapdiff(Some("64KiB")));
const EXACT: Row =
    row("heapdiff_1", "heapdiff, every allocation", HEAPDIFF, "jemalloc", Mode::Heapdiff(Some("1")));
const PROF_19: Row = row(
    "jemalloc_prof_19",
    "jemalloc prof, 2^19",
    JEMALLOC_PROFILING,
    "jemalloc",
    Mode::JemallocProfiling(19),
);
const PROF_16: Row = row(
    "jemalloc_prof_16",
    "jemalloc prof, 2^16",
    JEMALLOC_PROFILING,
    "jemalloc",
    Mode::JemallocProfiling(16),
);

/// All rows, in the order of the tables.
pub(crate) const ROWS: [Row; 17] = [
    JEMALLOC_ROW,
    row("jemalloc_statistics", "jemalloc, statistics built in", JEMALLOC_STATISTICS, "jemalloc", Mode::Plain),
    OFF,
    EACH_512K,
    EACH_64K,
    EXACT,
    row(
        "heapdiff_wrap_jemalloc",
        "heapdiff wrap(Jemalloc), 512 KiB",
        WRAP_JEMALLOC,
        "jemalloc",
        Mode::Heapdiff(None),
    ),
    PROF_19,
    PROF_16,
    row("libdd", "libdd over jemalloc, 512 KiB", LIBDD, "jemalloc", Mode::Plain),
    row("system", "System", SYSTEM, "system", Mode::Plain),
    row(
        "heapdiff_wrap_system",
        "heapdiff wrap(System), 512 KiB",
        WRAP_SYSTEM,
        "system",
        Mode::Heapdiff(None),
    ),
    row("dhat", "dhat over System, every allocation", DHAT, "system", Mode::Plain),
    row("heaptrack", "heaptrack, every allocation", SYSTEM, "system", Mode::Heaptrack),
    with_frame_pointers(row("system_fp", "System, frame pointers", SYSTEM, "system_fp", Mode::Plain)),
    with_frame_pointers(row(
        "pprof_alloc",
        "pprof-alloc over System, 512 KiB",
        PPROF_ALLOC,
        "system_fp",
        Mode::Plain,
    )),
    with_frame_pointers(row(
        "heapscope",
        "heapscope over System, 512 KiB",
        HEAPSCOPE,
        "system_fp",
        Mode::Plain,
    )),
];

/// Rows whose differences tell what a sample costs: the first of each profiler is what the others are compared with.
pub(crate) const SAMPLING_ROWS: [Row; 6] = [
    EACH_512K,
    EACH_64K,
    row("heapdiff_16k", "heapdiff, 16 KiB", HEAPDIFF, "jemalloc", Mode::Heapdiff(Some("16KiB"))),
    PROF_19,
    PROF_16,
    row(
        "jemalloc_prof_14",
        "jemalloc prof, 2^14",
        JEMALLOC_PROFILING,
        "jemalloc",
        Mode::JemallocProfiling(14),
    ),
];

/// Rows of which every allocation is recorded, for what a live one takes.
pub(crate) const EXACT_ROWS: [Row; 4] = [
    JEMALLOC_ROW,
    OFF,
    EXACT,
    row("jemalloc_prof_0", "jemalloc prof, 2^0", JEMALLOC_PROFILING, "jemalloc", Mode::JemallocProfiling(0)),
];

const fn filter(key: &'static str, label: &'static str, bin: &'static str, inner: &'static str) -> Row {
    row(key, label, Program { package: "overhead-filters", bin, feature: None }, inner, Mode::Plain)
}

/// The countdown alone over jemalloc, and filters over the countdown.
pub(crate) const FILTER_ROWS: [Row; 9] = [
    JEMALLOC_ROW,
    filter("countdown", "countdown alone, over jemalloc", "filter_none", "jemalloc"),
    filter("filter_none", "countdown alone", "filter_none", "filter_none"),
    filter("range", "address range", "filter_range", "filter_none"),
    filter("pages", "start of a page, or 32 KiB", "filter_pages", "filter_none"),
    filter("counting_64k", "counting filter, 64 KiB", "filter_counting_64k", "filter_none"),
    filter("counting_256k", "counting filter, 256 KiB", "filter_counting_256k", "filter_none"),
    filter("header", "magic number in front", "filter_header", "filter_none"),
    filter("misaligned", "8 beside a multiple of 16", "filter_misaligned", "filter_none"),
];

/// Counts frees.
pub(crate) const FILTER_COUNT: Row = filter("filter_count", "frees, counted", "filter_count", "filter_count");
