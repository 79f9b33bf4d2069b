//! `heapdiff DIR`.

use super::asked::Asked;
use super::postmortem::note_deaths;
use super::things;
use super::{ROWS_ON_A_SCREEN, Table, refused, say_notes, top};
use crate::arguments::{GlobalArguments, OutputArguments, OverviewArguments};
use crate::failure::Failure;
use crate::input::{Input, ONE_SNAPSHOT};
use crate::output::{self, shell_word};
use crate::talk::Talk;
use heapdiff_profile::{
    GraphOptions, GrowthKind, NamedProfile, Overview, OverviewBuilder, OverviewOptions, Tendency, ThingKind,
    TrendRow, Verdict,
};
use heapdiff_render::json::OverviewJson;
use heapdiff_render::text::OverviewText;
use std::path::{Path, PathBuf};

pub(super) fn run(
    path: &Path,
    arguments: &OverviewArguments,
    global: &GlobalArguments,
) -> anyhow::Result<()> {
    let talk = Talk::new(global.quiet);
    let options = OverviewOptions::new(
        arguments.selection.selection(global.names(arguments.output.format)).map_err(refused)?,
    );
    if !path.exists() {
        return Err(Failure::input(
            format!("cannot read `{}`: no such file or folder", path.display()),
            "name a folder with snapshots; `heapdiff --help` lists the commands",
        )
        .into());
    }
    let input = Input::new(global, arguments.process.process.as_deref());
    let mut series = Gathered { builder: OverviewBuilder::new(&options), newest: None, count: 0 };
    // A pipe, such as a shell's `<(command)`, is read like a file.
    let has_siblings = if path.is_dir() {
        let sample_type = arguments.selection.sample_type.as_deref();
        let has_siblings = input.each_snapshot(path, sample_type, |named| series.add(named))?;
        note_deaths(path, talk);
        has_siblings
    } else {
        series.add(input.one(path)?)?;
        false
    };
    let Gathered { mut builder, newest, count: snapshots } = series;
    let Some(newest) = newest else {
        return Err(
            Failure::input(format!("no snapshot in `{}`", path.display()), "name another folder").into()
        );
    };
    if snapshots == 1 {
        talk.note(ONE_SNAPSHOT);
        let options = GraphOptions {
            selection: arguments
                .selection
                .selection(global.names(arguments.output.format))
                .map_err(refused)?,
            ..GraphOptions::default()
        };
        return top::print(&newest, &options, &arguments.output, global);
    }
    let name = newest.name.clone();
    builder.add(newest).map_err(refused)?;
    let answer = builder.finish().map_err(refused)?;
    let things = match path.is_dir() {
        true => things::read(path, arguments.process.process.as_deref(), answer.trend.confidence, global)?,
        false => Vec::new(),
    };
    let answer = answer.with_things(things);
    say_notes(&answer.trend.notes, talk);
    let OutputArguments { format, count } = &arguments.output;
    let json = OverviewJson { overview: &answer, rows_max: count.rows };
    let process = arguments.process.process.as_deref().filter(|_| has_siblings);
    let asked = Asked { path, process, selection: &arguments.selection, global };
    let next = next_commands(&asked, &answer, &name);
    let text = OverviewText { overview: &answer, next: &next };
    Table {
        text: &|options, out| text.write(options, out),
        json: &|out| json.write(out),
        csv: &|out| json.write_csv(out),
    }
    .print(*format, output::text_options(count.shown(ROWS_ON_A_SCREEN), global))
}

/// A series as it is read. The newest snapshot is held back: if there is no other, it is shown by itself.
struct Gathered<'a> {
    builder: OverviewBuilder<'a>,
    newest: Option<NamedProfile>,
    count: usize,
}

impl Gathered<'_> {
    fn add(&mut self, named: NamedProfile) -> anyhow::Result<()> {
        self.count += 1;
        match self.newest.replace(named) {
            Some(before) => self.builder.add(before).map_err(refused),
            None => Ok(()),
        }
    }
}

/// What to type next, each with what it is good for. What grows comes first, and of that a picture.
fn next_commands(asked: &Asked<'_>, answer: &Overview, newest: &str) -> Vec<(String, &'static str)> {
    let growing = answer.things.iter().filter(|things| things.growing().next().is_some());
    let folders: Vec<PathBuf> =
        growing.clone().filter_map(|things| things::folder_of(asked.path, &things.kind)).collect();
    let of_others = |path: &Path| {
        let of = Asked { path, ..*asked };
        (of.folder(), of.options_of_others())
    };
    let mut commands = Vec::new();
    for folder in &folders {
        let (folder, options) = of_others(folder);
        commands.push((format!("heapdiff trend {folder}{options}"), "each place, over time"));
    }
    if growing.clone().any(|things| matches!(things.kind, ThingKind::TaskCells)) {
        let (folder, options) = of_others(asked.path);
        let cells = "--type inuse_objects --focus tokio::runtime::task::core::Cell --by stack";
        commands.push((format!("heapdiff diff {folder} {cells}{options}"), "who spawned them"));
    }
    let odd = answer.things.iter().flat_map(|things| &things.odd).find_map(|odd| odd.lint.label());
    if let Some(label) = odd {
        let (folder, options) = of_others(&asked.path.join(things::TASKS));
        let filter = shell_word(&format!("lint={label}"));
        let command = format!("heapdiff traces {folder} --tag-focus {filter}{options}");
        commands.push((command, "where odd tasks wait"));
    }
    let is_of_things = matches!(answer.headline.kind, GrowthKind::Tasks | GrowthKind::Resources);
    match folders.first().filter(|_| is_of_things) {
        Some(folder) => {
            let (folder, options) = of_others(folder);
            commands.push((format!("heapdiff diff {folder}{options} --by function"), "what came and went"));
            commands.push((
                format!("heapdiff flamegraph {folder}{options} -o growth.svg"),
                "the same as a picture",
            ));
        }
        None => commands.extend(of_the_heap(asked, answer, newest)),
    }
    commands
}

/// Commands on the live heap.
fn of_the_heap(asked: &Asked<'_>, answer: &Overview, newest: &str) -> Vec<(String, &'static str)> {
    let (folder, options) = (asked.folder(), asked.options(None));
    let mut commands = vec![
        (format!("heapdiff diff {folder}{options} --by function"), "what was born and died"),
        (format!("heapdiff flamegraph {folder}{options} -o growth.svg"), "who called it, as a picture"),
    ];
    let is_grower = |row: &&TrendRow| match answer.tendency(row) {
        Some(tendency) => tendency == Tendency::Grew,
        None => row.judgement.verdict == Verdict::LeakLike,
    };
    if let Some(row) = answer.trend.rows.iter().find(is_grower) {
        let exact = format!("^{}$", escaped(answer.trend.frames.function(row.frame)));
        let command = format!("heapdiff diff {folder}{}", asked.options(Some(&exact)));
        commands.insert(1, (command, "every stack through the first row"));
    } else {
        commands.push((format!("heapdiff top {}{options}", shell_word(newest)), "what is alive now"));
    }
    commands
}

/// A regular expression that matches `name` and nothing else.
fn escaped(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for character in name.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(character) {
            pattern.push('\\');
        }
        // A name must not be able to command the terminal that shows the pattern.
        pattern.push(if character.is_control() { '.' } else { character });
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_its_name_and_commands_no_terminal() {
        assert_eq!(escaped("<[u8; 64] as A>::b-c"), r"<\[u8; 64\] as A>::b\-c");
        assert_eq!(escaped("evil\x1b[31m"), r"evil.\[31m");
    }
}
