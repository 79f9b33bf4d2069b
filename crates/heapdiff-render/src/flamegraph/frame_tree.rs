//! The call tree that a flamegraph shows: stacks of base and head laid over each other.

use crate::source_path;
use heapdiff_profile::{DiffFigures, Folded, Frame, FrameTable};
use std::collections::BTreeMap;

/// A box of the graph: a function reached through the functions above it.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) function: String,
    pub(super) place: Place,
    /// Value in the base of all stacks through this node.
    pub(super) base: i64,
    /// Value in the head of all stacks through this node.
    pub(super) head: i64,
    /// How wide the box is: the sum, over the stacks through it, of the larger of base and head.
    pub(super) width: u64,
    /// The part of `width` that belongs to stacks which end here.
    pub(super) own_width: u64,
    /// Nodes called from here, widest first.
    pub(super) children: Vec<usize>,
    /// How sure its values are.
    pub(super) figures: DiffFigures,
    /// The stacks through this node, by index.
    stacks: Vec<usize>,
}

impl Node {
    /// What the head has more than the base.
    pub(super) fn change(&self) -> i64 {
        self.head.saturating_sub(self.base)
    }

    /// Whether its change may be chance.
    pub(super) fn is_uncertain(&self) -> bool {
        self.change() != 0 && self.figures.significant == Some(false)
    }
}

/// Where the calls of a node are in the source.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    #[default]
    Unknown,
    /// All of them on one line.
    Line { file: String, line: i64 },
    /// On several lines of a file.
    File(String),
    /// In several files: functions of one name.
    Several,
}

impl Place {
    fn of(frame: Frame<'_>) -> Self {
        if frame.file.is_empty() {
            Self::Unknown
        } else {
            Self::Line { file: frame.file.to_owned(), line: frame.line }
        }
    }

    fn widen(&mut self, frame: Frame<'_>) {
        let widened = match self {
            Self::Unknown => Self::of(frame),
            Self::Line { file, line } if *file == frame.file && *line == frame.line => return,
            Self::Line { file, .. } | Self::File(file) if *file == frame.file => {
                Self::File(std::mem::take(file))
            }
            Self::Line { .. } | Self::File(_) if frame.file.is_empty() => return,
            Self::Line { .. } | Self::File(_) | Self::Several => Self::Several,
        };
        *self = widened;
    }

    /// The source file; empty where it is not known or not one.
    pub(super) fn file(&self) -> &str {
        match self {
            Self::Line { file, .. } | Self::File(file) => file,
            Self::Unknown | Self::Several => "",
        }
    }

    /// `file:line`, or `file` where the node's calls are on several lines.
    pub(super) fn text(&self, source_root: Option<&str>) -> Option<String> {
        match self {
            Self::Line { file, line } => source_path::with_line(file, *line, source_root),
            Self::File(file) => source_path::with_line(file, 0, source_root),
            Self::Unknown | Self::Several => None,
        }
    }
}

/// All boxes of a graph; the first is the root, which every stack passes through.
#[derive(Debug)]
pub(super) struct FrameTree {
    nodes: Vec<Node>,
}

impl FrameTree {
    /// Lays the stacks over each other: root side first, or leaf side first with `reverse`.
    ///
    /// The result does not depend on the order of the stacks.
    pub(super) fn new(folded: &Folded, reverse: bool) -> Self {
        let mut tree = Self { nodes: vec![Node { function: "all".to_owned(), ..Node::default() }] };
        let mut index: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for (functions, stack) in by_functions(folded) {
            // A value below zero (a diff that another tool stored) cannot be drawn as a width.
            let width = stack.base.max(stack.head).max(0).unsigned_abs();
            let mut here = 0;
            tree.add(here, &stack, width);
            for depth in 0..functions.len() {
                let depth = if reverse { functions.len() - 1 - depth } else { depth };
                let Some(&function) = functions.get(depth) else { continue };
                let next = tree.nodes.len();
                let child = *index.entry((here, function)).or_insert(next);
                if child == next {
                    tree.nodes.push(Node { function: function.to_owned(), ..Node::default() });
                    if let Some(parent) = tree.nodes.get_mut(here) {
                        parent.children.push(child);
                    }
                }
                here = child;
                tree.add(here, &stack, width);
                if let Some(node) = tree.nodes.get_mut(here) {
                    stack
                        .frames
                        .iter()
                        .filter_map(|frames| frames.get(depth))
                        .for_each(|frame| node.place.widen(*frame));
                }
            }
            if let Some(node) = tree.nodes.get_mut(here) {
                node.own_width += width;
            }
        }
        tree.order_children();
        let stacks: Vec<_> = tree.nodes.iter_mut().map(|node| std::mem::take(&mut node.stacks)).collect();
        for (node, figures) in tree.nodes.iter_mut().zip(folded.figures(&stacks)) {
            node.figures = figures;
        }
        tree
    }

