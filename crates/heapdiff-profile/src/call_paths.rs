//! Stacks with their values, as paths of nodes: what every view of calls is made from.

use crate::attribution::Attribution;
use crate::comparison::Comparison;
use crate::error::AnalysisError;
use crate::frame::{FrameId, FrameTable};
use crate::frame_order::FrameOrder;
use crate::gathered::Gathered;
use crate::node_key::{NodeBy, NodeKey, node_keys};
use crate::note::Note;
use crate::profile::ValueType;
use crate::resolved_subject::ResolvedSubject;
use crate::selection::Selection;
use crate::subject::Subject;
use indexmap::IndexMap;

/// The paths from root to leaf on which anything was recorded.
pub(crate) struct CallPaths {
    pub(crate) frames: FrameTable,
    pub(crate) sample_type: ValueType,
    pub(crate) comparison: Comparison,
    pub(crate) notes: Vec<Note>,
    /// Every node that a path names, by its place in them: what stands for it.
    pub(crate) nodes: Vec<FrameId>,
    /// With contexts: the node that calls each.
    pub(crate) callers: Vec<Option<usize>>,
    /// Nodes, **root first**, none of them next to itself; and what the stacks along them sum to.
    pub(crate) paths: Vec<(Box<[usize]>, Gathered)>,
    /// The sum of the absolute values of the samples of a single profile, before filters. `None` for a diff.
    pub(crate) total_of_samples: Option<i64>,
}

/// How to make paths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathOptions<'a> {
    pub(crate) by: NodeBy,
    /// Whether a function that is called in two ways is two nodes.
    pub(crate) contexts: bool,
    pub(crate) selection: &'a Selection,
}

impl CallPaths {
    /// # Errors
    /// If the profiles do not have the sample type that is asked for.
    pub(crate) fn new(subject: Subject<'_>, options: PathOptions<'_>) -> Result<Self, AnalysisError> {
        let selection = options.selection;
        let (resolved, mut notes) = ResolvedSubject::new(subject, selection)?;
        let comparison = resolved.by_stack(&mut notes);
        let total_of_samples = subject.base.is_none().then(|| resolved.absolute_sum());
        let ResolvedSubject { mut frames, attribution, sample_type, .. } = resolved;
        let keys = node_keys(options.by, selection.frames, &mut frames);
        let mut tracks = Tracks { contexts: options.contexts, keys, nodes: IndexMap::new() };
        let mut paths: IndexMap<Box<[usize]>, Gathered> = IndexMap::new();
        for (id, stack) in frames.stacks() {
            let Some(gathered) = comparison.gather(id) else { continue };
            let path = tracks.path(stack, &attribution, &gathered);
            *paths.entry(path.into()).or_default() += gathered;
        }
        let callers = tracks.nodes.keys().map(|&(caller, _)| caller).collect();
        let nodes = tracks.representatives(&frames);
        Ok(Self {
            sample_type,
            comparison,
            notes,
            nodes,
            callers,
            paths: paths.into_iter().collect(),
            total_of_samples,
            frames,
        })
    }

    /// The nodes on the way to a node, with it first; without contexts, it alone.
    pub(crate) fn context(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(node), |&node| self.callers.get(node).copied().flatten())
    }

    /// All growth and all shrinkage of paths, added up; of a single profile what its paths hold.
    pub(crate) fn gross(&self) -> i64 {
        self.paths.iter().fold(0, |sum, (_, gathered)| sum.saturating_add(gross(gathered)))
    }
}

/// How far a value lies from nothing, or from what it was.
pub(crate) fn gross(gathered: &Gathered) -> i64 {
    gathered.delta().saturating_abs()
}

/// Turns stacks into paths, and finds out which of its frames stands for a node.
struct Tracks {
    contexts: bool,
    /// The node of each frame.
    keys: Vec<NodeKey>,
    /// With contexts a node is told by its caller too.
    nodes: IndexMap<(Option<usize>, NodeKey), IndexMap<FrameId, Weight>>,
}

/// How much a frame has to do with its node: what it held itself, what it held with all that it called, and what it
/// held on either side.
type Weight = (u64, u64, u64);

impl Tracks {
    fn path(&mut self, stack: &[FrameId], attribution: &Attribution, gathered: &Gathered) -> Vec<usize> {
        let mut shown: Vec<FrameId> = attribution.shown(stack, attribution.of(stack)).collect();
        shown.reverse();
        let (change, held) = gathered.magnitude();
        let mut path: Vec<usize> = Vec::with_capacity(shown.len());
        let count = shown.len();
        for (at, frame) in shown.into_iter().enumerate() {
            let Some(&key) = self.keys.get(frame.index()) else { continue };
            let caller = path.last().copied();
            let is_same = caller.is_some_and(|caller| self.key_of(caller) == Some(key));
            let node = match caller.filter(|_| is_same) {
                Some(node) => node,
                None => {
                    let key = (caller.filter(|_| self.contexts), key);
                    self.nodes.entry(key).or_default();
                    let node = self.nodes.get_index_of(&key).unwrap_or_default();
                    path.push(node);
                    node
                }
            };
            if let Some((_, frames)) = self.nodes.get_index_mut(node) {
                let (flat, cum, both) = frames.entry(frame).or_default();
                *flat = flat.saturating_add(if at + 1 == count { change } else { 0 });
                *cum = cum.saturating_add(change);
                *both = both.saturating_add(held.unsigned_abs());
            }
        }
        path
    }

    fn key_of(&self, node: usize) -> Option<NodeKey> {
        self.nodes.get_index(node).map(|((_, key), _)| *key)
    }

    /// The frame that stands for each node: the heaviest, and of equals the first by what it says.
    fn representatives(self, frames: &FrameTable) -> Vec<FrameId> {
        let order = FrameOrder::of(frames);
        let heaviest = |(key, weights): ((Option<usize>, NodeKey), IndexMap<FrameId, Weight>)| match key.1 {
            NodeKey::Frame(frame) => frame,
            NodeKey::Function(..) => weights
                .into_iter()
                .max_by(|a, b| a.1.cmp(&b.1).then_with(|| order.compare(b.0, a.0)))
                .map_or(FrameId::FIRST, |(frame, _)| frame),
        };
        self.nodes.into_iter().map(heaviest).collect()
    }
}
