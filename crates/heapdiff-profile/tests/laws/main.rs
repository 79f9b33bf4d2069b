//! Laws that hold for all profiles: see each file.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod diffs;
mod generated;
mod graphs;
