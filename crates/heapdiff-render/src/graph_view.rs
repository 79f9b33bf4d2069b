//! What `top`, `tree`, `peek` and `graph` show.

use crate::side::Sides;
use heapdiff_profile::{CallGraph, NodeBy};

/// A call graph, and what it was made from.
#[derive(Clone, Copy, Debug)]
pub struct GraphView<'a> {
    /// The graph.
    pub graph: &'a CallGraph,
    /// What makes a node, for the headings.
    pub by: NodeBy,
    /// The files.
    pub sides: Sides<'a>,
}

impl GraphView<'_> {
    /// What a node is.
    pub(crate) fn noun(&self) -> &'static str {
        match self.by {
            NodeBy::Function => "function",
            NodeBy::Line => "line",
            NodeBy::File => "file",
            NodeBy::Module => "module",
            NodeBy::Crate => "crate",
        }
    }
}
