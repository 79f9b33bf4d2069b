//! The tables that samples of the Firefox Profiler refer to.
//!
//! ```text
//! stack ─ prefix ─> stack          func ─ name ─> string
//!       └ frame ─> frame ─ func ─> func ┼ source ─> source ─ filename ─> string
//!                                       └ resource ─> resource ─ lib ─> lib
//! ```

use super::super::frames::{Frames, Groups};
use heapdiff_profile::{FrameId, Profile};
use indexmap::{IndexMap, IndexSet};
use serde::{Serialize, Serializer};

/// Everything but the samples.
pub(super) struct Tables<'a> {
    pub(super) libs: Vec<Lib<'a>>,
    pub(super) shared: Shared<'a>,
    pub(super) funcs: FuncTable,
    pub(super) frames: FrameTable,
    pub(super) resources: ResourceTable,
    pub(super) stacks: StackTable,
    /// The last node of each group's stack.
    pub(super) stack_of_group: Vec<usize>,
}

impl<'a> Tables<'a> {
    pub(super) fn of(profile: &'a Profile, frames: &'a Frames<'a>, groups: &Groups<'a>) -> Self {
        let mut strings = IndexSet::new();
        let (libs, lib_of_mapping) = libs(profile);
        let lib_of_frame = lib_of_frame(profile, frames, &lib_of_mapping);
        let mut resources = ResourceTable::default();
        for lib in &libs {
            resources.push(strings.insert_full(lib.name).0);
        }
        let mut sources = IndexSet::new();
        let mut funcs = FuncTable::default();
        let mut known = IndexMap::new();
        let mut table = FrameTable::default();
        for (frame, lib) in frames.table.frames().zip(lib_of_frame) {
            let name = strings.insert_full(frame.function).0;
            let source = (!frame.file.is_empty()).then(|| {
                let filename = strings.insert_full(frame.file).0;
                sources.insert_full(filename).0
            });
            let key = (name, source, lib);
            let func = *known.entry(key).or_insert_with(|| funcs.push(name, source, lib));
            table.push(func, frame.line);
        }
        let mut nodes = IndexSet::new();
        let stack_of_group = groups.iter().map(|group| {
            let add = |prefix: Option<usize>, frame: FrameId| Some(nodes.insert_full((prefix, frame)).0);
            frames.root_first(&group.first.stack).fold(None, add).unwrap_or(0)
        });
        let stack_of_group = stack_of_group.collect();
        Self {
            libs,
            shared: Shared { string_array: Texts(strings), sources: Sources { filename: sources } },
            funcs,
            frames: table,
            resources,
            stacks: StackTable { nodes },
            stack_of_group,
        }
    }
}

/// A mapped file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lib<'a> {
    arch: &'static str,
    name: &'a str,
    path: &'a str,
    debug_name: &'a str,
    debug_path: &'a str,
    breakpad_id: String,
    code_id: Option<&'a str>,
}

/// The mapped files, each once, and which of them each mapping is of.
fn libs(profile: &Profile) -> (Vec<Lib<'_>>, Vec<usize>) {
    let mut known = IndexMap::new();
    let of_mapping = profile.mappings.iter().map(|mapping| {
        let (file, build_id) = (mapping.file.as_str(), mapping.build_id.as_str());
        let entry = known.entry((file, build_id));
        let index = entry.index();
        entry.or_insert_with(|| {
            let name = file.rsplit('/').next().unwrap_or(file);
            Lib {
                arch: "",
                name,
                path: file,
                debug_name: name,
                debug_path: file,
                breakpad_id: breakpad_id(build_id),
                code_id: Some(build_id).filter(|id| !id.is_empty()),
            }
        });
        index
    });
    let of_mapping = of_mapping.collect();
    (known.into_values().collect(), of_mapping)
}

/// A build ID as Breakpad writes it: its first 16 bytes as a GUID, whose first three fields are little-endian, and an
/// age of 0.
fn breakpad_id(build_id: &str) -> String {
    const BYTE_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let byte = |index: usize| build_id.get(2 * index..2 * index + 2).unwrap_or("00");
    let guid: String = BYTE_ORDER.into_iter().map(byte).collect();
    format!("{}0", guid.to_ascii_uppercase())
}

