//! The table that pprof calls `top`: how much each function holds itself, and with what it called.

use crate::amounts::Amounts;
use crate::error::AnalysisError;
use crate::frame::{Frame, FrameId, FrameTable, StackId};
use crate::frame_order::FrameOrder;
use crate::note::Note;
use crate::profile::{Profile, ValueType};
use crate::resolve::{ResolvedSamples, Resolver};
use crate::sample_type::{Columns, sample_type_index};
use crate::selection::{FrameVisibility, Selection};
use crate::string_table::StringId;
use indexmap::IndexMap;
use std::cmp::Ordering;

/// What makes a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TopBy {
    /// A function, by its name; by its file too where the name has no path, but for what is shown as in pprof.
    #[default]
    Function,
    /// A function, file and line.
    Line,
    /// A source file.
    File,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TopOrder {
    /// The function's own value.
    #[default]
    Flat,
    /// The function's value with all that it called.
    Cum,
}

/// How to make the table.
#[derive(Clone, Debug, Default)]
pub struct TopOptions {
    /// What makes a row. Default: the function.
    pub by: TopBy,
    /// What rows are sorted by. Default: flat.
    pub order: TopOrder,
    /// Which values, samples and frames.
    pub selection: Selection,
}

/// The table.
#[derive(Clone, Debug)]
pub struct TopReport {
    /// The frames that the rows name.
    pub frames: FrameTable,
    /// What the values count.
    pub sample_type: ValueType,
    /// What 100 % is: the sum of the absolute values of all samples, before filters, as in pprof.
    pub total: i64,
    /// The sum of all samples that the filters let through: also that of every row's [`TopRow::flat`].
    pub shown: i64,
    /// In the order asked for: by absolute value, then by name.
    pub rows: Vec<TopRow>,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopRow {
    /// What the row is about. By function its file and line are those of the place with the biggest value; by file
    /// its function is empty.
    pub frame: FrameId,
    /// The value of samples whose leaf-most shown frame this is.
    pub flat: i64,
    /// The value of samples that have this anywhere in their stack, each counted once.
    pub cum: i64,
    /// Objects behind [`Self::flat`]. `None` where the profile does not count them.
    pub flat_objects: Option<i64>,
    /// Sampled allocations behind [`Self::flat`]. `None` where the profile does not say.
    pub flat_samples: Option<u64>,
}

/// Makes the table.
///
/// # Errors
/// If the profile does not have the sample type that was asked for.
pub fn top(profile: &Profile, options: &TopOptions) -> Result<TopReport, AnalysisError> {
    let selection = &options.selection;
    let column = sample_type_index(profile, selection.sample_type.as_deref())?;
    let columns = Columns::around(profile, column);
    let sample_type = profile.sample_types.get(column).cloned().ok_or(AnalysisError::NoSampleTypes)?;
    let mut resolver = Resolver::new(selection);
    let resolved = resolver.resolve(profile);
    let (mut frames, attribution, notes) = resolver.finish();

    let sums = sums_by_stack(profile, &resolved, columns, frames.stack_count());
    let mut nodes: IndexMap<NodeKey, Node> = IndexMap::new();
    for (id, stack) in frames.stacks() {
        let Some(sum) = sums.get(id.index()).filter(|sum| !sum.is_zero()) else { continue };
        let shown = attribution.shown(stack, attribution.of(stack));
        for (depth, frame) in shown.enumerate() {
            let node = nodes.entry(NodeKey::of(options.by, selection.frames, &frames, frame)).or_default();
            node.add(id, frame, *sum, depth == 0);
        }
    }
    let order = FrameOrder::of(&frames);
    let mut rows: Vec<_> = nodes
        .into_iter()
        .filter_map(|(key, node)| node.into_row(key, columns, &order, &mut frames))
        .collect();
    rows.sort_by(|a, b| compare_rows(a, b, options.order, &frames));
    let values = || profile.samples.iter().filter_map(|sample| sample.values.get(column));
    Ok(TopReport {
        sample_type,
        total: values().fold(0, |sum, value| sum.saturating_add(value.saturating_abs())),
        shown: sums.iter().fold(0, |sum, of_stack| sum.saturating_add(of_stack.value)),
        rows,
        notes,
        frames,
    })
}

fn sums_by_stack(
    profile: &Profile,
    resolved: &ResolvedSamples,
    columns: Columns,
    stacks: usize,
) -> Vec<Amounts> {
    let mut sums = vec![Amounts::default(); stacks];
    for (sample, stack) in profile.samples.iter().zip(&resolved.stacks) {
        if let Some(sum) = stack.and_then(|stack| sums.get_mut(stack.index())) {
            *sum += Amounts::of(sample, columns, None);
        }
    }
    sums
}

/// What frames of one row have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum NodeKey {
    Function(StringId, StringId),
    Line(FrameId),
    File(StringId),
}

