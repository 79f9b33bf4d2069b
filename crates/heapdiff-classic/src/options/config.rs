//! The variables that shape a report.

use super::command::{Command, Format};

/// What the rows of a report are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// What a function does itself.
    #[default]
    Flat,
    /// What a function and all it calls do.
    Cum,
}

/// What makes a node of the graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Granularity {
    /// A function, whatever file it is in.
    #[default]
    Functions,
    /// A function in a file.
    FileFunctions,
    /// A file.
    Files,
    /// A line.
    Lines,
    /// An address.
    Addresses,
}

/// All variables, with the values that they have unless told otherwise.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a variable that users set by its name")]
pub struct Config {
    /// Where to write the report; empty for standard output.
    pub output: String,
    /// Whether one function called in two ways is two nodes. Graphs only.
    pub call_tree: bool,
    /// Whether percentages are of what the filters left.
    pub relative_percentages: bool,
    /// The unit of all values; `minimum` lets the smallest value decide, `auto` each value for itself.
    pub unit: String,
    /// Whether the legend is left out of text.
    pub compact_labels: bool,
    /// Where to search source files: folders between colons.
    pub source_path: String,
    /// What to cut from the front of source files' paths: folders between colons.
    pub trim_path: String,
    /// Whether values are divided by the sample's first value.
    pub mean: bool,
    /// Which value of a sample to show: its name or place; empty for the default.
    pub sample_index: String,
    /// What all values are divided by.
    pub divide_by: f64,
    /// Whether the source is scaled to the base's total.
    pub normalize: bool,
    /// Order of rows.
    pub sort: Sort,
    /// Label keys, between commas, that become frames at the root.
    pub tagroot: String,
    /// Label keys, between commas, that become frames at the leaf.
    pub tagleaf: String,
    /// Whether nodes that shrank are left out.
    pub drop_negative: bool,
    /// How many nodes to show; 0 for all, -1 for as many as suit the report.
    pub nodecount: i64,
    /// Nodes below this part of the total are left out.
    pub nodefraction: f64,
    /// Edges below this part of the total are left out.
    pub edgefraction: f64,
    /// Whether `nodecount`, `nodefraction` and `edgefraction` are heeded.
    pub trim: bool,
    /// Keeps samples with a frame that matches.
    pub focus: String,
    /// Drops samples with a frame that matches.
    pub ignore: String,
    /// Drops the frames below one that matches.
    pub prune_from: String,
    /// Drops frames that match.
    pub hide: String,
    /// Drops frames that do not match.
    pub show: String,
    /// Drops the frames above one that matches.
    pub show_from: String,
    /// Keeps samples with a label that matches.
    pub tagfocus: String,
    /// Drops samples with a label that matches.
    pub tagignore: String,
    /// Drops labels whose key does not match.
    pub tagshow: String,
    /// Drops labels whose key matches.
    pub taghide: String,
    /// Whether inlined functions are counted to the one that they were inlined into.
    pub noinlines: bool,
    /// Whether a line's columns are told apart.
    pub showcolumns: bool,
    /// What makes a node; without it, a function.
    pub granularity: Option<Granularity>,
    /// Whether instructions are written in Intel's syntax.
    pub intel_syntax: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            output: String::new(),
            call_tree: false,
            relative_percentages: false,
            unit: "minimum".to_owned(),
            compact_labels: false,
            source_path: String::new(),
            trim_path: String::new(),
            mean: false,
            sample_index: String::new(),
            divide_by: 1.0,
            normalize: false,
            sort: Sort::Flat,
            tagroot: String::new(),
            tagleaf: String::new(),
            drop_negative: false,
            nodecount: -1,
            nodefraction: 0.005,
            edgefraction: 0.001,
            trim: true,
            focus: String::new(),
            ignore: String::new(),
            prune_from: String::new(),
            hide: String::new(),
            show: String::new(),
            show_from: String::new(),
            tagfocus: String::new(),
            tagignore: String::new(),
            tagshow: String::new(),
            taghide: String::new(),
            noinlines: false,
            showcolumns: false,
            granularity: None,
            intel_syntax: false,
        }
    }
}

/// Nodes of a graph that still fits an eye.
const GRAPH_NODES: i64 = 80;

impl Config {
    /// The variables as a command needs them: some reports are about single addresses or lines, and what belongs to
    /// one function must not be trimmed as if it were the whole.
    #[must_use]
    pub fn for_command(&self, command: &Command) -> Self {
        let mut config = self.clone();
        match command.format {
            Format::Disassembly => {
                (config.granularity, config.noinlines) = (Some(Granularity::Addresses), true);
            }
            Format::WebList => (config.granularity, config.noinlines) = (Some(Granularity::Addresses), false),
            Format::List => config.granularity = Some(Granularity::Lines),
            Format::Proto | Format::Raw | Format::Callgrind => {
                config.granularity = Some(Granularity::Addresses);
            }
            _ => {}
        }
        if config.nodecount == -1 {
            config.nodecount = match command.format {
                Format::Text | Format::TopProto => 0,
                _ => GRAPH_NODES,
            };
        }
        let is_whole = command.has_pattern
            || matches!(command.format, Format::Proto | Format::Raw | Format::Callgrind)
            || !config.trim;
        if is_whole {
            (config.nodecount, config.nodefraction, config.edgefraction) = (0, 0.0, 0.0);
        }
        config
    }

    /// The filters that are set, as the legend names them.
    #[must_use]
    pub fn active_filters(&self) -> Vec<String> {
        let filters = [
            ("focus", &self.focus),
            ("ignore", &self.ignore),
            ("hide", &self.hide),
            ("show", &self.show),
            ("show_from", &self.show_from),
            ("tagfocus", &self.tagfocus),
            ("tagignore", &self.tagignore),
            ("tagshow", &self.tagshow),
            ("taghide", &self.taghide),
        ];
        let set = filters.into_iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, value)| format!("{name}={value}")).collect()
    }
}
