//! Where a sampled block is put, and how its free finds the record again.
//!
//! | place | its free knows it by | its record is found |
//! |---|---|---|
//! | prefixed, in the heap of samples | the address | through the 16 bytes in front of it |
//! | plain, in the heap of samples | the address | in the index of addresses |
//! | as asked, of the inner allocator | size, or the start of a page | in the index |
//! | page-aligned, of the inner allocator | the start of a page | in the index, which says that it was aligned |
//!
//! Small blocks of the heap of samples have a prefix: no hashing, 16 bytes a sample, and a free touches the prefix
//! together with the block. Large ones have none: a block of a power of two would take the next size class, a quarter
//! more, and their allocation costs far more than the index.
#![cfg_attr(
    not(feature = "jemalloc"),
    expect(unused_variables, reason = "without jemalloc there is no heap of samples")
)]

use super::{Allocator, Contents};
use crate::gate;
use crate::lanes::Lane;
use crate::recording;
#[cfg(feature = "jemalloc")]
use crate::sys::{block_prefix, sampled_heap};
use heapdiff_recorder::{BlockFlags, SlotId};
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicU8, Ordering};

/// Where an allocator puts its sampled blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    /// Into the heap of sampled blocks.
    #[cfg(feature = "jemalloc")]
    SampledHeap,
    /// Where the inner allocator puts them, small ones at the start of a page.
    Inner,
}

/// The placements that were ever asked for a block: bit 0 for [`Placement::Inner`], bit 1 for the heap of samples.
static PLACEMENTS_USED: AtomicU8 = AtomicU8::new(0);

impl Placement {
    const fn bit(self) -> u8 {
        match self {
            Self::Inner => 1,
            #[cfg(feature = "jemalloc")]
            Self::SampledHeap => 2,
        }
    }

    pub(super) fn note_use(self) {
        // Relaxed: read by the thread that has just caused it. Looked at first, so that threads share the line.
        if PLACEMENTS_USED.load(Ordering::Relaxed) & self.bit() == 0 {
            PLACEMENTS_USED.fetch_or(self.bit(), Ordering::Relaxed);
        }
    }

    /// Whether any allocator of the process has been asked for a block.
    pub(super) fn is_any_used() -> bool {
        PLACEMENTS_USED.load(Ordering::Relaxed) != 0
    }

    /// Whether an allocator with this placement has been asked for a block.
    #[cfg(feature = "jemalloc")]
    pub(super) fn is_used(self) -> bool {
        PLACEMENTS_USED.load(Ordering::Relaxed) & self.bit() != 0
    }
}

/// Where one block is; the module page has the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    #[cfg(feature = "jemalloc")]
    HeapPrefixed,
    #[cfg(feature = "jemalloc")]
    HeapPlain,
    InnerAsAsked,
    InnerPageAligned,
}

impl Place {
    /// Whether a free knows what to do with a block at this place although there is no record of it.
    pub(super) const fn is_known_without_record(self) -> bool {
        !matches!(self, Self::InnerPageAligned)
    }

    /// Whether blocks are taken from the heap of samples, which has caches.
    pub(crate) const fn is_in_heap(self) -> bool {
        !matches!(self, Self::InnerAsAsked | Self::InnerPageAligned)
    }

    /// What the record and the index say about it.
    pub(super) const fn flags(self) -> BlockFlags {
        if matches!(self, Self::InnerPageAligned) { BlockFlags::OVERALIGNED } else { BlockFlags::NONE }
    }
}

/// A block that may be a sample, as its free finds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) place: Place,
    /// Its record, unless there was no room for one. A slot of somebody else is harmless: the record names its block.
    pub(super) slot: Option<SlotId>,
}

impl<A: GlobalAlloc> Allocator<A> {
    /// Where a sample of this layout is to be put.
    #[inline]
    pub(super) fn place_for(&self, layout: Layout) -> Place {
        match self.placement {
            #[cfg(feature = "jemalloc")]
            Placement::SampledHeap if block_prefix::fits(layout) => Place::HeapPrefixed,
            #[cfg(feature = "jemalloc")]
            Placement::SampledHeap => Place::HeapPlain,
            Placement::Inner if gate::flags(layout) == BlockFlags::NONE => Place::InnerAsAsked,
            Placement::Inner => Place::InnerPageAligned,
        }
    }

    /// Allocates a block at `place`; null if there is no memory for it there.
    #[inline]
    pub(super) fn alloc_at(
        &self,
        place: Place,
        layout: Layout,
        contents: Contents,
        lane: Option<&mut Lane>,
    ) -> *mut u8 {
        match place {
            #[cfg(feature = "jemalloc")]
            Place::HeapPrefixed => {
                let start = sampled_heap::alloc(
                    block_prefix::with_prefix(layout),
                    layout.align(),
                    contents == Contents::Zero,
                    lane.map(Lane::block_cache),
                );
                block_prefix::block(start, layout)
            }
            #[cfg(feature = "jemalloc")]
            Place::HeapPlain => sampled_heap::alloc(
                layout.size(),
                layout.align(),
                contents == Contents::Zero,
                lane.map(Lane::block_cache),
            ),
            Place::InnerAsAsked => self.alloc_inner(layout, contents),
            Place::InnerPageAligned => self.alloc_inner(gate::page_aligned(layout), contents),
        }
    }

