//! What frames of one node of a call graph have in common.

use crate::frame::{Frame, FrameId, FrameTable};
use crate::module_name::{crate_name, module_name};
use crate::selection::FrameVisibility;
use crate::string_table::StringId;

/// What makes a node of a call graph, and so a row of `top`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodeBy {
    /// A function, by its name; by its file too where the name has no path, but for what is shown as in pprof.
    #[default]
    Function,
    /// A function, file and line.
    Line,
    /// A source file.
    File,
    /// A module of a crate, such as `shop::session`, as far as names and files tell.
    Module,
    /// A crate or, in other languages, a package.
    Crate,
}

/// What frames of one node have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NodeKey {
    Function(StringId, StringId),
    /// A frame that stands for the node whatever else it holds.
    Frame(FrameId),
}

/// The node of every frame of a table.
pub(crate) fn node_keys(by: NodeBy, visibility: FrameVisibility, frames: &mut FrameTable) -> Vec<NodeKey> {
    let all: Vec<FrameId> = (0..frames.frame_count()).filter_map(|index| frames.id_at(index)).collect();
    all.into_iter().map(|frame| node_key(by, visibility, frames, frame)).collect()
}

fn node_key(by: NodeBy, visibility: FrameVisibility, frames: &mut FrameTable, frame: FrameId) -> NodeKey {
    let named = |frames: &mut FrameTable, function: &str, file: &str| {
        NodeKey::Frame(frames.intern(Frame { function, file, line: 0 }))
    };
    match by {
        // pprof goes by the name alone.
        NodeBy::Function if visibility == FrameVisibility::AsPprof => {
            NodeKey::Function(frames.parts(frame).0, StringId::EMPTY)
        }
        NodeBy::Function => {
            let (function, file) = frames.function_key(frame);
            NodeKey::Function(function, file)
        }
        NodeBy::Line => NodeKey::Frame(frame),
        NodeBy::File => match frames.frame(frame).file {
            "" => named(frames, "[no source file]", ""),
            file => {
                let file = file.to_owned();
                named(frames, "", &file)
            }
        },
        NodeBy::Module => {
            let module = module_name(frames.frame(frame));
            named(frames, &module, "")
        }
        NodeBy::Crate => {
            let of_crate = crate_name(frames.frame(frame));
            named(frames, &of_crate, "")
        }
    }
}
