//! What locations stand for, kept from one profile to the next.
//!
//! Snapshots of one process mostly repeat each other's locations and stacks. Each location gets a number, the same for
//! all that stand for the same frames, so that a stack that was seen before is known by its numbers alone.

use crate::allocated_type::TypeWitness;
use crate::frame::{FrameId, StackId};
use crate::profile::{Location, Mapping, Profile};
use crate::resolve::StackFrame;
use foldhash::fast::RandomState;
use indexmap::{IndexMap, IndexSet};

/// A location's frames, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ResolvedLocation {
    pub(crate) frames: Box<[StackFrame]>,
    pub(crate) pruned: Pruned,
    /// What it says of the type that is allocated; nothing where that is not asked.
    pub(crate) witnesses: Vec<TypeWitness>,
}

/// What `drop_frames` says of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pruned {
    /// None of its frames is dropped.
    Kept,
    /// Some of its inlined frames are, but not the function that they were inlined into.
    Within,
    /// All of it.
    Whole,
}

/// A [`ResolvedLocation`] of one [`KnownLocations`].
pub(crate) type LocationNumber = u32;

/// A place in a build: a file of [`KnownLocations`], and an offset in it.
pub(crate) type Place = (usize, u64);

/// What a profile wants hidden decides what a location stands for: a number for each such wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules(usize);

/// The names of a place.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) frames: Box<[FrameId]>,
    pub(crate) witnesses: Vec<TypeWitness>,
    pub(crate) rules: Rules,
    pub(crate) number: LocationNumber,
}

/// The locations and the stacks of the profiles so far.
#[derive(Debug, Default)]
pub(crate) struct KnownLocations {
    resolved: IndexSet<ResolvedLocation, RandomState>,
    /// By the numbers of their locations, leaf first; `None` for those that the filters leave out.
    stacks: IndexMap<Box<[LocationNumber]>, Option<StackId>, RandomState>,
    /// Build ID and path of each file that has a build ID.
    files: IndexSet<(String, String)>,
    named: IndexMap<Place, Named, RandomState>,
    rules: IndexSet<(Option<String>, Option<String>, bool)>,
}

impl KnownLocations {
    /// The location behind a number.
    pub(crate) fn get(&self, number: LocationNumber) -> Option<&ResolvedLocation> {
        self.resolved.get_index(number as usize)
    }

    /// The number of a location, which is added if it is new.
    pub(crate) fn number(&mut self, location: ResolvedLocation) -> LocationNumber {
        let index = self.resolved.insert_full(location).0;
        u32::try_from(index).expect("readers bound the number of locations")
    }

    /// The stack of these locations, if it was met before.
    pub(crate) fn stack(&self, numbers: &[LocationNumber]) -> Option<Option<StackId>> {
        self.stacks.get(numbers).copied()
    }

    /// Remembers a stack.
    pub(crate) fn remember_stack(&mut self, numbers: &[LocationNumber], stack: Option<StackId>) {
        self.stacks.insert(numbers.into(), stack);
    }

    /// The number of what `profile` wants hidden.
    pub(crate) fn rules(&mut self, profile: &Profile, takes_off: bool) -> Rules {
        let rules = (profile.drop_frames.clone(), profile.keep_frames.clone(), takes_off);
        Rules(self.rules.insert_full(rules).0)
    }

    /// The file of each mapping of `profile`; `None` where the mapping has no build ID to know it by.
    pub(crate) fn files(&mut self, profile: &Profile) -> Vec<Option<usize>> {
        let mut file = |mapping: &Mapping| {
            let key = || (mapping.build_id.clone(), mapping.file.clone());
            (!mapping.build_id.is_empty()).then(|| self.files.insert_full(key()).0)
        };
        profile.mappings.iter().map(&mut file).collect()
    }

    /// The names of a place that an earlier profile gave.
    pub(crate) fn named(&self, place: Place) -> Option<&Named> {
        self.named.get(&place)
    }

    /// Remembers the names of a place.
    pub(crate) fn remember_named(&mut self, place: Place, named: Named) {
        self.named.insert(place, named);
    }
}

/// The place of a location, of which `files` are the mappings' files.
pub(crate) fn place(profile: &Profile, location: &Location, files: &[Option<usize>]) -> Option<Place> {
    let id = location.mapping?;
    let file = files.get(id.index()).copied().flatten()?;
    Some((file, profile.mapping(id)?.file_offset_of(location.address)?))
}
