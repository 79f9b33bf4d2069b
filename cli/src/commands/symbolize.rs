//! `heapdiff symbolize`.

use super::convert::write;
use crate::arguments::{GlobalArguments, SymbolizeArguments};
use crate::input::Input;
use crate::talk::Talk;
use heapdiff_formats::ExportFormat;

pub(super) fn run(arguments: &SymbolizeArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let input = Input::new(global, arguments.process.process.as_deref());
    // What could not be named was warned of while it was looked up.
    let named = input.merged(&arguments.inputs)?;
    write(&named, ExportFormat::Pprof, 0, &arguments.output, Talk::new(global.quiet))
}
