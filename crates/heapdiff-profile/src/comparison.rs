//! Two profiles, stack by stack: what was in both, what was born and what died.

use crate::amounts::Amounts;
use crate::base_scale::{BaseScale, Scaling, scaled};
use crate::diff::{Change, DiffFigures, Estimated, Flow, Pairing};
use crate::frame::StackId;
use crate::interval::{Confidence, Estimate};
use crate::metadata::Metadata;
use crate::note::Note;
use crate::profile::Profile;
use crate::resolve::ResolvedSamples;
use crate::sample_type::Columns;
use crate::sampling::{Grain, Sampling};
use crate::side_notes::note_resources;
use crate::significance::Evidence;

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) resolved: &'a ResolvedSamples,
    pub(crate) columns: Columns,
}

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

/// How the two sides relate in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// There is no base.
    Alone,
    Independent,
    /// Two snapshots of one process, of which `sequence` is the older one's number.
    Paired {
        sequence: u32,
        reversed: bool,
        is_same_snapshot: bool,
    },
}

/// The values of one stack.
#[derive(Clone, Copy, Debug, Default)]
struct StackSums {
    base: Amounts,
    head: Amounts,
    /// That part of the newer side which was allocated before the older one was taken.
    survived: Amounts,
}

/// What some stacks sum to, before it is known what else a row holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gathered {
    base: Amounts,
    head: Amounts,
    value: Flow,
    bytes: Flow,
    objects: Flow,
    samples: i64,
    /// What speaks for growth, and what speaks against it.
    up: Estimate,
    down: Estimate,
}