    fn add(&mut self, node: usize, stack: &FunctionStack<'_>, width: u64) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.base = node.base.saturating_add(stack.base);
            node.head = node.head.saturating_add(stack.head);
            node.stacks.extend_from_slice(&stack.stacks);
            node.width = node.width.saturating_add(width);
        }
    }

    /// Widest first, so that what matters is at the left and slivers gather at the right.
    fn order_children(&mut self) {
        let order: Vec<Vec<usize>> = self
            .nodes
            .iter()
            .map(|node| {
                let mut children = node.children.clone();
                children.sort_by_key(|&child| {
                    self.nodes.get(child).map(|node| (std::cmp::Reverse(node.width), node.function.as_str()))
                });
                children
            })
            .collect();
        for (node, children) in self.nodes.iter_mut().zip(order) {
            node.children = children;
        }
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    /// The ends of the stacks, left to right, as inferno reads them: `index;index;... width`.
    ///
    /// Nodes are named by their index and not by their function, so that no character of a name (Rust's
    /// `[u8; 16]`, a trailing number) can be taken for syntax. The root has no name there.
    pub(super) fn folded_lines(&self) -> Vec<String> {
        enum Step {
            Enter { index: usize, path: String },
            End { path: String, width: u64 },
        }
        let mut lines = Vec::new();
        let mut pending = vec![Step::Enter { index: 0, path: String::new() }];
        while let Some(step) = pending.pop() {
            match step {
                Step::End { path, width } => lines.push(format!("{path} {width}")),
                Step::Enter { index, path } => {
                    let Some(node) = self.nodes.get(index) else { continue };
                    let separator = if path.is_empty() { "" } else { ";" };
                    let children = node.children.iter().map(|&child| Step::Enter {
                        index: child,
                        path: format!("{path}{separator}{child}"),
                    });
                    let mut steps: Vec<Step> = children.collect();
                    if node.own_width > 0 {
                        // To the right of everything that was called from here.
                        steps.push(Step::End { path, width: node.own_width });
                    }
                    pending.extend(steps.into_iter().rev());
                }
            }
        }
        lines
    }
}

/// All stacks of the same functions: what a path through the boxes stands for.
#[derive(Default)]
struct FunctionStack<'a> {
    base: i64,
    head: i64,
    /// The frames of each of them, root first.
    frames: Vec<Vec<Frame<'a>>>,
    /// Which they are, by index.
    stacks: Vec<usize>,
}

