//! `heapdiff top`.

use super::{ROWS_DEFAULT, refused, say_notes};
use crate::arguments::{GlobalArguments, OutputArguments, TopArguments};
use crate::input::Input;
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::{FrameVisibility, NamedProfile, TopOptions, top};
use heapdiff_render::Side;
use heapdiff_render::json::TopJson;
use heapdiff_render::text::TopText;

pub(super) fn run(arguments: &TopArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let mut selection =
        arguments.selection.selection(global.names(arguments.output.format)).map_err(refused)?;
    if arguments.as_pprof {
        selection.frames = FrameVisibility::AsPprof;
    }
    let options = TopOptions { by: arguments.by.into(), order: arguments.order(), selection };
    let profile = Input::new(global, arguments.process.process.as_deref()).merged(&arguments.inputs)?;
    print(&profile, &options, &arguments.output, global)
}

/// Prints what one profile holds.
pub(super) fn print(
    named: &NamedProfile,
    options: &TopOptions,
    output: &OutputArguments,
    global: &GlobalArguments,
) -> anyhow::Result<()> {
    let report = top(&named.profile, options).map_err(refused)?;
    say_notes(&report.notes, Talk::new(global.quiet));
    let side = &Side::of(&named.name, &named.profile);
    let (report, by) = (&report, options.by);
    if output.is_json() {
        let json = TopJson { report, by, side, rows_max: output.rows };
        return output::print(|out| json.write(out));
    }
    let text = TopText { report, by, side };
    let options = output::text_options(output.text_rows(ROWS_DEFAULT), global);
    output::print(|out| text.write(&options, out))
}
