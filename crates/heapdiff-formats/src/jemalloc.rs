//! jemalloc's own heap profiles, `heap_v2`.
//!
//! ```text
//! heap_v2/524288                                   mean bytes between samples
//!   t*: 105: 29696 [0: 0]                          all threads: in use [allocated, 0 without `prof_accum`]
//!   t1: 51: 10673 [0: 0] small cache               a thread and its name
//! @ 0x55aae967a0c1 0x55aae967a3f8                  a stack of return addresses, leaf first
//!   t*: 27: 3024 [0: 0]                            objects: bytes
//!   t1: 27: 3024 [0: 0]
//!
//! MAPPED_LIBRARIES:                                /proc/self/maps
//! ```
//!
//! # What the figures stand for
//!
//! A block of `s` bytes is sampled with the probability 1 - e^(-s/R), where R is the number in the headline. A reader is
//! expected to scale the sums of a stack by 1 / (1 - e^(-m/R)), where m is their mean size, as `jeprof` does. For blocks of
//! different sizes on one stack that is wrong by as much as 13 %. So jemalloc, since 5.3 and unless `prof_unbias:false`,
//! weighs each sample by itself, and writes those figures that this scaling turns into the right ones. The same scaling is
//! therefore right for all dumps; those of older versions keep their bias, and nothing in a dump tells them apart.
//! How many samples there were cannot be known from a dump.
//!
//! The line of all threads is the sum of a stack, for it is what jemalloc rounds last; its threads share it in proportion
//! to their own lines. So the totals are `jeprof`'s, which knows no fractions of threads either.
//!
//! **Source:** jemalloc 5.3.1, `prof_data.c` (`prof_do_unbias`, `prof_dump_*`), `jeprof.in` (`AdjustSamples`);
//! `doc_internal/PROFILING_INTERNALS.md`.

use crate::assembly::{Assembly, value_type};
use crate::limits::Limits;
use crate::lines::{Lines, hexadecimal};
use crate::memory_map::MemoryMap;
use crate::read_error::ReadError;
use crate::warning::Warning;
use heapdiff_profile::{Label, Location, LocationId, Profile};
use std::collections::BTreeMap;
use std::io::BufRead;

const FORMAT: &str = "jemalloc's heap profile";
/// How a dump begins.
pub(crate) const MARK: &[u8] = b"heap_v2/";

const TYPES: [(&str, &str); 4] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
];

/// Reads a dump.
pub(crate) fn read(input: impl BufRead, limits: &Limits) -> Result<(Profile, Vec<Warning>), ReadError> {
    let mut lines = Lines::new(FORMAT, input);
    lines.advance()?;
    let period =
        lines.line().strip_prefix(MARK).and_then(decimal).and_then(|period| i64::try_from(period).ok());
    let period = period.ok_or_else(|| lines.malformed("`heap_v2/` and the sampling period in bytes"))?;
    let mut assembly = Assembly::new(&TYPES, "inuse_space", limits);
    assembly.header().period = period;
    assembly.header().period_type = Some(value_type(("space", "bytes")));
    let mut dump =
        Dump { assembly, period, names: BTreeMap::new(), stack: None, all: None, threads: Vec::new() };
    let mut map = MemoryMap::default();
    while lines.advance()? {
        let line = lines.line().trim_ascii();
        if line == b"MAPPED_LIBRARIES:" || line == b"--- Memory map: ---" {
            map.read(&mut lines, &mut dump.assembly)?;
        } else if let Some(addresses) = line.strip_prefix(b"@") {
            dump.finish_stack()?;
            dump.begin_stack(addresses).ok_or_else(|| lines.malformed("`@` and addresses"))??;
        } else if !line.is_empty() {
            let (thread, counts, name) =
                thread_line(line).ok_or_else(|| lines.malformed("`tN: objects: bytes [objects: bytes]`"))?;
            dump.thread(thread, counts, name)?;
        }
    }
    dump.finish_stack()?;
    let (mut profile, warnings) = dump.assembly.finish();
    map.assign(&mut profile);
    drop_empty_columns(&mut profile);
    Ok((profile, warnings))
}

/// Figures of a line: objects and bytes.
#[derive(Clone, Copy, Debug)]
struct Counts {
    allocated: (u64, u64),
    in_use: (u64, u64),
}

