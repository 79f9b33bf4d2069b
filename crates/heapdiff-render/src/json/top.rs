//! `heapdiff/top/v1`.

use super::call_graph::{DroppedJson, HeadJson, NodeJson, percent};
use crate::graph_view::GraphView;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The nodes of a call graph for other programs.
#[derive(Clone, Copy, Debug)]
pub struct TopJson<'a> {
    /// The graph and its files.
    pub view: GraphView<'a>,
    /// Rows that are written at most, in the graph's order; `None` writes all.
    pub rows_max: Option<usize>,
}

impl TopJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/top/v1";

    /// Writes the table.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let graph = self.view.graph;
        super::write(
            &Document {
                schema: Self::SCHEMA,
                head: HeadJson::of(&self.view),
                rows_all: graph.nodes.len(),
                dropped: DroppedJson::of(&graph.dropped),
                rows: self.rows().collect(),
                notes: graph.notes.iter().map(ToString::to_string).collect(),
            },
            out,
        )
    }

    /// Writes the rows as comma-separated values.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        super::csv::write(self.rows(), self.view.graph.is_diff(), out)
    }

    fn rows(&self) -> impl Iterator<Item = RowJson> {
        let graph = self.view.graph;
        let mut sum = 0_i64;
        graph.nodes.iter().take(self.rows_max.unwrap_or(usize::MAX)).map(move |node| {
            sum = sum.saturating_add(node.flat_gross);
            RowJson { node: NodeJson::of(node, &self.view), sum_percent: percent(sum, graph.totals.whole) }
        })
    }
}

/// What a profile holds, or what changed: flat and cum.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Top")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    #[serde(flatten)]
    head: HeadJson<'a>,
    /// How many rows there are; `-n` may have kept some out of `rows`.
    rows_all: usize,
    /// What was left out.
    dropped: DroppedJson,
    /// Functions, or what else makes a row, and what they hold.
    rows: Vec<RowJson>,
    /// What a reader must know to understand the figures, each a sentence.
    notes: Vec<String>,
}

/// A row of the table.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "TopRow")]
struct RowJson {
    #[serde(flatten)]
    node: NodeJson,
    /// The `flat_gross` of this row and of those before it in percent of `total`; null where that is 0.
    sum_percent: Option<f64>,
}
