//! Samples as a graph of calls.
//!
//! Nodes are places in the program, as finely as the profile tells them apart; edges are calls. Node and edge values are
//! sums over samples, in which a function that calls itself counts once a sample.

mod arena;
mod build;
mod node_info;
mod order;
mod tags;
mod tree;
mod trim;

pub(crate) use arena::{Edge, Graph, NodeId};
pub(crate) use build::{GraphOptions, Measure, NodeSet, build, location_nodes};
pub(crate) use node_info::NodeInfo;
pub(crate) use order::NodeOrder;
pub(crate) use tags::{BYTES, Tag, TagUnits, sort_tags};
pub(crate) use trim::TAGS_MAX;