impl NodeKey {
    fn of(by: TopBy, visibility: FrameVisibility, frames: &FrameTable, frame: FrameId) -> Self {
        let (function, file, _) = frames.parts(frame);
        match by {
            // pprof goes by the name alone.
            TopBy::Function if visibility == FrameVisibility::AsPprof => {
                Self::Function(function, StringId::EMPTY)
            }
            TopBy::Function => {
                let (function, file) = frames.function_key(frame);
                Self::Function(function, file)
            }
            TopBy::Line => Self::Line(frame),
            TopBy::File => Self::File(file),
        }
    }
}

/// A row before it is known which of its frames stands for it.
#[derive(Clone, Debug, Default)]
struct Node {
    flat: Amounts,
    cum: i64,
    /// The stack that was counted last: what comes twice in one stack is counted once.
    last_stack: Option<StackId>,
    /// The absolute value of each of its frames: flat first, then what it called.
    frames: IndexMap<FrameId, (u64, u64)>,
}

impl Node {
    fn add(&mut self, stack: StackId, frame: FrameId, sum: Amounts, is_leaf: bool) {
        let weight = self.frames.entry(frame).or_default();
        if is_leaf {
            self.flat += sum;
            weight.0 = weight.0.saturating_add(sum.value.unsigned_abs());
        }
        weight.1 = weight.1.saturating_add(sum.value.unsigned_abs());
        if self.last_stack != Some(stack) {
            self.cum = self.cum.saturating_add(sum.value);
            self.last_stack = Some(stack);
        }
    }

    /// `None` if there is nothing to show.
    fn into_row(
        self,
        key: NodeKey,
        columns: Columns,
        order: &FrameOrder,
        frames: &mut FrameTable,
    ) -> Option<TopRow> {
        if self.flat.value == 0 && self.cum == 0 {
            return None;
        }
        let frame = match key {
            NodeKey::Function(..) | NodeKey::Line(_) => {
                let heavier = |a: &(FrameId, (u64, u64)), b: &(FrameId, (u64, u64))| {
                    a.1.cmp(&b.1).then_with(|| order.compare(b.0, a.0))
                };
                self.frames.into_iter().max_by(heavier)?.0
            }
            NodeKey::File(file) => {
                let file = frames.text(file).to_owned();
                frames.intern(Frame { function: "", file: &file, line: 0 })
            }
        };
        Some(TopRow {
            frame,
            flat: self.flat.value,
            cum: self.cum,
            flat_objects: columns.objects.map(|_| self.flat.objects),
            flat_samples: columns.samples.map(|_| u64::try_from(self.flat.samples).unwrap_or(0)),
        })
    }
}

/// By absolute value, then by what the row is called, then by the other value.
///
/// **Source:** `FlatNameOrder` and `CumNameOrder` of google/pprof.
fn compare_rows(a: &TopRow, b: &TopRow, order: TopOrder, frames: &FrameTable) -> Ordering {
    let (flat, cum) = (|row: &TopRow| row.flat.unsigned_abs(), |row: &TopRow| row.cum.unsigned_abs());
    let (first, last) = match order {
        TopOrder::Flat => (flat(b).cmp(&flat(a)), cum(b).cmp(&cum(a))),
        TopOrder::Cum => (cum(b).cmp(&cum(a)), flat(b).cmp(&flat(a))),
    };
    first.then_with(|| frames.frame(a.frame).cmp(&frames.frame(b.frame))).then(last)
}
