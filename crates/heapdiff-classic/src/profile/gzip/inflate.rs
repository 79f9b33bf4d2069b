//! Packed bytes to bytes.

use super::GzipError;
use super::bits::Bits;
use super::huffman::Huffman;

/// The order in which the lengths of the codes for lengths are written.
const LENGTH_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const LITERALS_MAX: usize = 286;
const DISTANCES_MAX: usize = 30;
const END_OF_BLOCK: usize = 256;

/// How far back bytes may come from.
const DISTANCE_MAX: usize = 1 << 15;

/// Unpacks all blocks. What was there before is no part of it.
pub(super) fn inflate(bits: &mut Bits<'_>, output: &mut Vec<u8>) -> Result<(), GzipError> {
    let start = output.len();
    loop {
        bits.need(3)?;
        let is_last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => copy(bits, output)?,
            1 => {
                let lengths: Vec<usize> = (0..288)
                    .map(|symbol| match symbol {
                        0..144 | 280.. => 8,
                        144..256 => 9,
                        _ => 7,
                    })
                    .collect();
                let literals = Huffman::new(&lengths).unwrap_or_default();
                block(bits, output, start, &literals, None)?;
            }
            2 => {
                let (literals, distances) = codes(bits)?;
                block(bits, output, start, &literals, Some(&distances))?;
            }
            _ => return Err(bits.corrupt()),
        }
        if is_last {
            return Ok(());
        }
    }
}

/// A block that is not packed.
fn copy(bits: &mut Bits<'_>, output: &mut Vec<u8>) -> Result<(), GzipError> {
    bits.align();
    let &[a, b, c, d] = bits.take_bytes(4)? else { return Err(bits.corrupt()) };
    let len = u16::from_le_bytes([a, b]);
    if len != !u16::from_le_bytes([c, d]) {
        return Err(bits.corrupt());
    }
    output.extend(bits.take_bytes(usize::from(len))?);
    Ok(())
}

/// The codes of a block that brings its own.
fn codes(bits: &mut Bits<'_>) -> Result<(Huffman, Huffman), GzipError> {
    bits.need(14)?;
    let literals = bits.take(5)? + 257;
    let distances = bits.take(5)? + 1;
    if literals > LITERALS_MAX || distances > DISTANCES_MAX {
        return Err(bits.corrupt());
    }
    let count = bits.take(4)? + 4;
    let mut lengths = [0; LENGTH_ORDER.len()];
    for &place in LENGTH_ORDER.iter().take(count) {
        let length = bits.take(3)?;
        if let Some(slot) = lengths.get_mut(place) {
            *slot = length;
        }
    }
    let length_codes = Huffman::new(&lengths).ok_or_else(|| bits.corrupt())?;
    let wanted = literals + distances;
    let mut lengths: Vec<usize> = Vec::with_capacity(wanted);
    while lengths.len() < wanted {
        let (again, length) = match length_codes.read(bits)? {
            16 => match lengths.last().copied() {
                Some(last) => (bits.take(2)? + 3, last),
                None => return Err(bits.corrupt()),
            },
            17 => (bits.take(3)? + 3, 0),
            18 => (bits.take(7)? + 11, 0),
            length => (1, length),
        };
        if lengths.len() + again > wanted {
            return Err(bits.corrupt());
        }
        lengths.resize(lengths.len() + again, length);
    }
    let (of_literals, of_distances) = lengths.split_at_checked(literals).unwrap_or_default();
    let codes = Huffman::new(of_literals).zip(Huffman::new(of_distances));
    let (mut literals, distances) = codes.ok_or_else(|| bits.corrupt())?;
    literals.read_at_least(of_literals.get(END_OF_BLOCK).copied().unwrap_or(0));
    Ok((literals, distances))
}

/// A packed block. Without codes of their own, distances have five bits.
fn block(
    bits: &mut Bits<'_>,
    output: &mut Vec<u8>,
    start: usize,
    literals: &Huffman,
    distances: Option<&Huffman>,
) -> Result<(), GzipError> {
    loop {
        let symbol = literals.read(bits)?;
        if let Ok(byte) = u8::try_from(symbol) {
            output.push(byte);
            continue;
        }
        if symbol == END_OF_BLOCK {
            return Ok(());
        }
        let (base, extra) = length(symbol).ok_or_else(|| bits.corrupt())?;
        let len = base + bits.take(extra)?;
        let distance = match distances {
            Some(codes) => codes.read(bits)?,
            None => {
                let reversed = bits.take(5)?;
                (0..5).fold(0, |number, bit| number << 1 | reversed >> bit & 1)
            }
        };
        let distance = match distance {
            0..4 => distance + 1,
            4..DISTANCES_MAX => {
                let extra = (distance - 2) >> 1;
                let more = bits.take(u32::try_from(extra).unwrap_or_default())?;
                (1 << (extra + 1)) + 1 + ((distance & 1) << extra | more)
            }
            _ => return Err(bits.corrupt()),
        };
        if distance > (output.len() - start).min(DISTANCE_MAX) {
            return Err(bits.corrupt());
        }
        for _ in 0..len {
            let byte = output.len().checked_sub(distance).and_then(|place| output.get(place)).copied();
            output.push(byte.unwrap_or_default());
        }
    }
}

/// The smallest length that a symbol stands for, and how many bits follow that say how much more it is.
fn length(symbol: usize) -> Option<(usize, u32)> {
    let step = symbol.checked_sub(END_OF_BLOCK + 1)?;
    match step {
        0..8 => Some((step + 3, 0)),
        8..28 => {
            let extra = (step - 4) / 4;
            Some((((4 + step % 4) << extra) + 3, u32::try_from(extra).ok()?))
        }
        28 => Some((258, 0)),
        _ => None,
    }
}
