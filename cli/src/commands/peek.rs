//! `heapdiff peek`.

use super::calls::{Calls, graph_options, text_options};
use super::refused;
use crate::arguments::{Format, GlobalArguments, PeekArguments};
use crate::failure::Failure;
use crate::output;
use heapdiff_profile::{GraphOptions, NodeOrder};
use heapdiff_render::json::{GraphJson, GraphJsonKind};
use heapdiff_render::text::CallListsText;

pub(super) fn run(arguments: &PeekArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let PeekArguments { pattern, inputs, calls, format } = arguments;
    let options = GraphOptions {
        order: NodeOrder::Cum,
        trimming: calls.trimming(0.0, 0.0, None),
        ..graph_options(calls, *format, global)?
    };
    let found = Calls::read(inputs, calls, &options, *format, global)?;
    let matched = found.graph().matching(pattern).map_err(refused)?;
    if matched.is_empty() {
        return Err(Failure::usage(
            format!("nothing that is shown matches `{pattern}`"),
            "`heapdiff top -n 50` lists what there is; --all-frames shows the standard library too",
        )
        .into());
    }
    let (view, matched) = (found.view(), Some(matched.as_slice()));
    if *format == Format::Json {
        let json = GraphJson { view, kind: GraphJsonKind::Peek, call_tree: false, matched };
        return output::print(|out| json.write(out));
    }
    let text = text_options(calls, usize::MAX, global);
    output::print(|out| CallListsText { view, only: matched }.write(&text, out))
}
