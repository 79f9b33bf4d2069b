//! Rows of known shape, and the words that are right for each.

use crate::builder::RowBuilder;
use crate::heap::{MIB, NEVER, Row, at};
use crate::random::Random;
use heapdiff_profile::{Shape, Verdict};
use std::f64::consts::TAU;

/// What a row can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Linear,
    LinearAmongChurn,
    Staircase,
    GrowingTeeth,
    DoublingBuffer,
    CycleWithDrift,
    StepThenLeak,
    WarmThenLeak,
    EqualTeeth,
    WarmingCache,
    Plateau,
    Burst,
    Step,
    Churn,
    Cycle,
}

impl Kind {
    pub(crate) const ALL: [Self; 15] = [
        Self::Linear,
        Self::LinearAmongChurn,
        Self::Staircase,
        Self::GrowingTeeth,
        Self::DoublingBuffer,
        Self::CycleWithDrift,
        Self::StepThenLeak,
        Self::WarmThenLeak,
        Self::EqualTeeth,
        Self::WarmingCache,
        Self::Plateau,
        Self::Burst,
        Self::Step,
        Self::Churn,
        Self::Cycle,
    ];

    /// Whether these words are right.
    pub(crate) fn allows(self, shape: Option<Shape>, verdict: Verdict) -> bool {
        let Some(shape) = shape else { return false };
        let found = (shape, verdict);
        match self {
            Self::Linear | Self::LinearAmongChurn | Self::StepThenLeak | Self::WarmThenLeak => {
                found == (Shape::Linear, Verdict::LeakLike)
            }
            Self::Staircase => found == (Shape::Staircase, Verdict::LeakLike),
            Self::GrowingTeeth | Self::CycleWithDrift => found == (Shape::Sawtooth, Verdict::LeakLike),
            Self::DoublingBuffer => found == (Shape::Doubling, Verdict::LeakLike),
            Self::EqualTeeth | Self::Cycle => found == (Shape::Sawtooth, Verdict::Bounded),
            Self::WarmingCache => found == (Shape::Saturating, Verdict::Bounded),
            Self::Plateau => shape == Shape::Plateau && matches!(verdict, Verdict::Bounded | Verdict::Noise),
            Self::Burst => found == (Shape::Burst, Verdict::Bounded),
            Self::Step => found == (Shape::Step, Verdict::Bounded),
            Self::Churn => shape == Shape::Churn && matches!(verdict, Verdict::Bounded | Verdict::Noise),
        }
    }

    /// Whether it is no leak.
    pub(crate) fn is_bounded(self) -> bool {
        match self {
            Self::Linear
            | Self::LinearAmongChurn
            | Self::Staircase
            | Self::GrowingTeeth
            | Self::DoublingBuffer
            | Self::CycleWithDrift
            | Self::StepThenLeak
            | Self::WarmThenLeak => false,
            Self::EqualTeeth
            | Self::WarmingCache
            | Self::Plateau
            | Self::Burst
            | Self::Step
            | Self::Churn
            | Self::Cycle => true,
        }
    }

    /// A row of this kind over so many snapshots.
    pub(crate) fn row(self, snapshots: usize, random: &mut Random) -> Row {
        let total = random.between(128.0, 1024.0) * MIB;
        let name = format!("shapes::{self:?} src/shapes.rs:1");
        let mut row = RowBuilder::new(name, snapshots, total, random);
        match self {
            Self::Linear => row.leak(1.0),
            Self::LinearAmongChurn => {
                row.leak(1.0);
                let (level, life) = (row.random.between(0.05, 0.2), row.random.between(0.3, 2.0));
                row.churn(level, life);
            }
            Self::Staircase => row.stairs(),
            Self::GrowingTeeth => row.growing_teeth(),
            Self::DoublingBuffer => row.doubling(),
            Self::CycleWithDrift => {
                row.cycle();
                let drift = row.random.between(0.5, 1.5);
                row.leak(drift);
            }
            Self::StepThenLeak => {
                let jump = row.part_of_time(0.2, 0.5) + 1;
                row.add(jump, NEVER, 2.0);
                row.leak(1.0);
            }
            Self::WarmThenLeak => {
                row.warm_up(0.04, 0.08);
                row.leak(1.0);
            }
            Self::EqualTeeth => row.equal_teeth(),
            Self::WarmingCache => row.warm_up(0.08, 0.2),
            Self::Plateau => row.add(0, NEVER, 1.0),
            Self::Burst => row.burst(),
            Self::Step => {
                let jump = row.part_of_time(0.1, 0.8) + 1;
                row.add(jump, NEVER, 1.0);
                let level = row.random.between(0.0, 0.05);
                row.churn(level, 1.0);
            }
            Self::Churn => {
                let life = row.random.between(0.5, 4.0);
                row.churn(1.0, life);
            }
            Self::Cycle => row.cycle(),
        }
        row.finish()
    }
}

