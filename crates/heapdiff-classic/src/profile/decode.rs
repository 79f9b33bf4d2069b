//! `profile.proto` to a profile.

use super::entities::{Function, FunctionId, Line, LocationId, Mapping, MappingId, ValueType};
use super::id_table::{IdDefect, IdTable};
use super::label_sets::{Label, LabelValue};
use super::model::Profile;
use super::outline::Outline;
use super::parse_error::{FormatError, InvalidProfile};
use super::samples::Samples;
use super::string_table::{StringId, StringTable};
use super::wire_reader::{Malformed, WireReader};
use crate::foreign_bytes::carry;

/// What decoding gives: a profile, or one that contradicts itself.
pub(super) type Decoded = Result<Profile, InvalidProfile>;

/// Decodes an uncompressed profile.
///
/// # Errors
/// If the bytes are no such message. What a message says wrongly is the inner result: pprof looks at the older
/// formats only in the first case.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, FormatError> {
    if bytes.is_empty() {
        return Err(FormatError::Empty);
    }
    let outline = Outline::new(bytes).map_err(|Malformed| FormatError::Unrecognized)?;
    let decoded = Decoder::new(&outline).decode(&outline);
    match decoded {
        Err(Defect::Wire) => Err(FormatError::Unrecognized),
        _ if outline.is_concatenated => Err(FormatError::Concatenated),
        Err(Defect::Text) => Err(FormatError::Unrecognized),
        Ok(decoded) => Ok(decoded),
    }
}

#[derive(Clone, Copy, Debug)]
enum Defect {
    /// The bytes are no message.
    Wire,
    /// A text that does not exist. pprof sees it only when all bytes are read.
    Text,
}

impl From<Malformed> for Defect {
    fn from(_: Malformed) -> Self {
        Self::Wire
    }
}

struct Decoder {
    profile: Profile,
    // The texts of the file's table, by their place in it.
    texts: Vec<StringId>,
    mappings: IdTable,
    functions: IdTable,
    locations: IdTable,
    /// The first location with a line of no function.
    unknown_function: Option<(usize, u64)>,
    /// The first sample that is wrong.
    wrong_sample: Option<InvalidProfile>,
}

impl Decoder {
    fn new(outline: &Outline<'_>) -> Self {
        let mut strings = StringTable::default();
        let texts = outline.strings.iter().map(|bytes| strings.intern(&carry(bytes))).collect();
        Self {
            profile: Profile { strings, ..Profile::default() },
            texts,
            mappings: IdTable::new(outline.mappings.len()),
            functions: IdTable::new(outline.functions.len()),
            locations: IdTable::new(outline.locations.len()),
            unknown_function: None,
            wrong_sample: None,
        }
    }

    fn decode(mut self, outline: &Outline<'_>) -> Result<Decoded, Defect> {
        self.header(outline)?;
        self.mappings(outline)?;
        self.functions(outline)?;
        self.locations(outline)?;
        self.samples(outline)?;
        Ok(match self.defect() {
            Some(invalid) => Err(invalid),
            None => Ok(self.profile),
        })
    }

    fn text(&self, index: u64) -> Result<StringId, Defect> {
        usize::try_from(index).ok().and_then(|index| self.texts.get(index)).copied().ok_or(Defect::Text)
    }

    fn value_type(&self, bytes: &[u8]) -> Result<ValueType, Defect> {
        let (mut kind, mut unit) = (0, 0);
        let mut fields = WireReader::new(bytes);
        while let Some(field) = fields.next_field()? {
            match field.number {
                1 => kind = field.uint()?,
                2 => unit = field.uint()?,
                _ => {}
            }
        }
        Ok(ValueType { kind: self.text(kind)?, unit: self.text(unit)? })
    }

