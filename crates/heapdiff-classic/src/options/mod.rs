//! What can be asked for: commands, variables, and the command line that sets them.

mod command;
mod command_line;
mod config;
mod flag_set;
mod go_float;
mod usage;
mod variable;
mod variable_table;

pub use command::{COMMANDS, Command, Finish, Format};
pub use command_line::{CommandLine, CommandLineError, Refusal, ReportCommand, TlsFiles, parse};
pub use config::{Config, Granularity, Sort};
pub use flag_set::FlagError;
pub use usage::usage;
pub(crate) use usage::{commands as command_lines, variables as variable_lines};
pub(crate) use variable::{Named, Variable};
