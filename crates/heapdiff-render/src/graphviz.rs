//! `heapdiff graph`: calls as a drawing, in the language of Graphviz.
//!
//! A box is a node: the bigger what it holds itself, the bigger its letters. An arrow is a call, and the thicker the
//! more goes through it. Of a diff growth is orange to red, shrinkage blue, with ▲ and ▼ beside the numbers; of a single
//! profile the colour is the share that comes through. Names stand in full in the tooltips.
//!
//! **Source:** the drawing follows `dotgraph.go` of google/pprof; sizes and shares are of gross values, so that no
//! cancellation hides a box.

use crate::elide;
use crate::graph_view::GraphView;
use crate::quantity::{self, Unit};
use crate::source_path;
use crate::text::TextOptions;
use crate::theme;
use heapdiff_profile::{Frame, GraphEdge, GraphNode, Names, NodeBy};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Points of the letters of a box that holds nothing itself, and what the biggest has more.
const LETTERS_MIN: f64 = 8.0;
const LETTERS_RANGE: f64 = 16.0;
/// Points of the thickest arrow beyond the thinnest.
const ARROW_RANGE: f64 = 5.0;
/// Weight of the heaviest arrow, which Graphviz keeps short and straight.
const WEIGHT_RANGE: f64 = 100.0;
/// Columns of a line in a box.
const LABEL_COLUMNS: usize = 40;

/// A call graph to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Graphviz<'a> {
    /// The graph and its files.
    pub view: GraphView<'a>,
}

impl Graphviz<'_> {
    /// Writes the graph.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let graph = self.view.graph;
        let unit = options.measure.unit(&graph.sample_type.unit);
        let name = elide::printable(&self.view.sides.head.name);
        writeln!(out, "digraph {} {{", quoted(&name))?;
        writeln!(out, "node [style=filled shape=box fontname=\"sans-serif\" fillcolor=\"#f8f8f8\"]")?;
        writeln!(out, "edge [fontname=\"sans-serif\" fontsize=10]")?;
        self.write_legend(&unit, out)?;
        let flat_max = graph.nodes.iter().map(|node| node.flat_gross).max().unwrap_or(0);
        for (id, node) in graph.nodes.iter().enumerate() {
            self.write_node(id, node, flat_max, &unit, options, out)?;
        }
        for edge in &graph.edges {
            self.write_edge(edge, &unit, options, out)?;
        }
        writeln!(out, "}}")
    }

    /// What is drawn, as a box in a corner.
    fn write_legend(&self, unit: &Unit, out: &mut dyn Write) -> io::Result<()> {
        let graph = self.view.graph;
        let totals = &graph.totals;
        let file = |name: &str| elide::start(&elide::printable(name), 2 * LABEL_COLUMNS).into_owned();
        let mut lines = Vec::new();
        let kind = &graph.sample_type.kind;
        match self.view.sides.base {
            Some(base) => {
                lines.push(format!("base {}", file(&base.name)));
                lines.push(format!("head {}", file(&self.view.sides.head.name)));
                let change = totals.unfiltered.delta();
                let direction = theme::direction(change).trim();
                lines.push(format!("{kind}: {direction} {}", unit.format_change(change)));
                lines.push(format!(
                    "100 %: all growth and all shrinkage of paths, {}",
                    unit.format(totals.whole)
                ));
                lines.push("▲ orange to red: grew   ▼ blue: shrank".to_owned());
            }
            None => {
                lines.push(file(&self.view.sides.head.name));
                lines.extend(quantity::moment(self.view.sides.head.time_nanos));
                lines.push(format!("{kind}: {} is 100 %", unit.format(totals.whole)));
            }
        }
        if totals.gross != totals.whole {
            let share = quantity::share(totals.gross, totals.whole);
            lines.push(format!("the filters let {share} of it through"));
        }
        let dropped = graph.dropped;
        let left_out = dropped.small + dropped.surplus + dropped.unchanged + dropped.negative;
        if left_out > 0 {
            let counted = quantity::counted(left_out as u64, self.view.noun());
            lines.push(format!("left out: {counted} with {} themselves", unit.format(dropped.flat_gross)));
        }
        lines.push(format!(
            "letters: by what a {} holds itself; dotted: over some left out",
            self.view.noun()
        ));
        let text: String = lines.iter().map(|line| format!("{}\\l", escaped(line))).collect();
        writeln!(out, "subgraph cluster_legend {{ \"legend\" [shape=box fontsize=16 label=\"{text}\"] }}")
    }

    fn write_node(
        &self,
        id: usize,
        node: &GraphNode,
        flat_max: i64,
        unit: &Unit,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let frame = self.view.graph.frames.frame(node.frame);
        let mut lines = label_lines(frame, self.view.by, options);
        let (flat, cum) = (node.flat.value.delta(), node.cum.value.delta());
        lines.push(self.amount(flat, unit));
        if node.cum_gross != node.flat_gross || cum != flat {
            lines.push(format!("of {}", self.amount(cum, unit)));
        }
        let label = lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\\n");
        let letters = LETTERS_MIN + (LETTERS_RANGE * part(node.flat_gross, flat_max).sqrt()).ceil();
        let place = source_path::with_line(frame.file, frame.line, options.source_root.as_deref());
        let place = place.map_or(String::new(), |place| format!(" {place}"));
        let tooltip = format!("{}{place}: {}", frame.function, self.amount(cum, unit));
        let score = self.score(cum);
        writeln!(
            out,
            "N{id} [label=\"{label}\" fontsize={letters:.0} tooltip={} color=\"{}\" fillcolor=\"{}\"]",
            quoted(&elide::printable(tooltip.trim())),
            Shade::Line.of(score),
            Shade::Ground.of(score)
        )
    }

    fn write_edge(
        &self,
        edge: &GraphEdge,
        unit: &Unit,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let graph = self.view.graph;
        let delta = edge.figures.value.delta();
        let of_whole = part(edge.gross, graph.totals.gross);
        let name = |node: usize| {
            graph.nodes.get(node).map_or(String::new(), |node| {
                let frame = graph.frames.frame(node.frame);
                let name = if frame.function.is_empty() { frame.file } else { frame.function };
                options.names.unwrap_or(Names::Full).of(name).into_owned()
            })
        };
        let value = self.amount_alone(delta, unit);
        let over = if edge.is_residual { " … " } else { " → " };
        let tooltip = format!("{}{over}{} ({value})", name(edge.caller), name(edge.callee));
        let tooltip = quoted(&elide::printable(&tooltip));
        let style = if edge.is_residual { " style=dotted" } else { "" };
        writeln!(
            out,
            "N{} -> N{} [label=\" {}\" weight={:.0} penwidth={:.1} color=\"{}\" tooltip={tooltip} labeltooltip={tooltip}{style}]",
            edge.caller,
            edge.callee,
            escaped(&value),
            1.0 + (of_whole * WEIGHT_RANGE).floor(),
            1.0 + of_whole * ARROW_RANGE,
            Shade::Line.of(self.score(delta)),
        )
    }

    /// `▲ +24.0 MiB (+72.7 %)`.
    fn amount(&self, value: i64, unit: &Unit) -> String {
        let share = quantity::share(value, self.view.graph.totals.whole);
        let plus = if self.view.graph.is_diff() && value > 0 { "+" } else { "" };
        match value {
            0 => unit.format(0),
            _ => format!("{} ({plus}{share})", self.amount_alone(value, unit)),
        }
    }

    fn amount_alone(&self, value: i64, unit: &Unit) -> String {
        match self.view.graph.is_diff() {
            true => format!("{} {}", theme::direction(value), unit.format_change(value)).trim().to_owned(),
            false => unit.format(value),
        }
    }

    /// From -1 for what shrank by all there is to 1 for what grew by it. Small parts are drawn apart from none.
    fn score(&self, value: i64) -> f64 {
        let size = part(value.saturating_abs(), self.view.graph.totals.gross).powf(0.4);
        if value < 0 { -size } else { size }
    }
}

