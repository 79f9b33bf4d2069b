//! What is counted beside the heap of a process: the series in `DIR/tasks` and `DIR/resources/TYPE`.

use super::refused;
use crate::arguments::GlobalArguments;
use crate::directory;
use crate::input::Input;
use crate::talk::Talk;
use heapdiff_profile::{Confidence, DiffBy, Selection, ThingKind, Things, TrendBuilder, TrendOptions};
use std::path::{Path, PathBuf};

/// The series of things beside that of the heap in `folder`, of the same process.
///
/// # Errors
/// If one of them cannot be read.
pub(super) fn read(
    folder: &Path,
    process: Option<&str>,
    confidence: Confidence,
    global: &GlobalArguments,
) -> anyhow::Result<Vec<Things>> {
    let chosen = directory::choose(folder, process, Talk::new(true))?;
    // Of profiles of other producers nobody knows what belongs to them.
    let Some(process) = chosen.process.map(|process| process.key()) else { return Ok(Vec::new()) };
    let selection = Selection { confidence, ..Selection::default() };
    let options = TrendOptions { selection, ..TrendOptions::default() };
    let of_stacks = TrendOptions { by: DiffBy::Stack, ..options.clone() };
    let input = Input::new(global, Some(&process));
    let mut all = Vec::new();
    for (kind, path) in folders(folder) {
        if directory::choose(&path, Some(&process), Talk::new(true)).is_err() {
            continue;
        }
        let (mut builder, mut by_stack) = (TrendBuilder::new(&options), None);
        if kind == ThingKind::Tasks {
            by_stack = Some(TrendBuilder::new(&of_stacks));
        }
        input.each_snapshot(&path, Some("count"), |named| {
            if let Some(by_stack) = &mut by_stack {
                by_stack.add(named.clone()).map_err(refused)?;
            }
            builder.add(named).map_err(refused)
        })?;
        let things = Things::new(kind, builder.finish().map_err(refused)?);
        all.push(match by_stack {
            Some(by_stack) => things.with_spawns(&by_stack.finish().map_err(refused)?),
            None => things,
        });
    }
    Ok(all)
}

/// The folders that there are, tasks first, then resources by name.
fn folders(folder: &Path) -> Vec<(ThingKind, PathBuf)> {
    let tasks = folder.join("tasks");
    let mut folders = Vec::new();
    if tasks.is_dir() {
        folders.push((ThingKind::Tasks, tasks));
    }
    let entries = std::fs::read_dir(folder.join("resources")).into_iter().flatten().flatten();
    let mut types: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    types.sort();
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    folders.extend(types.into_iter().filter_map(|path| Some((ThingKind::Resources(name(&path)?), path))));
    folders
}
