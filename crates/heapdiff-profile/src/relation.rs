//! How the two sides of a comparison relate in time, and what tells survivors from births.

use crate::diff::Pairing;
use crate::metadata::Metadata;
use crate::note::Note;
use crate::profile::{Profile, Sample};
use crate::sampling::Sampling;
use crate::side::Side;
use crate::string_table::StringId;

/// How the two sides relate in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// There is no base.
    Alone,
    /// Each is an estimate of its own.
    Independent,
    /// Two snapshots of one process, of which `sequence` is the older one's number.
    Paired { sequence: u32, reversed: bool, is_same_snapshot: bool },
}

/// Tells survivors from births among the samples of the newer side.
pub(crate) struct Survival {
    /// Samples up to this epoch survived; `None` on the older side, and where nothing is paired.
    epoch_max: Option<i64>,
    epoch_key: Option<StringId>,
}

impl Relation {
    /// As a report states it.
    pub(crate) fn pairing(self) -> Pairing {
        match self {
            Self::Alone | Self::Independent => Pairing::Independent,
            Self::Paired { .. } => Pairing::Paired,
        }
    }
}

impl Survival {
    pub(crate) fn of(profile: &Profile, relation: Relation, is_base: bool, in_use: bool) -> Self {
        let epoch_max = match relation {
            Relation::Paired { sequence, reversed, .. } if in_use && is_base == reversed => {
                Some(i64::from(sequence))
            }
            _ => None,
        };
        Self { epoch_max, epoch_key: profile.strings.find(EPOCH) }
    }

    /// Whether a sample was allocated before the older side was taken.
    pub(crate) fn holds(&self, profile: &Profile, sample: &Sample) -> bool {
        let (Some(epoch_max), Some(key)) = (self.epoch_max, self.epoch_key) else { return false };
        profile.number_label_at(sample, key).is_some_and(|epoch| epoch <= epoch_max)
    }
}

/// The label that says how many snapshots were begun before an allocation was made.
pub(crate) const EPOCH: &str = "epoch";

/// Finds out how the two sides relate, and says why they are not paired where one might expect it.
pub(crate) fn relate(base: Side<'_>, head: Side<'_>, in_use: bool, notes: &mut Vec<Note>) -> Relation {
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
        // Where only the number of resources is known, none of them has one.
        let is_counted = |of: Sampling| matches!(of, Sampling::OneIn(_)) && of.is_exact();
        if !Sampling::of(newer_side.profile).is_some_and(is_counted) {
            notes.push(Note::MissingEpochs);
        }
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
