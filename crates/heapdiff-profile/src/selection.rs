//! What every report is asked in the same way: which values, which samples, which frames.

use crate::filter::Filters;

/// The part of a question that all reports share.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The sample type as a user wrote it: `inuse_space`, `space`, or its number. Default: the profile's own.
    pub sample_type: Option<String>,
    /// Which samples and frames count. Default: all.
    pub filters: Filters,
    /// Which frames are shown, and so which one a value is put to. Default: [`FrameVisibility::Attributed`].
    pub frames: FrameVisibility,
}

/// Which frames of a stack a report shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameVisibility {
    /// Only the program's own and its libraries': the allocator, the standard library, the executor and thread
    /// start-up are hidden wherever they stand, and a value is put to the leaf-most frame that remains.
    #[default]
    Attributed,
    /// What pprof shows: everything but the frames that the profile's `drop_frames` names.
    AsPprof,
    /// Everything.
    All,
}
