//! Call graphs against figures worked out by hand.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

use heapdiff_profile::{
    CallGraph, Change, FilterPatterns, Filters, FrameVisibility, GraphNode, GraphOptions, InUse, NodeBy,
    NodeOrder, Profile, ProfileBuilder, Selection, Subject, Trimming, call_graph,
};

const RUST: &str = "/rustc/0/library/alloc/src/raw_vec/mod.rs";

fn profile() -> Profile {
    let grow = format!("alloc::raw_vec::RawVec<T>::grow_one {RUST}:336");
    let live = |bytes, objects| InUse { bytes, objects, samples: objects, epoch: 0 };
    ProfileBuilder::heap()
        .drop_frames("__rust_.*|mymalloc")
        .in_use(
            &[
                "__rust_alloc",
                &grow,
                "app::leaf src/leaf.rs:1",
                "app::walk src/walk.rs:5",
                "app::main src/main.rs:9",
            ],
            live(100, 10),
        )
        .in_use(
            &[
                "mymalloc m.c:1",
                "app::walk src/walk.rs:6",
                "app::walk src/walk.rs:5",
                "app::main src/main.rs:9",
            ],
            live(40, 4),
        )
        .in_use(&["app::main src/main.rs:9"], live(7, 1))
        .build()
}

fn graph(profile: &Profile, options: &GraphOptions) -> CallGraph {
    call_graph(Subject { base: None, head: profile }, options).unwrap()
}

fn rows(profile: &Profile, options: &GraphOptions) -> Vec<String> {
    let report = graph(profile, options);
    let text = |row: &GraphNode| {
        let frame = report.frames.frame(row.frame);
        format!(
            "{} {} {} {}:{}",
            row.flat.value.delta(),
            row.cum.value.delta(),
            frame.function,
            frame.file,
            frame.line
        )
    };
    report.nodes.iter().map(text).collect()
}

fn options(by: NodeBy, order: NodeOrder, frames: FrameVisibility) -> GraphOptions {
    GraphOptions {
        by,
        order,
        selection: Selection { frames, ..Selection::default() },
        ..GraphOptions::default()
    }
}

#[test]
fn monomorphisations_are_one_row_if_generics_do_not_count() {
    let live = |bytes| InUse { bytes, objects: 1, samples: 1, epoch: 0 };
    let profile = ProfileBuilder::heap()
        .in_use(&["app::keep<app::A> src/k.rs:1", "app::main src/main.rs:9"], live(10))
        .in_use(&["app::keep<app::B> src/k.rs:1", "app::main src/main.rs:9"], live(20))
        .build();
    let rows = |collapse_generics, focus: &[&str]| {
        let focus = focus.iter().map(|&regex| regex.to_owned()).collect();
        let filters = Filters::new(&FilterPatterns { focus, ..FilterPatterns::default() }).unwrap();
        let selection = Selection { filters, collapse_generics, ..Selection::default() };
        rows(&profile, &GraphOptions { selection, ..GraphOptions::default() })
    };
    assert_eq!(
        rows(false, &[]),
        [
            "20 20 app::keep<app::B> src/k.rs:1",
            "10 10 app::keep<app::A> src/k.rs:1",
            "0 30 app::main src/main.rs:9"
        ]
    );
    assert_eq!(rows(true, &[]), ["30 30 app::keep<..> src/k.rs:1", "0 30 app::main src/main.rs:9"]);
    let only_a = ["10 10 app::keep<..> src/k.rs:1", "0 10 app::main src/main.rs:9"];
    assert_eq!(rows(true, &["app::A"]), only_a, "filters see the arguments");
}

#[test]
fn as_pprof_only_drop_frames_are_hidden_and_recursion_counts_once() {
    let flat = options(NodeBy::Function, NodeOrder::Flat, FrameVisibility::AsPprof);
    assert_eq!(
        rows(&profile(), &flat),
        [
            format!("100 100 alloc::raw_vec::RawVec<T>::grow_one {RUST}:336"),
            "40 140 app::walk src/walk.rs:6".to_owned(),
            "7 147 app::main src/main.rs:9".to_owned(),
            "0 100 app::leaf src/leaf.rs:1".to_owned(),
        ]
    );
    let cum = options(NodeBy::Function, NodeOrder::Cum, FrameVisibility::AsPprof);
    assert_eq!(
        rows(&profile(), &cum)[..2],
        ["7 147 app::main src/main.rs:9".to_owned(), "40 140 app::walk src/walk.rs:6".to_owned()]
    );
}