    /// Frees a block at `place`.
    ///
    /// # Safety
    /// As [`GlobalAlloc::dealloc`], for a block that is at `place`.
    #[inline]
    pub(super) unsafe fn dealloc_at(
        &self,
        place: Place,
        block: *mut u8,
        layout: Layout,
        lane: Option<&mut Lane>,
    ) {
        match place {
            #[cfg(feature = "jemalloc")]
            Place::HeapPrefixed => {
                let (start, size) = (block_prefix::start(block, layout), block_prefix::with_prefix(layout));
                // SAFETY: a prefixed block of this layout was allocated at `start` with this size, see `alloc_at`.
                unsafe { sampled_heap::dealloc(start, size, layout.align(), lane.map(Lane::block_cache)) };
            }
            #[cfg(feature = "jemalloc")]
            // SAFETY: the block was allocated there with this layout, see `alloc_at`.
            Place::HeapPlain => unsafe {
                sampled_heap::dealloc(block, layout.size(), layout.align(), lane.map(Lane::block_cache));
            },
            // SAFETY: it came from the inner allocator with this layout, see `alloc_at`.
            Place::InnerAsAsked => unsafe { self.inner.dealloc(block, layout) },
            // SAFETY: it came from the inner allocator with the aligned layout, see `alloc_at`.
            Place::InnerPageAligned => unsafe { self.inner.dealloc(block, gate::page_aligned(layout)) },
        }
    }

    /// Changes the size of a block that stays at `place`, in place or by moving it there; null, with the block as it
    /// was, if that cannot be done.
    ///
    /// # Safety
    /// As [`GlobalAlloc::realloc`], for a block that is at `place`, with a new layout whose place is the same.
    pub(super) unsafe fn realloc_at(
        &self,
        place: Place,
        block: *mut u8,
        layout: Layout,
        new_layout: Layout,
        lane: Option<&mut Lane>,
    ) -> *mut u8 {
        match place {
            #[cfg(feature = "jemalloc")]
            Place::HeapPrefixed => {
                let (start, size) =
                    (block_prefix::start(block, layout), block_prefix::with_prefix(new_layout));
                let cache = lane.map(Lane::block_cache);
                // SAFETY: a prefixed block of this layout was allocated at `start`, see `alloc_at`. The prefix is a
                // part of what moves.
                let moved = unsafe { sampled_heap::realloc(start, layout.align(), size, cache) };
                block_prefix::block(moved, new_layout)
            }
            #[cfg(feature = "jemalloc")]
            // SAFETY: the block was allocated there with this layout, see `alloc_at`.
            Place::HeapPlain => unsafe {
                let cache = lane.map(Lane::block_cache);
                sampled_heap::realloc(block, layout.align(), new_layout.size(), cache)
            },
            // SAFETY: it came from the inner allocator with this layout, see `alloc_at`.
            Place::InnerAsAsked => unsafe { self.inner.realloc(block, layout, new_layout.size()) },
            // SAFETY: it came from the inner allocator with the aligned layout, see `alloc_at`, and keeps that
            // alignment.
            Place::InnerPageAligned => unsafe {
                self.inner.realloc(block, gate::page_aligned(layout), gate::page_aligned(new_layout).size())
            },
        }
    }

    /// Notes the record of a block where its free will find it. `false` if there is no room for that.
    #[inline]
    pub(super) fn remember(&self, place: Place, block: *mut u8, slot: Option<SlotId>) -> bool {
        match (place, slot) {
            #[cfg(feature = "jemalloc")]
            (Place::HeapPrefixed, slot) => {
                // SAFETY: the block was allocated with a prefix, see `alloc_at`, and belongs to the caller.
                unsafe { block_prefix::write(block, slot) };
                true
            }
            (_, None) => false,
            (place, Some(slot)) => {
                recording::index().is_some_and(|index| index.insert(block.addr() as u64, slot, place.flags()))
            }
        }
    }

    /// Looks up a block that may be a sample. `None` if it is a block like all others.
    ///
    /// # Safety
    /// The block is live with `layout`, and may be a sample.
    #[inline]
    pub(super) unsafe fn find(&self, block: *mut u8, layout: Layout) -> Option<Found> {
        // SAFETY: the caller's duties are passed on.
        unsafe { self.look_up(block, layout, |index, address| index.get(address)) }
    }

    /// As [`Self::find`], and what was noted by [`Self::remember`] is gone afterwards.
    ///
    /// # Safety
    /// As for [`Self::find`].
    #[inline]
    pub(super) unsafe fn forget(&self, block: *mut u8, layout: Layout) -> Option<Found> {
        // SAFETY: the caller's duties are passed on.
        unsafe { self.look_up(block, layout, |index, address| index.remove(address)) }
    }

    /// # Safety
    /// As for [`Self::find`].
    #[inline]
    unsafe fn look_up(
        &self,
        block: *mut u8,
        layout: Layout,
        look: impl FnOnce(&recording::Index, u64) -> Option<(SlotId, BlockFlags)>,
    ) -> Option<Found> {
        #[cfg(feature = "jemalloc")]
        if self.placement == Placement::SampledHeap && block_prefix::fits(layout) {
            // SAFETY: the block lies in the heap of samples and its layout is one of those that have a prefix.
            let slot = unsafe { block_prefix::read(block) };
            return Some(Found { place: Place::HeapPrefixed, slot });
        }
        let found = recording::index().and_then(|index| look(index, block.addr() as u64));
        let slot = found.map(|(slot, _)| slot);
        match (self.placement, found) {
            #[cfg(feature = "jemalloc")]
            (Placement::SampledHeap, _) => Some(Found { place: Place::HeapPlain, slot }),
            (Placement::Inner, Some((_, flags))) => {
                let is_aligned = flags.contains(BlockFlags::OVERALIGNED);
                let place = if is_aligned { Place::InnerPageAligned } else { Place::InnerAsAsked };
                Some(Found { place, slot })
            }
            (Placement::Inner, None) => None,
        }
    }
}
