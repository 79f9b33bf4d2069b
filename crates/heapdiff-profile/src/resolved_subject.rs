//! One profile, or both sides of a diff, resolved and ready to be summed.

use crate::attribution::Attribution;
use crate::base_scale::Scaling;
use crate::comparison::Comparison;
use crate::diff::{DiffFigures, DiffTotal};
use crate::error::AnalysisError;
use crate::frame::FrameTable;
use crate::interval::Confidence;
use crate::note::Note;
use crate::profile::{Profile, Sample, ValueType};
use crate::resolve::{ResolvedSamples, Resolver};
use crate::sample_type::{Columns, columns_of};
use crate::selection::Selection;
use crate::side::Side;
use crate::side_notes::{note_periods, note_programs};
use crate::subject::{Subject, SubjectTotals};

/// The samples of a [`Subject`] after filters, with the frames of their stacks.
pub(crate) struct ResolvedSubject<'a> {
    subject: Subject<'a>,
    /// Whether the base is scaled to hold as much as the head.
    normalize: bool,
    confidence: Confidence,
    pub(crate) sample_type: ValueType,
    of_base: Columns,
    of_head: Columns,
    pub(crate) base: ResolvedSamples,
    pub(crate) head: ResolvedSamples,
    pub(crate) frames: FrameTable,
    pub(crate) attribution: Attribution,
}

impl<'a> ResolvedSubject<'a> {
    /// Resolves, and says what there is to note.
    ///
    /// # Errors
    /// If the profiles have no sample type in common, or not the one that was asked for.
    pub(crate) fn new(
        subject: Subject<'a>,
        selection: &Selection,
    ) -> Result<(Self, Vec<Note>), AnalysisError> {
        let Subject { base, head } = subject;
        let (sample_type, of_base, of_head) = columns_of(subject, selection.sample_type.as_deref())?;
        let mut resolver = Resolver::new(selection);
        let resolved_base = base.map(|base| resolver.resolve(base));
        let resolved_head = resolver.resolve(head);
        let (frames, attribution, notes) = resolver.finish();
        let base = resolved_base.unwrap_or(ResolvedSamples { stacks: Vec::new() });
        Ok((
            Self {
                subject,
                normalize: selection.normalize,
                confidence: selection.confidence,
                sample_type,
                of_base,
                of_head,
                base,
                head: resolved_head,
                frames,
                attribution,
            },
            notes,
        ))
    }

    /// Sums the values of both sides by stack.
    pub(crate) fn by_stack(&self, notes: &mut Vec<Note>) -> Comparison {
        self.compare(&self.base, &self.head, self.frames.stack_count(), notes)
    }

    /// Sums the values of both sides by whatever `base` and `head` put their samples to, of which there are `count`.
    pub(crate) fn compare(
        &self,
        base: &ResolvedSamples,
        head: &ResolvedSamples,
        count: usize,
        notes: &mut Vec<Note>,
    ) -> Comparison {
        let head = Side { profile: self.subject.head, resolved: head, columns: self.of_head };
        let comparison = match self.subject.base {
            Some(profile) => {
                let base = Side { profile, resolved: base, columns: self.of_base };
                let scaling = if self.normalize { Scaling::SameSum } else { Scaling::AsIs };
                note_programs(base.profile, head.profile, notes);
                note_periods(base.profile, head.profile, notes);
                Comparison::new(base, head, count, scaling, notes)
            }
            None => Comparison::of_one(head, count, notes),
        };
        comparison.with_confidence(self.confidence)
    }

    /// The samples of both sides that the filters let through, with whether they are of the base and their value.
    pub(crate) fn samples(&self) -> impl Iterator<Item = SubjectSample<'_>> {
        let of = |profile: Option<&'a Profile>, resolved, column: usize, is_base| {
            profile.into_iter().flat_map(move |profile| {
                let samples = profile.samples.iter().enumerate();
                samples.filter_map(move |(index, sample)| {
                    let resolved: &ResolvedSamples = resolved;
                    let stack = resolved.stacks.get(index).copied().flatten()?;
                    let value = sample.values.get(column).copied().unwrap_or(0);
                    Some(SubjectSample { profile, sample, index, stack, value, is_base })
                })
            })
        };
        let base = of(self.subject.base, &self.base, self.of_base.value, true);
        base.chain(of(Some(self.subject.head), &self.head, self.of_head.value, false))
    }

    /// What a report says before its rows, of which `shown` is the sum.
    pub(crate) fn totals(&self, comparison: &Comparison, shown: DiffFigures) -> SubjectTotals {
        SubjectTotals {
            sample_type: self.sample_type.clone(),
            pairing: self.subject.base.map(|_| comparison.pairing()),
            total: DiffTotal { shown, unfiltered: comparison.unfiltered() },
            resolution_bytes: comparison.resolution_bytes(),
            confidence: self.confidence,
        }
    }

    /// The sum of the absolute values of the samples of the head, before filters: 100 % of a single profile, as in pprof.
    pub(crate) fn absolute_sum(&self) -> i64 {
        let column = self.of_head.value;
        let values = self.subject.head.samples.iter().filter_map(|sample| sample.values.get(column));
        values.fold(0, |sum, value| sum.saturating_add(value.saturating_abs()))
    }
}

/// A sample of a [`Subject`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct SubjectSample<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) sample: &'a Sample,
    /// Its place in its profile.
    pub(crate) index: usize,
    pub(crate) stack: crate::frame::StackId,
    /// Of the sample type that was asked for.
    pub(crate) value: i64,
    pub(crate) is_base: bool,
}
