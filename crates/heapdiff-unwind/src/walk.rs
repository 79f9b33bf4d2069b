//! What a walk answers.

/// Frames of the deepest stack trace, in frames. Async Rust nests 60 to 120.
pub const STACK_DEPTH_MAX: usize = 256;

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalkEnd {
    /// At the root of the thread.
    Root,
    /// At the depth limit; the root side is missing.
    Limit,
    /// At a frame that could not be passed; the root side is missing.
    Failed,
}

/// A stack as a walker found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk<'w> {
    /// Return addresses, leaf first, at most [`STACK_DEPTH_MAX`].
    pub frames: &'w [u64],
    /// How the walk ended.
    pub end: WalkEnd,
    /// Whether the frames and the end are those of this walker's walk before, so that whatever the caller derived from
    /// them still holds. Two walks that failed may have the same frames and count as changed.
    pub is_unchanged: bool,
}
