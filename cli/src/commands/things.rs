//! What is counted beside the heap of a process: the series in `DIR/tasks` and `DIR/resources/TYPE`.

use super::refused;
use crate::arguments::GlobalArguments;
use crate::directory;
use crate::input::Input;
use crate::talk::Talk;
use heapdiff_profile::{
    Confidence, Selection, TaskSeries, TaskSeriesOptions, ThingKind, Things, TrendBuilder, TrendOptions,
};
use std::path::{Path, PathBuf};

/// Where a recorder puts the profiles of tasks.
pub(super) const TASKS: &str = "tasks";
/// Where it puts those of resources, each type in a folder of its name.
const RESOURCES: &str = "resources";

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
    let of_tasks = TaskSeriesOptions::new(selection.clone());
    let options = TrendOptions { selection, ..TrendOptions::default() };
    let input = Input::new(global, Some(&process));
    let mut all = Vec::new();
    for (kind, path) in folders(folder) {
        if directory::choose(&path, Some(&process), Talk::new(true)).is_err() {
            continue;
        }
        if kind == ThingKind::Tasks {
            let mut tasks = TaskSeries::new(&of_tasks);
            input.each_snapshot(&path, Some("count"), |named| tasks.add(named).map_err(refused))?;
            all.push(tasks.finish().map_err(refused)?);
            continue;
        }
        let mut builder = TrendBuilder::new(&options);
        input.each_snapshot(&path, Some("count"), |named| builder.add(named).map_err(refused))?;
        all.push(Things::new(kind, builder.finish().map_err(refused)?));
    }
    Ok(all)
}

/// The series of a kind in a folder; `None` of what is seen in the heap alone.
pub(super) fn folder_of(folder: &Path, kind: &ThingKind) -> Option<PathBuf> {
    match kind {
        ThingKind::Tasks => Some(folder.join(TASKS)),
        ThingKind::Resources(name) => Some(folder.join(RESOURCES).join(name)),
        ThingKind::TaskCells => None,
    }
}

/// The folders that there are, tasks first, then resources by name.
fn folders(folder: &Path) -> Vec<(ThingKind, PathBuf)> {
    let tasks = folder.join(TASKS);
    let mut folders = Vec::new();
    if tasks.is_dir() {
        folders.push((ThingKind::Tasks, tasks));
    }
    let entries = std::fs::read_dir(folder.join(RESOURCES)).into_iter().flatten().flatten();
    let mut types: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    types.sort();
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    folders.extend(types.into_iter().filter_map(|path| Some((ThingKind::Resources(name(&path)?), path))));
    folders
}