#[test]
fn attributed_the_standard_library_is_hidden_too() {
    let attributed = options(NodeBy::Line, NodeOrder::Flat, FrameVisibility::Attributed);
    assert_eq!(
        rows(&profile(), &attributed),
        [
            "100 100 app::leaf src/leaf.rs:1",
            "40 40 app::walk src/walk.rs:6",
            "7 147 app::main src/main.rs:9",
            "0 140 app::walk src/walk.rs:5",
        ]
    );
}

#[test]
fn by_file_frames_of_one_file_are_one_row() {
    let by_file = options(NodeBy::File, NodeOrder::Flat, FrameVisibility::Attributed);
    assert_eq!(
        rows(&profile(), &by_file),
        ["100 100  src/leaf.rs:0", "40 140  src/walk.rs:0", "7 147  src/main.rs:0"]
    );
}

#[test]
fn objects_and_samples_stand_beside_the_flat_value() {
    let report = graph(&profile(), &GraphOptions::default());
    let first = &report.nodes[0];
    assert_eq!((first.flat.objects.map(Change::delta), first.flat.samples), (Some(10), Some(10)));
    assert_eq!((report.totals.whole, report.totals.shown.value.delta()), (147, 147));
}

#[test]
fn negative_values_count_by_their_size() {
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["a a.c:1"], &[-50], &[])
        .sample(&["b b.c:1"], &[30], &[])
        .sample(&["c c.c:1"], &[5], &[])
        .sample(&["c c.c:1"], &[-5], &[])
        .build();
    let report = graph(&profile, &GraphOptions::default());
    assert_eq!((report.totals.whole, report.totals.shown.value.delta()), (90, -20));
    let unchanged = GraphOptions {
        trimming: Trimming { unchanged: true, ..Trimming::default() },
        ..GraphOptions::default()
    };
    assert_eq!(rows(&profile, &unchanged), ["-50 -50 a a.c:1", "30 30 b b.c:1"]);
}

/// Callers and callees by name, with what flows between them.
fn edges(graph: &CallGraph) -> Vec<String> {
    let name = |at: usize| graph.frames.function(graph.nodes[at].frame);
    let arrow = |is_residual| if is_residual { "..>" } else { "-->" };
    let text = |edge: &heapdiff_profile::GraphEdge| {
        format!(
            "{} {} {} {}",
            name(edge.caller),
            arrow(edge.is_residual),
            name(edge.callee),
            edge.figures.value.delta()
        )
    };
    graph.edges.iter().map(text).collect()
}

#[test]
fn edges_count_each_stack_once_and_lead_over_what_is_left_out() {
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["d", "b", "a", "b", "a", "root"], &[10], &[])
        .sample(&["d", "c", "root"], &[5], &[])
        .sample(&["d", "root"], &[1], &[])
        .build();
    let all = graph(&profile, &GraphOptions::default());
    assert_eq!(
        edges(&all),
        [
            "root --> a 10",
            "a --> b 10",
            "b --> d 10",
            "b --> a 10",
            "root --> c 5",
            "c --> d 5",
            "root --> d 1",
        ]
    );
    let trimming = Trimming { node_count: Some(2), ..Trimming::default() };
    let order = NodeOrder::Cum;
    let few = graph(&profile, &GraphOptions { trimming, order, ..GraphOptions::default() });
    assert_eq!(edges(&few), ["root --> d 16"]);
    assert_eq!((few.dropped.surplus, few.dropped.flat_gross), (3, 0));
}

#[test]
fn an_edge_over_what_is_left_out_goes_where_others_lead_the_same_way() {
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["c", "b", "a"], &[100], &[])
        .sample(&["c", "small", "a"], &[1], &[])
        .build();
    let trimming = Trimming { node_fraction: 0.1, ..Trimming::default() };
    let kept = graph(&profile, &GraphOptions { trimming, ..GraphOptions::default() });
    assert_eq!(edges(&kept), ["a --> b 100", "b --> c 100", "a ..> c 1"]);
    assert_eq!((kept.dropped.small, kept.dropped.node_cutoff), (1, 10));
    let trimming = Trimming { redundant_edges: true, ..trimming };
    let tidied = graph(&profile, &GraphOptions { trimming, ..GraphOptions::default() });
    assert_eq!(edges(&tidied), ["a --> b 100", "b --> c 100"]);
}

