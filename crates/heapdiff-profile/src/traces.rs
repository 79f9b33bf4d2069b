//! Every stack with what it holds, and the labels of its samples.

use crate::diff::DiffFigures;
use crate::error::AnalysisError;
use crate::frame::{FrameId, FrameTable, StackId};
use crate::label_value::{LabelRange, LabelText};
use crate::note::Note;
use crate::resolved_subject::ResolvedSubject;
use crate::row_groups::Groups;
use crate::row_key::DiffBy;
use crate::selection::Selection;
use crate::significance::{judge_alone, judge_together};
use crate::subject::{Subject, SubjectTotals};
use indexmap::IndexMap;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Every stack.
#[derive(Clone, Debug)]
pub struct TracesReport {
    /// The frames that the stacks name.
    pub frames: FrameTable,
    /// The sums of all stacks, and what they are of.
    pub subject: SubjectTotals,
    /// What holds or changed most first.
    pub traces: Vec<Trace>,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// A stack.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its shown frames, **leaf first**.
    pub stack: Vec<FrameId>,
    /// See [`DiffRow::via`](crate::DiffRow::via).
    pub via: Option<FrameId>,
    /// The same stack with all its frames.
    pub whole_stack: StackId,
    /// The values: as a growth from nothing, for one profile.
    pub figures: DiffFigures,
    /// The labels of the samples that have a value, by name.
    pub labels: Vec<TraceLabel>,
}

/// What the samples of a stack say by one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLabel {
    /// The label.
    pub key: String,
    /// Its numbers: smallest and largest.
    pub numbers: Option<LabelRange>,
    /// Its words, in alphabetical order.
    pub words: Vec<String>,
}

/// Lists every stack of a profile, or of both sides of a diff.
///
/// # Errors
/// If the profiles have no sample type in common, or not the one that was asked for.
pub fn traces(subject: Subject<'_>, selection: &Selection) -> Result<TracesReport, AnalysisError> {
    let (resolved, mut notes) = ResolvedSubject::new(subject, selection)?;
    let comparison = resolved.by_stack(&mut notes);
    let mut groups = Groups::new(&resolved.frames, &resolved.attribution, &comparison, &DiffBy::Stack);
    if selection.drop_negative {
        groups.drop_negative();
    }
    let mut shown = comparison.figures(&groups.total());
    judge_alone(&mut shown, selection.confidence);
    let mut labels = labels_by_stack(&resolved, selection);
    let mut rows = groups.into_rows();
    judge_together(rows.iter_mut().map(|row| &mut row.figures).collect(), selection.confidence);
    // The rows come in an order that does not depend on that of the samples, which equal ones keep.
    rows.sort_by_key(|row| {
        let value = row.figures.value;
        (Reverse(value.delta().unsigned_abs()), Reverse(value.delta()))
    });
    let traces = rows.into_iter().map(|row| Trace {
        stack: row.stack,
        via: row.via,
        figures: row.figures,
        labels: labels.swap_remove(&row.whole_stack).unwrap_or_default(),
        whole_stack: row.whole_stack,
    });
    Ok(TracesReport {
        traces: traces.collect(),
        subject: resolved.totals(&comparison, shown),
        notes,
        frames: resolved.frames,
    })
}

fn labels_by_stack(
    resolved: &ResolvedSubject<'_>,
    selection: &Selection,
) -> IndexMap<StackId, Vec<TraceLabel>> {
    let mut stacks: IndexMap<StackId, BTreeMap<&str, TraceLabel>> = IndexMap::new();
    for of in resolved.samples().filter(|of| of.value != 0) {
        let labels = stacks.entry(of.stack).or_default();
        for label in &of.sample.labels {
            let key = of.profile.strings.get(label.key);
            if !selection.filters.shows_label(key) {
                continue;
            }
            let of_key = labels.entry(key).or_insert_with(|| TraceLabel {
                key: key.to_owned(),
                numbers: None,
                words: Vec::new(),
            });
            match LabelText::of(of.profile, label) {
                LabelText::Number { value, unit } => {
                    let range = of_key.numbers.get_or_insert_with(|| LabelRange::point(value, unit));
                    range.include(value);
                }
                LabelText::Word(word) => {
                    if let Err(place) = of_key.words.binary_search_by(|known| known.as_str().cmp(word)) {
                        of_key.words.insert(place, word.to_owned());
                    }
                }
            }
        }
    }
    stacks.into_iter().map(|(stack, labels)| (stack, labels.into_values().collect())).collect()
}