    fn header(&mut self, outline: &Outline<'_>) -> Result<(), Defect> {
        for bytes in &outline.sample_types {
            let sample_type = self.value_type(bytes)?;
            self.profile.sample_types.push(sample_type);
        }
        self.profile.period_type = self.value_type(outline.period_type)?;
        for &comment in &outline.comments {
            let comment = self.text(comment)?;
            self.profile.comments.push(comment);
        }
        self.profile.drop_frames = self.text(outline.drop_frames)?;
        self.profile.keep_frames = self.text(outline.keep_frames)?;
        self.profile.default_sample_type = self.text(outline.default_sample_type)?;
        self.profile.doc_url = self.text(outline.doc_url)?;
        self.profile.time_nanos = outline.time_nanos;
        self.profile.duration_nanos = outline.duration_nanos;
        self.profile.period = outline.period;
        Ok(())
    }

    fn mappings(&mut self, outline: &Outline<'_>) -> Result<(), Defect> {
        for (place, bytes) in outline.mappings.iter().enumerate() {
            let (mut id, mut file, mut build_id, mut mapping) = (0, 0, 0, Mapping::default());
            let mut fields = WireReader::new(bytes);
            while let Some(field) = fields.next_field()? {
                match field.number {
                    1 => id = field.uint()?,
                    2 => mapping.start = field.uint()?,
                    3 => mapping.limit = field.uint()?,
                    4 => mapping.offset = field.uint()?,
                    5 => file = field.uint()?,
                    6 => build_id = field.uint()?,
                    7 => mapping.has_functions = field.flag()?,
                    8 => mapping.has_filenames = field.flag()?,
                    9 => mapping.has_line_numbers = field.flag()?,
                    10 => mapping.has_inline_frames = field.flag()?,
                    _ => {}
                }
            }
            (mapping.file, mapping.build_id) = (self.text(file)?, self.text(build_id)?);
            self.profile.mappings.push(Mapping { id, ..mapping });
            self.mappings.insert(id, place);
        }
        Ok(())
    }

    fn functions(&mut self, outline: &Outline<'_>) -> Result<(), Defect> {
        self.profile.functions.reserve_exact(outline.functions.len());
        for (place, bytes) in outline.functions.iter().enumerate() {
            let (mut id, mut name, mut system_name, mut filename, mut start_line) = (0, 0, 0, 0, 0);
            let mut fields = WireReader::new(bytes);
            while let Some(field) = fields.next_field()? {
                match field.number {
                    1 => id = field.uint()?,
                    2 => name = field.uint()?,
                    3 => system_name = field.uint()?,
                    4 => filename = field.uint()?,
                    5 => start_line = field.int()?,
                    _ => {}
                }
            }
            self.profile.functions.push(Function {
                id,
                name: self.text(name)?,
                system_name: self.text(system_name)?,
                filename: self.text(filename)?,
                start_line,
            });
            self.functions.insert(id, place);
        }
        Ok(())
    }

    fn locations(&mut self, outline: &Outline<'_>) -> Result<(), Defect> {
        self.profile.locations.reserve_exact(outline.locations.len());
        let mut lines = Vec::new();
        for (place, bytes) in outline.locations.iter().enumerate() {
            let (mut id, mut mapping, mut address, mut is_folded) = (0, 0, 0, false);
            let mut lacks_function = false;
            lines.clear();
            let mut fields = WireReader::new(bytes);
            while let Some(field) = fields.next_field()? {
                match field.number {
                    1 => id = field.uint()?,
                    2 => mapping = field.uint()?,
                    3 => address = field.uint()?,
                    4 => match self.line(field.message()?)? {
                        Some(line) => lines.push(line),
                        None => lacks_function = true,
                    },
                    5 => is_folded = field.flag()?,
                    _ => {}
                }
            }
            let mapping = self.mappings.get(mapping).map(MappingId::at);
            self.profile.push_location(address, mapping, is_folded, &lines);
            if let Some(location) = self.profile.locations.last_mut() {
                location.id = id;
            }
            self.locations.insert(id, place);
            if lacks_function && self.unknown_function.is_none() {
                self.unknown_function = Some((place, id));
            }
        }
        Ok(())
    }

