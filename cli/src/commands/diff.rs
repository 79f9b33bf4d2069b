//! `heapdiff diff`.

use super::calls::check_measure;
use super::{ROWS_DEFAULT, Table, refused, say_notes};
use crate::arguments::{DiffArguments, Format, GlobalArguments, OutputArguments};
use crate::failure::Failure;
use crate::input::{Comparison, Input};
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::{DiffInputs, DiffOptions, diff};
use heapdiff_render::Side;
use heapdiff_render::json::DiffJson;
use heapdiff_render::text::{DiffText, TextOptions};
use std::mem::ManuallyDrop;

pub(super) fn run(arguments: &DiffArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let options = DiffOptions {
        by: arguments.by.clone(),
        per: arguments.per.clone(),
        selection: arguments.comparison.applied_to(
            arguments.selection.selection(global.names(arguments.output.format)).map_err(refused)?,
        ),
    };
    let input = Input::new(global, arguments.process.process.as_deref())
        .for_report_of(options.selection.sample_type.as_deref());
    let Comparison { base: Some(base), head } =
        input.comparison(&arguments.base, &arguments.inputs, false)?
    else {
        return Err(Failure::usage("nothing to compare with", "name BASE and HEAD, or a folder").into());
    };
    // The process ends with its report: to free what it read before takes a tenth of its time.
    let (base, head) = (ManuallyDrop::new(base), ManuallyDrop::new(head));
    let inputs = DiffInputs { base: &base.profile, head: &head.profile };
    let report = ManuallyDrop::new(diff(inputs, &options).map_err(refused)?);
    let mut measure = arguments.measure.measure();
    check_measure(&measure, &report.sample_type, arguments.output.format)?;
    let talk = Talk::new(global.quiet);
    say_notes(&report.notes, talk);
    let base = Side::of(&base.name, &base.profile);
    let head = Side::of(&head.name, &head.profile);
    let report = &*report;
    if let Some(per) = &report.per {
        measure.divide_by = Some(per.items);
        if arguments.output.format == Format::Csv {
            talk.note(&format!("values are whole: divide them by {}", per.items));
        }
    }
    let OutputArguments { format, count } = &arguments.output;
    let json = DiffJson { report, base: &base, head: &head, rows_max: count.rows };
    let text = DiffText { report, base: &base, head: &head };
    let options = TextOptions { measure, ..output::text_options(count.shown(ROWS_DEFAULT), global) };
    Table {
        text: &|options, out| text.write(options, out),
        json: &|out| json.write(out),
        csv: &|out| json.write_csv(out),
    }
    .print(*format, options)
}
