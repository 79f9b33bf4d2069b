//! `heapdiff traces`.

use super::{ROWS_DEFAULT, Table, refused, say_notes};
use crate::arguments::{GlobalArguments, TracesArguments};
use crate::talk::Talk;
use heapdiff_profile::traces;
use heapdiff_render::Sides;
use heapdiff_render::json::TracesJson;
use heapdiff_render::text::TracesText;

pub(super) fn run(arguments: &TracesArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let (from, format) = (&arguments.subject, arguments.output.format);
    let selection = from.selected(format, global)?;
    let subject = from.read(global)?;
    let report = &traces(subject.profiles(), &selection).map_err(refused)?;
    from.check_measure(&report.subject.sample_type, format)?;
    say_notes(&report.notes, Talk::new(global.quiet));
    let (base, head) = subject.sides();
    let sides = Sides { base: base.as_ref(), head: &head };
    let count = &arguments.output.count;
    let json = TracesJson { report, sides, rows_max: count.rows };
    Table {
        text: &|options, out| TracesText { report, sides }.write(options, out),
        json: &|out| json.write(out),
        csv: &|out| json.write_csv(out),
    }
    .print(format, from.text_options(count.shown(ROWS_DEFAULT), global))
}
