//! What stacks of one row have in common.

use crate::attribution::Attribution;
use crate::frame::{FrameId, FrameTable, LabelId, StackId};
use crate::label_value::LabelRange;
use crate::module_name::{crate_name, module_name};
use crate::string_table::StringId;
use crate::tag_ranges::ranges;
use crate::tags::TagText;
use indexmap::IndexSet;
use std::collections::BTreeMap;

/// What makes a row.
///
/// Whatever it is, every stack belongs to one row, so that rows add up to the same total. Functions make up modules, and
/// modules crates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DiffBy {
    /// The function that a stack is attributed to, by its name; by its file too where the name has no path.
    #[default]
    Function,
    /// The function, file and line that a stack is attributed to.
    Line,
    /// The whole stack, hidden frames included.
    Stack,
    /// The source file of the function that a stack is attributed to.
    File,
    /// Its module: the path in front of the function and of its type, `shop::cache` of
    /// `<shop::cache::Cache<T> as Trait>::f`; a namespace of C++; a package of Go. The folder and file of the source
    /// where the name is bare, and the mapped file where there are no symbols.
    Module,
    /// Its crate: the first part of its module; a package of Go.
    Crate,
    /// The type that was allocated, such as `Vec<u8>`: what the functions of Rust's containers between the allocator and
    /// the program were compiled for. `Vec<?>` where names do not tell what the container holds, `[unknown type]` where
    /// there is no container.
    Type,
    /// The thread that allocated: the first of [`DiffBy::THREAD_LABELS`] that samples have.
    Thread,
    /// The value of the label of this name. Many numbers are gathered into ranges. A block that changes its value, as
    /// one that grows does with `bytes`, leaves one row and comes to another.
    Label(String),
}

/// What a row is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowTitle {
    /// As its frame, or as its stack.
    Frame,
    /// A file, module, crate or type.
    Name(String),
    /// The value of a label.
    Value(TagText),
    /// What does not have the label of this name.
    Without(String),
}

/// The row of what is allocated for no type that names tell.
const UNKNOWN_TYPE: &str = "[unknown type]";

/// What stacks of one row have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowKey {
    Function(StringId, StringId),
    Line(FrameId),
    Stack(StackId),
    /// By its place in [`RowKeys::titles`].
    Titled(usize),
}

/// The row of every stack of a table.
#[derive(Clone, Debug)]
pub(crate) struct RowKeys {
    of_stack: Vec<Option<RowKey>>,
    titles: IndexSet<RowTitle>,
}

impl DiffBy {
    /// What profilers call the label that tells threads apart.
    pub const THREAD_LABELS: [&'static str; 6] =
        ["thread", "thread name", "thread_name", "thread id", "thread_id", "tid"];

    /// How it is typed and written: `function`, `label:bytes`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Function => "function".to_owned(),
            Self::Line => "line".to_owned(),
            Self::Stack => "stack".to_owned(),
            Self::File => "file".to_owned(),
            Self::Module => "module".to_owned(),
            Self::Crate => "crate".to_owned(),
            Self::Type => "type".to_owned(),
            Self::Thread => "thread".to_owned(),
            Self::Label(key) => format!("label:{key}"),
        }
    }

    /// The labels of which the first that samples have makes the rows; none where it is no label that does.
    pub(crate) fn labels(&self) -> Vec<&str> {
        match self {
            Self::Thread => Self::THREAD_LABELS.to_vec(),
            Self::Label(key) => vec![key],
            _ => Vec::new(),
        }
    }
}

impl RowKeys {
    /// Puts every stack to its row. Stacks without a frame have none.
    pub(crate) fn new(by: &DiffBy, frames: &FrameTable, attribution: &Attribution) -> Self {
        let mut titles = IndexSet::new();
        let of_label = match by {
            DiffBy::Thread | DiffBy::Label(_) => label_titles(frames, &mut titles, RowTitle::Value),
            DiffBy::Type => label_titles(frames, &mut titles, type_title),
            _ => BTreeMap::new(),
        };
        let without = match by {
            DiffBy::Type => Some(RowTitle::Name(UNKNOWN_TYPE.to_owned())),
            by => by.labels().first().map(|&key| RowTitle::Without(key.to_owned())),
        };
        let mut of_frame: Vec<Option<usize>> = vec![None; frames.frame_count()];
        let mut titled_frame = |frame: FrameId, titles: &mut IndexSet<RowTitle>| {
            let known = of_frame.get_mut(frame.index())?;
            Some(*known.get_or_insert_with(|| titles.insert_full(title_of_frame(by, frames, frame)).0))
        };
        let mut key = |id: StackId, stack: &[FrameId]| {
            let frame = *stack.get(attribution.of(stack).index)?;
            Some(match by {
                DiffBy::Function => {
                    let (function, file) = frames.function_key(frame);
                    RowKey::Function(function, file)
                }
                DiffBy::Line => RowKey::Line(frame),
                DiffBy::Stack => RowKey::Stack(id),
                DiffBy::File | DiffBy::Module | DiffBy::Crate => {
                    RowKey::Titled(titled_frame(frame, &mut titles)?)
                }
                DiffBy::Type | DiffBy::Thread | DiffBy::Label(_) => {
                    let of_label = frames.label(id).and_then(|label| of_label.get(&label)).copied();
                    RowKey::Titled(match of_label {
                        Some(title) => title,
                        None => titles.insert_full(without.clone()?).0,
                    })
                }
            })
        };
        let of_stack = frames.stacks().map(|(id, stack)| key(id, stack)).collect();
        Self { of_stack, titles }
    }