/// Whose line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thread {
    All,
    One(u64),
}

#[derive(Debug)]
struct Dump {
    assembly: Assembly,
    period: i64,
    /// Names of threads.
    names: BTreeMap<u64, String>,
    // The stack that is being read.
    stack: Option<Vec<LocationId>>,
    all: Option<Counts>,
    threads: Vec<(u64, Counts)>,
}

impl Dump {
    /// `None` if these are no addresses.
    fn begin_stack(&mut self, addresses: &[u8]) -> Option<Result<(), ReadError>> {
        let mut stack = Vec::new();
        for word in addresses.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
            let address = hexadecimal(word)?;
            // Each is a return address, the leaf's in jemalloc's own unwinding function.
            let location = Location { address: address.wrapping_sub(1), ..Location::default() };
            match self.assembly.location(location) {
                Ok(id) => stack.push(id),
                Err(error) => return Some(Err(error)),
            }
        }
        self.stack = Some(stack);
        Some(Ok(()))
    }

    fn thread(&mut self, thread: Thread, counts: Counts, name: &[u8]) -> Result<(), ReadError> {
        match (thread, &self.stack) {
            (Thread::All, Some(_)) => self.all = Some(counts),
            (Thread::One(number), Some(_)) => {
                self.assembly.charge::<(u64, Counts)>(0)?;
                self.threads.push((number, counts));
            }
            (Thread::One(number), None) if !name.is_empty() => {
                self.assembly.charge::<(u64, String, [usize; 4])>(name.len())?;
                self.names.insert(number, String::from_utf8_lossy(name).into_owned());
            }
            // Totals before the first stack, which follow from the stacks.
            (_, None) => {}
        }
        Ok(())
    }

    /// Adds the stack to the profile, a sample a thread.
    fn finish_stack(&mut self) -> Result<(), ReadError> {
        let (stack, all) = (self.stack.take(), self.all.take());
        let threads = std::mem::take(&mut self.threads);
        let Some(stack) = stack else { return Ok(()) };
        let estimates: Vec<[f64; 4]> = threads.iter().map(|(_, counts)| self.estimates(counts)).collect();
        let of_threads = estimates.iter().fold([0.0; 4], |sums: [f64; 4], estimate| {
            std::array::from_fn(|column| at(&sums, column) + at(estimate, column))
        });
        let totals = all.map_or(of_threads, |counts| self.estimates(&counts));
        if threads.is_empty() {
            self.assembly.add(&stack, &[], &totals.map(rounded))?;
            return Ok(());
        }
        let shares: [Vec<i64>; 4] = std::array::from_fn(|column| {
            let weights: Vec<f64> = estimates.iter().map(|estimate| at(estimate, column)).collect();
            shares(at(&totals, column), &weights)
        });
        for (place, (number, _)) in threads.iter().enumerate() {
            let labels = self.labels(*number)?;
            let values = shares.each_ref().map(|shares| shares.get(place).copied().unwrap_or(0));
            self.assembly.add(&stack, &labels, &values)?;
        }
        Ok(())
    }

    fn labels(&mut self, thread: u64) -> Result<Vec<Label>, ReadError> {
        let mut labels = Vec::with_capacity(2);
        if let Some(name) = self.names.get(&thread) {
            labels.push(self.assembly.word_label("thread", name)?);
        }
        labels.push(self.assembly.number_label("thread_id", thread.cast_signed(), "")?);
        Ok(labels)
    }

    /// What the figures of a line stand for, in the order of [`TYPES`].
    fn estimates(&self, counts: &Counts) -> [f64; 4] {
        let (allocated, in_use) = (self.estimate(counts.allocated), self.estimate(counts.in_use));
        [allocated.0, allocated.1, in_use.0, in_use.1]
    }

    /// What a number of objects and their bytes stand for.
    #[expect(clippy::cast_precision_loss, reason = "an estimate of a heap has no 16 digits")]
    fn estimate(&self, (objects, bytes): (u64, u64)) -> (f64, f64) {
        let (objects, bytes) = (objects as f64, bytes as f64);
        // At a period of 1 everything is sampled.
        if objects == 0.0 || bytes == 0.0 || self.period <= 1 {
            return (objects, bytes);
        }
        let probability = -(-bytes / objects / self.period as f64).exp_m1();
        (objects / probability, bytes / probability)
    }
}

