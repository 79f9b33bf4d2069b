//! What a row does over a series: how fast it moves, in which shape, and whether that is a leak.
//!
//! 1. `builder`: snapshots, one after the other, become a `track` for each row: its values with their sampling error,
//!    and what of them is new at each snapshot.
//! 2. `slope`, `rate`: how fast it moves, with an interval, and whether that is monotone.
//! 3. `teeth`: rises and falls that are more than noise. `steps`: where a row jumps.
//! 4. `shape`: the word for the form. `verdict`: what follows from it, and why.
//! 5. `headroom`: how long the memory lasts.

mod builder;
mod cell;
mod continuity;
mod headroom;
mod part;
mod rate;
mod report;
mod row;
mod shape;
mod slope;
mod steps;
mod teeth;
mod timeline;
mod track;
mod verdict;

pub use builder::TrendBuilder;
pub use continuity::SeriesNote;
pub use headroom::{Headroom, MemoryLimit};
pub(crate) use part::Part;
pub(crate) use rate::sum_of_rates;
pub use rate::{ItemRate, ItemRates, Rate};
pub use report::{Cohort, Step, TrendOptions, TrendReport, TrendRow};
pub(crate) use shape::SNAPSHOTS_MIN;
pub(crate) use slope::Slope;
pub use verdict::{Judgement, Reason, Shape, Verdict};
