//! Two profiles, stack by stack: what was in both, what was born and what died.

use crate::amounts::smaller;
use crate::base_scale::{BaseScale, Scaling, scaled};
use crate::diff::{Change, DiffFigures, Estimated, Flow, Pairing};
use crate::frame::StackId;
use crate::gathered::{Gathered, StackSums};
use crate::interval::{Confidence, Estimate};
use crate::note::Note;
use crate::relation::{Relation, Survival, relate};
use crate::sample_type::Columns;
use crate::sampling::{Grain, Sampling};
use crate::side::Side;
use crate::side_notes::note_resources;
use crate::significance::Evidence;

/// The sums of both sides by stack.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    relation: Relation,
    columns: Columns,
    /// Whether it is known how many samples values rest on.
    has_samples: bool,
    /// Whether that says anything: not where all was recorded and objects are counted instead.
    states_samples: bool,
    /// What intervals are about.
    estimated: Estimated,
    /// Whether resources or tasks were sampled, not bytes.
    is_of_things: bool,
    /// Where numbers of objects are estimated: the size of an object in the mean, in bytes.
    object_bytes: Option<i64>,
    /// Of base and head: what something that was not seen may weigh. `None` where it is not known how samples were taken.
    unseen: Option<(i64, i64)>,
    /// How far apart the samples of the coarser side lie, as far as it is known of both.
    grain: Option<Grain>,
    /// Before filters.
    unfiltered: Change,
    confidence: Confidence,
    /// By [`StackId::index`].
    sums: Vec<StackSums>,
}

impl Comparison {
    /// Sums the values of one side by stack, of which there are `stack_count`: as growth from nothing.
    pub(crate) fn of_one(head: Side<'_>, stack_count: usize, notes: &mut Vec<Note>) -> Self {
        let sampling = head.sampling();
        note_resources(head.profile, notes);
        let mut sums = vec![StackSums::default(); stack_count];
        for (sample, stack) in head.profile.samples.iter().zip(&head.resolved.stacks) {
            if let Some(sums) = stack.and_then(|stack| sums.get_mut(stack.index())) {
                sums.head += Sampling::amounts(sampling, sample, head.columns);
            }
        }
        Self {
            relation: Relation::Alone,
            columns: head.columns,
            has_samples: head.has_samples(sampling, notes),
            states_samples: head.states_samples(sampling),
            estimated: Sampling::estimated(sampling, head.columns),
            is_of_things: matches!(sampling, Some(Sampling::OneIn(_))),
            object_bytes: object_bytes(sampling, &[head]),
            unseen: sampling.map(|sampling| (0, sampling.unseen(head.profile, head.columns))),
            grain: sampling.map(|sampling| sampling.grain(head.profile, head.columns)),
            unfiltered: Change { base: 0, head: head.sum(), flow: None },
            confidence: Confidence::default(),
            sums,
        }
    }

