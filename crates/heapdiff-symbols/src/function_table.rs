//! What is known about one build of a file: its functions, each once, and the frames of addresses.

use crate::demangle::demangle;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A function's place in its [`FunctionTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FunctionIndex(u32);

impl FunctionIndex {
    /// The place as it is written to a file.
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// The place as a number below [`FunctionTable::len`].
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A function in one source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionName {
    /// As a human would write it.
    pub(crate) name: Arc<str>,
    /// As the linker knows it.
    pub(crate) system_name: Arc<str>,
    /// Path of the source file; empty where it is not known.
    pub(crate) file: Arc<str>,
}

/// A place in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) function: FunctionIndex,
    /// 0 where it is not known.
    pub(crate) line: u32,
    /// 0 where it is not known.
    pub(crate) column: u32,
}

/// Functions, each stored once, in the order in which they were first met. Names are demangled once each.
#[derive(Clone, Debug, Default)]
pub(crate) struct FunctionTable {
    functions: Vec<FunctionName>,
    /// By system name, then by file.
    index: BTreeMap<Arc<str>, BTreeMap<Arc<str>, FunctionIndex>>,
    /// Source files, so that each path is stored once.
    files: BTreeSet<Arc<str>>,
}

impl FunctionTable {
    /// The place of the function that the linker calls `system_name`, whose code comes from `file`. `None` past
    /// four billion functions.
    pub(crate) fn intern(&mut self, system_name: &str, file: &str) -> Option<FunctionIndex> {
        if let Some(&index) = self.index.get(system_name).and_then(|files| files.get(file)) {
            return Some(index);
        }
        let same_name = self.index.get_key_value(system_name).and_then(|(_, files)| files.values().next());
        let (system_name, name) = match same_name.and_then(|index| self.functions.get(index.index())) {
            Some(function) => (Arc::clone(&function.system_name), Arc::clone(&function.name)),
            None => (Arc::from(system_name), Arc::from(demangle(system_name))),
        };
        self.push(system_name, name, file)
    }

    /// The same with a name that is known already.
    pub(crate) fn intern_named(
        &mut self,
        system_name: &str,
        name: &str,
        file: &str,
    ) -> Option<FunctionIndex> {
        if let Some(&index) = self.index.get(system_name).and_then(|files| files.get(file)) {
            return Some(index);
        }
        self.push(Arc::from(system_name), Arc::from(name), file)
    }

    fn push(&mut self, system_name: Arc<str>, name: Arc<str>, file: &str) -> Option<FunctionIndex> {
        let index = FunctionIndex(u32::try_from(self.functions.len()).ok()?);
        let file = match self.files.get(file) {
            Some(file) => Arc::clone(file),
            None => Arc::from(file),
        };
        self.files.insert(Arc::clone(&file));
        self.index.entry(Arc::clone(&system_name)).or_default().insert(Arc::clone(&file), index);
        self.functions.push(FunctionName { name, system_name, file });
        Some(index)
    }

    /// The function at a place.
    pub(crate) fn get(&self, index: FunctionIndex) -> Option<&FunctionName> {
        self.functions.get(index.index())
    }

    /// All functions, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &FunctionName> {
        self.functions.iter()
    }

    /// How many functions there are.
    pub(crate) fn len(&self) -> usize {
        self.functions.len()
    }
}
