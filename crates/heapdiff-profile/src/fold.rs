//! Stacks with their values on both sides, as a flame graph needs them.

use crate::comparison::Comparison;
use crate::diff::DiffFigures;
use crate::error::AnalysisError;
use crate::frame::{FrameId, FrameTable};
use crate::frame_order::FrameOrder;
use crate::gathered::Gathered;
use crate::interval::Confidence;
use crate::note::Note;
use crate::profile::ValueType;
use crate::resolved_subject::ResolvedSubject;
use crate::selection::Selection;
use crate::significance::judge_together;
use crate::subject::Subject;
use indexmap::IndexMap;

/// How to fold.
#[derive(Clone, Debug, Default)]
pub struct FoldOptions {
    /// Whether two lines of one function are two frames. Default: one, whose line is 0.
    pub lines: bool,
    /// Which values, samples and frames.
    pub selection: Selection,
}

/// The stacks of both sides: those that vanished, those that came and those that stayed.
#[derive(Clone, Debug)]
pub struct Folded {
    /// The frames that the stacks name.
    pub frames: FrameTable,
    /// What the values count.
    pub sample_type: ValueType,
    /// Each stack once, in the order of its frames from the root on: by function, file and line.
    pub stacks: Vec<FoldedStack>,
    /// How often intervals hold the truth: see [`crate::DiffReport::confidence`].
    pub confidence: Confidence,
    /// How sure the values of the stacks are.
    pub evidence: FoldedEvidence,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// One stack of a flame graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldedStack {
    /// The shown frames, **root first**.
    pub frames: Vec<FrameId>,
    /// The value in the base; 0 where there is no base.
    pub base: i64,
    /// The value in the head.
    pub head: i64,
}

/// How sure the values of folded stacks are. Empty by default: then nothing is known of it.
#[derive(Clone, Debug, Default)]
pub struct FoldedEvidence {
    comparison: Option<Comparison>,
    /// Of each stack, in the order of [`Folded::stacks`].
    gathered: Vec<Gathered>,
}

impl Folded {
    /// The figures of boxes, each of which holds the stacks at some indices: what they sum to, how sure that is, and
    /// whether it changed, all boxes judged together.
    #[must_use]
    pub fn figures(&self, boxes: &[Vec<usize>]) -> Vec<DiffFigures> {
        let Some(comparison) = &self.evidence.comparison else {
            return vec![DiffFigures::default(); boxes.len()];
        };
        let figures = boxes.iter().map(|stacks| {
            let gathered = stacks.iter().filter_map(|&stack| self.evidence.gathered.get(stack));
            comparison.figures(&gathered.fold(Gathered::default(), |mut sum, gathered| {
                sum += *gathered;
                sum
            }))
        });
        let mut figures: Vec<DiffFigures> = figures.collect();
        judge_together(figures.iter_mut().collect(), self.confidence);
        figures
    }
}

/// Folds one profile, or both sides of a diff.
///
/// # Errors
/// If the profiles have no sample type in common, or not the one that was asked for.
pub fn fold(subject: Subject<'_>, options: &FoldOptions) -> Result<Folded, AnalysisError> {
    let selection = &options.selection;
    let (resolved, mut notes) = ResolvedSubject::new(subject, selection)?;
    let comparison = resolved.by_stack(&mut notes);
    let ResolvedSubject { mut frames, attribution, sample_type, .. } = resolved;
    let drawn = DrawnFrames::new(&mut frames, options.lines);
    let mut folded: IndexMap<Vec<FrameId>, Gathered> = IndexMap::new();
    for (id, stack) in frames.stacks() {
        let Some(gathered) = comparison.gather(id) else { continue };
        let shown = attribution.shown(stack, attribution.of(stack));
        let mut root_first: Vec<_> = shown.map(|frame| drawn.of(frame)).collect();
        root_first.reverse();
        *folded.entry(root_first).or_default() += gathered;
    }
    let order = FrameOrder::of(&frames);
    let mut stacks: Vec<_> = folded
        .into_iter()
        .map(|(frames, sum)| {
            let value = sum.value();
            (FoldedStack { frames, base: value.base, head: value.head }, sum)
        })
        .filter(|(stack, _)| (stack.base, stack.head) != (0, 0))
        .filter(|(stack, _)| !(selection.drop_negative && stack.head < stack.base))
        .collect();
    stacks.sort_unstable_by(|(a, _), (b, _)| order.compare_stacks(&a.frames, &b.frames));
    let (stacks, gathered) = stacks.into_iter().unzip();
    let evidence = FoldedEvidence { comparison: Some(comparison), gathered };
    Ok(Folded { frames, sample_type, stacks, confidence: selection.confidence, evidence, notes })
}

/// The frame that each frame is drawn as.
struct DrawnFrames {
    by_frame: Vec<FrameId>,
}

impl DrawnFrames {
    fn new(frames: &mut FrameTable, lines: bool) -> Self {
        let count = frames.frame_count();
        let by_frame = (0..count).filter_map(|index| frames.id_at(index)).collect::<Vec<_>>();
        if lines {
            return Self { by_frame };
        }
        Self { by_frame: by_frame.into_iter().map(|frame| frames.intern_without_line(frame)).collect() }
    }

    fn of(&self, frame: FrameId) -> FrameId {
        self.by_frame.get(frame.index()).copied().unwrap_or(frame)
    }
}
