//! The usage text.

use super::command::COMMANDS;

/// What is printed for `-h` and after a wrong flag.
#[must_use]
pub fn usage() -> String {
    let line = |indent: &str, name: &str, description: &str| {
        format!("{indent}    {:<16} {description}\n", format!("-{name}"))
    };
    let mut text = HEAD.to_owned();
    for command in &COMMANDS {
        text.push_str(&line("", command.name, command.description));
    }
    text.push_str("\n  Options:\n");
    for (name, description) in VARIABLES {
        text.push_str(&line("", name, description));
    }
    text.push_str("\n  Option groups (only set one per group):\n");
    for (group, choices) in GROUPS {
        text.push_str(&format!("    {group:<16} \n"));
        for (name, description) in choices {
            text.push_str(&line("  ", name, description));
        }
    }
    text.push_str(TAIL);
    text
}

/// The variables that are no choices, by name.
const VARIABLES: [(&str, &str); 31] = [
    ("call_tree", "Create a context-sensitive call tree"),
    ("compact_labels", "Show minimal headers"),
    ("divide_by", "Ratio to divide all samples before visualization"),
    ("drop_negative", "Ignore negative differences"),
    ("edgefraction", "Hide edges below <f>*total"),
    ("focus", "Restricts to samples going through a node matching regexp"),
    ("hide", "Skips nodes matching regexp"),
    ("ignore", "Skips paths going through any nodes matching regexp"),
    ("intel_syntax", "Show assembly in Intel syntax"),
    ("mean", "Average sample value over first value (count)"),
    ("nodecount", "Max number of nodes to show"),
    ("nodefraction", "Hide nodes below <f>*total"),
    ("noinlines", "Ignore inlines."),
    ("normalize", "Scales profile based on the base profile."),
    ("output", "Output filename for file-based outputs"),
    ("prune_from", "Drops any functions below the matched frame."),
    ("relative_percentages", "Show percentages relative to focused subgraph"),
    ("sample_index", "Sample value to report (0-based index or name)"),
    ("show", "Only show nodes matching regexp"),
    ("show_from", "Drops functions above the highest matched frame."),
    ("showcolumns", "Show column numbers at the source code line level."),
    ("source_path", "Search path for source files"),
    ("tagfocus", "Restricts to samples with tags in range or matched by regexp"),
    ("taghide", "Skip tags matching this regexp"),
    ("tagignore", "Discard samples with tags in range or matched by regexp"),
    ("tagleaf", "Adds pseudo stack frames for labels key/value pairs at the callstack leaf."),
    ("tagroot", "Adds pseudo stack frames for labels key/value pairs at the callstack root."),
    ("tagshow", "Only consider tags matching this regexp"),
    ("trim", "Honor nodefraction/edgefraction/nodecount defaults"),
    ("trim_path", "Path to trim from source paths before search"),
    ("unit", "Measurement units to display"),
];

/// Choices of which one may be set.
const GROUPS: [(&str, &[(&str, &str)]); 2] = [
    (
        "granularity",
        &[
            ("functions", "Aggregate at the function level."),
            ("filefunctions", "Aggregate at the function level."),
            ("files", "Aggregate at the file level."),
            ("lines", "Aggregate at the source code line level."),
            ("addresses", "Aggregate at the address level."),
        ],
    ),
    (
        "sort",
        &[("cum", "Sort entries based on cumulative weight"), ("flat", "Sort entries based on own weight")],
    ),
];

const HEAD: &str = r#"usage:

Produce output in the specified format.

   pprof <format> [options] [binary] <source> ...

Omit the format to get an interactive shell whose commands can be used
to generate various views of a profile

   pprof [options] [binary] <source> ...

Omit the format and provide the "-http" flag to get an interactive web
interface at the specified host:port that can be used to navigate through
various views of a profile.

   pprof -http [host]:[port] [options] [binary] <source> ...

Details:
  Output formats (select at most one):
"#;

const TAIL: &str = r#"
  Source options:
    -seconds              Duration for time-based profile collection
    -timeout              Timeout in seconds for profile collection
    -buildid              Override build id for main binary
    -add_comment          Free-form annotation to add to the profile
                          Displayed on some reports or with pprof -comments
    -diff_base source     Source of base profile for comparison
    -base source          Source of base profile for profile subtraction
    profile.pb.gz         Profile in compressed protobuf format
    legacy_profile        Profile in legacy pprof format
    http://host/profile   URL for profile handler to retrieve
    -symbolize=           Controls source of symbol information
      none                  Do not attempt symbolization
      local                 Examine only local binaries
      fastlocal             Only get function names from local binaries
      remote                Do not examine local binaries
      force                 Force re-symbolization
    Binary                  Local path or build id of binary for symbolization
    -tls_cert             TLS client certificate file for fetching profile and symbols
    -tls_key              TLS private key file for fetching profile and symbols
    -tls_ca               TLS CA certs file for fetching profile and symbols

  Misc options:
   -http              Provide web interface at host:port.
                      Host is optional and 'localhost' by default.
                      Port is optional and a randomly available port by default.
   -no_browser        Skip opening a browser for the interactive web UI.
   -tools             Search path for object tools

  Legacy convenience options:
   -inuse_space           Same as -sample_index=inuse_space
   -inuse_objects         Same as -sample_index=inuse_objects
   -alloc_space           Same as -sample_index=alloc_space
   -alloc_objects         Same as -sample_index=alloc_objects
   -total_delay           Same as -sample_index=delay
   -contentions           Same as -sample_index=contentions
   -mean_delay            Same as -mean -sample_index=delay

  Environment Variables:
   PPROF_TMPDIR       Location for saved profiles (default $HOME/pprof)
   PPROF_TOOLS        Search path for object-level tools
   PPROF_BINARY_PATH  Search path for local binary files
                      default: $HOME/pprof/binaries
                      searches $buildid/$name, $buildid/*, $path/$buildid,
                      ${buildid:0:2}/${buildid:2}.debug, $name, $path,
                      ${name}.debug, $dir/.debug/${name}.debug,
                      usr/lib/debug/$dir/${name}.debug
   * On Windows, %USERPROFILE% is used instead of $HOME
"#;
