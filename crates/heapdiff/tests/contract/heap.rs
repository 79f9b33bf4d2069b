//! What a program may rely on: its blocks are where it was told, are its own, and hold what it wrote.
//!
//! Every byte of a block is written when it is handed out and compared whenever the block is touched again, so a block
//! that is smaller than asked, or that somebody else was given too, does not go unnoticed.

use crate::ALLOC;
use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;

/// Whether the recorder must know a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It was allocated while every allocation was recorded.
    Yes,
    /// It was allocated, or grew, while some were.
    Perhaps,
    /// It was allocated while nothing was recorded.
    No,
}

/// A block that the program holds.
#[derive(Debug)]
pub(crate) struct Block {
    start: *mut u8,
    layout: Layout,
    /// What it is filled with, again and again; different for each block.
    tag: u64,
    known: Known,
}

/// What a block is asked to be.
#[derive(Clone, Copy, Debug)]
enum Request {
    Fresh(Layout),
    Zeroed(Layout),
    Resized(*mut u8, Layout, usize),
}

/// What the program holds and has allocated, in objects and bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Truth {
    pub(crate) inuse_objects: usize,
    pub(crate) inuse_space: usize,
    pub(crate) alloc_objects: usize,
    pub(crate) alloc_space: usize,
}

/// The blocks that the program holds, by address.
#[derive(Debug)]
pub(crate) struct Heap {
    blocks: Vec<Block>,
    /// What a new block is to the recorder.
    pub(crate) news: Known,
    /// Whether the system may refuse memory for any request, and not only for absurd ones.
    pub(crate) may_be_refused: bool,
    /// Requests that were refused.
    pub(crate) refusals: usize,
    tags: u64,
    inuse_space: usize,
    alloc_objects: usize,
    alloc_space: usize,
}

/// Blocks held at most. There is room for all of them from the start: the model allocates nothing on its way.
const BLOCKS_MAX: usize = 400;