impl RowBuilder<'_> {
    /// `parts` of the row's size, evenly over the series, and never freed.
    fn leak(&mut self, parts: f64) {
        (1..self.snapshots).for_each(|at| self.add(at, NEVER, parts / self.length()));
    }

    /// Memory that is replaced all the time: `parts` of the row's size with a mean life of `life` snapshots.
    fn churn(&mut self, parts: f64, life: f64) {
        let dying = 1.0 - (-1.0 / life).exp();
        for born in 0..self.snapshots {
            let mut left = if born == 0 { parts } else { parts * dying };
            let mut dies = born + 1;
            while left > parts / 1000.0 && dies < self.snapshots {
                self.add(born, dies, left * dying);
                left -= left * dying;
                dies += 1;
            }
            self.add(born, dies, left);
        }
    }

    fn stairs(&mut self) {
        let count = self.random.between(4.0, (self.length() / 4.0).clamp(4.5, 12.0)).floor();
        let every = self.length() / (count + 0.5);
        let mut second = every / 2.0;
        while second < self.length() - 1.0 {
            self.add(at(second.round().max(1.0)), NEVER, 1.0 / count);
            second += every;
        }
    }

    /// A queue that frees nothing until a chunk is read to its end, and takes a bigger one then.
    fn growing_teeth(&mut self) {
        let growth = self.random.between(1.4, 1.6);
        let mut length = self.length() / self.random.between(14.0, 16.0);
        let mut start = 0;
        while start < self.snapshots {
            let end = at(start as f64 + length).max(start + 2);
            (start..end.min(self.snapshots)).for_each(|at| self.add(at, end, 1.0 / self.length()));
            start = end;
            length *= growth;
        }
    }

    fn equal_teeth(&mut self) {
        let count = self.random.between(5.0, (self.length() / 6.0).clamp(5.5, 12.0));
        let length = self.length() / count;
        let mut start = 0;
        while start < self.snapshots {
            let end = at(start as f64 + length * self.random.between(0.85, 1.15)).max(start + 3);
            (start..end.min(self.snapshots)).for_each(|at| self.add(at, end, 1.0 / length));
            start = end;
        }
    }

    /// One buffer that is filled evenly and moved to one of twice the size whenever it is full.
    fn doubling(&mut self) {
        let doublings = self.random.between(4.0, 5.9).floor();
        let full = self.length() * self.random.between(0.75, 0.95);
        self.clear();
        let (mut born, mut doubling) = (0, 1.0);
        while doubling <= doublings {
            let dies = at((full / 2.0_f64.powf(doublings - doubling)).max(1.0)).max(born + 1);
            self.one_block(born, dies, MIB * 2.0_f64.powf(doubling));
            (born, doubling) = (dies, doubling + 1.0);
        }
        self.one_block(born, NEVER, MIB * 2.0_f64.powf(doubling));
    }

    /// A bounded cache that is filled: ever fewer of what it is asked for is new.
    fn warm_up(&mut self, life_min: f64, life_max: f64) {
        let life = self.length() * self.random.between(life_min, life_max);
        (1..self.snapshots).for_each(|at| self.add(at, NEVER, (-(at as f64) / life).exp() / life));
    }

    fn burst(&mut self) {
        let (from, to) = (self.part_of_time(0.1, 0.4), self.part_of_time(0.5, 0.85));
        let length = self.random.between(1.0, ((to - from) as f64).max(2.0));
        let until = at(from as f64 + length).min(to) + 1;
        (from + 1..=until).for_each(|at| self.add(at, to + 1, 1.0 / length));
    }

    /// A load that comes and goes, such as that of a week: fifty pieces, each in use while the load is above its mark.
    fn cycle(&mut self) {
        const PIECES: f64 = 50.0;
        let cycles = self.random.between(4.0, (self.length() / 5.0).clamp(4.1, 9.0));
        let phase = self.random.uniform() * TAU;
        let length = self.length();
        let load = |at: usize| 0.5 * (1.0 + (phase + TAU * cycles * at as f64 / length).sin());
        let mut mark = 0.5 / PIECES;
        while mark < 1.0 {
            let mut since = None;
            for at in 0..self.snapshots {
                match (load(at) > mark, since) {
                    (true, None) => since = Some(at),
                    (false, Some(born)) => {
                        self.add(born, at, 1.0 / PIECES);
                        since = None;
                    }
                    _ => {}
                }
            }
            if let Some(born) = since {
                self.add(born, NEVER, 1.0 / PIECES);
            }
            mark += 1.0 / PIECES;
        }
    }
}
