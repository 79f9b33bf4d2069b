//! `heapdiff top`.

use super::calls::{Calls, graph_options, text_options};
use super::{ROWS_DEFAULT, Table};
use crate::arguments::{GlobalArguments, OutputArguments, TopArguments};
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::{GraphOptions, NamedProfile};
use heapdiff_render::json::TopJson;
use heapdiff_render::text::{TextOptions, TopText};

pub(super) fn run(arguments: &TopArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let TopArguments { inputs, calls, output, .. } = arguments;
    let options = GraphOptions {
        order: arguments.order(),
        trimming: calls.trimming(0.0, 0.0, None),
        ..graph_options(calls, output.format, global)?
    };
    let found = Calls::read(inputs, calls, &options, output.format, global)?;
    let text = text_options(calls, output.count.shown(ROWS_DEFAULT), global);
    write(&found, text, output)
}

/// Prints what one profile holds.
pub(super) fn print(
    named: &NamedProfile,
    options: &GraphOptions,
    output: &OutputArguments,
    global: &GlobalArguments,
) -> anyhow::Result<()> {
    let found = Calls::of(None, named, options)?;
    super::say_notes(&found.graph().notes, Talk::new(global.quiet));
    write(&found, output::text_options(output.count.shown(ROWS_DEFAULT), global), output)
}

fn write(found: &Calls, text: TextOptions, output: &OutputArguments) -> anyhow::Result<()> {
    let view = found.view();
    let json = TopJson { view, rows_max: output.count.rows };
    Table {
        text: &|options, out| TopText { view }.write(options, out),
        json: &|out| json.write(out),
        csv: &|out| json.write_csv(out),
    }
    .print(output.format, text)
}
