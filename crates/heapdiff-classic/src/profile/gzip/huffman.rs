//! Codes of different lengths.

use super::GzipError;
use super::bits::Bits;

/// No code is longer.
const LEN_MAX: usize = 15;

/// The codes of a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Huffman {
    /// How many codes there are of each length.
    counts: [usize; LEN_MAX + 1],
    /// What the codes mean, by length and then by number.
    symbols: Vec<usize>,
    /// The length of the shortest code; so many bits are read at once.
    shortest: usize,
}

impl Huffman {
    /// Codes of these lengths, in the order of what they mean; none where a length is 0. None at all if they leave out
    /// some bits, or have some twice. A single code of one bit is fine.
    pub(super) fn new(lengths: &[usize]) -> Option<Self> {
        let mut codes = Self::default();
        for &length in lengths.iter().filter(|length| **length > 0) {
            *codes.counts.get_mut(length)? += 1;
        }
        let Some(shortest) = lengths.iter().copied().filter(|length| *length > 0).min() else {
            return Some(codes);
        };
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let mut code = 0_usize;
        for count in codes.counts.get(shortest..=longest)? {
            code = (code << 1) + count;
        }
        if code != 1 << longest && !(code == 1 && longest == 1) {
            return None;
        }
        codes.shortest = shortest;
        for wanted in shortest..=longest {
            let of_length = lengths.iter().enumerate().filter(|(_, length)| **length == wanted);
            codes.symbols.extend(of_length.map(|(symbol, _)| symbol));
        }
        Some(codes)
    }

    /// Reads at least so many bits at once.
    pub(super) fn read_at_least(&mut self, length: usize) {
        self.shortest = self.shortest.max(length);
    }

    /// The meaning of the next code.
    pub(super) fn read(&self, bits: &mut Bits<'_>) -> Result<usize, GzipError> {
        let mut wanted = u32::try_from(self.shortest).unwrap_or_default();
        loop {
            bits.need(wanted)?;
            let (waiting, waiting_len) = bits.waiting();
            // Bits that are not there yet are taken for zeros; whether that was right shows once they are.
            let Some((symbol, length)) = self.find(waiting) else { return Err(bits.corrupt()) };
            if length <= waiting_len {
                bits.drop_bits(length);
                return Ok(symbol);
            }
            wanted = length;
        }
    }

    /// What the first bits mean, and how many they are.
    fn find(&self, bits: u32) -> Option<(usize, u32)> {
        let (mut code, mut first, mut before) = (0_usize, 0_usize, 0_usize);
        for (length, &count) in self.counts.iter().enumerate().skip(1) {
            code |= (bits >> (length - 1)) as usize & 1;
            if code < first + count {
                let symbol = self.symbols.get(before + code.checked_sub(first)?)?;
                return Some((*symbol, u32::try_from(length).ok()?));
            }
            before += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}
