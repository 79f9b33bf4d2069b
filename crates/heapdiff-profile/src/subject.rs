//! What a report is about: one profile, or what changed between two.

use crate::profile::Profile;

/// The profile that is asked about, and the one to compare it with.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What is compared against, usually the older one; `None` looks at the head alone.
    pub base: Option<&'a Profile>,
    /// What is asked about.
    pub head: &'a Profile,
}
