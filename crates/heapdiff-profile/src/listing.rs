//! What the lines of functions hold: the table behind a listing of their source.

use crate::comparison::Comparison;
use crate::diff::DiffFigures;
use crate::error::AnalysisError;
use crate::frame::{FrameId, FrameTable, StackId};
use crate::frame_order::FrameOrder;
use crate::gathered::Gathered;
use crate::interval::Confidence;
use crate::note::Note;
use crate::resolved_subject::ResolvedSubject;
use crate::selection::Selection;
use crate::significance::{judge_alone, judge_together};
use crate::string_table::StringId;
use crate::subject::{Subject, SubjectTotals};
use indexmap::IndexMap;
use regex::Regex;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Which functions to list.
#[derive(Clone, Debug)]
pub struct ListingOptions {
    functions: Regex,
    /// Which values, samples and frames.
    pub selection: Selection,
}

/// The lines of all functions that were asked for.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The frames that the functions are named by.
    pub frames: FrameTable,
    /// The sums of all stacks, whatever function they go through, and what they are of.
    pub subject: SubjectTotals,
    /// What holds or changed most with all that it called first.
    pub functions: Vec<ListedFunction>,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// A function in one source file.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedFunction {
    /// The function and its file, and one of its lines.
    pub frame: FrameId,
    /// What it holds itself: the sum of [`ListedLine::flat`]. As a growth from nothing, for one profile.
    pub flat: DiffFigures,
    /// What it holds with all that it called, each stack counted once.
    pub cum: DiffFigures,
    /// The lines that a stack goes through, in their order; 0 stands for those that are not known.
    pub lines: Vec<ListedLine>,
}

/// A line. Its values are growth from nothing, for one profile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ListedLine {
    /// Its number, from 1; 0 where it is not known.
    pub line: i64,
    /// The value of stacks that end here.
    pub flat: DiffFigures,
    /// The value of stacks that go through here, each counted once.
    pub cum: DiffFigures,
}

impl ListingOptions {
    /// Lists the functions whose name a regular expression matches.
    ///
    /// # Errors
    /// [`AnalysisError::BadPattern`] if it is none.
    pub fn new(functions: &str, selection: Selection) -> Result<Self, AnalysisError> {
        let functions = Regex::new(functions).map_err(|source| AnalysisError::BadPattern {
            pattern: functions.to_owned(),
            source: Box::new(source),
        })?;
        Ok(Self { functions, selection })
    }
}

/// Sums up the lines of functions.
///
/// # Errors
/// If the profiles have no sample type in common, or not the one that was asked for.
pub fn list(subject: Subject<'_>, options: &ListingOptions) -> Result<Listing, AnalysisError> {
    let (resolved, mut notes) = ResolvedSubject::new(subject, &options.selection)?;
    let comparison = resolved.by_stack(&mut notes);
    let ResolvedSubject { frames, attribution, .. } = &resolved;
    let is_listed: Vec<bool> =
        frames.frames().map(|frame| options.functions.is_match(frame.function)).collect();
    let is_listed = |frame: FrameId| is_listed.get(frame.index()).copied().unwrap_or(false);

    let mut functions: IndexMap<(StringId, StringId), FunctionSums> = IndexMap::new();
    let (mut all, mut is_hidden) = (Vec::new(), false);
    for (id, stack) in frames.stacks() {
        let Some(gathered) = comparison.gather(id) else { continue };
        all.push(id);
        is_hidden |= stack.iter().any(|&frame| is_listed(frame));
        let shown = attribution.shown(stack, attribution.of(stack));
        for (depth, frame) in shown.enumerate().filter(|&(_, frame)| is_listed(frame)) {
            let (function, file, line) = frames.parts(frame);
            let sums = functions.entry((function, file)).or_insert_with(|| FunctionSums::new(frame));
            sums.add(id, line, &gathered, depth == 0);
        }
    }
    if functions.is_empty() {
        let pattern = options.functions.as_str().to_owned();
        notes.push(if is_hidden {
            Note::FunctionsHidden { pattern }
        } else {
            Note::NoSuchFunction { pattern }
        });
    }
    let confidence = options.selection.confidence;
    let order = FrameOrder::of(frames);
    let mut functions: Vec<_> = functions.into_values().map(|sums| sums.into_function(&comparison)).collect();
    if options.selection.drop_negative {
        functions.retain(|function| function.cum.value.delta() >= 0);
    }
    judge(&mut functions, confidence);
    let mut shown = comparison.figures_of(&all);
    judge_alone(&mut shown, confidence);
    functions.sort_by(|a, b| {
        let by_value = |function: &ListedFunction| {
            let delta = |figures: &DiffFigures| Reverse(figures.value.delta().unsigned_abs());
            (delta(&function.cum), delta(&function.flat))
        };
        by_value(a).cmp(&by_value(b)).then_with(|| order.compare(a.frame, b.frame))
    });
    Ok(Listing { subject: resolved.totals(&comparison, shown), functions, notes, frames: resolved.frames })
}

/// Functions are judged together, and so are the lines of all of them.
fn judge(functions: &mut [ListedFunction], confidence: Confidence) {
    judge_together(functions.iter_mut().map(|function| &mut function.flat).collect(), confidence);
    judge_together(functions.iter_mut().map(|function| &mut function.cum).collect(), confidence);
    let lines = |functions: &mut [ListedFunction], of: fn(&mut ListedLine) -> &mut DiffFigures| {
        judge_together(functions.iter_mut().flat_map(|of| &mut of.lines).map(of).collect(), confidence);
    };
    lines(functions, |line| &mut line.flat);
    lines(functions, |line| &mut line.cum);
}

/// The sums of a function.
struct FunctionSums {
    frame: FrameId,
    of_all: StackSums,
    lines: BTreeMap<i64, StackSums>,
}

/// What the stacks sum to that end somewhere, and that go through there.
#[derive(Default)]
struct StackSums {
    flat: Gathered,
    cum: Gathered,
    /// The stack that was counted last: what comes twice in one stack is counted once.
    last_stack: Option<StackId>,
}

impl StackSums {
    fn add(&mut self, stack: StackId, gathered: &Gathered, is_leaf: bool) {
        if is_leaf {
            self.flat += *gathered;
        }
        if self.last_stack != Some(stack) {
            self.cum += *gathered;
            self.last_stack = Some(stack);
        }
    }
}

impl FunctionSums {
    fn new(frame: FrameId) -> Self {
        Self { frame, of_all: StackSums::default(), lines: BTreeMap::new() }
    }

    fn add(&mut self, stack: StackId, line: i64, gathered: &Gathered, is_leaf: bool) {
        self.of_all.add(stack, gathered, is_leaf);
        self.lines.entry(line).or_default().add(stack, gathered, is_leaf);
    }

    fn into_function(self, comparison: &Comparison) -> ListedFunction {
        let figures = |sums: &Gathered| comparison.figures(sums);
        let line = |(line, StackSums { flat, cum, .. })| ListedLine {
            line,
            flat: figures(&flat),
            cum: figures(&cum),
        };
        ListedFunction {
            frame: self.frame,
            flat: figures(&self.of_all.flat),
            cum: figures(&self.of_all.cum),
            lines: self.lines.into_iter().map(line).collect(),
        }
    }
}