    /// Sums the values of both sides by stack, of which there are `stack_count`. The base is scaled
    /// first, if it is to be.
    pub(crate) fn new(
        base: Side<'_>,
        head: Side<'_>,
        stack_count: usize,
        scaling: Scaling,
        notes: &mut Vec<Note>,
    ) -> Self {
        let in_use = base.columns.in_use && head.columns.in_use;
        let scale = BaseScale::new(scaling, base, head);
        let relation = match scale {
            // What is alive in both does not cancel once one side is scaled.
            Some(BaseScale { value: factor, .. }) => {
                notes.extend((scaling == Scaling::SameSum).then_some(Note::Normalized { factor }));
                Relation::Independent
            }
            None => relate(base, head, in_use, notes),
        };
        let (is_scaled, scale) = (scale.is_some(), scale.unwrap_or(BaseScale::NONE));
        let samplings = (base.sampling(), head.sampling());
        note_resources(head.profile, notes);
        let mut sums = vec![StackSums::default(); stack_count];
        let sides = [(base, samplings.0, true), (head, samplings.1, false)];
        for (side, sampling, is_base) in sides {
            let survives = Survival::of(side.profile, relation, is_base, in_use);
            for (sample, stack) in side.profile.samples.iter().zip(&side.resolved.stacks) {
                let Some(sums) = stack.and_then(|stack| sums.get_mut(stack.index())) else { continue };
                let amounts = Sampling::amounts(sampling, sample, side.columns);
                if survives.holds(side.profile, sample) {
                    sums.survived += amounts;
                }
                *(if is_base { &mut sums.base } else { &mut sums.head }) += amounts;
            }
        }
        if is_scaled {
            let estimated = Sampling::estimated(samplings.0, base.columns);
            sums.iter_mut().for_each(|sums| sums.base = scale.apply(sums.base, estimated));
        }
        let both = |a: Option<usize>, b: Option<usize>| a.filter(|_| b.is_some());
        let (of_base, of_head) = (base.columns, head.columns);
        let columns = Columns {
            bytes: both(of_head.bytes, of_base.bytes),
            objects: both(of_head.objects, of_base.objects),
            samples: both(of_head.samples, of_base.samples),
            in_use,
            ..of_head
        };
        let unseen = |side: Side<'_>, sampling: Sampling| sampling.unseen(side.profile, side.columns);
        let has_samples =
            [(base, samplings.0), (head, samplings.1)].map(|(side, of)| side.has_samples(of, notes));
        let unseen_of_base = |of: Sampling| scaled(unseen(base, of), scale.of_unseen(of));
        Self {
            relation,
            columns,
            has_samples: has_samples == [true; 2],
            states_samples: base.states_samples(samplings.0) || head.states_samples(samplings.1),
            estimated: Sampling::estimated(samplings.1, head.columns),
            is_of_things: matches!(samplings.1, Some(Sampling::OneIn(_))),
            object_bytes: object_bytes(samplings.1, &[base, head]),
            unseen: samplings
                .0
                .zip(samplings.1)
                .map(|(of_base, of_head)| (unseen_of_base(of_base), unseen(head, of_head))),
            grain: samplings.0.zip(samplings.1).map(|(of_base, of_head)| {
                let of_base = of_base.grain(base.profile, base.columns).scaled(scale.of_unseen(of_base));
                of_base.max(of_head.grain(head.profile, head.columns))
            }),
            confidence: Confidence::default(),
            unfiltered: Change { base: scaled(base.sum(), scale.value), head: head.sum(), flow: None },
            sums,
        }
    }

    /// The sums of both sides before filters.
    pub(crate) fn unfiltered(&self) -> Change {
        self.unfiltered
    }

    /// The same, with intervals of this confidence instead of 0.95.
    pub(crate) fn with_confidence(self, confidence: Confidence) -> Self {
        Self { confidence, ..self }
    }

    pub(crate) fn pairing(&self) -> Pairing {
        self.relation.pairing()
    }

    /// What intervals are about.
    pub(crate) fn estimated(&self) -> Estimated {
        self.estimated
    }

    /// The smallest growth of one stack, in bytes, that cannot have been missed; `None` if it is not known, or one of
    /// something else.
    pub(crate) fn resolution_bytes(&self) -> Option<u64> {
        let is_of_bytes = !self.is_of_things || self.columns.bytes == Some(self.columns.value);
        let resolution = self.grain.map(|grain| grain.resolution(self.confidence));
        resolution.filter(|&resolution| is_of_bytes || resolution == 0)
    }

    /// The same in the unit of what is estimated.
    pub(crate) fn resolution(&self) -> Option<u64> {
        let resolution = self.grain.map(|grain| grain.resolution(self.confidence))?;
        let object_bytes = self.object_bytes.and_then(|bytes| u64::try_from(bytes).ok());
        Some(object_bytes.map_or(resolution, |bytes| resolution.div_ceil(bytes)))
    }

    /// The values of one stack; `None` if it has none on either side.
    pub(crate) fn gather(&self, stack: StackId) -> Option<Gathered> {
        self.gather_as_one(&[stack])
    }

    /// The values of stacks as if they were one: what went from one of them and came to another did neither.
    pub(crate) fn gather_as_one(&self, stacks: &[StackId]) -> Option<Gathered> {
        let mut sums = StackSums::default();
        for of in stacks.iter().filter_map(|stack| self.sums.get(stack.index())) {
            sums.base += of.base;
            sums.head += of.head;
            sums.survived += of.survived;
        }
        let sums = &sums;
        if sums.base.is_zero() && sums.head.is_zero() {
            return None;
        }
        Some(match self.relation {
            Relation::Alone | Relation::Independent => Gathered::independent(sums),
            Relation::Paired { reversed, .. } if self.columns.in_use => Gathered::in_use(sums, reversed),
            Relation::Paired { reversed, .. } => Gathered::cumulative(sums, reversed),
        })
    }

