//! Laws of call graphs:
//!
//! - flat values add up to what is shown, and no cum exceeds it where values are not negative;
//! - the shares of all rows add up to 100 % of the gross change, which is never less than what any node changed;
//! - a root's paths are all that it holds; what leads into another node is all that it holds;
//! - the figures of a diff are those of `diff`, and head less base, node by node;
//! - filters commute with merging: the graph of two profiles in one is the sum of their graphs;
//! - contexts add up to the nodes that they are contexts of;
//! - what is left out is counted, and leaves the figures of the rest alone;
//! - the order in which samples come does not matter.

use crate::generated::{profiles, selection};
use heapdiff_profile::{
    CallGraph, Change, DiffBy, DiffInputs, DiffOptions, GraphOptions, NodeBy, NodeOrder, Profile, Selection,
    Subject, Trimming, call_graph, diff,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const NODES: [NodeBy; 5] = [NodeBy::Function, NodeBy::Line, NodeBy::File, NodeBy::Module, NodeBy::Crate];

fn node_by() -> impl Strategy<Value = NodeBy> {
    prop::sample::select(NODES.to_vec())
}

fn graph(base: Option<&Profile>, head: &Profile, options: &GraphOptions) -> CallGraph {
    call_graph(Subject { base, head }, options).unwrap()
}

fn options(by: NodeBy, selection: &Selection) -> GraphOptions {
    GraphOptions { by, selection: selection.clone(), ..GraphOptions::default() }
}

/// Flat and cum of each node by what it is called.
type Figures = BTreeMap<String, (i64, i64)>;

fn figures(graph: &CallGraph, of: fn(Change) -> i64) -> Figures {
    let mut figures = Figures::new();
    for node in &graph.nodes {
        let frame = graph.frames.frame(node.frame);
        // A bare name is told apart by its file; which line stands for a function depends on what it holds.
        let name = format!("{} {}", frame.function, frame.file);
        let sum = figures.entry(name).or_default();
        *sum = (sum.0 + of(node.flat.value), sum.1 + of(node.cum.value));
    }
    figures.retain(|_, figures| *figures != (0, 0));
    figures
}

/// Whether a context of a tree has a namesake among those that it is called from.
fn is_recursive(tree: &CallGraph) -> bool {
    let caller = |at: usize| tree.nodes[at].callers.first().map(|&edge| tree.edges[edge].caller);
    let name = |at: usize| tree.frames.function(tree.nodes[at].frame);
    (0..tree.nodes.len())
        .any(|at| std::iter::successors(caller(at), |&at| caller(at)).any(|above| name(above) == name(at)))
}

fn plus(a: &Figures, b: &Figures, sign: i64) -> Figures {
    let mut sum = a.clone();
    for (name, figures) in b {
        let of_name = sum.entry(name.clone()).or_default();
        *of_name = (of_name.0 + sign * figures.0, of_name.1 + sign * figures.1);
    }
    sum.retain(|_, figures| *figures != (0, 0));
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flat_values_add_up_and_cum_values_do_not_exceed_them((_, head) in profiles(), selection in selection()) {
        for by in NODES {
            let options = GraphOptions { by, selection: selection.clone(), ..GraphOptions::default() };
            let graph = call_graph(Subject { base: None, head: &head }, &options).unwrap();
            let shown = graph.totals.shown.value.head;
            prop_assert_eq!(graph.nodes.iter().map(|node| node.flat.value.head).sum::<i64>(), shown);
            prop_assert!(shown <= graph.totals.whole);
            for node in &graph.nodes {
                prop_assert!(node.flat.value.head <= node.cum.value.head && node.cum.value.head <= shown, "{:?}", node);
            }
        }
    }

    #[test]
    fn shares_add_up_to_the_gross_change((base, head) in profiles(), by in node_by(), selection in selection(), call_tree in any::<bool>()) {
        let selection = Selection { relative_percentages: true, ..selection };
        let options = GraphOptions { call_tree, ..options(by, &selection) };
        for base in [None, Some(&base)] {
            let graph = graph(base, &head, &options);
            prop_assert_eq!(graph.totals.whole, graph.totals.gross);
            prop_assert_eq!(graph.nodes.iter().map(|node| node.flat_gross).sum::<i64>(), graph.totals.gross);
            for node in &graph.nodes {
                prop_assert!(node.flat.value.delta().abs() <= node.flat_gross);
                prop_assert!(node.cum.value.delta().abs() <= graph.totals.gross);
            }
            let sum = |of: fn(Change) -> i64| graph.nodes.iter().map(|node| of(node.flat.value)).sum::<i64>();
            prop_assert_eq!(sum(|change| change.base), graph.totals.shown.value.base);
            prop_assert_eq!(sum(|change| change.head), graph.totals.shown.value.head);
        }
    }

    /// Contexts know no recursion, so each is entered in exactly one way, or is a root.
    #[test]
    fn what_leads_into_a_node_is_what_it_holds((base, head) in profiles(), by in node_by(), selection in selection()) {
        let tree = graph(Some(&base), &head, &GraphOptions { call_tree: true, ..options(by, &selection) });
        for node in &tree.nodes {
            let sum = |edges: &[usize]| edges.iter().map(|&edge| tree.edges[edge].figures.value.delta()).sum::<i64>();
            let cum = node.cum.value.delta();
            prop_assert!(node.callers.len() <= 1);
            prop_assert!(node.callers.is_empty() || sum(&node.callers) == cum);
            // What is known of the node is known of the call.
            prop_assert!(node.callers.iter().all(|&edge| tree.edges[edge].figures.interval == node.cum.interval));
            prop_assert_eq!(sum(&node.callees) + node.flat.value.delta(), cum);
        }
        let roots = tree.nodes.iter().filter(|node| node.callers.is_empty());
        prop_assert_eq!(roots.map(|node| node.cum.value.delta()).sum::<i64>(), tree.totals.shown.value.delta());
        // Without recursion the same holds of the nodes whose contexts these are.
        let whole = graph(Some(&base), &head, &options(by, &selection));
        prop_assume!(!is_recursive(&tree));
        let rooted = |name: &str| -> i64 {
            let roots = tree.nodes.iter().filter(|node| node.callers.is_empty());
            roots.filter(|node| tree.frames.function(node.frame) == name).map(|node| node.cum.value.delta()).sum()
        };
        for node in &whole.nodes {
            let sum = |edges: &[usize]| edges.iter().map(|&edge| whole.edges[edge].figures.value.delta()).sum::<i64>();
            let cum = node.cum.value.delta();
            prop_assert_eq!(sum(&node.callees) + node.flat.value.delta(), cum);
            if by == NodeBy::Crate {
                prop_assert_eq!(sum(&node.callers) + rooted(whole.frames.function(node.frame)), cum);
            }
        }
    }

    #[test]
    fn a_graph_of_a_diff_says_what_the_diff_says((base, head) in profiles(), selection in selection()) {
        for (by, diff_by) in [(NodeBy::Function, DiffBy::Function), (NodeBy::Line, DiffBy::Line)] {
            if by == NodeBy::Function && selection.frames == heapdiff_profile::FrameVisibility::AsPprof {
                // There, functions of one name are one node.
                continue;
            }
            let graph = graph(Some(&base), &head, &options(by, &selection));
            let diff = diff(DiffInputs { base: &base, head: &head }, &DiffOptions { by: diff_by, selection: selection.clone(), per: None }).unwrap();
            prop_assert_eq!(graph.pairing, Some(diff.pairing));
            prop_assert_eq!(graph.totals.shown, diff.total.shown);
            prop_assert_eq!(graph.totals.unfiltered, diff.total.unfiltered);
            let of_graph = graph.nodes.iter()
                .filter(|node| (node.flat.value.base, node.flat.value.head) != (0, 0))
                .map(|node| (graph.frames.function(node.frame).to_owned(), format!("{:?}", node.flat)));
            let mut of_graph: Vec<_> = of_graph.collect();
            let of_diff = diff.rows.iter()
                .filter(|row| (row.figures.value.base, row.figures.value.head) != (0, 0))
                .map(|row| (diff.frames.function(row.frame).to_owned(), format!("{:?}", row.figures)));
            let mut of_diff: Vec<_> = of_diff.collect();
            of_graph.sort();
            of_diff.sort();
            prop_assert_eq!(of_graph, of_diff);
        }
    }

    #[test]
    fn a_graph_of_a_diff_is_head_less_base((base, head) in profiles(), selection in selection()) {
        for by in [NodeBy::Line, NodeBy::File, NodeBy::Module, NodeBy::Crate] {
            let options = options(by, &selection);
            let of_one = |profile| figures(&graph(None, profile, &options), Change::delta);
            let of_both = figures(&graph(Some(&base), &head, &options), Change::delta);
            prop_assert_eq!(of_both, plus(&of_one(&head), &of_one(&base), -1));
        }
    }

    #[test]
    fn filters_commute_with_merging((one, other) in profiles(), selection in selection()) {
        // Two profiles of one builder share all locations but for their numbers: put the samples of both in one.
        let mut merged = one.clone();
        let places: Vec<_> = other.locations.iter().map(|location| {
            let mut location = location.clone();
            for line in &mut location.lines {
                let function = other.function(line.function).unwrap();
                let name = |id| other.strings.get(id).to_owned();
                let (function_name, file) = (name(function.name), name(function.file));
                let (name, file) = (merged.strings.intern(&function_name), merged.strings.intern(&file));
                line.function = heapdiff_profile::FunctionId::from_index(merged.functions.len()).unwrap();
                merged.functions.push(heapdiff_profile::Function { name, system_name: name, file, start_line: 0 });
            }
            merged.locations.push(location);
            heapdiff_profile::LocationId::from_index(merged.locations.len() - 1).unwrap()
        }).collect();
        for sample in &other.samples {
            let mut sample = sample.clone();
            sample.stack.iter_mut().for_each(|id| *id = places[id.index()]);
            for label in &mut sample.labels {
                label.key = merged.strings.intern(other.strings.get(label.key));
                if let heapdiff_profile::LabelValue::Number { unit, .. } = &mut label.value {
                    *unit = merged.strings.intern(other.strings.get(*unit));
                }
            }
            merged.samples.push(sample);
        }
        for by in [NodeBy::Line, NodeBy::Module] {
            let options = options(by, &selection);
            let of = |profile| figures(&graph(None, profile, &options), Change::delta);
            prop_assert_eq!(of(&merged), plus(&of(&one), &of(&other), 1));
        }
    }

    #[test]
    fn contexts_add_up_to_their_nodes((base, head) in profiles(), selection in selection(), by in node_by()) {
        let options = options(by, &selection);
        let tree = graph(Some(&base), &head, &GraphOptions { call_tree: true, ..options.clone() });
        let whole = graph(Some(&base), &head, &options);
        // Which line stands for a function depends on what it holds.
        let flat = |graph: &CallGraph| {
            let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
            for node in &graph.nodes {
                *sums.entry(graph.frames.function(node.frame)).or_default() += node.flat.value.delta();
            }
            sums.retain(|_, sum| *sum != 0);
            sums.into_iter().map(|(name, sum)| (name.to_owned(), sum)).collect::<Vec<_>>()
        };
        prop_assert_eq!(flat(&tree), flat(&whole));
    }

    #[test]
    fn what_is_left_out_is_counted(
        (base, head) in profiles(), selection in selection(), call_tree in any::<bool>(), count in 0..6_usize,
        fraction in prop::sample::select(vec![0.0, 0.1, 0.5]), drop_negative in any::<bool>(),
        order in prop::sample::select(vec![NodeOrder::Flat, NodeOrder::Cum, NodeOrder::Entropy]),
    ) {
        let selection = Selection { drop_negative, ..selection };
        let all = GraphOptions { call_tree, order, ..options(NodeBy::Function, &selection) };
        let trimming = Trimming { node_count: Some(count), node_fraction: fraction, edge_fraction: fraction, unchanged: true, redundant_edges: true };
        let trimmed = graph(Some(&base), &head, &GraphOptions { trimming, ..all.clone() });
        let without = graph(Some(&base), &head, &GraphOptions { selection: Selection { drop_negative: false, ..selection }, ..all });
        let dropped = trimmed.dropped;
        prop_assert!(trimmed.nodes.len() <= count);
        let counted = dropped.small + dropped.surplus + dropped.unchanged + dropped.negative;
        prop_assert_eq!(trimmed.nodes.len() + counted, without.nodes.len());
        let shown: i64 = trimmed.nodes.iter().map(|node| node.flat_gross).sum();
        prop_assert_eq!(shown + dropped.flat_gross, trimmed.totals.gross);
        prop_assert_eq!(trimmed.totals, without.totals);
        prop_assert_eq!(without.dropped.small + without.dropped.surplus + without.dropped.edges, 0);
        prop_assert!(without.edges.iter().all(|edge| !edge.is_residual));
        for node in &trimmed.nodes {
            prop_assert!(without.nodes.iter().any(|other| other.frame == node.frame && other.flat == node.flat && other.cum == node.cum));
        }
    }

    #[test]
    fn the_order_of_samples_does_not_matter((base, head) in profiles(), selection in selection(), by in node_by(), call_tree in any::<bool>()) {
        let mut reversed = head.clone();
        reversed.samples.reverse();
        let options = GraphOptions { call_tree, ..options(by, &selection) };
        let text = |head: &Profile| {
            let graph = graph(Some(&base), head, &options);
            let name = |at: usize| format!("{:?}", graph.frames.frame(graph.nodes[at].frame));
            let nodes: Vec<_> = graph.nodes.iter().enumerate().map(|(at, node)| format!("{} {:?} {:?}", name(at), node.flat, node.cum)).collect();
            let edges: Vec<_> = graph.edges.iter().map(|edge| format!("{} {} {:?}", edge.caller, edge.callee, edge.figures)).collect();
            (nodes, edges)
        };
        prop_assert_eq!(text(&head), text(&reversed));
    }
}
