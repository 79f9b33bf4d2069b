//! The locations of a snapshot, and the mappings that they lie in.

use crate::facts::Mapping;
use heapdiff_pprof::{Function, Line, Location, WriteError, Writer};
use heapdiff_recorder::{Recorder, StackId};
use std::collections::BTreeMap;
use std::io::Write;

/// Name of the frame that stands for a stack trace of which nothing is known.
const NO_STACK: &str = "[no stack trace]";
/// Location of [`NO_STACK`].
const NO_STACK_ID: u64 = 1;
/// Name of the frame between a task's own frames and those of its spawn.
const SPAWN: &str = "[spawned at]";
/// Location of [`SPAWN`], in profiles that have it.
const SPAWN_ID: u64 = 2;
const FIRST_ID: u64 = 3;

/// The locations of the profile: one for each return address, numbered as they come.
#[derive(Debug)]
pub(crate) struct Places<'r> {
    recorder: &'r Recorder<'r>,
    /// Location ids by lookup address, which is the return address - 1.
    ids: BTreeMap<u64, u64>,
    /// The stack asked for last, and its locations: rows come sorted by stack.
    stack: (StackId, Vec<u64>),
    has_spawn: bool,
}

impl<'r> Places<'r> {
    /// No location yet.
    pub(crate) const fn new(recorder: &'r Recorder<'r>) -> Self {
        Self { recorder, ids: BTreeMap::new(), stack: (StackId::UNKNOWN, Vec::new()), has_spawn: false }
    }

    /// The locations of a stack trace, leaf first; never none.
    pub(crate) fn of(&mut self, stack: StackId) -> &[u64] {
        if self.stack.0 != stack || self.stack.1.is_empty() {
            self.stack.0 = stack;
            self.stack.1.clear();
            if let Some((_, frames)) = self.recorder.stacks().get(stack) {
                for frame in frames {
                    let next = FIRST_ID + self.ids.len() as u64;
                    self.stack.1.push(*self.ids.entry(frame.saturating_sub(1)).or_insert(next));
                }
            }
            if self.stack.1.is_empty() {
                self.stack.1.push(NO_STACK_ID);
            }
        }
        &self.stack.1
    }

    /// The location that stands between the stack of a task and that of its spawn.
    pub(crate) const fn of_spawn(&mut self) -> u64 {
        self.has_spawn = true;
        SPAWN_ID
    }

    /// Writes the mappings, and every location that was asked for.
    pub(crate) fn write<W: Write>(
        &self,
        mappings: &[Mapping],
        writer: &mut Writer<W>,
    ) -> Result<(), WriteError> {
        for (mapping, id) in mappings.iter().zip(1..) {
            writer.mapping(&mapping.as_segment(id))?;
        }
        let marks = [(NO_STACK_ID, NO_STACK, true), (SPAWN_ID, SPAWN, self.has_spawn)];
        for (id, name, _) in marks.into_iter().filter(|(_, _, is_there)| *is_there) {
            writer.function(&Function { id, name, system_name: name, file: "", start_line: 0 })?;
            let lines = [Line { function_id: id, ..Line::default() }];
            writer.location(&Location { id, lines: &lines, ..Location::default() })?;
        }
        for (&address, &id) in &self.ids {
            let mapping = mappings.iter().zip(1..).find(|(mapping, _)| mapping.range.contains(&address));
            let mapping_id = mapping.map_or(0, |(_, id)| id);
            writer.location(&Location { id, mapping_id, address, ..Location::default() })?;
        }
        Ok(())
    }
}
