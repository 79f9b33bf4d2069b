//! All variables, and what pprof says that they do.

use super::config::Config;
use super::variable::{Choice, Value, Variable};

/// The variables that are no choices, by name.
pub(super) static VARIABLES: [Variable; 31] = [
    variable(
        "call_tree",
        |config| Value::Switch(&mut config.call_tree),
        "Create a context-sensitive call tree\n\
             Treat locations reached through different paths as separate.\n",
    ),
    variable("compact_labels", |config| Value::Switch(&mut config.compact_labels), "Show minimal headers"),
    variable(
        "divide_by",
        |config| Value::Number(&mut config.divide_by),
        "Ratio to divide all samples before visualization\n\
             Divide all samples values by a constant, eg the number of processors or jobs.\n",
    ),
    variable(
        "drop_negative",
        |config| Value::Switch(&mut config.drop_negative),
        "Ignore negative differences\n\
             Do not show any locations with values <0.\n",
    ),
    variable("edgefraction", |config| Value::Number(&mut config.edgefraction), "Hide edges below <f>*total"),
    variable(
        "focus",
        |config| Value::Text(&mut config.focus),
        "Restricts to samples going through a node matching regexp\n\
             Discard samples that do not include a node matching this regexp.\n\
             Matching includes the function name, filename or object name.\n",
    ),
    variable(
        "hide",
        |config| Value::Text(&mut config.hide),
        "Skips nodes matching regexp\n\
             Discard nodes that match this location.\n\
             Other nodes from samples that include this location will be shown.\n\
             Matching includes the function name, filename or object name.\n",
    ),
    variable(
        "ignore",
        |config| Value::Text(&mut config.ignore),
        "Skips paths going through any nodes matching regexp\n\
             If set, discard samples that include a node matching this regexp.\n\
             Matching includes the function name, filename or object name.\n",
    ),
    variable(
        "intel_syntax",
        |config| Value::Switch(&mut config.intel_syntax),
        "Show assembly in Intel syntax\n\
             Only applicable to commands `disasm` and `weblist`\n",
    ),
    variable(
        "mean",
        |config| Value::Switch(&mut config.mean),
        "Average sample value over first value (count)\n\
             For memory profiles, report average memory per allocation.\n\
             For time-based profiles, report average time per event.\n",
    ),
    variable(
        "nodecount",
        |config| Value::Integer(&mut config.nodecount),
        "Max number of nodes to show\n\
             Uses heuristics to limit the number of locations to be displayed.\n\
             On graphs, dotted edges represent paths through nodes that have been removed.\n",
    ),
    variable("nodefraction", |config| Value::Number(&mut config.nodefraction), "Hide nodes below <f>*total"),
    variable(
        "noinlines",
        |config| Value::Switch(&mut config.noinlines),
        "Ignore inlines.\n\
             Attributes inlined functions to their first out-of-line caller.\n",
    ),
    variable(
        "normalize",
        |config| Value::Switch(&mut config.normalize),
        "Scales profile based on the base profile.\n",
    ),
    variable("output", |config| Value::Text(&mut config.output), "Output filename for file-based outputs\n"),
    variable(
        "prune_from",
        |config| Value::Text(&mut config.prune_from),
        "Drops any functions below the matched frame.\n\
             If set, any frames matching the specified regexp and any frames\n\
             below it will be dropped from each sample.\n",
    ),
    variable(
        "relative_percentages",
        |config| Value::Switch(&mut config.relative_percentages),
        "Show percentages relative to focused subgraph\n\
             If unset, percentages are relative to full graph before focusing\n\
             to facilitate comparison with original graph.\n",
    ),
    variable(
        "sample_index",
        |config| Value::Text(&mut config.sample_index),
        "Sample value to report (0-based index or name)\n\
             Profiles contain multiple values per sample.\n\
             Use sample_index=i to select the ith value (starting at 0).\n",
    ),
    variable(
        "show",
        |config| Value::Text(&mut config.show),
        "Only show nodes matching regexp\n\
             If set, only show nodes that match this location.\n\
             Matching includes the function name, filename or object name.\n",
    ),
    variable(
        "show_from",
        |config| Value::Text(&mut config.show_from),
        "Drops functions above the highest matched frame.\n\
             If set, all frames above the highest match are dropped from every sample.\n\
             Matching includes the function name, filename or object name.\n",
    ),
    variable(
        "showcolumns",
        |config| Value::Switch(&mut config.showcolumns),
        "Show column numbers at the source code line level.\n",
    ),
    variable("source_path", |config| Value::Text(&mut config.source_path), "Search path for source files"),
    variable(
        "tagfocus",
        |config| Value::Text(&mut config.tagfocus),
        "Restricts to samples with tags in range or matched by regexp\n\
             Use name=value syntax to limit the matching to a specific tag.\n\
             Numeric tag filter examples: 1kb, 1kb:10kb, memory=32mb:\n\
             String tag filter examples: foo, foo.*bar, mytag=foo.*bar\n",
    ),
    variable(
        "taghide",
        |config| Value::Text(&mut config.taghide),
        "Skip tags matching this regexp\n\
             Discard tags that match this regexp\n",
    ),
    variable(
        "tagignore",
        |config| Value::Text(&mut config.tagignore),
        "Discard samples with tags in range or matched by regexp\n\
             Use name=value syntax to limit the matching to a specific tag.\n\
             Numeric tag filter examples: 1kb, 1kb:10kb, memory=32mb:\n\
             String tag filter examples: foo, foo.*bar, mytag=foo.*bar\n",
    ),
    variable(
        "tagleaf",
        |config| Value::Text(&mut config.tagleaf),
        "Adds pseudo stack frames for labels key/value pairs at the callstack leaf.\n\
             A comma-separated list of label keys.\n\
             The last key creates frames at the new leaf.\n",
    ),
    variable(
        "tagroot",
        |config| Value::Text(&mut config.tagroot),
        "Adds pseudo stack frames for labels key/value pairs at the callstack root.\n\
             A comma-separated list of label keys.\n\
             The first key creates frames at the new root.\n",
    ),
    variable(
        "tagshow",
        |config| Value::Text(&mut config.tagshow),
        "Only consider tags matching this regexp\n\
             Discard tags that do not match this regexp\n",
    ),
    variable(
        "trim",
        |config| Value::Switch(&mut config.trim),
        "Honor nodefraction/edgefraction/nodecount defaults\n\
             Set to false to get the full profile, without any trimming.\n",
    ),
    variable(
        "trim_path",
        |config| Value::Text(&mut config.trim_path),
        "Path to trim from source paths before search",
    ),
    variable(
        "unit",
        |config| Value::Text(&mut config.unit),
        "Measurement units to display\n\
             Scale the sample values to this unit.\n\
             For time-based profiles, use seconds, milliseconds, nanoseconds, etc.\n\
             For memory profiles, use megabytes, kilobytes, bytes, etc.\n\
             Using auto will scale each value independently to the most natural unit.\n",
    ),
];

