//! Frames and stacks under one numbering, so that the two sides of a diff, or all snapshots of a series, compare by
//! handle.
//!
//! A frame is (function, file, line) and nothing else: neither the address nor the column nor the profile that it
//! came from. So copies of one source line that the compiler unrolled are one frame, and a frame of the base is the
//! same frame in the head although the loader put the program elsewhere.

use crate::function_name::has_path;
use crate::pool_chunk::PoolChunk;
use crate::profile::{FunctionId, Location, Profile};
use crate::string_table::{StringId, StringTable};
use crate::tags::TagText;
use foldhash::fast::RandomState;
use indexmap::{Equivalent, IndexMap, IndexSet};

/// A frame of one [`FrameTable`]; meaningless in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(u32);

/// A whole stack of one [`FrameTable`]; meaningless in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(u32);

/// A value of the label that stacks are told apart by; meaningless in another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LabelId(u32);

/// What a [`FrameId`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame<'a> {
    /// The function, as a human would write it. For an address without symbols `file+0xoffset`, an offset into the
    /// mapped file, or the bare address where no file is known.
    pub function: &'a str,
    /// Source file; empty where it is not known.
    pub file: &'a str,
    /// Line in the file; 0 where it is not known.
    pub line: i64,
}

/// Every frame and every stack that a report names, each stored once.
///
/// Handles are given in order of first use, so equal input gives equal handles.
#[derive(Clone, Debug, Default)]
pub struct FrameTable {
    strings: StringTable,
    frames: IndexSet<(StringId, StringId, i64), RandomState>,
    /// Whether the name of each frame's function tells it apart from others of that name: whether it has a path.
    has_path: Vec<bool>,
    stacks: IndexSet<Stack, RandomState>,
    labels: IndexSet<TagText>,
    /// Stacks that take chunks of pools.
    pools: IndexMap<StackId, PoolChunk>,
}

/// Name and file of each function of one profile, as handles of one [`FrameTable`], as far as they were asked for: a
/// function is on many lines, and its texts are long.
#[derive(Debug, Default)]
pub(crate) struct FunctionTexts {
    known: Vec<Option<(StringId, StringId)>>,
}

/// A stack, which is several where its samples have several values of the label that makes the rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Stack {
    label: Option<LabelId>,
    frames: Box<[FrameId]>,
}

/// A [`Stack`] to look up.
#[derive(Hash)]
struct StackKey<'a> {
    label: Option<LabelId>,
    frames: &'a [FrameId],
}

impl Equivalent<Stack> for StackKey<'_> {
    fn equivalent(&self, stack: &Stack) -> bool {
        self.label == stack.label && self.frames == &*stack.frames
    }
}

impl FrameTable {
    /// What stands in for the frame of a sample without a stack.
    pub const NO_STACK: Frame<'static> = Frame { function: "[no stack]", file: "", line: 0 };

