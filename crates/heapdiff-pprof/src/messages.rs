//! Decodes the entries of a profile's lists.

use crate::cursor::{Cursor, Field};
use crate::decode_error::{DecodeError, Defect, Section};
use crate::field;
use crate::id_table::IdTable;
use crate::message::{Function, Label, LabelValue, Line, Location, Mapping, Sample};
use crate::reader::{Reader, StringIndex};

/// One entry of a profile's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'m> {
    /// The next mapping.
    Mapping(Mapping<StringIndex>),
    /// The next location.
    Location(Location<'m>),
    /// The next function.
    Function(Function<StringIndex>),
    /// The next sample.
    Sample(Sample<'m, StringIndex>),
}

/// The messages of a profile in the order of the file, lent one by one.
#[derive(Debug)]
pub struct Messages<'r, 'a> {
    reader: &'r Reader<'a>,
    cursor: Cursor<'a>,
    mapping_count: u64,
    location_count: u64,
    function_count: u64,
    unknown_mapping_count: u64,
    // Reused from message to message.
    location_ids: Vec<u64>,
    values: Vec<i64>,
    labels: Vec<Label<StringIndex>>,
    lines: Vec<Line>,
}

impl<'r, 'a> Messages<'r, 'a> {
    pub(crate) fn new(reader: &'r Reader<'a>, bytes: &'a [u8]) -> Self {
        Self {
            reader,
            cursor: Cursor::new(bytes),
            mapping_count: 0,
            location_count: 0,
            function_count: 0,
            unknown_mapping_count: 0,
            location_ids: Vec::new(),
            values: Vec::new(),
            labels: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// The next mapping, location, function or sample; `None` after the last one.
    ///
    /// # Errors
    /// If a message is malformed, refers to a string, function or location that does not exist, or is a
    /// sample with another number of values than there are sample types.
    pub fn next_message(&mut self) -> Result<Option<Message<'_>>, DecodeError> {
        use field::profile;
        let field = loop {
            let Some(field) = self.cursor.next_field()? else { return Ok(None) };
            if matches!(
                field.number,
                profile::SAMPLE | profile::MAPPING | profile::LOCATION | profile::FUNCTION
            ) {
                break field;
            }
        };
        Ok(Some(match field.number {
            profile::SAMPLE => Message::Sample(self.sample(&field)?),
            profile::MAPPING => Message::Mapping(self.mapping(&field)?),
            profile::LOCATION => Message::Location(self.location(&field)?),
            _ => Message::Function(self.function(&field)?),
        }))
    }

    /// The number of locations so far whose mapping does not exist. They are lent without a mapping, as pprof
    /// does.
    #[must_use]
    pub fn unknown_mapping_count(&self) -> u64 {
        self.unknown_mapping_count
    }

    fn mapping(&mut self, field: &Field<'a>) -> Result<Mapping<StringIndex>, DecodeError> {
        use field::mapping;
        self.mapping_count += 1;
        let mut mapping = Mapping { id: self.mapping_count, ..Mapping::default() };
        let mut fields = field.message(Section::Mapping)?;
        while let Some(field) = fields.next_field()? {
            match field.number {
                mapping::MEMORY_START => mapping.memory_start = field.uint()?,
                mapping::MEMORY_LIMIT => mapping.memory_limit = field.uint()?,
                mapping::FILE_OFFSET => mapping.file_offset = field.uint()?,
                mapping::FILE => mapping.file = self.reader.string_index(&field)?,
                mapping::BUILD_ID => mapping.build_id = self.reader.string_index(&field)?,
                mapping::HAS_FUNCTIONS => mapping.has_functions = field.uint()? != 0,
                mapping::HAS_FILE_NAMES => mapping.has_file_names = field.uint()? != 0,
                mapping::HAS_LINE_NUMBERS => mapping.has_line_numbers = field.uint()? != 0,
                mapping::HAS_INLINE_FRAMES => mapping.has_inline_frames = field.uint()? != 0,
                _ => {}
            }
        }
        Ok(mapping)
    }

    fn location(&mut self, field: &Field<'a>) -> Result<Location<'_>, DecodeError> {
        use field::location;
        self.location_count += 1;
        self.lines.clear();
        let mut location = Location { id: self.location_count, ..Location::default() };
        let mut fields = field.message(Section::Location)?;
        while let Some(field) = fields.next_field()? {
            match field.number {
                location::MAPPING_ID => location.mapping_id = field.uint()?,
                location::ADDRESS => location.address = field.uint()?,
                location::LINE => self.lines.push(read_line(self.reader, &field)?),
                location::IS_FOLDED => location.is_folded = field.uint()? != 0,
                _ => {}
            }
        }
        if location.mapping_id != 0 {
            location.mapping_id = self.reader.mappings.place(location.mapping_id).unwrap_or_else(|| {
                self.unknown_mapping_count += 1;
                0
            });
        }
        Ok(Location { lines: &self.lines, ..location })
    }

    fn function(&mut self, field: &Field<'a>) -> Result<Function<StringIndex>, DecodeError> {
        use field::function;
        self.function_count += 1;
        let mut function = Function { id: self.function_count, ..Function::default() };
        let mut fields = field.message(Section::Function)?;
        while let Some(field) = fields.next_field()? {
            match field.number {
                function::NAME => function.name = self.reader.string_index(&field)?,
                function::SYSTEM_NAME => function.system_name = self.reader.string_index(&field)?,
                function::FILE => function.file = self.reader.string_index(&field)?,
                function::START_LINE => function.start_line = field.int()?,
                _ => {}
            }
        }
        Ok(function)
    }

    fn sample(&mut self, field: &Field<'a>) -> Result<Sample<'_, StringIndex>, DecodeError> {
        use field::sample;
        let Self { reader, location_ids, values, labels, .. } = self;
        location_ids.clear();
        values.clear();
        labels.clear();
        let mut fields = field.message(Section::Sample)?;
        while let Some(field) = fields.next_field()? {
            match field.number {
                sample::LOCATION_ID => {
                    let known = location_ids.len();
                    field.each_uint(|id| {
                        location_ids.push(id);
                        Ok(())
                    })?;
                    let new = location_ids.get_mut(known..).unwrap_or_default();
                    let placed = reader.locations.places(new);
                    placed.map_err(|id| unknown_id(&reader.locations, Section::Location, id, &field))?;
                }
                sample::VALUE => field.each_uint(|value| {
                    values.push(value.cast_signed());
                    Ok(())
                })?,
                sample::LABEL => labels.push(read_label(reader, &field)?),
                _ => {}
            }
        }
        let expected = reader.header().sample_types.len();
        if values.len() == expected && expected != 0 {
            return Ok(Sample { location_ids, values, labels });
        }
        let defect = match expected {
            0 => Defect::NoSampleTypes,
            _ => Defect::ValueCount { expected: expected as u64, found: values.len() as u64 },
        };
        Err(DecodeError { offset: field.offset, section: Section::Sample, defect })
    }
}

fn read_line(reader: &Reader<'_>, field: &Field<'_>) -> Result<Line, DecodeError> {
    use field::line;
    let mut frame = Line::default();
    let mut fields = field.message(Section::Line)?;
    while let Some(field) = fields.next_field()? {
        match field.number {
            line::FUNCTION_ID => {
                frame.function_id = known_id(&reader.functions, Section::Function, field.uint()?, &field)?;
            }
            line::LINE => frame.line = field.int()?,
            line::COLUMN => frame.column = field.int()?,
            _ => {}
        }
    }
    if frame.function_id == 0 {
        let defect = Defect::UnknownId { table: Section::Function, id: 0, count: reader.functions.len() };
        return Err(DecodeError { offset: field.offset, section: Section::Line, defect });
    }
    Ok(frame)
}

fn read_label(reader: &Reader<'_>, field: &Field<'_>) -> Result<Label<StringIndex>, DecodeError> {
    use field::label;
    let (mut key, mut unit, mut number) = (StringIndex::default(), StringIndex::default(), 0);
    let mut text = None;
    let mut fields = field.message(Section::Label)?;
    while let Some(field) = fields.next_field()? {
        match field.number {
            label::KEY => key = reader.string_index(&field)?,
            label::TEXT => text = Some(reader.string_index(&field)?),
            label::NUMBER => number = field.int()?,
            label::NUMBER_UNIT => unit = reader.string_index(&field)?,
            _ => {}
        }
    }
    // As pprof: a word counts before a number, except that an empty word does so only where there is no
    // number.
    let is_number = number != 0 || unit != StringIndex::default();
    let value = match text {
        Some(text) if text != StringIndex::default() || !is_number => LabelValue::Text(text),
        _ => LabelValue::Number { value: number, unit },
    };
    Ok(Label { key, value })
}

fn known_id(table: &IdTable, section: Section, id: u64, field: &Field<'_>) -> Result<u64, DecodeError> {
    table.place(id).ok_or_else(|| unknown_id(table, section, id, field))
}

#[cold]
fn unknown_id(table: &IdTable, section: Section, id: u64, field: &Field<'_>) -> DecodeError {
    field.error(Defect::UnknownId { table: section, id, count: table.len() })
}
