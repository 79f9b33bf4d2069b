//! The snapshots of resources: one for each type that was used, in a folder of its own beside those of the heap.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::access::Accesses;
use super::open_table::OpenTable;
use super::registry::{self, Registered};
use crate::directory::{self, Directory};
use crate::sys::clock;
use heapdiff_snapshot::{
    OpenResource, ResourceFacts, ResourceRows, ResourceSnapshot, Snapshot, When, epoch_label,
};
use std::io;

/// The folder of a directory that holds one for each type.
const FOLDER: &str = "resources";

/// Writes what is open of each type, with the moment and the number of the snapshot `heap`.
///
/// # Errors
/// The first that a type's snapshot could not be written for; the others are tried all the same.
pub(crate) fn write(directory: &Directory, heap: &Snapshot<'_>) -> io::Result<()> {
    let mut result = Ok(());
    for registered in registry::types() {
        let written = write_one(directory, heap, &registered);
        result = result.and(written);
    }
    result
}

fn write_one(directory: &Directory, heap: &Snapshot<'_>, registered: &Registered) -> io::Result<()> {
    let directory = directory.beneath(&format!("{FOLDER}/{}", registered.name))?;
    let boundaries = directory.sequences();
    let (mut rows, mut dropped, now) = (ResourceRows::default(), 0, clock::nanos());
    if let Some(table) = registered.of.open_table() {
        table.visit(|open| {
            if open.weight == 0 {
                return;
            }
            let accesses = open.accesses.as_deref();
            let weight = u64::from(open.weight);
            let open = OpenResource {
                stack: open.stack,
                epoch: open.epoch,
                samples: 1,
                count: weight,
                bytes: weight.saturating_mul(open.bytes),
                age_seconds: now.saturating_sub(open.since) / 1_000_000_000,
                is_unclosed: false,
                task: open.task,
                hint: accesses.and_then(Accesses::last_hint).unwrap_or_default(),
            };
            rows.add(&open, heap.sequence, &boundaries);
            if let Some(accesses) = accesses {
                add_accesses(&mut rows, accesses);
                dropped += accesses.dropped();
            }
        });
        dropped += add_unclosed(&mut rows, table, heap.sequence, &boundaries, now);
    }
    let facts = ResourceFacts { accesses_dropped: dropped, ..facts(registered) };
    rows.add_rest(&facts);
    let heap = Snapshot { boundaries: &boundaries, ..*heap };
    let snapshot = ResourceSnapshot { heap: &heap, facts: &facts, rows: &rows };
    let write = |file| snapshot.write(file).map_err(directory::as_io_error);
    directory.write(heap.sequence, write).map(drop)
}

/// Adds those that were lost, and returns how many of their accesses are not kept.
fn add_unclosed(
    rows: &mut ResourceRows,
    table: &OpenTable,
    sequence: u32,
    boundaries: &[u32],
    now: u64,
) -> u64 {
    // What is lost from now on is told from what was lost before this snapshot.
    let boundaries_and_now: Vec<u32> = boundaries.iter().copied().chain([sequence]).collect();
    table.merge_epochs(|epoch| epoch_label(epoch, &boundaries_and_now));
    let mut dropped = 0u64;
    table.visit_unclosed(|key, row| {
        if row.samples == 0 {
            return;
        }
        let accesses = row.last.as_deref();
        let open = OpenResource {
            stack: key.stack,
            epoch: key.epoch,
            samples: row.samples,
            count: row.count,
            bytes: row.bytes,
            age_seconds: now.saturating_sub(row.since) / 1_000_000_000,
            is_unclosed: true,
            task: row.task,
            hint: accesses.and_then(Accesses::last_hint).unwrap_or_default(),
        };
        rows.add(&open, sequence, boundaries);
        accesses.into_iter().for_each(|accesses| add_accesses(rows, accesses));
        dropped = dropped.saturating_add(row.accesses_dropped);
    });
    dropped
}

fn add_accesses(rows: &mut ResourceRows, accesses: &Accesses) {
    let kept = accesses.kept();
    for (access, number) in kept.iter().zip(1..) {
        let when = match number {
            last if last == kept.len() => When::Last,
            1 => When::First,
            _ => When::Between,
        };
        rows.add_access(access.stack, when, &access.hint);
    }
}

fn facts(registered: &Registered) -> ResourceFacts {
    let (counts, level) = (registered.of.counts(), registered.of.level());
    let table = registered.of.open_table();
    ResourceFacts {
        name: registered.name.clone(),
        level: level.to_string(),
        one_in: level.one_in().unwrap_or(0),
        acquired: counts.acquired,
        released: counts.released,
        unclosed: counts.unclosed,
        open_bytes: counts.open_bytes(),
        refused: table.map_or(0, |table| table.refused()),
        table_bytes: table.map_or(0, |table| table.bytes()),
        accesses_dropped: 0,
    }
}
