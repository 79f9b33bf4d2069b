//! Binary CPU profiles of gperftools: `profilez`.

use super::super::entities::LocationId;
use super::super::label_sets::LabelSetId;
use super::super::model::Profile;
use super::super::parse_error::FormatError;
use super::builder::{Builder, calls_above_leaf};
use super::lines::Lines;
use super::{java, memory_map};
use std::collections::BTreeMap;

/// How numbers are written.
#[derive(Clone, Copy, Debug)]
enum Words {
    Little32,
    Big32,
    Little64,
    Big64,
}

/// The rest of a profile, as numbers; nothing once it ended within a number.
#[derive(Clone, Copy, Debug)]
struct Reader<'b> {
    rest: Option<&'b [u8]>,
    words: Words,
}

impl<'b> Reader<'b> {
    /// The next number, 0 where there is none.
    fn next(&mut self) -> u64 {
        fn split<const LEN: usize>(bytes: &[u8]) -> Option<([u8; LEN], &[u8])> {
            bytes.split_first_chunk::<LEN>().map(|(word, rest)| (*word, rest))
        }
        let bytes = self.rest.unwrap_or_default();
        let taken: Option<(u64, &'b [u8])> = match self.words {
            Words::Little32 => split(bytes).map(|(word, rest)| (u32::from_le_bytes(word).into(), rest)),
            Words::Big32 => split(bytes).map(|(word, rest)| (u32::from_be_bytes(word).into(), rest)),
            Words::Little64 => split(bytes).map(|(word, rest)| (u64::from_le_bytes(word), rest)),
            Words::Big64 => split(bytes).map(|(word, rest)| (u64::from_be_bytes(word), rest)),
        };
        self.rest = taken.map(|(_, rest)| rest);
        taken.map_or(0, |(word, _)| word)
    }

    fn remaining(&self) -> &'b [u8] {
        self.rest.unwrap_or_default()
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Profile, FormatError> {
    for words in [Words::Little32, Words::Big32, Words::Little64, Words::Big64] {
        let mut reader = Reader { rest: Some(bytes), words };
        // The header has three more words.
        let header: [u64; 5] = std::array::from_fn(|_| reader.next());
        let [0, 3, is_java @ (0 | 1), period @ (1..), 0] = header else { continue };
        if reader.rest.is_none() {
            continue;
        }
        let period = period.cast_signed().wrapping_mul(1000);
        let sample_types = [("samples", "count"), ("cpu", "nanoseconds")];
        let mut builder = Builder::new(&sample_types, ("cpu", "nanoseconds"), period);
        read_samples(&mut reader, &mut builder, is_java == 0)?;
        if is_java == 1 {
            return java::finish(builder, reader.remaining());
        }
        drop_handler_frames(&mut builder.profile);
        memory_map::read_all(&mut Lines::new(reader.remaining()), &mut builder.profile)?;
        drop_duplicate_leaves(&mut builder.profile);
        return Ok(builder.profile);
    }
    Err(FormatError::Unrecognized)
}

/// Samples, each a count, a length and so many addresses; a sample `0 1 0` ends them.
fn read_samples(reader: &mut Reader<'_>, builder: &mut Builder, adjust: bool) -> Result<(), FormatError> {
    let period = builder.profile.period;
    while !reader.remaining().is_empty() {
        let (count, len) = (reader.next(), reader.next());
        if reader.rest.is_none() || len > (reader.remaining().len() / 4) as u64 {
            return Err(FormatError::Unrecognized);
        }
        let addresses: Vec<u64> = (0..len).map(|_| reader.next()).collect();
        if count == 0 && addresses == [0] {
            break;
        }
        let count = count.cast_signed();
        let values = [count, count.wrapping_mul(period)];
        if adjust {
            builder.sample(calls_above_leaf(&addresses), &values, LabelSetId::EMPTY);
        } else {
            builder.sample(addresses.iter().copied(), &values, LabelSetId::EMPTY);
        }
    }
    Ok(())
}

/// Removes the caller of the leaf if nearly all samples have the same one, twice: it is the signal handler's frame,
/// for the leaf itself is known from the interrupted registers.
fn drop_handler_frames(profile: &mut Profile) {
    for _ in 0..2 {
        let mut counts: BTreeMap<LocationId, usize> = BTreeMap::new();
        for sample in profile.samples.iter() {
            if let Some(&caller) = sample.stack.get(1) {
                *counts.entry(caller).or_default() += 1;
            }
        }
        let sample_count = profile.samples.len();
        let enough = sample_count - sample_count / 32;
        let handler = counts.into_iter().find(|&(_, count)| count >= enough).map(|(handler, _)| handler);
        if let Some(handler) = handler {
            drop_caller_of_leaf(profile, |_, _, caller| caller == handler);
        }
    }
}

/// Removes a caller that is the leaf once more: the leaf is known from the registers and from the stack.
pub(super) fn drop_duplicate_leaves(profile: &mut Profile) {
    drop_caller_of_leaf(profile, |addresses, leaf, caller| {
        let address = |id: LocationId| addresses.get(id.index()).copied().unwrap_or_default();
        address(leaf) == address(caller).wrapping_add(1)
    });
}

fn drop_caller_of_leaf(profile: &mut Profile, is_wrong: impl Fn(&[u64], LocationId, LocationId) -> bool) {
    let addresses: Vec<u64> = profile.locations.iter().map(|location| location.address).collect();
    profile.samples.replace_stacks(|sample, stack| {
        match *sample.stack {
            [leaf, caller, ref rest @ ..] if is_wrong(&addresses, leaf, caller) => {
                stack.push(leaf);
                stack.extend(rest);
            }
            _ => stack.extend(sample.stack),
        }
        true
    });
}
