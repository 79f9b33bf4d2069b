//! What stands above a view of calls, and what it says about what it leaves out.

use super::TextOptions;
use super::comparison_head::ComparisonHead;
use super::profile_head::ProfileHead;
use super::wrapping::write_remark;
use crate::graph_view::GraphView;
use crate::quantity;
use heapdiff_profile::{DiffTotal, DroppedNodes};
use std::io::{self, Write};

/// Which files these are, what is counted, and what 100 % is.
pub(super) fn write_head(view: &GraphView<'_>, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let graph = view.graph;
    let totals = &graph.totals;
    let unit = options.unit(&graph.sample_type);
    if let (Some(base), Some(pairing)) = (view.sides.base, graph.pairing) {
        let total = DiffTotal { shown: totals.shown, unfiltered: totals.unfiltered };
        let head = ComparisonHead {
            base,
            head: view.sides.head,
            sample_type: &graph.sample_type,
            total: &total,
            pairing,
            resolution_bytes: graph.resolution_bytes,
        };
        head.write(options, out)?;
        let whole = unit.format(totals.whole);
        let of =
            format!("percentages are of the gross change, {whole}: all growth and all shrinkage of paths");
        return write_remark(&of, options, out);
    }
    let (shown, all) = (totals.shown.value.head, totals.unfiltered.head);
    let is_relative = totals.whole == totals.gross && shown != all;
    let head = ProfileHead {
        side: view.sides.head,
        sample_type: &graph.sample_type,
        total: if is_relative { all } else { totals.whole },
        shown,
        is_relative,
    };
    head.write(options, out)
}

/// Says what was left out for being small, and what it holds.
pub(super) fn write_dropped(
    view: &GraphView<'_>,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let DroppedNodes { small, surplus, unchanged, negative, edges, flat_gross, node_cutoff, edge_cutoff } =
        view.graph.dropped;
    let unit = options.unit(&view.graph.sample_type);
    let counted = |count: usize, what: &str| quantity::counted(count as u64, what);
    let mut parts = Vec::new();
    if small > 0 {
        parts.push(format!("{} of less than {}", counted(small, view.noun()), unit.format(node_cutoff)));
    }
    if surplus > 0 {
        parts.push(format!("{} beyond the first {}", counted(surplus, view.noun()), view.graph.nodes.len()));
    }
    if negative > 0 {
        parts.push(format!("{} that shrank", counted(negative, view.noun())));
    }
    if unchanged > 0 {
        parts.push(format!("{} without change", counted(unchanged, view.noun())));
    }
    let held = match (view.graph.is_diff(), flat_gross) {
        (_, 0) => String::new(),
        (true, gross) => format!(", which changed by {} in all", unit.format(gross)),
        (false, gross) => format!(", which hold {} themselves", unit.format(gross)),
    };
    if edges > 0 {
        parts.push(format!("{} of less than {}", counted(edges, "call"), unit.format(edge_cutoff)));
    }
    if parts.is_empty() {
        return Ok(());
    }
    let only_unchanged = small + surplus + negative + edges == 0;
    let hint = if only_unchanged { "" } else { "; --no-trim shows all" };
    write_remark(&format!("left out: {}{held}{hint}", parts.join(", ")), options, out)
}