/// Adds up stacks that differ in lines only, in an order that depends on nothing but the stacks.
///
/// The width of a box must not grow because an edit moved a call to another line between base and head.
fn by_functions(folded: &Folded) -> BTreeMap<Vec<&str>, FunctionStack<'_>> {
    let mut sums: BTreeMap<Vec<&str>, FunctionStack<'_>> = BTreeMap::new();
    for (index, stack) in folded.stacks.iter().enumerate() {
        let mut frames: Vec<Frame<'_>> = stack.frames.iter().map(|&id| folded.frames.frame(id)).collect();
        if frames.is_empty() {
            frames.push(FrameTable::NO_STACK);
        }
        let sum = sums.entry(frames.iter().map(|frame| frame.function).collect()).or_default();
        sum.base = sum.base.saturating_add(stack.base);
        sum.head = sum.head.saturating_add(stack.head);
        sum.frames.push(frames);
        sum.stacks.push(index);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use heapdiff_profile::{Confidence, FoldedEvidence, FoldedStack, ValueType};
    use proptest::prelude::*;

    fn folded(stacks: &[(&str, i64, i64)]) -> Folded {
        let mut frames = FrameTable::default();
        let stacks = stacks
            .iter()
            .map(|&(path, base, head)| FoldedStack {
                frames: path
                    .split('/')
                    .filter(|name| !name.is_empty())
                    .map(|function| frames.intern(Frame { function, file: "", line: 0 }))
                    .collect(),
                base,
                head,
            })
            .collect();
        let sample_type = ValueType { kind: "inuse_space".into(), unit: "bytes".into() };
        let (confidence, evidence) = (Confidence::default(), FoldedEvidence::default());
        Folded { frames, sample_type, stacks, confidence, evidence, notes: Vec::new() }
    }

    #[test]
    fn what_vanished_keeps_the_width_it_had() {
        let tree =
            FrameTree::new(&folded(&[("main/gone", 10, 0), ("main/new", 0, 30), ("main/same", 5, 5)]), false);
        let widths: Vec<_> =
            tree.nodes().iter().map(|n| (n.function.as_str(), n.width, n.change())).collect();
        assert_eq!(
            widths,
            [("all", 45, 20), ("main", 45, 20), ("gone", 10, -10), ("new", 30, 30), ("same", 5, 0)]
        );
    }

    #[test]
    fn lines_run_from_the_widest_to_the_own_part() {
        let tree = FrameTree::new(&folded(&[("a/b", 0, 1), ("a/c", 0, 9), ("a", 0, 3)]), false);
        assert_eq!(tree.folded_lines(), ["1;3 9", "1;2 1", "1 3"]);
    }

    #[test]
    fn reversed_trees_begin_at_the_leaf() {
        let tree = FrameTree::new(&folded(&[("a/alloc", 0, 1), ("b/alloc", 0, 2)]), true);
        assert_eq!(tree.folded_lines(), ["1;3 2", "1;2 1"]);
    }

    #[test]
    fn names_full_of_syntax_and_empty_stacks_are_drawn() {
        let tree = FrameTree::new(&folded(&[("drop<[u8; 16]> 7", 0, 4), ("", 0, 2)]), false);
        assert_eq!(tree.folded_lines(), ["2 4", "1 2"]);
    }

    #[test]
    fn a_place_widens_from_a_line_to_its_file_to_several() {
        let at = |file: &'static str, line| Frame { function: "f", file, line };
        let mut place = Place::Unknown;
        place.widen(at("a.rs", 1));
        assert_eq!(place.text(None).as_deref(), Some("a.rs:1"));
        place.widen(at("", 0));
        place.widen(at("a.rs", 2));
        assert_eq!(place.text(None).as_deref(), Some("a.rs"));
        place.widen(at("b.rs", 2));
        assert_eq!(place, Place::Several);
    }

    proptest! {
        /// Permuted input gives the same graph; the root is as wide as all ends together; no child is wider than its
        /// parent.
        #[test]
        fn widths_add_up_in_any_order(
            stacks in prop::collection::vec(("[ab](/[abc]){0,4}", 0i64..1000, 0i64..1000), 1..20),
            reverse in any::<bool>(),
        ) {
            let mut stacks: Vec<_> = stacks.iter().map(|(path, base, head)| (path.as_str(), *base, *head)).collect();
            let tree = FrameTree::new(&folded(&stacks), reverse);
            stacks.reverse();
            prop_assert_eq!(FrameTree::new(&folded(&stacks), reverse).folded_lines(), tree.folded_lines());
            let own: u64 = tree.nodes().iter().map(|node| node.own_width).sum();
            prop_assert_eq!(own, tree.nodes()[0].width);
            for node in tree.nodes() {
                let below: u64 = node.children.iter().map(|&child| tree.nodes()[child].width).sum();
                prop_assert_eq!(below + node.own_width, node.width);
            }
        }
    }
}
