//! `heapdiff diff`.

use super::calls::check_measure;
use super::{ROWS_DEFAULT, refused, say_notes};
use crate::arguments::{DiffArguments, GlobalArguments};
use crate::failure::Failure;
use crate::input::{Comparison, Input};
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::{DiffInputs, DiffOptions, diff};
use heapdiff_render::Side;
use heapdiff_render::json::DiffJson;
use heapdiff_render::text::{DiffText, TextOptions};

pub(super) fn run(arguments: &DiffArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let options = DiffOptions {
        by: arguments.by.clone(),
        selection: arguments.comparison.applied_to(
            arguments.selection.selection(global.names(arguments.output.format)).map_err(refused)?,
        ),
    };
    let input = Input::new(global, arguments.process.process.as_deref());
    let Comparison { base: Some(base), head } =
        input.comparison(&arguments.base, &arguments.inputs, false)?
    else {
        return Err(Failure::usage("nothing to compare with", "name BASE and HEAD, or a folder").into());
    };
    let inputs = DiffInputs { base: &base.profile, head: &head.profile };
    let report = diff(inputs, &options).map_err(refused)?;
    let measure = arguments.measure.measure();
    check_measure(&measure, &report.sample_type, arguments.output.format)?;
    say_notes(&report.notes, Talk::new(global.quiet));
    let base = Side::of(&base.name, &base.profile);
    let head = Side::of(&head.name, &head.profile);
    let report = &report;
    if arguments.output.is_json() {
        let json = DiffJson { report, base: &base, head: &head, rows_max: arguments.output.rows };
        return output::print(|out| json.write(out));
    }
    let text = DiffText { report, base: &base, head: &head };
    let options =
        TextOptions { measure, ..output::text_options(arguments.output.text_rows(ROWS_DEFAULT), global) };
    output::print(|out| text.write(&options, out))
}
