//! The first look at an encoded profile: where its parts are.

use super::wire_reader::{Malformed, WireReader};

/// The parts of an encoded profile, undecoded. What samples refer to comes after them in most files, so that nothing
/// can be decoded before all has been seen.
#[derive(Debug, Default)]
pub(super) struct Outline<'b> {
    bytes: &'b [u8],
    pub(super) sample_count: usize,
    pub(super) sample_types: Vec<&'b [u8]>,
    pub(super) mappings: Vec<&'b [u8]>,
    pub(super) locations: Vec<&'b [u8]>,
    pub(super) functions: Vec<&'b [u8]>,
    pub(super) strings: Vec<&'b [u8]>,
    pub(super) drop_frames: u64,
    pub(super) keep_frames: u64,
    pub(super) time_nanos: i64,
    pub(super) duration_nanos: i64,
    pub(super) period_type: &'b [u8],
    pub(super) period: i64,
    pub(super) comments: Vec<u64>,
    pub(super) default_sample_type: u64,
    pub(super) doc_url: u64,
    /// Whether a second profile begins. Nothing after that place has been looked at.
    pub(super) is_concatenated: bool,
}

impl<'b> Outline<'b> {
    /// Looks over the whole message, or up to where a second profile begins.
    pub(super) fn new(bytes: &'b [u8]) -> Result<Self, Malformed> {
        let mut outline = Self { bytes, ..Self::default() };
        let mut fields = WireReader::new(bytes);
        loop {
            let before = fields.clone();
            let Some(field) = fields.next_field()? else { break };
            match field.number {
                1 => outline.sample_types.push(field.bytes()?),
                2 => {
                    field.bytes()?;
                    outline.sample_count += 1;
                }
                3 => outline.mappings.push(field.bytes()?),
                4 => outline.locations.push(field.bytes()?),
                5 => outline.functions.push(field.bytes()?),
                6 => {
                    outline.strings.push(field.bytes()?);
                    if outline.strings.first().is_some_and(|first| !first.is_empty()) {
                        return Err(Malformed);
                    }
                }
                7 => outline.drop_frames = field.uint()?,
                8 => outline.keep_frames = field.uint()?,
                9 if outline.time_nanos != 0 => {
                    outline.is_concatenated = true;
                    outline.bytes = before.consumed_of(bytes);
                    break;
                }
                9 => outline.time_nanos = field.int()?,
                10 => outline.duration_nanos = field.int()?,
                11 => outline.period_type = field.bytes()?,
                12 => outline.period = field.int()?,
                13 => field.each_uint(|comment| outline.comments.push(comment))?,
                14 => outline.default_sample_type = field.uint()?,
                15 => outline.doc_url = field.uint()?,
                _ => {}
            }
        }
        Ok(outline)
    }

    /// The encoded samples in their order.
    pub(super) fn samples(&self) -> impl Iterator<Item = Result<&'b [u8], Malformed>> + use<'b> {
        let mut fields = WireReader::new(self.bytes);
        std::iter::from_fn(move || {
            loop {
                match fields.next_field() {
                    Ok(Some(field)) if field.number == 2 => return Some(field.bytes()),
                    Ok(Some(_)) => {}
                    Ok(None) => return None,
                    Err(malformed) => return Some(Err(malformed)),
                }
            }
        })
    }
}
