//! `heapdiff tree`.

use super::ROWS_DEFAULT;
use super::calls::{Calls, graph_options, text_options};
use crate::arguments::{Format, GlobalArguments, TreeArguments};
use crate::output;
use heapdiff_profile::{GraphOptions, Trimming};
use heapdiff_render::json::{GraphJson, GraphJsonKind};
use heapdiff_render::text::{CallListsText, CallTreeText};

/// Nodes of an outline: it takes a line for each.
const OUTLINE_DEFAULT: usize = 60;
/// Parts of what is shown below which functions and calls say nothing.
pub(super) const NODE_FRACTION: f64 = 0.005;
pub(super) const EDGE_FRACTION: f64 = 0.001;

pub(super) fn run(arguments: &TreeArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let TreeArguments { inputs, call_tree, calls, count, .. } = arguments;
    let call_tree = *call_tree;
    let nodes = count.nodes(if call_tree { OUTLINE_DEFAULT } else { ROWS_DEFAULT });
    let mut trimming = calls.trimming(NODE_FRACTION, EDGE_FRACTION, nodes);
    if call_tree {
        // A context without the call that leads to it would look like a root.
        trimming = Trimming { edge_fraction: 0.0, ..trimming };
    }
    let options = GraphOptions {
        call_tree,
        order: arguments.order(),
        trimming,
        ..graph_options(calls, count.format, global)?
    };
    let found = Calls::read(inputs, calls, &options, count.format, global)?;
    let view = found.view();
    if count.format == Format::Json {
        let json = GraphJson { view, kind: GraphJsonKind::Tree, call_tree, matched: None };
        return output::print(|out| json.write(out));
    }
    let text = text_options(calls, usize::MAX, global);
    output::print(|out| match call_tree {
        true => CallTreeText { view }.write(&text, out),
        false => CallListsText { view, only: None }.write(&text, out),
    })
}
