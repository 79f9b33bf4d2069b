//! What every report is asked in the same way: which values, which samples, which frames.

use crate::filter::Filters;
#[cfg(doc)]
use crate::function_name::Names;
use crate::interval::Confidence;

/// The part of a question that all reports share.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The sample type as a user wrote it: `inuse_space`, `space`, or its number. Default: the profile's own.
    pub sample_type: Option<String>,
    /// Which samples and frames count. Default: all.
    pub filters: Filters,
    /// Which frames are shown, and so which one a value is put to. Default: [`FrameVisibility::Attributed`].
    pub frames: FrameVisibility,
    /// Whether functions that were inlined are left out, so that their values go to those that they were inlined
    /// into. Default: they are shown.
    pub no_inlines: bool,
    /// Names of labels whose values become frames beyond the root of each stack, the outermost first. Default: none.
    pub tag_root: Vec<String>,
    /// Names of labels whose values become frames at the leaf of each stack, the leaf last. Default: none.
    pub tag_leaf: Vec<String>,
    /// Whether the base is scaled so that, before filters, it holds as much as the head: what is compared then is
    /// where memory went, not how much of it there is. Default: it is not.
    pub normalize: bool,
    /// Whether rows that shrank, or hold less than nothing, are left out. Default: they are shown.
    pub drop_negative: bool,
    /// Whether 100 % is what the filters let through, not all that there is. Default: all that there is.
    pub relative_percentages: bool,
    /// Whether functions that differ in generic arguments alone are one, called as [`Names::Generics`] says. Default:
    /// they are several.
    pub collapse_generics: bool,
    /// How often intervals shall hold the truth, and so how sure a row must be to be called significant. Default: 0.95.
    pub confidence: Confidence,
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
