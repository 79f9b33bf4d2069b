//! Flamegraphs: one profile, or the growth between two, as an SVG that needs nothing but a browser.
//!
//! inferno lays out the boxes and brings search and zoom. Its own differential mode lays out the head alone, so a
//! stack that vanished would not be there. Therefore the boxes here are those of both sides: **each stack is as wide
//! as the larger of its base and its head**, and its colour says what changed. What vanished keeps the width that it
//! had, what is new has the width that it got, and what stayed is not drawn twice.
//!
//! Of the alternatives, base + head would give every unchanged stack twice the weight of a changed one, and |change|
//! would hide what did not change, which is what the eye needs for comparison.

mod drawing;
mod frame_tree;
mod legend;
mod palette;

use crate::quantity::Unit;
use frame_tree::FrameTree;
use heapdiff_profile::{Folded, Names};
use std::io::{self, Write};

/// What a flamegraph shows.
#[derive(Clone, Copy, Debug)]
pub struct Flamegraph<'a> {
    /// One profile, or two compared.
    pub kind: GraphKind,
    /// The stacks, with or without lines: boxes are functions, and lines go to the tooltips.
    pub folded: &'a Folded,
    /// A line below the title: files, times, filters.
    pub subtitle: &'a str,
}

/// Whether a flamegraph shows a state or a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphKind {
    /// One profile; coloured by crate.
    Single,
    /// Base and head, coloured by what changed.
    Diff,
}

/// How a flamegraph is drawn.
#[derive(Clone, Debug)]
pub struct FlamegraphOptions {
    /// Begin at the leaf: the functions that allocate come first, and their callers below them. Default: false.
    pub reverse: bool,
    /// Boxes narrower than this share of the whole width are left out, and counted in the legend, in percent.
    /// Default: 0.1.
    pub min_width_percent: f64,
    /// The folder that source files are written relative to. Default: none.
    pub source_root: Option<String>,
    /// How much of a function's name stands in its box; a tooltip has all of it. Default: short.
    pub names: Names,
    /// Leaves out the script, so that a stored picture does not change with inferno's version. Default: false.
    pub without_script: bool,
}

impl Default for FlamegraphOptions {
    fn default() -> Self {
        Self {
            reverse: false,
            min_width_percent: 0.1,
            source_root: None,
            names: Names::Short,
            without_script: false,
        }
    }
}

/// Why a flamegraph was not drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlamegraphError {
    /// No stack has a value on either side.
    #[error("no stack has a value")]
    NothingToDraw,
    /// inferno did not lay out the boxes, or its picture is not the XML that it was.
    #[error("the layout of the boxes is not as expected: {0}")]
    Layout(String),
    /// The picture could not be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl Flamegraph<'_> {
    /// Draws the graph as SVG.
    ///
    /// # Errors
    /// If no stack has a value, or `out` does not take the picture.
    pub fn write(&self, options: &FlamegraphOptions, out: &mut dyn Write) -> Result<(), FlamegraphError> {
        let tree = FrameTree::new(self.folded, options.reverse);
        if tree.nodes().first().is_none_or(|root| root.width == 0) {
            return Err(FlamegraphError::NothingToDraw);
        }
        let laid_out = drawing::lay_out(self, &tree, options)?;
        drawing::decorate(&laid_out, self, &tree, options, out)
    }

    fn unit(&self) -> Unit {
        Unit::from_name(&self.folded.sample_type.unit)
    }

    /// The first line: what is drawn, and both totals.
    fn title(&self, tree: &FrameTree) -> String {
        let Some(all) = tree.node(0) else { return String::new() };
        let unit = self.unit();
        let what = match self.folded.sample_type.kind.as_str() {
            "inuse_space" => "Live heap",
            "inuse_objects" => "Live objects",
            "alloc_space" => "Bytes allocated since start",
            "alloc_objects" => "Objects allocated since start",
            other => other,
        };
        match self.kind {
            GraphKind::Single => format!("{what}: {}", unit.format(all.head)),
            GraphKind::Diff => format!(
                "{what}: base {} → head {}, {}",
                unit.format(all.base),
                unit.format(all.head),
                unit.format_change(all.change())
            ),
        }
    }
}
