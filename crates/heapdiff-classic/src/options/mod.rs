//! What can be asked for: commands, variables, and the command line that sets them.

mod command;
mod command_line;
mod config;
mod flag_set;
mod usage;

pub use command::{COMMANDS, Command, Finish, Format};
pub use command_line::{CommandLine, CommandLineError, ReportCommand, parse};
pub use config::{Config, Granularity, Sort};
pub use flag_set::FlagError;
pub use usage::usage;