    /// The row of a stack.
    pub(crate) fn of(&self, stack: StackId) -> Option<RowKey> {
        self.of_stack.get(stack.index()).copied().flatten()
    }

    /// Whether there is a row of a type that is not known, or not known in full.
    pub(crate) fn has_unknown_types(&self) -> bool {
        let is_unknown = |title: &RowTitle| matches!(title, RowTitle::Name(name) if name == UNKNOWN_TYPE || name.contains("<?>"));
        self.titles.iter().any(is_unknown)
    }

    /// What a row is called.
    pub(crate) fn title(&self, key: RowKey) -> RowTitle {
        match key {
            RowKey::Titled(at) => self.titles.get_index(at).cloned().unwrap_or(RowTitle::Frame),
            RowKey::Function(..) | RowKey::Line(_) | RowKey::Stack(_) => RowTitle::Frame,
        }
    }
}

fn title_of_frame(by: &DiffBy, frames: &FrameTable, frame: FrameId) -> RowTitle {
    let frame = frames.frame(frame);
    RowTitle::Name(match by {
        DiffBy::Module => module_name(frame),
        DiffBy::Crate => crate_name(frame),
        _ if frame.file.is_empty() => "[no source file]".to_owned(),
        _ => frame.file.to_owned(),
    })
}

/// The title of every value of a label, by its place among `titles`; one for several numbers where there are many.
fn label_titles(
    frames: &FrameTable,
    titles: &mut IndexSet<RowTitle>,
    title: fn(TagText) -> RowTitle,
) -> BTreeMap<LabelId, usize> {
    let mut of_label = BTreeMap::new();
    let mut numbers: Vec<(LabelRange, Together)> = Vec::new();
    for (id, value) in frames.labels() {
        match value {
            TagText::Numbers(range) => numbers.push((range.clone(), Together(vec![id]))),
            TagText::Words(_) => {
                of_label.insert(id, titles.insert_full(title(value.clone())).0);
            }
        }
    }
    for (range, Together(ids)) in ranges(numbers) {
        let title = titles.insert_full(title(TagText::Numbers(range))).0;
        of_label.extend(ids.into_iter().map(|id| (id, title)));
    }
    of_label
}

fn type_title(value: TagText) -> RowTitle {
    match value {
        TagText::Words(words) => RowTitle::Name(words),
        numbers @ TagText::Numbers(_) => RowTitle::Value(numbers),
    }
}

/// Values that share a title.
struct Together(Vec<LabelId>);

impl std::ops::AddAssign for Together {
    fn add_assign(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::selection::FrameVisibility;

    /// The titles of stacks of one frame each, in their order.
    fn titles(by: &DiffBy, stacks: &[(&str, &str)]) -> Vec<String> {
        let mut frames = FrameTable::default();
        let stacks: Vec<_> = stacks
            .iter()
            .map(|&(function, file)| {
                let frame = frames.intern(Frame { function, file, line: 1 });
                frames.intern_stack(&[frame])
            })
            .collect();
        let attribution = Attribution::new(&frames, Vec::new(), FrameVisibility::Attributed, false);
        let keys = RowKeys::new(by, &frames, &attribution);
        stacks
            .into_iter()
            .map(|stack| match keys.title(keys.of(stack).expect("every stack has a frame")) {
                RowTitle::Name(name) => name,
                title => format!("{title:?}"),
            })
            .collect()
    }

    const STACKS: [(&str, &str); 6] = [
        ("<shop::cache::Cache<T> as shop::Store>::insert", "/src/shop/src/cache.rs"),
        ("shop::cache::evict", "/src/shop/src/cache.rs"),
        ("net/http.(*conn).serve", "/go/src/net/http/server.go"),
        ("geo::Grid<int>::grow(int)", "/src/grid.cc"),
        ("run", "/home/u/.cargo/registry/src/i/bytes-1.10.1/src/buf/mod.rs"),
        ("0x1234", ""),
    ];

    #[test]
    fn frames_make_files_modules_and_crates() {
        assert_eq!(
            titles(&DiffBy::Module, &STACKS),
            ["shop::cache", "shop::cache", "net/http", "geo", "bytes::buf", "[unknown]"]
        );
        assert_eq!(
            titles(&DiffBy::Crate, &STACKS),
            ["shop", "shop", "net/http", "geo", "bytes", "[unknown]"]
        );
        let files = titles(&DiffBy::File, &STACKS);
        assert_eq!(files.first(), files.get(1));
        assert_eq!(files.last().map(String::as_str), Some("[no source file]"));
    }

    #[test]
    fn few_numbers_make_a_row_each_and_many_share_one() {
        let title_count = |numbers: i64| {
            let mut frames = FrameTable::default();
            let frame = frames.intern(FrameTable::NO_STACK);
            let stacks: Vec<_> = (0..numbers)
                .map(|number| {
                    let label = frames.intern_label(TagText::Numbers(LabelRange::point(number, "epoch")));
                    frames.intern_labelled_stack(&[frame], Some(label))
                })
                .collect();
            let bare = frames.intern_stack(&[frame]);
            let attribution = Attribution::new(&frames, Vec::new(), FrameVisibility::Attributed, false);
            let keys = RowKeys::new(&DiffBy::Label("epoch".to_owned()), &frames, &attribution);
            assert_eq!(keys.of(bare).map(|key| keys.title(key)), Some(RowTitle::Without("epoch".to_owned())));
            let rows: IndexSet<_> = stacks.into_iter().map(|stack| keys.of(stack)).collect();
            rows.len()
        };
        assert_eq!(title_count(12), 12);
        assert_eq!(title_count(50), 10);
    }
}