impl Side<'_> {
    /// The sum of all values, before filters.
    pub(crate) fn sum(&self) -> i64 {
        self.profile.sum_of(self.columns.value)
    }

    fn sampling(&self) -> Option<Sampling> {
        Sampling::of(self.profile)
    }

    fn states_samples(&self, sampling: Option<Sampling>) -> bool {
        self.columns.samples.is_some() || sampling.is_some_and(|sampling| !sampling.is_exact())
    }

    /// Whether it is known how many samples a value rests on, be it by way of its objects.
    fn has_samples(&self, sampling: Option<Sampling>, notes: &mut Vec<Note>) -> bool {
        if self.columns.samples.is_some() {
            return true;
        }
        if let Some(Sampling::OneIn(_)) = sampling {
            return self.columns.objects.is_some();
        }
        let is_derived = sampling.is_some() && self.columns.bytes.is_some() && self.columns.objects.is_some();
        let is_sampled =
            sampling.is_some_and(|sampling| !sampling.is_exact()) && self.columns.bytes.is_some();
        let note = if is_derived { Note::SamplesDerived } else { Note::SamplesUnknown };
        if is_sampled && !notes.contains(&note) {
            notes.push(note);
        }
        is_derived
    }
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
            estimated: estimated(sampling),
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
            sums.iter_mut().for_each(|sums| sums.base = scale.apply(sums.base, estimated(samplings.0)));
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
        let unseen_of_base = |of: Sampling| scaled(unseen(base, of), scale.of(estimated(Some(of))));
        Self {
            relation,
            columns,
            has_samples: has_samples == [true; 2],
            states_samples: base.states_samples(samplings.0) || head.states_samples(samplings.1),
            estimated: estimated(samplings.1),
            unseen: samplings
                .0
                .zip(samplings.1)
                .map(|(of_base, of_head)| (unseen_of_base(of_base), unseen(head, of_head))),
            grain: samplings.0.zip(samplings.1).map(|(of_base, of_head)| {
                let factor = scale.of(estimated(Some(of_base)));
                let of_base = of_base.grain(base.profile, base.columns).scaled(factor);
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
        match self.relation {
            Relation::Alone | Relation::Independent => Pairing::Independent,
            Relation::Paired { .. } => Pairing::Paired,
        }
    }

    /// Whether resources or tasks were sampled, not bytes.
    pub(crate) fn is_of_things(&self) -> bool {
        self.estimated == Estimated::Value
    }

    /// The smallest growth of one stack, in bytes, that cannot have been missed; `None` if it is not known, or one of
    /// something else.
    pub(crate) fn resolution_bytes(&self) -> Option<u64> {
        let is_of_bytes =
            self.estimated == Estimated::Bytes || self.columns.bytes == Some(self.columns.value);
        self.resolution().filter(|&resolution| is_of_bytes || resolution == 0)
    }

    /// The same in the unit of what is estimated.
    pub(crate) fn resolution(&self) -> Option<u64> {
        self.grain.map(|grain| grain.resolution(self.confidence))
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

    fn evidence(&self, gathered: &Gathered) -> Option<Evidence> {
        let (unseen_base, unseen_head) = self.unseen?;
        if !self.has_samples || (self.estimated == Estimated::Bytes && self.columns.bytes.is_none()) {
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

impl Gathered {
    /// By how much the value changed.
    pub(crate) fn delta(&self) -> i64 {
        self.head.value.saturating_sub(self.base.value)
    }

    /// The values of the sample type that was asked for, and nothing else.
    pub(crate) fn value(&self) -> Change {
        Change { base: self.base.value, head: self.head.value, flow: None }
    }

    /// How much these stacks changed, then how much they hold: for finding the one that matters most.
    pub(crate) fn magnitude(&self) -> (u64, i64) {
        let delta = self.head.value.saturating_sub(self.base.value);
        (delta.unsigned_abs(), self.head.value.saturating_add(self.base.value))
    }

    /// Each side is an estimate of its own.
    fn independent(sums: &StackSums) -> Self {
        let estimate = |side: &Amounts| Estimate { sum: side.estimated, variance: side.variance, unseen: 0 };
        Self {
            base: sums.base,
            head: sums.head,
            samples: sums.base.samples.saturating_add(sums.head.samples),
            up: estimate(&sums.head),
            down: estimate(&sums.base),
            ..Self::default()
        }
    }

    /// Survivors kept their sampling decision, so that they cancel and only births and deaths carry error.
    fn in_use(sums: &StackSums, reversed: bool) -> Self {
        let (older, newer) = if reversed { (sums.head, sums.base) } else { (sums.base, sums.head) };
        let born = newer - sums.survived;
        let lost = older - sums.survived;
        let flow = |born: i64, lost: i64| {
            let (died, grown) = (lost.max(0), lost.min(0).saturating_neg());
            if reversed {
                Flow { born: died, died: born, grown: grown.saturating_neg() }
            } else {
                Flow { born, died, grown }
            }
        };
        // A survivor that outweighs what the base had grew in place, and its growth was sampled like a birth.
        let grown = lost.estimated.min(0).saturating_neg();
        let grown_variance = if grown > 0 { lost.variance.abs() } else { 0 };
        let births = Estimate {
            sum: born.estimated.saturating_add(grown),
            variance: born.variance.saturating_add(grown_variance),
            unseen: 0,
        };
        let died_variance = if lost.estimated > 0 { lost.variance.max(0) } else { 0 };
        let deaths = Estimate { sum: lost.estimated.max(0), variance: died_variance, unseen: 0 };
        let (up, down) = if reversed { (deaths, births) } else { (births, deaths) };
        Self {
            base: sums.base,
            head: sums.head,
            value: flow(born.value, lost.value),
            bytes: flow(born.bytes, lost.bytes),
            objects: flow(born.objects, lost.objects),
            samples: born.samples.saturating_add(lost.samples.max(0)),
            up,
            down,
        }
    }

    /// Sums since recording began: the older one is part of the newer one.
    fn cumulative(sums: &StackSums, reversed: bool) -> Self {
        let (older, newer) = if reversed { (sums.head, sums.base) } else { (sums.base, sums.head) };
        let added = newer - older;
        let estimate = Estimate { sum: added.estimated, variance: added.variance.max(0), unseen: 0 };
        let (up, down) =
            if reversed { (Estimate::default(), estimate) } else { (estimate, Estimate::default()) };
        Self { base: sums.base, head: sums.head, samples: added.samples.max(0), up, down, ..Self::default() }
    }
}

impl std::ops::AddAssign for Gathered {
    fn add_assign(&mut self, other: Self) {
        let add_flow = |a: Flow, b: Flow| Flow {
            born: a.born.saturating_add(b.born),
            died: a.died.saturating_add(b.died),
            grown: a.grown.saturating_add(b.grown),
        };
        let add_estimate = |a: Estimate, b: Estimate| Estimate {
            sum: a.sum.saturating_add(b.sum),
            variance: a.variance.saturating_add(b.variance),
            unseen: 0,
        };
        *self = Self {
            base: self.base + other.base,
            head: self.head + other.head,
            value: add_flow(self.value, other.value),
            bytes: add_flow(self.bytes, other.bytes),
            objects: add_flow(self.objects, other.objects),
            samples: self.samples.saturating_add(other.samples),
            up: add_estimate(self.up, other.up),
            down: add_estimate(self.down, other.down),
        };
    }
}

/// Tells survivors from births among the samples of the newer side.
struct Survival {
    /// Samples up to this epoch survived; `None` on the older side, and where nothing is paired.
    epoch_max: Option<i64>,
    epoch_key: Option<crate::string_table::StringId>,
}

impl Survival {
    fn of(profile: &Profile, relation: Relation, is_base: bool, in_use: bool) -> Self {
        let epoch_max = match relation {
            Relation::Paired { sequence, reversed, .. } if in_use && is_base == reversed => {
                Some(i64::from(sequence))
            }
            _ => None,
        };
        Self { epoch_max, epoch_key: profile.strings.find(EPOCH) }
    }

    fn holds(&self, profile: &Profile, sample: &crate::profile::Sample) -> bool {
        let (Some(epoch_max), Some(key)) = (self.epoch_max, self.epoch_key) else { return false };
        profile.number_label_at(sample, key).is_some_and(|epoch| epoch <= epoch_max)
    }
}

/// What intervals are about where samples were taken so.
fn estimated(sampling: Option<Sampling>) -> Estimated {
    match sampling {
        Some(Sampling::OneIn(_)) => Estimated::Value,
        Some(Sampling::Bytes(_)) | None => Estimated::Bytes,
    }
}

/// The label that says how many snapshots were begun before an allocation was made.
pub(crate) const EPOCH: &str = "epoch";

/// Finds out how the two sides relate, and says why they are not paired where one might expect it.
fn relate(base: Side<'_>, head: Side<'_>, in_use: bool, notes: &mut Vec<Note>) -> Relation {
    let (Some(of_base), Some(of_head)) = (&base.profile.metadata, &head.profile.metadata) else {
        return Relation::Independent;
    };
    if !of_base.process.is_same(&of_head.process) {
        return Relation::Independent;
    }
    let reversed = of_base.sequence > of_head.sequence;
    if reversed {
        notes.push(Note::BaseIsNewer);
    }
    let (older, newer, newer_side): (&Metadata, &Metadata, Side<'_>) =
        if reversed { (of_head, of_base, base) } else { (of_base, of_head, head) };
    let is_same_snapshot = older.sequence == newer.sequence;
    let paired = Relation::Paired { sequence: older.sequence, reversed, is_same_snapshot };
    if !in_use {
        return paired;
    }
    if !is_same_snapshot && !newer.boundaries.contains(&older.sequence) {
        notes.push(Note::NotABoundary { sequence: older.sequence });
        return Relation::Independent;
    }
    if !has_epochs(newer_side) {
        notes.push(Note::MissingEpochs);
        return Relation::Independent;
    }
    paired
}

/// Whether every sample of memory in use says in which epoch it was allocated.
pub(crate) fn has_epochs(side: Side<'_>) -> bool {
    let key = side.profile.strings.find(EPOCH);
    let in_use =
        side.profile.samples.iter().filter(|sample| !Sampling::amounts(None, sample, side.columns).is_zero());
    let mut in_use = in_use.peekable();
    match key {
        None => in_use.peek().is_none(),
        Some(key) => in_use.all(|sample| side.profile.number_label_at(sample, key).is_some()),
    }
}