fn at(values: &[f64; 4], column: usize) -> f64 {
    values.get(column).copied().unwrap_or(0.0)
}

/// A total parted in proportion to `weights`, with a sum that is the rounded total.
fn shares(total: f64, weights: &[f64]) -> Vec<i64> {
    let sum: f64 = weights.iter().sum();
    let (mut weight, mut given) = (0.0, 0);
    let mut parts: Vec<i64> = weights
        .iter()
        .map(|part| {
            weight += part;
            let up_to_here = if sum > 0.0 { rounded(total * (weight / sum)) } else { 0 };
            let share = up_to_here.saturating_sub(given);
            given = up_to_here;
            share
        })
        .collect();
    if let Some(last) = parts.last_mut() {
        *last = last.saturating_add(rounded(total).saturating_sub(given));
    }
    parts
}

#[expect(clippy::cast_possible_truncation, reason = "a cast from f64 saturates")]
fn rounded(value: f64) -> i64 {
    value.round() as i64
}

/// Takes away the columns of what was ever allocated, which are zeros unless `prof_accum` is set.
fn drop_empty_columns(profile: &mut Profile) {
    let is_empty = |values: &[i64]| values.iter().take(2).all(|&value| value == 0);
    if profile.samples.iter().all(|sample| is_empty(&sample.values)) {
        profile.sample_types.drain(..2);
        for sample in &mut profile.samples {
            sample.values.drain(..2);
        }
    }
}

/// `t1: 51: 10673 [0: 0] name`.
fn thread_line(line: &[u8]) -> Option<(Thread, Counts, &[u8])> {
    let (thread, rest) = split_once(line.strip_prefix(b"t")?, b':')?;
    let thread = match thread {
        b"*" => Thread::All,
        number => Thread::One(decimal(number)?),
    };
    let (objects, rest) = split_once(rest, b':')?;
    let (bytes, rest) = split_once(rest, b'[')?;
    let (allocated_objects, rest) = split_once(rest, b':')?;
    let (allocated_bytes, name) = split_once(rest, b']')?;
    let counts = Counts {
        allocated: (decimal(allocated_objects)?, decimal(allocated_bytes)?),
        in_use: (decimal(objects)?, decimal(bytes)?),
    };
    Some((thread, counts, name.trim_ascii()))
}

fn split_once(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|&byte| byte == mark)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

fn decimal(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    text.first().filter(|byte| byte.is_ascii_digit())?;
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_total() {
        assert_eq!(shares(10.0, &[1.0, 1.0, 1.0]), [3, 4, 3]);
        assert_eq!(shares(10.4, &[0.0, 5.0]), [0, 10]);
        assert_eq!(shares(7.0, &[0.0, 0.0]), [0, 7]);
        assert_eq!(shares(0.0, &[1.0]), [0]);
    }

    #[test]
    fn a_sample_stands_for_more_the_smaller_it_is() {
        let dump = |period| Dump {
            assembly: Assembly::new(&TYPES, "", &Limits::default()),
            period,
            names: BTreeMap::new(),
            stack: None,
            all: None,
            threads: Vec::new(),
        };
        // By the formula in the source of `jeprof` 5.3.1: 3024 / (1 - e^(-112 / 524288)).
        let (objects, bytes) = dump(524_288).estimate((27, 3024));
        assert_eq!((rounded(objects), rounded(bytes)), (126_404, 14_157_288));
        assert_eq!(dump(1).estimate((3, 100)), (3.0, 100.0));
        assert_eq!(dump(512).estimate((0, 0)), (0.0, 0.0));
    }

    #[test]
    fn lines_of_threads_are_read_strictly() {
        let (thread, counts, name) = thread_line(b"t12: 5: 60 [7: 80] small cache").unwrap();
        assert_eq!((thread, counts.in_use, counts.allocated), (Thread::One(12), (5, 60), (7, 80)));
        assert_eq!(name, b"small cache");
        for wrong in
            ["t1: 5: 60", "t1: 5: 60 [7 80]", "t: 1: 2 [0: 0]", "t1: -5: 60 [7: 80]", "t1: +5: 6 [7: 8]", ""]
        {
            assert!(thread_line(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
