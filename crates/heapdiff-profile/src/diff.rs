//! What changed between two profiles, by stack, line or function.

use crate::base_scale::Scaling;
use crate::comparison::Comparison;
use crate::error::AnalysisError;
use crate::frame::{FrameId, FrameTable, StackId};
use crate::interval::{Confidence, Interval};
use crate::note::Note;
use crate::per_item::{ItemCounts, Per};
use crate::profile::{Profile, ValueType};
use crate::renamed::{self, Renamed};
use crate::resolve::Resolver;
use crate::row_groups::Groups;
use crate::row_key::{DiffBy, RowTitle};
use crate::sample_type::common_columns;
use crate::selection::Selection;
use crate::side::Side;
use crate::side_notes::{note_periods, note_programs};
use crate::significance::{Evidence, judge_alone, judge_together};

/// The two sides of a diff.
#[derive(Clone, Copy, Debug)]
pub struct DiffInputs<'a> {
    /// What is compared against, usually the older one.
    pub base: &'a Profile,
    /// What is asked about.
    pub head: &'a Profile,
}

/// How to diff.
#[derive(Clone, Debug, Default)]
pub struct DiffOptions {
    /// What makes a row. Default: the function.
    pub by: DiffBy,
    /// Which values, samples and frames.
    pub selection: Selection,
    /// What values are to be divided by. Default: nothing.
    pub per: Option<Per>,
}

/// A diff.
#[derive(Clone, Debug)]
pub struct DiffReport {
    /// What makes a row.
    pub by: DiffBy,
    /// The frames that the rows name.
    pub frames: FrameTable,
    /// What [`DiffFigures::value`] counts.
    pub sample_type: ValueType,
    /// How the two sides relate.
    pub pairing: Pairing,
    /// What a reader divides the values by: they are whole here, but for those of a base that was scaled.
    pub per: Option<ItemCounts>,
    /// How often the intervals hold the truth; of what is called significant, this part is expected to be.
    pub confidence: Confidence,
    /// Growers first, the biggest first; then what did not change; then shrinkers, the biggest last.
    pub rows: Vec<DiffRow>,
    /// The sum of all rows, as a row: its frame is meaningless.
    pub total: DiffTotal,
    /// The smallest growth of one stack, in bytes, that cannot have been missed: what nothing was seen of is below
    /// this with the chance of [`Self::confidence`]. 0 where every allocation was recorded; `None` where the period is not known.
    pub resolution_bytes: Option<u64>,
    /// Functions of two builds that may be one under two names.
    pub renamed: Vec<Renamed>,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// How the two sides of a diff relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Two snapshots of one process, matched by epoch: only births and deaths between them carry error.
    Paired,
    /// Each side is an estimate of its own.
    Independent,
}

/// One row of a diff.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffRow {
    /// What it is called.
    pub title: RowTitle,
    /// The frame that the row is attributed to. Where a row sums over several, that of the stack that changed most.
    pub frame: FrameId,
    /// The hidden frame next to [`Self::frame`] on the leaf side, such as `Vec::reserve`, if it says more than that
    /// memory was allocated. Its short form is [`crate::short_name`].
    pub via: Option<FrameId>,
    /// The shown frames of the stack, **leaf first**: the first is [`Self::frame`]. Where a row sums over several
    /// stacks, that of the one that changed most.
    pub stack: Vec<FrameId>,
    /// The same stack with all its frames.
    pub whole_stack: StackId,
    /// How many stacks the row sums over.
    pub stacks: usize,
    /// The values.
    pub figures: DiffFigures,
}

/// The values of a row, or of all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DiffFigures {
    /// In the unit of [`DiffReport::sample_type`].
    pub value: Change,
    /// Bytes: the same as [`Self::value`] for `inuse_space`. `None` where the profiles do not count bytes.
    pub bytes: Option<Change>,
    /// Objects. `None` where the profiles do not count them.
    pub objects: Option<Change>,
    /// How many sampled allocations the change rests on: births and deaths when paired, those of both sides
    /// otherwise. Derived from objects and period where the profiles count objects and no samples; `None` where they
    /// do not count objects either, or state no period.
    pub samples: Option<u64>,
    /// Where the true change in what was [`Self::estimated`] lies. A point where everything was recorded. `None` where the
    /// samples or the period are not known.
    pub interval: Option<Interval>,
    /// What [`Self::interval`] is about.
    pub estimated: Estimated,
    /// The chance to see a change at least as clear where nothing changed, the figures judged by themselves: the smallest
    /// chance to err at which the interval excludes zero. 0 stands for less than one in a billion. `None` where there is
    /// no interval, and for a single profile.
    pub p: Option<f64>,
    /// Whether the figures changed, judged together with all rows of the report, so that of those that are called
    /// significant no more than one minus the confidence are expected to be false. Sums over all rows are judged alone.
    /// `None` where there is no interval, and for a single profile.
    pub significant: Option<bool>,
    pub(crate) evidence: Option<Evidence>,
}