#[test]
fn contexts_of_one_function_stand_apart_in_a_tree() {
    let tree = GraphOptions { call_tree: true, order: NodeOrder::Cum, ..GraphOptions::default() };
    let frames = FrameVisibility::All;
    let tree = GraphOptions { selection: Selection { frames, ..Selection::default() }, ..tree };
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["leaf", "a", "root"], &[10], &[])
        .sample(&["leaf", "leaf", "b", "root"], &[5], &[])
        .build();
    assert_eq!(
        rows(&profile, &tree),
        ["0 15 root :0", "10 10 leaf :0", "0 10 a :0", "5 5 leaf :0", "0 5 b :0"]
    );
}

#[test]
fn a_tree_that_shows_few_contexts_has_no_gaps() {
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["leaf", "b", "a", "root"], &[10], &[])
        .sample(&["other", "root"], &[9], &[])
        .build();
    let trimming = Trimming { node_count: Some(3), ..Trimming::default() };
    let tree = GraphOptions { call_tree: true, order: NodeOrder::Cum, trimming, ..GraphOptions::default() };
    let tree = graph(&profile, &tree);
    assert_eq!(edges(&tree), ["root --> a 10", "a --> b 10"]);
    assert_eq!((tree.dropped.surplus, tree.dropped.flat_gross), (2, 19));
}

#[test]
fn a_diff_keeps_its_signs_and_its_shares_reach_the_whole() {
    let profile = |grown: i64, shrunk: i64| {
        ProfileBuilder::with_types(&[("space", "bytes")])
            .sample(&["grower", "walk"], &[grown], &[])
            .sample(&["shrinker", "walk"], &[shrunk], &[])
            .sample(&["still", "walk"], &[7], &[])
            .build()
    };
    let (base, head) = (profile(10, 90), profile(50, 30));
    let subject = Subject { base: Some(&base), head: &head };
    let graph = call_graph(subject, &GraphOptions::default()).unwrap();
    assert_eq!((graph.totals.whole, graph.totals.shown.value.delta()), (100, -20));
    let nodes: Vec<_> = graph
        .nodes
        .iter()
        .map(|node| {
            (
                graph.frames.function(node.frame),
                node.flat.value.delta(),
                node.cum.value.delta(),
                node.flat_gross,
            )
        })
        .collect();
    assert_eq!(
        nodes,
        [("shrinker", -60, -60, 60), ("grower", 40, 40, 40), ("walk", 0, -20, 0), ("still", 0, 0, 0)]
    );
    let selection = Selection { drop_negative: true, ..Selection::default() };
    let grown = call_graph(subject, &GraphOptions { selection, ..GraphOptions::default() }).unwrap();
    assert_eq!(grown.nodes.len(), 2);
    assert_eq!((grown.dropped.negative, grown.dropped.flat_gross), (2, 60));
}

#[test]
fn a_base_that_is_normalized_holds_as_much_as_the_head() {
    let profile = |a: i64, b: i64| {
        ProfileBuilder::with_types(&[("space", "bytes")])
            .sample(&["a"], &[a], &[])
            .sample(&["b"], &[b], &[])
            .build()
    };
    let (base, head) = (profile(10, 30), profile(40, 40));
    let selection = Selection { normalize: true, ..Selection::default() };
    let subject = Subject { base: Some(&base), head: &head };
    let graph = call_graph(subject, &GraphOptions { selection, ..GraphOptions::default() }).unwrap();
    assert_eq!((graph.totals.shown.value.base, graph.totals.shown.value.head), (80, 80));
    let deltas: Vec<_> = graph.nodes.iter().map(|node| node.flat.value.delta()).collect();
    assert_eq!(deltas, [20, -20]);
    let notes: Vec<_> = graph.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["the base is scaled by 2.0000 to hold as much as the head: compared as independent"]);
}

#[test]
fn what_a_pattern_names_is_found_by_function_and_by_file() {
    let graph = graph(&profile(), &GraphOptions::default());
    let found = |pattern: &str| {
        let found = graph.matching(pattern).unwrap();
        found.into_iter().map(|at| graph.frames.function(graph.nodes[at].frame)).collect::<Vec<_>>()
    };
    assert_eq!(found("leaf|main$"), ["app::leaf", "app::main"]);
    assert_eq!(found("^src/walk"), ["app::walk"]);
    assert!(found("nowhere").is_empty());
    assert_eq!(graph.matching("(").unwrap_err().to_string(), "`(` is not a regular expression");
}
