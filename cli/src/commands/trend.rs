//! `heapdiff trend`.

use super::asked::Asked;
use super::{ROWS_ON_A_SCREEN, Table, refused, say_notes};
use crate::arguments::{GlobalArguments, OutputArguments, TrendArguments, typed_per};
use crate::failure::Failure;
use crate::input::Input;
use crate::output::{self, shell_word};
use crate::talk::Talk;
use heapdiff_profile::{DiffBy, Per, TrendBuilder, TrendOptions, TrendReport, Verdict};
use heapdiff_render::json::TrendJson;
use heapdiff_render::text::TrendText;

pub(super) fn run(arguments: &TrendArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let talk = Talk::new(global.quiet);
    let folder = &arguments.directory;
    if !folder.is_dir() {
        let found = if folder.exists() { "is no folder" } else { "does not exist" };
        return Err(Failure::input(
            format!("`{}` {found}: a trend needs a series of snapshots", folder.display()),
            "name the folder that a program records in; `heapdiff diff` compares two files",
        )
        .into());
    }
    let options = TrendOptions {
        by: arguments.by.clone(),
        per: arguments.per.clone(),
        selection: arguments.selection.selection(global.names(arguments.output.format)).map_err(refused)?,
    };
    let mut builder = TrendBuilder::new(&options);
    let input = Input::new(global, arguments.process.process.as_deref());
    let sample_type = arguments.selection.sample_type.as_deref();
    let has_siblings =
        input.each_snapshot(folder, sample_type, |named| builder.add(named).map_err(refused))?;
    let report = builder.finish().map_err(refused)?;
    say_notes(&report.notes, talk);
    if let [only] = report.points.as_slice() {
        return Err(Failure::Inconclusive {
            message: format!("one snapshot in `{}`: a trend takes two, and a verdict five", folder.display()),
            hint: format!(
                "wait for more, or see what is alive with `heapdiff top {}`",
                shell_word(&only.name)
            ),
        }
        .into());
    }
    let OutputArguments { format, count } = &arguments.output;
    let json = TrendJson { report: &report, rows_max: count.rows };
    let process = arguments.process.process.as_deref().filter(|_| has_siblings);
    let asked = Asked { path: folder, process, selection: &arguments.selection, global };
    let next = next_commands(&asked, arguments.per.as_ref(), &report);
    let text = TrendText { report: &report, next: &next };
    Table {
        text: &|options, out| text.write(options, out),
        json: &|out| json.write(out),
        csv: &|out| json.write_csv(out),
    }
    .print(*format, output::text_options(count.shown(ROWS_ON_A_SCREEN), global))
}

/// What to type next, each with what it is good for.
fn next_commands(asked: &Asked<'_>, per: Option<&Per>, report: &TrendReport) -> Vec<(String, &'static str)> {
    let (folder, options) = (asked.folder(), asked.options(None));
    let mut commands = vec![
        (format!("heapdiff {folder}{options}"), "where its memory is"),
        (format!("heapdiff flamegraph {folder}{options} -o growth.svg"), "who called it, as a picture"),
    ];
    let has_leaks = report.rows.iter().any(|row| row.judgement.verdict == Verdict::LeakLike);
    if has_leaks && report.by != DiffBy::Stack {
        let per = per.map_or(String::new(), |per| format!(" --per {}", shell_word(&typed_per(per))));
        let command = format!("heapdiff trend {folder}{options}{per} --by stack");
        commands.insert(0, (command, "the stacks that grow"));
    }
    commands
}