    fn line(&self, mut fields: WireReader<'_>) -> Result<Option<Line>, Defect> {
        let (mut function, mut line, mut column) = (0, 0, 0);
        while let Some(field) = fields.next_field()? {
            match field.number {
                1 => function = field.uint()?,
                2 => line = field.int()?,
                3 => column = field.int()?,
                _ => {}
            }
        }
        // A function of the id 0 is an error of its own; no line refers to it.
        let function = if function == 0 { None } else { self.functions.get(function) };
        Ok(function.map(|function| Line { function: FunctionId::at(function), line, column }))
    }

    fn samples(&mut self, outline: &Outline<'_>) -> Result<(), Defect> {
        let value_count = self.profile.sample_types.len();
        let mut samples = Samples::new(value_count);
        samples.reserve(outline.sample_count, 0);
        let (mut stack, mut values, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for bytes in outline.samples() {
            stack.clear();
            values.clear();
            labels.clear();
            let mut is_known = true;
            let mut fields = WireReader::new(bytes?);
            while let Some(field) = fields.next_field()? {
                match field.number {
                    1 => field.each_uint(|id| match self.locations.get(id) {
                        Some(place) => stack.push(LocationId::at(place)),
                        None => is_known = false,
                    })?,
                    2 => field.each_uint(|value| values.push(value.cast_signed()))?,
                    3 => labels.extend(self.label(field.message()?)?),
                    _ => {}
                }
            }
            if self.wrong_sample.is_none() {
                if values.len() != value_count {
                    let found = values.len();
                    self.wrong_sample = Some(InvalidProfile::ValueCount { found, expected: value_count });
                } else if !is_known {
                    self.wrong_sample = Some(InvalidProfile::UnknownLocation);
                }
            }
            let set = self.profile.label_sets.intern(&mut labels, &self.profile.strings);
            samples.push(&stack, &values, set);
        }
        self.profile.samples = samples;
        Ok(())
    }

    /// A label; none where it says nothing, as a number 0 without a unit does.
    fn label(&self, mut fields: WireReader<'_>) -> Result<Option<Label>, Defect> {
        let (mut key, mut text, mut value, mut unit) = (0, 0, 0, 0);
        while let Some(field) = fields.next_field()? {
            match field.number {
                1 => key = field.uint()?,
                2 => text = field.uint()?,
                3 => value = field.int()?,
                4 => unit = field.uint()?,
                _ => {}
            }
        }
        let key = self.text(key)?;
        Ok(if text != 0 {
            Some(Label { key, value: LabelValue::Text(self.text(text)?) })
        } else if value != 0 || unit != 0 {
            Some(Label { key, value: LabelValue::Number { value, unit: self.text(unit)? } })
        } else {
            None
        })
    }

    /// The first contradiction in the order in which pprof looks for them.
    fn defect(&mut self) -> Option<InvalidProfile> {
        if self.profile.sample_types.is_empty() && !self.profile.samples.is_empty() {
            return Some(InvalidProfile::NoSampleTypes);
        }
        let wrong_mapping = self.mappings.defect().map(|(_, defect)| match defect {
            IdDefect::Zero => InvalidProfile::MappingZero,
            IdDefect::Duplicate(id) => InvalidProfile::DuplicateMapping(id),
        });
        let wrong_function = self.functions.defect().map(|(_, defect)| match defect {
            IdDefect::Zero => InvalidProfile::FunctionZero,
            IdDefect::Duplicate(id) => InvalidProfile::DuplicateFunction(id),
        });
        self.wrong_sample.take().or(wrong_mapping).or(wrong_function).or_else(|| self.wrong_location())
    }

    fn wrong_location(&self) -> Option<InvalidProfile> {
        let by_id = self.locations.defect().map(|(place, defect)| match defect {
            IdDefect::Zero => (place, InvalidProfile::LocationZero),
            IdDefect::Duplicate(id) => (place, InvalidProfile::DuplicateLocation(id)),
        });
        let by_line = self.unknown_function.map(|(place, id)| (place, InvalidProfile::UnknownFunction(id)));
        match (by_id, by_line) {
            // Of one location, the id is looked at first.
            (Some((place, wrong)), Some((line_place, _))) if place <= line_place => Some(wrong),
            (by_id, by_line) => by_line.or(by_id).map(|(_, wrong)| wrong),
        }
    }
}
