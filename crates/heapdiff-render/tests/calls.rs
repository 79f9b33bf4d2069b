//! What `top`, `tree`, `peek` and `graph` look like, of one profile and of a diff, at the widths of a small and of a large
//! terminal.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod story;

use heapdiff_profile::{
    CallGraph, FilterPatterns, Filters, FrameVisibility, GraphOptions, NodeBy, NodeOrder, Profile,
    ProfileBuilder, Selection, Subject, Trimming, call_graph,
};
use heapdiff_render::graphviz::Graphviz;
use heapdiff_render::json::{GraphJson, GraphJsonKind, TopJson};
use heapdiff_render::quantity::Measure;
use heapdiff_render::text::{CallListsText, CallTreeText, TextOptions, TopText};
use heapdiff_render::{GraphView, Side, Sides, Theme};
use insta::assert_snapshot;
use std::io::{self, Write};
use story::{SNAPSHOTS, go_heap, shop_snapshot, stripped};

/// The number of the last snapshot.
const LAST: u32 = SNAPSHOTS - 1;

fn text_options(width: usize) -> TextOptions {
    TextOptions { width, source_root: Some("/src/shop".to_owned()), ..TextOptions::default() }
}

/// A graph with what it was made from.
struct Calls {
    graph: CallGraph,
    by: NodeBy,
    base: Option<Side>,
    head: Side,
}

impl Calls {
    fn of(base: Option<(&str, &Profile)>, head: (&str, &Profile), options: &GraphOptions) -> Self {
        let subject = Subject { base: base.map(|(_, profile)| profile), head: head.1 };
        let side = |(name, profile): (&str, &Profile)| Side::of(name, profile);
        let graph = call_graph(subject, options).unwrap();
        Self { graph, by: options.by, base: base.map(side), head: side(head) }
    }

    /// The last snapshot of the shop.
    fn shop(options: &GraphOptions) -> Self {
        Self::of(None, ("shop/5.pb.gz", &shop_snapshot(LAST)), options)
    }

    /// What changed between two snapshots of the shop.
    fn shop_between(base: u32, head: u32, options: &GraphOptions) -> Self {
        let name = |sequence| format!("shop/{sequence}.pb.gz");
        let (of_base, of_head) = (shop_snapshot(base), shop_snapshot(head));
        Self::of(Some((&name(base), &of_base)), (&name(head), &of_head), options)
    }

    fn view(&self) -> GraphView<'_> {
        let sides = Sides { base: self.base.as_ref(), head: &self.head };
        GraphView { graph: &self.graph, by: self.by, sides }
    }

    fn top(&self, options: &TextOptions) -> String {
        written(|out| TopText { view: self.view() }.write(options, out))
    }

    fn lists(&self, only: Option<&[usize]>, options: &TextOptions) -> String {
        written(|out| CallListsText { view: self.view(), only }.write(options, out))
    }

    fn tree(&self, options: &TextOptions) -> String {
        written(|out| CallTreeText { view: self.view() }.write(options, out))
    }

    fn dot(&self, options: &TextOptions) -> String {
        written(|out| Graphviz { view: self.view() }.write(options, out))
    }

    fn json(&self, kind: GraphJsonKind, matched: Option<&[usize]>) -> String {
        let json = GraphJson { view: self.view(), kind, call_tree: false, matched };
        written(|out| json.write(out))
    }
}

