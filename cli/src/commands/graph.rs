//! `heapdiff graph`.

use super::calls::{Calls, graph_options, text_options};
use super::tree::{EDGE_FRACTION, NODE_FRACTION};
use crate::arguments::{Format, GlobalArguments, GraphArguments};
use crate::failure::Failure;
use crate::output;
use crate::talk::Talk;
use anyhow::Context as _;
use heapdiff_profile::{GraphOptions, NodeOrder, Trimming};
use heapdiff_render::graphviz::Graphviz;
use heapdiff_render::json::{GraphJson, GraphJsonKind};
use heapdiff_render::quantity;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// Boxes that a drawing can show.
const NODES_DEFAULT: usize = 80;

pub(super) fn run(arguments: &GraphArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let GraphArguments { inputs, output, call_tree, calls, count } = arguments;
    let trimming = Trimming {
        redundant_edges: !calls.keeps_all(),
        ..calls.trimming(NODE_FRACTION, EDGE_FRACTION, count.nodes(NODES_DEFAULT))
    };
    let options = GraphOptions {
        call_tree: *call_tree,
        order: NodeOrder::Entropy,
        trimming,
        ..graph_options(calls, count.format, global)?
    };
    let found = Calls::read(inputs, calls, &options, count.format, global)?;
    let view = found.view();
    let mut written = Vec::new();
    if count.format == Format::Json {
        let json = GraphJson { view, kind: GraphJsonKind::Graph, call_tree: *call_tree, matched: None };
        json.write(&mut written)?;
    } else {
        Graphviz { view }.write(&text_options(calls, 0, global), &mut written)?;
    }
    let Some(path) = output.as_deref().filter(|path| *path != Path::new("-")) else {
        return output::print(|out| out.write_all(&written));
    };
    let picture = match drawing_format(path, count.format) {
        Some(format) => drawn(&written, format)?,
        None => written,
    };
    output::write_file(path, &picture)?;
    let bytes = quantity::bytes(picture.len() as u64);
    Talk::new(global.quiet).note(&format!("wrote `{}` ({bytes})", path.display()));
    Ok(())
}

/// What `dot` is to make of a file with this name; `None` for the language itself.
fn drawing_format(path: &Path, format: Format) -> Option<&str> {
    let extension = path.extension()?.to_str()?;
    (format == Format::Text && !["dot", "gv", "json"].contains(&extension)).then_some(extension)
}

/// Lets Graphviz draw.
fn drawn(graph: &[u8], format: &str) -> anyhow::Result<Vec<u8>> {
    let child = Command::new("dot")
        .arg(format!("-T{format}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Failure::usage(
                "cannot draw: there is no `dot` here",
                "install Graphviz, or write `-o graph.dot` and draw it elsewhere; `heapdiff flamegraph` needs nothing",
            )
            .into());
        }
        Err(error) => return Err(error).context("cannot run `dot`"),
    };
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // It may write before it has read everything.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(graph)));
        child.wait_with_output()
    });
    let output = output.context("cannot run `dot`")?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or_default();
    Err(Failure::usage(
        format!("`dot -T{format}` failed: {said}"),
        "name a file that ends in .svg, .png, .pdf or .dot",
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_says_what_is_drawn() {
        let format = |name: &'static str| drawing_format(Path::new(name), Format::Text);
        assert_eq!(
            [format("a.svg"), format("a.b.png"), format("a.dot"), format("a")],
            [Some("svg"), Some("png"), None, None]
        );
        assert_eq!(drawing_format(Path::new("a.svg"), Format::Json), None);
    }
}