/// The variables of which one of a few values is chosen. Only these values have a help.
pub(super) static GROUPS: [Variable; 2] = [
    variable("granularity", |config| Value::Granularity(&mut config.granularity), ""),
    variable("sort", |config| Value::Sort(&mut config.sort), ""),
];

/// The values of `granularity`.
pub(super) static GRANULARITY_CHOICES: [Choice; 5] = [
    choice(
        "functions",
        "Aggregate at the function level.\n\
             Ignores the filename where the function was defined.\n",
    ),
    choice(
        "filefunctions",
        "Aggregate at the function level.\n\
             Takes into account the filename where the function was defined.\n",
    ),
    choice("files", "Aggregate at the file level."),
    choice("lines", "Aggregate at the source code line level."),
    choice(
        "addresses",
        "Aggregate at the address level.\n\
             Includes functions' addresses in the output.\n",
    ),
];

/// The values of `sort`.
pub(super) static SORT_CHOICES: [Choice; 2] = [
    choice("cum", "Sort entries based on cumulative weight\n"),
    choice("flat", "Sort entries based on own weight\n"),
];

const fn variable(
    name: &'static str,
    place: for<'c> fn(&'c mut Config) -> Value<'c>,
    help: &'static str,
) -> Variable {
    Variable { name, help, place }
}

const fn choice(name: &'static str, help: &'static str) -> Choice {
    Choice { name, help }
}
