//! What the lines of functions hold: the table behind a listing of their source.

use crate::comparison::Comparison;
use crate::diff::{DiffFigures, DiffTotal, Pairing};
use crate::error::AnalysisError;
use crate::frame::{FrameId, FrameTable, StackId};
use crate::frame_order::FrameOrder;
use crate::interval::Confidence;
use crate::note::Note;
use crate::profile::ValueType;
use crate::resolved_subject::ResolvedSubject;
use crate::selection::Selection;
use crate::significance::{judge_alone, judge_together};
use crate::string_table::StringId;
use crate::subject::Subject;
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
    /// What the values count.
    pub sample_type: ValueType,
    /// How the two sides relate; `None` for one profile.
    pub pairing: Option<Pairing>,
    /// What holds or changed most with all that it called first.
    pub functions: Vec<ListedFunction>,
    /// The sums of all stacks, whatever function they go through.
    pub total: DiffTotal,
    /// See [`DiffReport::resolution_bytes`](crate::DiffReport::resolution_bytes).
    pub resolution_bytes: Option<u64>,
    /// See [`DiffReport::confidence`](crate::DiffReport::confidence).
    pub confidence: Confidence,
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

/// A line. Its values are changes where two profiles are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListedLine {
    /// Its number, from 1; 0 where it is not known.
    pub line: i64,
    /// The value of stacks that end here.
    pub flat: i64,
    /// The value of stacks that go through here, each counted once.
    pub cum: i64,
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
            sums.add(id, line, gathered.delta(), depth == 0);
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
    judge_together(functions.iter_mut().map(|function| &mut function.flat).collect(), confidence);
    judge_together(functions.iter_mut().map(|function| &mut function.cum).collect(), confidence);
    let mut shown = comparison.figures_of(&all);
    judge_alone(&mut shown, confidence);
    functions.sort_by(|a, b| {
        let by_value = |function: &ListedFunction| {
            let delta = |figures: &DiffFigures| Reverse(figures.value.delta().unsigned_abs());
            (delta(&function.cum), delta(&function.flat))
        };
        by_value(a).cmp(&by_value(b)).then_with(|| order.compare(a.frame, b.frame))
    });
    Ok(Listing {
        sample_type: resolved.sample_type.clone(),
        pairing: resolved.pairing(&comparison),
        functions,
        total: DiffTotal { shown, unfiltered: comparison.unfiltered() },
        resolution_bytes: comparison.resolution_bytes(),
        confidence,
        notes,
        frames: resolved.frames,
    })
}

/// The sums of a function.
struct FunctionSums {
    frame: FrameId,
    /// Stacks that end here, and all that go through here. Each comes once, or several times in a row.
    flat: Vec<StackId>,
    cum: Vec<StackId>,
    lines: BTreeMap<i64, LineSums>,
}

#[derive(Default)]
struct LineSums {
    flat: i64,
    cum: i64,
    /// The stack that was counted last: what comes twice in one stack is counted once.
    last_stack: Option<StackId>,
}

impl FunctionSums {
    fn new(frame: FrameId) -> Self {
        Self { frame, flat: Vec::new(), cum: Vec::new(), lines: BTreeMap::new() }
    }

    fn add(&mut self, stack: StackId, line: i64, value: i64, is_leaf: bool) {
        let of_line = self.lines.entry(line).or_default();
        if is_leaf {
            of_line.flat = of_line.flat.saturating_add(value);
            self.flat.push(stack);
        }
        if of_line.last_stack != Some(stack) {
            of_line.cum = of_line.cum.saturating_add(value);
            of_line.last_stack = Some(stack);
        }
        if self.cum.last() != Some(&stack) {
            self.cum.push(stack);
        }
    }

    fn into_function(self, comparison: &Comparison) -> ListedFunction {
        let lines = self.lines.into_iter();
        let lines = lines.map(|(line, LineSums { flat, cum, .. })| ListedLine { line, flat, cum });
        ListedFunction {
            frame: self.frame,
            flat: comparison.figures_of(&self.flat),
            cum: comparison.figures_of(&self.cum),
            lines: lines.collect(),
        }
    }
}
