//! What a stack holds round by round, and whether that is growth.
//!
//! ```text
//! rounds    1     w      w+r/7        w+3r/7                       w+r
//!           ├─────┼────────┼────────────┼────────────────────────────┤
//!           warm-up  part 1     part 2               part 3
//! ```
//!
//! With w = r/7 each part ends at twice the rounds at which it began. A buffer that doubles when it is full, with k
//! elements more in each round, is made larger in round f+1 where f = ⌊capacity/k⌋, and next in round f'+1 with f' = 2f
//! or 2f+1: a round in (a, 2a] is followed by one in (2a, 4a]. So a buffer that is filled for ever grows once in each
//! part, and one that is filled no longer does not grow in the last.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::held::Held;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The parts of the measured rounds; see the module page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// The last round of each.
    ends: [u32; 3],
}

impl Parts {
    /// The parts of so many rounds, at least 3: each part has one.
    pub(super) fn of(rounds: u32) -> Self {
        let rounds = rounds.max(3);
        let first = (rounds / 7).max(1);
        let second = (rounds / 7 * 3 + rounds % 7 * 3 / 7).max(first + 1);
        Self { ends: [first, second, rounds] }
    }

    /// Rounds of the first part.
    pub(super) const fn first(self) -> u32 {
        self.ends[0]
    }

    /// All rounds.
    pub(super) const fn rounds(self) -> u32 {
        self.ends[2]
    }
}

/// What a stack holds, so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Track {
    first: Held,
    last: Held,
    /// Bytes after the last round of the part before, and the most in it.
    before: (u64, u64),
    /// The least and the most bytes in the part that is on.
    range: Option<(u64, u64)>,
}

impl Track {
    const fn new(first: Held) -> Self {
        Self { first, last: first, before: (first.bytes, first.bytes), range: None }
    }

    fn note(&mut self, held: Held) {
        let (least, most) = self.range.unwrap_or((held.bytes, held.bytes));
        self.range = Some((least.min(held.bytes), most.max(held.bytes)));
        self.last = held;
    }

    /// Ends a part, and says whether the stack has grown in it.
    fn end_part(&mut self) -> bool {
        let (end, most_before) = self.before;
        let (least, most) = self.range.take().unwrap_or((0, 0));
        self.before = (self.last.bytes, most);
        self.last.bytes > end && least >= most_before
    }

    /// By how much it has grown in the rounds that were measured.
    pub(super) const fn grown(&self) -> Held {
        Held {
            bytes: self.last.bytes.saturating_sub(self.first.bytes),
            objects: self.last.objects.saturating_sub(self.first.objects),
        }
    }
}

/// All stacks that have grown in every part that is over.
#[derive(Debug)]
pub(super) struct Tracks<S> {
    parts: Parts,
    /// Measured so far.
    rounds: u32,
    tracks: BTreeMap<S, Track>,
}

impl<S: Ord + Copy> Tracks<S> {
    /// Before the measured rounds, with what each stack holds then.
    pub(super) fn new(parts: Parts, first: &BTreeMap<S, Held>) -> Self {
        let tracks = first.iter().map(|(&stack, &held)| (stack, Track::new(held))).collect();
        Self { parts, rounds: 0, tracks }
    }

    /// Whether another round could tell something.
    pub(super) fn may_grow(&self) -> bool {
        self.rounds < self.parts.first() || !self.tracks.is_empty() && self.rounds < self.parts.rounds()
    }

    /// Takes note of what is held after another round.
    pub(super) fn note(&mut self, held: &BTreeMap<S, Held>) {
        if self.rounds < self.parts.first() {
            // A stack that is seen for the first time held nothing until now. Later it has not grown in the first part.
            for &stack in held.keys() {
                self.tracks.entry(stack).or_insert(Track::new(Held::default()));
            }
        }
        self.rounds += 1;
        for (stack, track) in &mut self.tracks {
            track.note(held.get(stack).copied().unwrap_or_default());
        }
        if self.parts.ends.contains(&self.rounds) {
            self.tracks.retain(|_, track| track.end_part());
        }
    }

    /// The stacks that have grown in each part, the fastest first.
    pub(super) fn growing(&self) -> Vec<(S, Track)> {
        let is_over = self.rounds == self.parts.rounds();
        let tracks = self.tracks.iter().filter(|_| is_over);
        let mut growing: Vec<_> = tracks.map(|(&stack, &track)| (stack, track)).collect();
        growing.sort_by_key(|(stack, track)| (Reverse(track.grown().bytes), *stack));
        growing
    }
}

#[cfg(test)]
mod tests;
