//! Ids of a file to places in a list.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Which place each id stands for. Nearly all files count from 1, for which a vector is enough.
#[derive(Debug)]
pub(super) struct IdTable {
    dense: Vec<u32>,
    sparse: HashMap<u64, u32, FixedState>,
    defect: Option<(usize, IdDefect)>,
}

const NOWHERE: u32 = u32::MAX;

impl IdTable {
    /// For `count` ids.
    pub(super) fn new(count: usize) -> Self {
        Self { dense: vec![NOWHERE; count + 1], sparse: HashMap::default(), defect: None }
    }

    /// Notes the next id.
    pub(super) fn insert(&mut self, id: u64, index: usize) {
        let place = u32::try_from(index).unwrap_or(NOWHERE);
        let before = match usize::try_from(id).ok().and_then(|id| self.dense.get_mut(id)) {
            Some(slot) => std::mem::replace(slot, place),
            None => self.sparse.insert(id, place).unwrap_or(NOWHERE),
        };
        let defect = match id {
            0 => IdDefect::Zero,
            _ if before != NOWHERE => IdDefect::Duplicate(id),
            _ => return,
        };
        self.defect.get_or_insert((index, defect));
    }

    /// The place of an id.
    pub(super) fn get(&self, id: u64) -> Option<usize> {
        let place = match usize::try_from(id).ok().and_then(|id| self.dense.get(id)) {
            Some(&place) => place,
            None => self.sparse.get(&id).copied().unwrap_or(NOWHERE),
        };
        (place != NOWHERE).then_some(place as usize)
    }

    /// The first id that is wrong, with its place.
    pub(super) fn defect(&self) -> Option<(usize, IdDefect)> {
        self.defect
    }
}

/// What is wrong with the ids of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdDefect {
    Zero,
    Duplicate(u64),
}
