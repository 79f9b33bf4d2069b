//! The usage text.

use super::command::COMMANDS;
use super::variable::Variable;

/// What is printed for `-h` and after a wrong flag.
#[must_use]
pub fn usage() -> String {
    format!(
        "{HEAD}{}\n{}\n{TAIL}",
        commands("  Output formats (select at most one):\n", "-", &[]),
        variables("-")
    )
}

/// The commands, and `others`, with a line for each. `prefix` stands before all names but those of the others.
pub(crate) fn commands(title: &str, prefix: &str, others: &[(&str, &str)]) -> String {
    let lines =
        COMMANDS.iter().map(|command| line(&format!("{prefix}{}", command.name), command.description));
    let others = others.iter().map(|(name, description)| line(name, description));
    format!("{title}{}", lines.chain(others).collect::<String>())
}

/// The variables with a line for each, without a line's end.
pub(crate) fn variables(prefix: &str) -> String {
    let described = |name: &str, help: &str| line(&format!("{prefix}{name}"), first_line(help));
    let mut text = "  Options:\n".to_owned();
    for variable in Variable::free() {
        text.push_str(&described(variable.name, variable.help));
    }
    text.push_str("\n  Option groups (only set one per group):\n");
    for variable in Variable::groups() {
        text.push_str(&line(variable.name, ""));
        for choice in variable.choices() {
            text.push_str("  ");
            text.push_str(&described(choice.name, choice.help));
        }
    }
    text.pop();
    text
}

fn line(name: &str, description: &str) -> String {
    format!("    {name:<16} {description}\n")
}

fn first_line(help: &str) -> &str {
    help.lines().next().unwrap_or_default()
}

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