    /// The frame behind a handle; empty for a handle of another table.
    #[must_use]
    pub fn frame(&self, id: FrameId) -> Frame<'_> {
        match self.frames.get_index(id.0 as usize) {
            Some(&(function, file, line)) => {
                Frame { function: self.strings.get(function), file: self.strings.get(file), line }
            }
            None => Frame { function: "", file: "", line: 0 },
        }
    }

    /// Shorthand for the frame's function.
    #[must_use]
    pub fn function(&self, id: FrameId) -> &str {
        self.frame(id).function
    }

    /// All frames, in the order of their handles.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame<'_>> {
        self.frames.iter().map(|&(function, file, line)| Frame {
            function: self.strings.get(function),
            file: self.strings.get(file),
            line,
        })
    }

    /// The pool that what a stack took is a chunk of; `None` for all other memory.
    #[must_use]
    pub fn pool_of(&self, stack: StackId) -> Option<&PoolChunk> {
        self.pools.get(&stack)
    }

    /// Marks a stack as one that takes chunks of a pool.
    pub(crate) fn mark_pool(&mut self, stack: StackId, pool: impl FnOnce() -> PoolChunk) {
        self.pools.entry(stack).or_insert_with(pool);
    }

    /// The frames of a stack, **leaf first**, inlined ones expanded; none for a handle of another table.
    #[must_use]
    pub fn stack(&self, id: StackId) -> &[FrameId] {
        self.stacks.get_index(id.0 as usize).map_or(&[], |stack| &stack.frames)
    }

    /// The number of frames: handles count from 0.
    #[must_use]
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// The number of stacks: handles count from 0.
    #[must_use]
    pub fn stack_count(&self) -> usize {
        self.stacks.len()
    }

    /// All stacks, in the order of their handles.
    pub(crate) fn stacks(&self) -> impl Iterator<Item = (StackId, &[FrameId])> {
        (0..).map(StackId).zip(self.stacks.iter().map(|stack| &*stack.frames))
    }

    /// The handle at `index`, if there is one.
    pub(crate) fn id_at(&self, index: usize) -> Option<FrameId> {
        u32::try_from(index).ok().filter(|_| index < self.frames.len()).map(FrameId)
    }

    /// What tells a frame's function apart from others: its name, and its file too where the name is bare. A function
    /// that was inlined into a program with nothing but line tables is called `new`, like a hundred others.
    pub(crate) fn function_key(&self, id: FrameId) -> (StringId, StringId) {
        let (function, file, _) = self.parts(id);
        let has_path = self.has_path.get(id.index()).copied().unwrap_or(false);
        (function, if has_path { StringId::EMPTY } else { file })
    }

    /// The frame of the same function and file without a line, which is added if it is new.
    pub(crate) fn intern_without_line(&mut self, id: FrameId) -> FrameId {
        let (function, file, _) = self.parts(id);
        let (index, is_new) = self.frames.insert_full((function, file, 0));
        if is_new {
            self.has_path.push(self.has_path.get(id.index()).copied().unwrap_or(false));
        }
        u32::try_from(index).map_or(id, FrameId)
    }

    /// The text behind a handle of [`Self::parts`].
    pub(crate) fn text(&self, id: StringId) -> &str {
        self.strings.get(id)
    }

    /// What a frame is made of, as handles of strings: cheap to compare and to group by.
    pub(crate) fn parts(&self, id: FrameId) -> (StringId, StringId, i64) {
        self.frames.get_index(id.index()).copied().unwrap_or((StringId::EMPTY, StringId::EMPTY, 0))
    }

    /// The handle of a frame, which is added if it is new.
    ///
    /// # Panics
    /// Past four billion distinct frames, which no reader's size limit lets through.
    pub fn intern(&mut self, frame: Frame<'_>) -> FrameId {
        let key = (self.strings.intern(frame.function), self.strings.intern(frame.file), frame.line);
        self.intern_parts(key)
    }

    fn intern_parts(&mut self, parts: (StringId, StringId, i64)) -> FrameId {
        let (index, is_new) = self.frames.insert_full(parts);
        if is_new {
            self.has_path.push(has_path(self.strings.get(parts.0)));
        }
        FrameId(u32::try_from(index).expect("readers bound the number of frames"))
    }

    /// The handle of a stack, leaf first, which is added if it is new.
    ///
    /// # Panics
    /// Past four billion distinct stacks, which no reader's size limit lets through.
    pub fn intern_stack(&mut self, frames: &[FrameId]) -> StackId {
        self.intern_labelled_stack(frames, None)
    }

    /// The handle of a stack of samples with this label.
    pub(crate) fn intern_labelled_stack(&mut self, frames: &[FrameId], label: Option<LabelId>) -> StackId {
        let index = match self.stacks.get_index_of(&StackKey { label, frames }) {
            Some(index) => index,
            None => self.stacks.insert_full(Stack { label, frames: frames.into() }).0,
        };
        StackId(u32::try_from(index).expect("readers bound the number of stacks"))
    }

    /// The handle of a value of a label, which is added if it is new.
    pub(crate) fn intern_label(&mut self, value: TagText) -> LabelId {
        let index = self.labels.insert_full(value).0;
        LabelId(u32::try_from(index).expect("readers bound the number of samples"))
    }

    /// The values of the label that stacks are told apart by.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (LabelId, &TagText)> {
        (0..).map(LabelId).zip(&self.labels)
    }

    /// Whether stacks are told apart by a label.
    pub(crate) fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// The value of that label that the samples of a stack have.
    pub(crate) fn label(&self, id: StackId) -> Option<LabelId> {
        self.stacks.get_index(id.index())?.label
    }

    /// Adds the frames of a location to `frames`, innermost first: one for each inlined function, and one that names
    /// the place in the mapped file where there are no symbols.
    pub fn intern_location(&mut self, profile: &Profile, location: &Location, frames: &mut Vec<FrameId>) {
        self.intern_location_with(profile, location, &mut FunctionTexts::default(), frames);
    }

    /// As [`Self::intern_location`], one after the other of one profile, whose `texts` are kept in between.
    pub(crate) fn intern_location_with(
        &mut self,
        profile: &Profile,
        location: &Location,
        texts: &mut FunctionTexts,
        frames: &mut Vec<FrameId>,
    ) {
        if location.lines.is_empty() {
            let function = unsymbolized_name(profile, location);
            frames.push(self.intern(Frame { function: &function, file: "", line: 0 }));
        }
        for line in &location.lines {
            let Some((name, file)) = self.texts_of(profile, line.function, texts) else { continue };
            frames.push(self.intern_parts((name, file, line.line)));
        }
    }

    /// The name and the file of a function.
    fn texts_of(
        &mut self,
        profile: &Profile,
        id: FunctionId,
        texts: &mut FunctionTexts,
    ) -> Option<(StringId, StringId)> {
        if let Some(&Some(known)) = texts.known.get(id.index()) {
            return Some(known);
        }
        let function = profile.function(id)?;
        let name = match profile.strings.get(function.name) {
            "" => profile.strings.get(function.system_name),
            name => name,
        };
        let found = (self.strings.intern(name), self.strings.intern(profile.strings.get(function.file)));
        if texts.known.len() <= id.index() {
            texts.known.resize(id.index() + 1, None);
        }
        if let Some(slot) = texts.known.get_mut(id.index()) {
            *slot = Some(found);
        }
        Some(found)
    }
}

impl FrameId {
    /// The first frame of any table: what stands in for a frame where there is none.
    pub(crate) const FIRST: Self = Self(0);

    /// The frame's place in its table.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl StackId {
    /// The first stack of any table: what stands in for a stack where there is none.
    pub(crate) const FIRST: Self = Self(0);

    /// The handle of the entry at `index` of a table; `None` past four billion entries.
    pub(crate) fn from_index(index: usize) -> Option<Self> {
        u32::try_from(index).ok().map(Self)
    }

    /// The stack's place in its table.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// `libfoo.so+0x1234` with the offset in the file, which is the same in every process that maps it.
fn unsymbolized_name(profile: &Profile, location: &Location) -> String {
    let mapping = location.mapping.and_then(|id| profile.mapping(id));
    match mapping {
        Some(mapping) if !mapping.file.is_empty() => {
            let name = mapping.file.rsplit('/').next().unwrap_or(&mapping.file);
            let offset =
                location.address.wrapping_sub(mapping.memory_start).wrapping_add(mapping.file_offset);
            format!("{name}+{offset:#x}")
        }
        _ => format!("{:#x}", location.address),
    }
}
