//! `heapdiff tags`.

use super::{ROWS_DEFAULT, Table, refused, say_notes};
use crate::arguments::{GlobalArguments, TagsArguments};
use crate::talk::Talk;
use heapdiff_profile::tags;
use heapdiff_render::Sides;
use heapdiff_render::json::TagsJson;
use heapdiff_render::text::TagsText;

pub(super) fn run(arguments: &TagsArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let (from, format) = (&arguments.subject, arguments.output.format);
    let selection = from.selected(format, global)?;
    let subject = from.read(global)?;
    let report = &tags(subject.profiles(), &selection).map_err(refused)?;
    from.check_measure(&report.subject.sample_type, format)?;
    let talk = Talk::new(global.quiet);
    say_notes(&report.notes, talk);
    if report.tags.is_empty() {
        talk.hint("heapdiff's own snapshots have the labels `bytes` and `epoch`; see --focus, --tag-show and --type");
    }
    let (base, head) = subject.sides();
    let sides = Sides { base: base.as_ref(), head: &head };
    let count = &arguments.output.count;
    let json = TagsJson { report, sides, rows_max: count.rows };
    Table {
        text: &|options, out| TagsText { report, sides }.write(options, out),
        json: &|out| json.write(out),
        csv: &|out| json.write_csv(out),
    }
    .print(format, from.text_options(count.shown(ROWS_DEFAULT), global))
}