/// The file that each frame was first seen in.
fn lib_of_frame(profile: &Profile, frames: &Frames<'_>, lib_of_mapping: &[usize]) -> Vec<Option<usize>> {
    let mut of_frame = vec![None; frames.table.frame_count()];
    for (location, ids) in profile.locations.iter().zip(frames.by_location()) {
        let lib = location.mapping.and_then(|id| lib_of_mapping.get(id.index()));
        for id in ids {
            if let (Some(slot @ None), Some(&lib)) = (of_frame.get_mut(id.index()), lib) {
                *slot = Some(lib);
            }
        }
    }
    of_frame
}

/// What all threads share.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shared<'a> {
    string_array: Texts<'a>,
    sources: Sources,
}

struct Texts<'a>(IndexSet<&'a str>);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

struct Sources {
    filename: IndexSet<usize>,
}

impl Serialize for Sources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = self.filename.len();
        let filename: Vec<usize> = self.filename.iter().copied().collect();
        SourceTable { length, uuid: vec![(); length], filename }.serialize(serializer)
    }
}

#[derive(Serialize)]
struct SourceTable {
    length: usize,
    uuid: Vec<()>,
    filename: Vec<usize>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FuncTable {
    length: usize,
    name: Vec<usize>,
    #[serde(rename = "isJS")]
    is_js: Vec<bool>,
    #[serde(rename = "relevantForJS")]
    relevant_for_js: Vec<bool>,
    resource: Vec<i64>,
    source: Vec<Option<usize>>,
    line_number: Vec<()>,
    column_number: Vec<()>,
}

impl FuncTable {
    fn push(&mut self, name: usize, source: Option<usize>, resource: Option<usize>) -> usize {
        let index = self.length;
        self.length += 1;
        self.name.push(name);
        self.is_js.push(false);
        self.relevant_for_js.push(false);
        self.resource.push(resource.and_then(|index| i64::try_from(index).ok()).unwrap_or(-1));
        self.source.push(source);
        self.line_number.push(());
        self.column_number.push(());
        index
    }
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameTable {
    length: usize,
    address: Vec<i64>,
    inline_depth: Vec<u32>,
    category: Vec<u32>,
    subcategory: Vec<u32>,
    func: Vec<usize>,
    native_symbol: Vec<()>,
    #[serde(rename = "innerWindowID")]
    inner_window_id: Vec<u32>,
    line: Vec<Option<i64>>,
    column: Vec<()>,
}

impl FrameTable {
    fn push(&mut self, func: usize, line: i64) {
        self.length += 1;
        // Not an address: it would be looked up anew.
        self.address.push(-1);
        self.inline_depth.push(0);
        self.category.push(0);
        self.subcategory.push(0);
        self.func.push(func);
        self.native_symbol.push(());
        self.inner_window_id.push(0);
        self.line.push(Some(line).filter(|&line| line > 0));
        self.column.push(());
    }
}

/// What kind of resource a mapped file is.
const LIBRARY: u32 = 1;

#[derive(Default, Serialize)]
pub(super) struct ResourceTable {
    length: usize,
    lib: Vec<usize>,
    name: Vec<usize>,
    host: Vec<()>,
    #[serde(rename = "type")]
    kind: Vec<u32>,
}

impl ResourceTable {
    fn push(&mut self, name: usize) {
        self.lib.push(self.length);
        self.length += 1;
        self.name.push(name);
        self.host.push(());
        self.kind.push(LIBRARY);
    }
}

/// Stacks as a tree: each node is a frame, called from the stack that ends with its prefix.
pub(super) struct StackTable {
    nodes: IndexSet<(Option<usize>, FrameId)>,
}

impl Serialize for StackTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StackColumns {
            length: self.nodes.len(),
            prefix: Prefixes(&self.nodes),
            frame: NodeFrames(&self.nodes),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct StackColumns<'a> {
    length: usize,
    prefix: Prefixes<'a>,
    frame: NodeFrames<'a>,
}

struct Prefixes<'a>(&'a IndexSet<(Option<usize>, FrameId)>);

impl Serialize for Prefixes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|&(prefix, _)| prefix))
    }
}

struct NodeFrames<'a>(&'a IndexSet<(Option<usize>, FrameId)>);

impl Serialize for NodeFrames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|&(_, frame)| frame.index()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_id_is_written_as_breakpad_does() {
        assert_eq!(
            breakpad_id("be4e976c325246ee9d6b7847a670b2a9cb07c6ef"),
            "6C974EBE5232EE469D6B7847A670B2A90"
        );
        assert_eq!(breakpad_id("ab"), "000000AB0000000000000000000000000");
    }
}
