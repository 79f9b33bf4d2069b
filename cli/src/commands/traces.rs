//! `heapdiff traces`.

use super::{ROWS_DEFAULT, refused, say_notes};
use crate::arguments::{GlobalArguments, TracesArguments};
use crate::input::Input;
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::traces;
use heapdiff_render::Sides;
use heapdiff_render::json::TracesJson;
use heapdiff_render::text::TracesText;

pub(super) fn run(arguments: &TracesArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let names = global.names(arguments.output.format);
    let selection = arguments.selection.selection(names).map_err(refused)?;
    let input = Input::new(global, arguments.process.process.as_deref());
    let subject = input.subject(&arguments.subject.base, &arguments.subject.inputs)?;
    let report = &traces(subject.profiles(), &selection).map_err(refused)?;
    say_notes(&report.notes, Talk::new(global.quiet));
    let (base, head) = subject.sides();
    let sides = Sides { base: base.as_ref(), head: &head };
    if arguments.output.is_json() {
        let json = TracesJson { report, sides, rows_max: arguments.output.rows };
        return output::print(|out| json.write(out));
    }
    let options = output::text_options(arguments.output.text_rows(ROWS_DEFAULT), global);
    output::print(|out| TracesText { report, sides }.write(&options, out))
}