/// What an interval is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Estimated {
    /// Bytes, for these are what a heap is sampled by: [`DiffFigures::bytes`].
    #[default]
    Bytes,
    /// What was asked for, where it is objects, or the profile one of resources or tasks: [`DiffFigures::value`].
    Value,
}

impl DiffFigures {
    /// The change that [`Self::interval`] is about; `None` where it is not known.
    #[must_use]
    pub fn estimated_change(&self) -> Option<Change> {
        match self.estimated {
            Estimated::Bytes => self.bytes,
            Estimated::Value => Some(self.value),
        }
    }
}

/// Sums over all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DiffTotal {
    /// Of the rows.
    pub shown: DiffFigures,
    /// Of the profiles before filters, in the unit of [`DiffReport::sample_type`].
    pub unfiltered: Change,
}

/// A value on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// In the base.
    pub base: i64,
    /// In the head.
    pub head: i64,
    /// What the change is made of. `None` unless the diff is paired and the values are of memory in use.
    pub flow: Option<Flow>,
}

/// The parts of a change: `born - died + grown` is the change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// In the head and not in the base.
    pub born: i64,
    /// In the base and not in the head.
    pub died: i64,
    /// Gained in place by what is in both: blocks that grew by realloc. Negative where they shrank.
    pub grown: i64,
}

impl Change {
    /// Head less base.
    #[must_use]
    pub fn delta(self) -> i64 {
        self.head.saturating_sub(self.base)
    }
}

/// Pairs of names that are worth a note each.
const RENAMED_NOTES_MAX: usize = 3;

/// Compares two profiles.
///
/// The sides are paired if both are heapdiff snapshots of one process and the newer one still tells the epochs around
/// the older one apart; their order does not matter. Otherwise they are compared as independent estimates.
///
/// # Errors
/// If base and head have no sample type in common, or not the one that was asked for; or if no sample has the label that
/// makes the rows, or there is nothing to divide by.
pub fn diff(inputs: DiffInputs<'_>, options: &DiffOptions) -> Result<DiffReport, AnalysisError> {
    let DiffInputs { base, head } = inputs;
    let selection = &options.selection;
    let (sample_type, of_base, of_head) = common_columns(base, head, selection.sample_type.as_deref())?;
    let mut resolver = Resolver::new(selection).rows_by(&options.by);
    let (resolved_base, resolved_head) = (resolver.resolve(base), resolver.resolve(head));
    resolver.check_row_label()?;
    let (frames, attribution, mut notes) = resolver.finish();
    let base_side = Side { profile: base, resolved: &resolved_base, columns: of_base };
    let head_side = Side { profile: head, resolved: &resolved_head, columns: of_head };
    let per = options.per.as_ref().map(|per| ItemCounts::of(per, base, head)).transpose()?;
    let scaling = match &per {
        Some(ItemCounts { base_scale: 1.0, .. }) | None if selection.normalize => Scaling::SameSum,
        Some(ItemCounts { base_scale: 1.0, .. }) | None => Scaling::AsIs,
        Some(ItemCounts { base_scale, .. }) => Scaling::By(*base_scale),
    };
    note_programs(base, head, &mut notes);
    note_periods(base, head, &mut notes);
    let comparison = Comparison::new(base_side, head_side, frames.stack_count(), scaling, &mut notes)
        .with_confidence(selection.confidence);
    // A name without its generics is not the function's.
    let may_be_renamed = comparison.pairing() == Pairing::Independent
        && !renamed::is_one_build(base, head)
        && !selection.collapse_generics;
    let renamed = if may_be_renamed { renamed::find(&frames, &attribution, &comparison) } else { Vec::new() };
    notes.extend(renamed.iter().take(RENAMED_NOTES_MAX).cloned().map(Note::Renamed));
    let mut groups = Groups::new(&frames, &attribution, &comparison, &options.by);
    if options.by == DiffBy::Type && groups.keys().has_unknown_types() {
        notes.push(Note::UnknownTypes);
    }
    if selection.drop_negative {
        groups.drop_negative();
    }
    let mut shown = comparison.figures(&groups.total());
    judge_alone(&mut shown, selection.confidence);
    let mut rows = groups.into_rows();
    judge_together(rows.iter_mut().map(|row| &mut row.figures).collect(), selection.confidence);
    let unfiltered = comparison.unfiltered();
    Ok(DiffReport {
        by: options.by.clone(),
        sample_type,
        pairing: comparison.pairing(),
        per,
        confidence: selection.confidence,
        rows,
        total: DiffTotal { shown, unfiltered },
        resolution_bytes: comparison.resolution_bytes(),
        renamed,
        notes,
        frames,
    })
}