fn written(report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    report(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn by_cum() -> GraphOptions {
    GraphOptions { order: NodeOrder::Cum, ..GraphOptions::default() }
}

fn call_tree() -> GraphOptions {
    GraphOptions { call_tree: true, ..by_cum() }
}

fn changed(options: GraphOptions) -> GraphOptions {
    GraphOptions { trimming: Trimming { unchanged: true, ..Trimming::default() }, ..options }
}

#[test]
fn top_in_80_columns() {
    let options = TextOptions { rows_max: 3, ..text_options(80) };
    assert_snapshot!(Calls::shop(&GraphOptions::default()).top(&options));
}

#[test]
fn top_in_200_columns() {
    assert_snapshot!(Calls::shop(&GraphOptions::default()).top(&text_options(200)));
}

#[test]
fn top_by_file_of_another_profilers_file() {
    let options = GraphOptions { by: NodeBy::File, ..GraphOptions::default() };
    assert_snapshot!(Calls::of(None, ("go.pb.gz", &go_heap()), &options).top(&text_options(80)));
}

#[test]
fn top_as_json() {
    let calls = Calls::shop(&GraphOptions::default());
    assert_snapshot!(written(|out| TopJson { view: calls.view(), rows_max: Some(2) }.write(out)));
}

#[test]
fn top_of_a_diff_in_80_columns() {
    assert_snapshot!(Calls::shop_between(0, LAST, &changed(GraphOptions::default())).top(&text_options(80)));
}

#[test]
fn top_of_a_diff_in_200_columns_and_in_colour() {
    let options = TextOptions { theme: Theme::colored(), ..text_options(200) };
    let top = Calls::shop_between(3, 4, &changed(GraphOptions::default())).top(&options);
    assert_snapshot!(top.replace('\x1b', "␛"));
}

#[test]
fn top_of_a_diff_by_module_in_one_unit() {
    let measure = Measure { unit: Some("kib".to_owned()), divide_by: Some(2.0) };
    let options = TextOptions { measure, rows_max: 2, ..text_options(120) };
    let by_module = GraphOptions { by: NodeBy::Module, ..GraphOptions::default() };
    assert_snapshot!(Calls::shop_between(0, LAST, &by_module).top(&options));
}

#[test]
fn top_of_what_filters_let_through() {
    let patterns = FilterPatterns { focus: vec!["log".to_owned()], ..FilterPatterns::default() };
    let filters = Filters::new(&patterns).unwrap();
    let selection = Selection { filters, relative_percentages: true, ..Selection::default() };
    let relative = GraphOptions { selection, ..GraphOptions::default() };
    assert_snapshot!(Calls::shop(&relative).top(&text_options(120)));
}

#[test]
fn nothing_to_show_is_said() {
    let empty = ProfileBuilder::heap().build();
    let calls = Calls::of(None, ("empty.pb.gz", &empty), &GraphOptions::default());
    for text in
        [calls.top(&text_options(80)), calls.lists(None, &text_options(80)), calls.tree(&text_options(80))]
    {
        assert!(text.ends_with("No sample to show.\n"), "{text}");
    }
    assert!(calls.dot(&text_options(80)).contains("inuse_space: 0 B is 100 %"));
    let same = Calls::shop_between(3, 3, &changed(GraphOptions::default())).top(&text_options(80));
    assert!(same.contains("functions without change\nNothing changed.\n"), "{same}");
}

#[test]
fn tree_in_80_columns() {
    assert_snapshot!(Calls::shop(&by_cum()).lists(None, &text_options(80)));
}

#[test]
fn tree_of_a_diff_in_120_columns_that_leaves_something_out() {
    let trimming = Trimming {
        node_count: Some(5),
        node_fraction: 0.05,
        edge_fraction: 0.05,
        unchanged: true,
        redundant_edges: false,
    };
    assert_snapshot!(
        Calls::shop_between(0, LAST, &GraphOptions { trimming, ..by_cum() }).lists(None, &text_options(120))
    );
}

#[test]
fn peek_shows_one_function_between_its_callers_and_callees() {
    let calls = Calls::shop(&by_cum());
    let found = calls.graph.matching("server::handle").unwrap();
    assert_snapshot!(calls.lists(Some(&found), &text_options(80)));
    assert_snapshot!(calls.json(GraphJsonKind::Peek, Some(&found)));
}

#[test]
fn call_tree_in_80_columns() {
    assert_snapshot!(Calls::shop(&call_tree()).tree(&text_options(80)));
}

#[test]
fn call_tree_of_a_diff_with_all_frames_in_120_columns() {
    let selection = Selection { frames: FrameVisibility::All, ..Selection::default() };
    assert_snapshot!(
        Calls::shop_between(0, LAST, &changed(GraphOptions { selection, ..call_tree() }))
            .tree(&text_options(120))
    );
}

#[test]
fn call_tree_of_a_program_without_symbols() {
    let profile = stripped();
    assert_snapshot!(Calls::of(None, ("app.pb.gz", &profile), &call_tree()).tree(&text_options(80)));
}

#[test]
fn graph_of_one_profile() {
    assert_snapshot!(Calls::shop(&by_cum()).dot(&text_options(0)));
}

#[test]
fn graph_of_a_diff() {
    assert_snapshot!(Calls::shop_between(3, 4, &changed(by_cum())).dot(&text_options(0)));
}

#[test]
fn names_cannot_break_out_of_a_drawing() {
    let name = "evil\u{1b}[31m\"]; \\ <b>::f";
    let profile = ProfileBuilder::with_types(&[("space", "bytes")]).sample(&[name], &[1], &[]).build();
    let dot = Calls::of(None, ("a\"b", &profile), &GraphOptions::default()).dot(&text_options(0));
    assert!(!dot.contains('\u{1b}'));
    // Quotes within a word are escaped, so that their number on a line is even.
    for line in dot.lines() {
        let unescaped = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(unescaped.matches('"').count() % 2, 0, "{line}");
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 120, 200] {
        let options = text_options(width);
        for text in [
            Calls::shop_between(0, LAST, &GraphOptions::default()).top(&options),
            Calls::shop_between(0, LAST, &by_cum()).lists(None, &options),
            Calls::shop_between(0, LAST, &call_tree()).tree(&options),
        ] {
            for line in text.lines() {
                assert!(line.chars().count() <= width.max(80), "{width} columns: {line}");
            }
        }
    }
}

#[test]
fn colour_adds_codes_and_nothing_else() {
    for (colored, plain) in [
        (TextOptions { theme: Theme::colored(), ..text_options(80) }, text_options(80)),
        (TextOptions { theme: Theme::colored(), ..text_options(200) }, text_options(200)),
    ] {
        let (lists, tree) =
            (Calls::shop_between(0, LAST, &by_cum()), Calls::shop_between(0, LAST, &call_tree()));
        for (mut bare, plain) in [
            (lists.top(&colored), lists.top(&plain)),
            (lists.lists(None, &colored), lists.lists(None, &plain)),
            (tree.tree(&colored), tree.tree(&plain)),
        ] {
            while let Some(start) = bare.find('\x1b') {
                let end = start + bare.get(start..).unwrap().find('m').unwrap();
                bare.replace_range(start..=end, "");
            }
            assert_eq!(bare, plain);
        }
    }
}
