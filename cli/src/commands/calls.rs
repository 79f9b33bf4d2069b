//! What `top`, `tree`, `peek` and `graph` have in common: a call graph of what was named.

use super::{refused, say_notes};
use crate::arguments::{CallArguments, ComparisonArguments, Format, GlobalArguments};
use crate::failure::Failure;
use crate::input::{Comparison, Input};
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::{CallGraph, GraphOptions, NamedProfile, NodeBy, Subject, ValueType, call_graph};
use heapdiff_render::quantity::Measure;
use heapdiff_render::text::TextOptions;
use heapdiff_render::{GraphView, Side, Sides};
use std::path::PathBuf;

/// A call graph, and what it was made from.
pub(super) struct Calls {
    graph: CallGraph,
    by: NodeBy,
    base: Option<Side>,
    head: Side,
}

impl Calls {
    /// Reads what was named and makes the graph.
    pub(super) fn read(
        inputs: &[PathBuf],
        arguments: &CallArguments,
        options: &GraphOptions,
        format: Format,
        global: &GlobalArguments,
    ) -> anyhow::Result<Self> {
        check_base(&arguments.comparison, !arguments.base.is_empty())?;
        let input = Input::new(global, arguments.process.process.as_deref());
        let Comparison { base, head } = input.subject(&arguments.base, inputs)?;
        let calls = Self::of(base.as_ref(), &head, options)?;
        check_measure(&arguments.measure.measure(), &calls.graph.sample_type, format)?;
        say_notes(&calls.graph.notes, Talk::new(global.quiet));
        Ok(calls)
    }

    /// Makes the graph of profiles that are read.
    pub(super) fn of(
        base: Option<&NamedProfile>,
        head: &NamedProfile,
        options: &GraphOptions,
    ) -> anyhow::Result<Self> {
        let subject = Subject { base: base.map(|base| &base.profile), head: &head.profile };
        let graph = call_graph(subject, options).map_err(refused)?;
        let side = |named: &NamedProfile| Side::of(&named.name, &named.profile);
        Ok(Self { graph, by: options.by, base: base.map(side), head: side(head) })
    }

    pub(super) fn graph(&self) -> &CallGraph {
        &self.graph
    }

    pub(super) fn view(&self) -> GraphView<'_> {
        let sides = Sides { base: self.base.as_ref(), head: &self.head };
        GraphView { graph: &self.graph, by: self.by, sides }
    }
}

/// How a graph is made in words of the command line.
pub(super) fn graph_options(
    arguments: &CallArguments,
    format: Format,
    global: &GlobalArguments,
) -> anyhow::Result<GraphOptions> {
    let selection = arguments.selection(global.names(format)).map_err(refused)?;
    Ok(GraphOptions { by: arguments.by.into(), selection, ..GraphOptions::default() })
}

/// How text is laid out.
pub(super) fn text_options(arguments: &CallArguments, rows: usize, global: &GlobalArguments) -> TextOptions {
    TextOptions { measure: arguments.measure.measure(), ..output::text_options(rows, global) }
}

/// Refuses a unit that measures something else, and changed figures where a program reads them.
pub(super) fn check_measure(measure: &Measure, of: &ValueType, format: Format) -> anyhow::Result<()> {
    if !format.is_for_people() && *measure != Measure::default() {
        return Err(Failure::usage(
            "`--unit` and `--divide-by` are for people: JSON and CSV have the values as they are",
            "leave them out, or divide what you read",
        )
        .into());
    }
    if !measure.fits(&of.unit) {
        let unit = measure.unit.as_deref().unwrap_or_default();
        return Err(Failure::usage(
            format!("`--unit {unit}`: `{}` is counted in {}", of.kind, of.unit),
            "bytes: b, kib, mib, gib, tib; time: ns, us, ms, s, min, h",
        )
        .into());
    }
    Ok(())
}

/// Refuses to scale a base that there is not.
pub(super) fn check_base(comparison: &ComparisonArguments, has_base: bool) -> anyhow::Result<()> {
    if comparison.normalizes() && !has_base {
        return Err(Failure::usage("`--normalize` without a base", "name a profile to compare with").into());
    }
    Ok(())
}