impl Heap {
    pub(crate) fn new(news: Known) -> Self {
        Self {
            blocks: Vec::with_capacity(BLOCKS_MAX + 1),
            news,
            may_be_refused: false,
            refusals: 0,
            tags: 0,
            inuse_space: 0,
            alloc_objects: 0,
            alloc_space: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.blocks.len() >= BLOCKS_MAX
    }

    pub(crate) fn inuse_space(&self) -> usize {
        self.inuse_space
    }

    pub(crate) fn truth(&self) -> Truth {
        Truth {
            inuse_objects: self.blocks.len(),
            inuse_space: self.inuse_space,
            alloc_objects: self.alloc_objects,
            alloc_space: self.alloc_space,
        }
    }

    /// Objects and bytes that the recorder must know.
    pub(crate) fn known(&self) -> Truth {
        let known = self.blocks.iter().filter(|block| block.known == Known::Yes);
        let (objects, space) = known.fold((0, 0), |(n, sum), block| (n + 1, sum + block.layout.size()));
        Truth { inuse_objects: objects, inuse_space: space, ..Truth::default() }
    }

    pub(crate) fn layout(&self, index: usize) -> Layout {
        self.blocks[index].layout
    }

    /// Allocates a block, and checks where it is and what is in it.
    pub(crate) fn allocate(&mut self, layout: Layout, is_zeroed: bool) {
        let start = ask(if is_zeroed { Request::Zeroed(layout) } else { Request::Fresh(layout) });
        if start.is_null() {
            assert!(self.may_be_refused, "{layout:?} is refused");
            self.refusals += 1;
            return;
        }
        if is_zeroed {
            assert!(is_filled_with(0, bytes(start, layout.size())), "{layout:?}: zeroed memory is zero");
        }
        self.alloc_objects += 1;
        self.alloc_space += layout.size();
        self.insert(start, layout, self.news);
    }

    /// Reallocates a block, and checks that it has kept its contents.
    pub(crate) fn reallocate(&mut self, index: usize, new_size: usize) {
        self.check(index);
        let Block { start, layout, tag, known } = self.blocks[index];
        let new_layout = Layout::from_size_align(new_size, layout.align()).expect("sizes are small");
        let moved = ask(Request::Resized(start, layout, new_size));
        if moved.is_null() {
            assert!(self.may_be_refused, "{layout:?} to {new_size} is refused");
            self.refusals += 1;
            self.check(index);
            return;
        }
        let kept = bytes(moved, layout.size().min(new_size));
        assert!(is_filled_with(tag, kept), "{layout:?} to {new_size}: contents are kept");
        self.remove(index);
        let grown = new_size.saturating_sub(layout.size());
        self.alloc_space += grown;
        let becomes_known = grown > 0 && known == Known::No && self.news != Known::No;
        self.insert(moved, new_layout, if becomes_known { Known::Perhaps } else { known });
    }

    /// Frees a block, when its contents are checked.
    pub(crate) fn free(&mut self, index: usize) {
        self.check(index);
        let Block { start, layout, .. } = self.remove(index);
        // SAFETY: allocated with this layout, and forgotten by the model.
        unsafe { ALLOC.dealloc(start, layout) };
    }

    /// Frees all blocks but those that the recorder must know.
    pub(crate) fn free_doubtful(&mut self) {
        for index in (0..self.blocks.len()).rev() {
            if self.blocks[index].known != Known::Yes {
                self.free(index);
            }
        }
    }

    /// Frees all blocks.
    pub(crate) fn free_all(&mut self) {
        while !self.blocks.is_empty() {
            self.free(self.blocks.len() - 1);
        }
    }

    /// Asks for more than there is, both ways.
    pub(crate) fn ask_too_much(&mut self, index: Option<usize>) {
        /// Half of what a layout may have: no machine has it.
        const TOO_MUCH: usize = 1 << 62;
        let refused = match index {
            Some(index) => {
                ask(Request::Resized(self.blocks[index].start, self.blocks[index].layout, TOO_MUCH))
            }
            None => ask(Request::Fresh(Layout::from_size_align(TOO_MUCH, 16).expect("it is a layout"))),
        };
        assert!(refused.is_null(), "nobody has {TOO_MUCH} bytes");
        self.check_all();
    }

    /// Checks the contents of all blocks.
    pub(crate) fn check_all(&self) {
        for index in 0..self.blocks.len() {
            self.check(index);
        }
    }

    fn check(&self, index: usize) {
        let block = &self.blocks[index];
        let contents = bytes(block.start, block.layout.size());
        assert!(is_filled_with(block.tag, contents), "{block:?} was written to by somebody else");
    }

    fn insert(&mut self, start: *mut u8, layout: Layout, known: Known) {
        assert!(start.addr().is_multiple_of(layout.align()), "{start:?} is not aligned: {layout:?}");
        let index = self.blocks.partition_point(|block| block.start < start);
        let end = |block: &Block| block.start.addr() + block.layout.size();
        let after = start.addr() + layout.size();
        let before = index.checked_sub(1).map(|index| &self.blocks[index]);
        assert!(before.is_none_or(|block| end(block) <= start.addr()), "{start:?} lies in {before:?}");
        let behind = self.blocks.get(index);
        assert!(behind.is_none_or(|block| after <= block.start.addr()), "{start:?} reaches into {behind:?}");
        self.tags += 1;
        let tag = self.tags.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        fill(start, layout.size(), tag);
        self.inuse_space += layout.size();
        self.blocks.insert(index, Block { start, layout, tag, known });
    }

    fn remove(&mut self, index: usize) -> Block {
        let block = self.blocks.remove(index);
        self.inuse_space -= block.layout.size();
        block
    }
}

/// The one place where blocks of the model are allocated: the snapshots' stack traces are told apart by it.
#[inline(never)]
fn ask(request: Request) -> *mut u8 {
    let answer = match request {
        // SAFETY: no layout here is empty.
        Request::Fresh(layout) => unsafe { ALLOC.alloc(layout) },
        // SAFETY: no layout here is empty.
        Request::Zeroed(layout) => unsafe { ALLOC.alloc_zeroed(layout) },
        // SAFETY: the block was allocated with this layout, and the new size is neither 0 nor too large for a layout.
        Request::Resized(start, layout, new_size) => unsafe { ALLOC.realloc(start, layout, new_size) },
    };
    // Something is left to do here, so that the call above is no jump and this function is on the stack.
    black_box(answer)
}

/// The name of [`ask`] in a stack trace.
pub(crate) const ASK: &str = "heap::ask";

fn bytes<'a>(start: *const u8, size: usize) -> &'a [u8] {
    // SAFETY: a block that is held, written to its end or zeroed, and not written to while the slice is looked at.
    unsafe { std::slice::from_raw_parts(start, size) }
}

fn fill(start: *mut u8, size: usize, tag: u64) {
    // SAFETY: the block holds `size` bytes and belongs to the model alone.
    unsafe { start.write_bytes(0, size) };
    // SAFETY: as above, and every byte is written.
    let block = unsafe { std::slice::from_raw_parts_mut(start, size) };
    let head = size.min(8);
    block[..head].copy_from_slice(&tag.to_ne_bytes()[..head]);
    let mut filled = head;
    while filled < size {
        let more = filled.min(size - filled);
        block.copy_within(..more, filled);
        filled += more;
    }
}

/// Whether `block` holds the tag again and again: its first word is the tag, and the rest is the same 8 bytes before.
fn is_filled_with(tag: u64, block: &[u8]) -> bool {
    let head = block.len().min(8);
    block[..head] == tag.to_ne_bytes()[..head] && block[head..] == block[..block.len() - head]
}