/// The name in a box, in lines.
fn label_lines(frame: Frame<'_>, by: NodeBy, options: &TextOptions) -> Vec<String> {
    let place = || {
        let place = source_path::with_line(frame.file, frame.line, options.source_root.as_deref());
        place.map(|place| elide::start(&elide::printable(&place), LABEL_COLUMNS).into_owned())
    };
    if frame.function.is_empty() {
        return place().into_iter().collect();
    }
    let name = options.names.unwrap_or(Names::Short).of(frame.function);
    let name = elide::printable(&name).into_owned();
    // The last part of a path is what a function is called.
    let mut lines: Vec<String> = match name.rsplit_once("::") {
        Some((path, last)) if by != NodeBy::Module => vec![path.to_owned(), last.to_owned()],
        _ => vec![name],
    };
    lines.iter_mut().for_each(|line| *line = elide::middle(line, LABEL_COLUMNS).into_owned());
    if by == NodeBy::Line {
        lines.extend(place());
    }
    lines
}

/// `part` as a share of `whole`, from 0 to 1.
fn part(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).clamp(0.0, 1.0) }
}

/// What is coloured.
#[derive(Clone, Copy, Debug)]
enum Shade {
    /// Frames and arrows: dark enough for white paper.
    Line,
    /// The ground of a box: light enough for black letters.
    Ground,
}

impl Shade {
    /// From blue over grey to orange and red.
    fn of(self, score: f64) -> String {
        let [none, growth, most, shrinkage] = match self {
            Self::Line => [[178, 178, 174], [217, 119, 20], [190, 30, 20], [30, 90, 190]],
            Self::Ground => [[242, 242, 240], [253, 224, 190], [250, 190, 176], [200, 220, 250]],
        };
        let color = if score < 0.0 {
            mix(none, shrinkage, -score)
        } else if score < 0.5 {
            mix(none, growth, score * 2.0)
        } else {
            mix(growth, most, score * 2.0 - 1.0)
        };
        color.iter().fold("#".to_owned(), |mut text, channel| {
            let _ = write!(text, "{channel:02x}");
            text
        })
    }
}

fn mix(from: [u8; 3], to: [u8; 3], part: f64) -> [u8; 3] {
    let mut mixed = from;
    for (mixed, to) in mixed.iter_mut().zip(to) {
        let value = f64::from(*mixed) + (f64::from(to) - f64::from(*mixed)) * part.clamp(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between two channels is a channel"
        )]
        let value = value.round() as u8;
        *mixed = value;
    }
    mixed
}

/// A word of the language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Text between quotes, in which neither quotes nor backslashes mean anything.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_from_blue_over_grey_to_red() {
        let colors = [-1.0, 0.0, 0.5, 1.0].map(|score| Shade::Line.of(score));
        assert_eq!(colors, ["#1e5abe", "#b2b2ae", "#d97714", "#be1e14"]);
    }

    #[test]
    fn names_cannot_end_their_quotes() {
        assert_eq!(quoted(r#"a"b\n"#), r#""a\"b\\n""#);
    }
}
