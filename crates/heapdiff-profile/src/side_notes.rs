//! What a reader must know of two profiles before they are compared.

use crate::metadata::{ResourceFigures, TaskFigures};
use crate::note::Note;
use crate::profile::Profile;
use crate::sampling::Sampling;

/// Says it if base and head are of two programs.
pub(crate) fn note_programs(base: &Profile, head: &Profile, notes: &mut Vec<Note>) {
    let (of_base, of_head) = (program(base), program(head));
    if !of_base.is_empty() && !of_head.is_empty() && of_base != of_head {
        notes.push(Note::DifferentPrograms { base: of_base.to_owned(), head: of_head.to_owned() });
    }
}

/// Says it if base and head were sampled with two periods. Not for the ends of a series, in which it may have changed
/// more than once.
pub(crate) fn note_periods(base: &Profile, head: &Profile, notes: &mut Vec<Note>) {
    if let (Some(of_base), Some(of_head)) = (period(base), period(head))
        && of_base != of_head
    {
        notes.push(Note::DifferentPeriods { base: of_base, head: of_head, unit: period_unit(head) });
    }
}

/// Says it if not every resource of a profile has a stack trace, or not every task is there.
pub(crate) fn note_resources(profile: &Profile, notes: &mut Vec<Note>) {
    let tasks = profile.metadata.as_ref().and_then(|metadata| metadata.tasks);
    if let Some(TaskFigures { refused: refused @ 1.., .. }) = tasks {
        notes.push(Note::TasksRefused { refused });
    }
    let figures = profile.metadata.as_ref().and_then(|metadata| metadata.resource.as_ref());
    if let Some(ResourceFigures { one_in, acquired, released, refused, .. }) = figures
        && (*one_in > 1 || *refused > 0)
    {
        let open = acquired.saturating_sub(*released);
        notes.push(Note::ResourcesSampled { one_in: *one_in, open, refused: *refused });
    }
}

/// What is counted from one sample to the next, in [`period_unit`]; `None` where it is not known.
pub(crate) fn period(profile: &Profile) -> Option<i64> {
    Sampling::of(profile).map(Sampling::period).or(Some(profile.period).filter(|&period| period > 0))
}

/// The unit of [`period`]; empty where it is not known.
pub(crate) fn period_unit(profile: &Profile) -> String {
    profile.period_type.as_ref().map_or(String::new(), |counted| counted.unit.clone())
}

/// The file name of the profiled program; empty where it is not known.
fn program(profile: &Profile) -> &str {
    let of_metadata = profile.metadata.as_ref().map(|metadata| metadata.process.program.as_str());
    let of_mapping = || profile.mappings.first().and_then(|mapping| mapping.file.rsplit('/').next());
    of_metadata.filter(|program| !program.is_empty()).or_else(of_mapping).unwrap_or_default()
}