    /// The figures of a row that holds these stacks.
    pub(crate) fn figures(&self, gathered: &Gathered) -> DiffFigures {
        let Gathered { base, head, .. } = gathered;
        let evidence = self.evidence(gathered);
        let has_flow = self.has_flow();
        let change = |base, head, flow: Flow| Change { base, head, flow: has_flow.then_some(flow) };
        DiffFigures {
            value: change(base.value, head.value, gathered.value),
            bytes: self.columns.bytes.map(|_| change(base.bytes, head.bytes, gathered.bytes)),
            objects: self.columns.objects.map(|_| change(base.objects, head.objects, gathered.objects)),
            samples: (self.has_samples && self.states_samples)
                .then(|| u64::try_from(gathered.samples).unwrap_or(0)),
            interval: evidence.map(|evidence| evidence.interval(self.confidence)),
            estimated: self.estimated,
            // That there is something needs no test.
            evidence: evidence.filter(|_| self.relation != Relation::Alone),
            p: None,
            significant: None,
        }
    }

    /// The figures of a row that holds these stacks.
    pub(crate) fn figures_of(&self, stacks: &[StackId]) -> DiffFigures {
        let mut sum = Gathered::default();
        for gathered in stacks.iter().filter_map(|&stack| self.gather(stack)) {
            sum += gathered;
        }
        self.figures(&sum)
    }

    /// Whether births and deaths are known.
    pub(crate) fn has_flow(&self) -> bool {
        self.pairing() == Pairing::Paired && self.columns.in_use
    }

    /// Of base and head: the standard deviation of something of these stacks that was not seen. An object is taken to be as
    /// small as the smallest that were: a stack allocates alike objects.
    fn unseen_by(&self, gathered: &Gathered) -> Option<(i64, i64)> {
        let (base, head) = self.unseen?;
        let Some(mean) = self.object_bytes else { return Some((base, head)) };
        let size = match smaller(gathered.base.object_bytes, gathered.head.object_bytes) {
            0 => mean,
            size => size,
        };
        // Of larger ones than the period few are missed, but one may be.
        let objects = |bytes: i64| if bytes == 0 { 0 } else { bytes.div_euclid(size.max(1)).max(1) };
        Some((objects(base), objects(head)))
    }

    fn evidence(&self, gathered: &Gathered) -> Option<Evidence> {
        let (unseen_base, unseen_head) = self.unseen_by(gathered)?;
        if !self.has_samples || (!self.is_of_things && self.columns.bytes.is_none()) {
            return None;
        }
        let (unseen_up, unseen_down) = match self.relation {
            Relation::Alone | Relation::Independent => (unseen_head, unseen_base),
            // No time passed in which anything could have happened unseen.
            Relation::Paired { is_same_snapshot: true, .. } => (0, 0),
            Relation::Paired { .. } if self.columns.in_use => {
                let unseen = unseen_base.max(unseen_head);
                (unseen, unseen)
            }
            // Sums since recording began never fall, so nothing can speak against their growth.
            Relation::Paired { reversed: false, .. } => (unseen_head, 0),
            Relation::Paired { reversed: true, .. } => (0, unseen_base),
        };
        let up = Estimate { unseen: unseen_up, ..gathered.up };
        let down = Estimate { unseen: unseen_down, ..gathered.down };
        Some(Evidence { up, down })
    }
}

/// The size of an object of a heap in the mean, in bytes, if numbers of objects are what is estimated. Of a heap without
/// objects 1: what was not seen is as small as can be.
fn object_bytes(sampling: Option<Sampling>, sides: &[Side<'_>]) -> Option<i64> {
    let Some(Sampling::Bytes(_)) = sampling else { return None };
    let of_objects = |side: &Side<'_>| Sampling::estimated(sampling, side.columns) == Estimated::Value;
    let sum = |column: fn(&Columns) -> Option<usize>| {
        let sums = sides.iter().filter_map(|side| Some(side.profile.sum_of(column(&side.columns)?)));
        sums.fold(0_i64, i64::saturating_add)
    };
    let (bytes, objects) = (sum(|columns| columns.bytes), sum(|columns| columns.objects));
    sides.iter().all(of_objects).then(|| bytes.checked_div(objects).unwrap_or(1).max(1))
}
