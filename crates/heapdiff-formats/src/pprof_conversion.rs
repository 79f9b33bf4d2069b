//! From the messages of `profile.proto` to the model.

use crate::limits::{Limits, ModelBudget};
use crate::read_error::ReadError;
use crate::reading::Rows;
use crate::unpacking::Unpacked;
use crate::warning::Warning;
use heapdiff_pprof::{LabelValue as WireLabelValue, Message, Reader, StringIndex};
use heapdiff_profile::{
    Function, FunctionId, Label, LabelValue, Labels, Line, Location, LocationId, Mapping, MappingId,
    Metadata, Profile, RowsInUse, Sample, StringId, ValueType,
};
use std::io::Read;

/// Reads `profile.proto`.
pub(crate) fn read(
    input: Unpacked<impl Read>,
    limits: &Limits,
    rows: &Rows,
) -> Result<(Profile, Vec<Warning>), ReadError> {
    // Of what may be a core dump, or a gigabyte of zeros that was a megabyte of gzip, no more need be read.
    let bytes =
        if may_begin_profile(input.head()) { input.into_bytes(limits)? } else { input.head().to_vec() };
    read_bytes(&bytes, limits, rows)
}

/// Reads `profile.proto` that is in memory. Rows that are not wanted are checked, but not kept; what they name is.
pub(crate) fn read_bytes(
    bytes: &[u8],
    limits: &Limits,
    rows: &Rows,
) -> Result<(Profile, Vec<Warning>), ReadError> {
    let reader = Reader::new(bytes).map_err(|source| ReadError::Malformed { source })?;
    convert(&reader, limits, rows)
}

/// Whether the first field can be one of a profile.
fn may_begin_profile(bytes: &[u8]) -> bool {
    // A tag: the lowest three bits are the wire type, of which 3, 4, 6 and 7 do not occur, the others the
    // field number or its beginning. Source: the protobuf encoding guide.
    bytes.first().is_some_and(|tag| tag >> 3 != 0 && matches!(tag & 7, 0 | 1 | 2 | 5))
}

/// Makes a profile of everything that the reader finds.
fn convert(reader: &Reader<'_>, limits: &Limits, rows: &Rows) -> Result<(Profile, Vec<Warning>), ReadError> {
    if reader.header().sample_types.is_empty() {
        return Err(ReadError::NoSampleTypes);
    }
    if u32::try_from(reader.string_count()).is_err() {
        return Err(ReadError::TooMany { what: "strings" });
    }
    let mut conversion = Conversion {
        reader,
        interned: vec![None; reader.string_count()],
        profile: Profile::default(),
        warnings: Vec::new(),
        budget: ModelBudget::new(limits),
        rows_in_use: None,
    };
    conversion.header();
    conversion.rows_in_use = rows.in_use(&conversion.profile);
    let mut messages = reader.messages();
    while let Some(message) = messages.next_message().map_err(|source| ReadError::Malformed { source })? {
        conversion.message(&message)?;
    }
    let unknown_mappings = messages.unknown_mapping_count();
    if unknown_mappings != 0 {
        conversion.warnings.push(Warning::UnknownMappings { count: unknown_mappings });
    }
    let replaced_strings = reader.replaced_string_count();
    if replaced_strings != 0 {
        conversion.warnings.push(Warning::ReplacedStrings { count: replaced_strings });
    }
    Ok((conversion.profile, conversion.warnings))
}

struct Conversion<'r, 'a> {
    reader: &'r Reader<'a>,
    /// The model's handle of each string of the file, once it has been needed.
    interned: Vec<Option<StringId>>,
    profile: Profile,
    warnings: Vec<Warning>,
    budget: ModelBudget,
    /// The rows that are wanted; `None` for all.
    rows_in_use: Option<RowsInUse>,
}

impl Conversion<'_, '_> {
    fn header(&mut self) {
        let header = self.reader.header();
        self.profile.sample_types =
            header.sample_types.iter().map(|sample_type| self.value_type(*sample_type)).collect();
        self.profile.default_sample_type = self.text_if_any(header.default_sample_type);
        self.profile.drop_frames = self.text_if_any(header.drop_frames);
        self.profile.keep_frames = self.text_if_any(header.keep_frames);
        self.profile.time_nanos = header.time_nanos;
        self.profile.duration_nanos = header.duration_nanos;
        self.profile.period_type = header.period_type.map(|period_type| self.value_type(period_type));
        self.profile.period = header.period;
        self.profile.doc_url = self.text_if_any(header.doc_url);
        let is_web = |url: &mut String| url.starts_with("https://") || url.starts_with("http://");
        if let Some(found) = self.profile.doc_url.take_if(|url| !is_web(url)) {
            self.warnings.push(Warning::DocUrl { found });
        }
        self.comments();
    }

    /// Takes the metadata out of the comments, if exactly one comment has them.
    fn comments(&mut self) {
        let mut comments = Vec::new();
        let mut found = Vec::new();
        for &comment in &self.reader.header().comments {
            let text = self.reader.string(comment);
            comments.push(text.to_owned());
            let Some(json) = text.strip_prefix(Metadata::COMMENT_PREFIX) else { continue };
            match serde_json::from_str::<Metadata>(json) {
                Ok(metadata) => found.push((comments.len() - 1, metadata)),
                Err(error) => self.warnings.push(Warning::BrokenMetadata { reason: error.to_string() }),
            }
        }
        let count = found.len();
        match found.pop() {
            Some((place, metadata)) if count == 1 => {
                comments.remove(place);
                if metadata.schema != Metadata::SCHEMA {
                    self.warnings.push(Warning::UnknownSchema { found: metadata.schema.clone() });
                }
                self.profile.metadata = Some(metadata);
            }
            Some(_) => self.warnings.push(Warning::SeveralMetadata { count }),
            None => {}
        }
        self.profile.comments = comments;
    }

    fn message(&mut self, message: &Message<'_>) -> Result<(), ReadError> {
        match message {
            Message::Mapping(mapping) => self.mapping(mapping)?,
            Message::Location(location) => self.location(location)?,
            Message::Function(function) => self.function(function)?,
            Message::Sample(sample) => self.sample(sample)?,
        }
        Ok(())
    }

    fn mapping(&mut self, mapping: &heapdiff_pprof::Mapping<StringIndex>) -> Result<(), ReadError> {
        let (file, build_id) = (self.reader.string(mapping.file), self.reader.string(mapping.build_id));
        self.budget.charge::<Mapping>(file.len() + build_id.len())?;
        self.profile.mappings.push(Mapping {
            memory_start: mapping.memory_start,
            memory_limit: mapping.memory_limit,
            file_offset: mapping.file_offset,
            file: file.to_owned(),
            build_id: build_id.to_owned(),
            symbolized: mapping.has_functions
                || mapping.has_file_names
                || mapping.has_line_numbers
                || mapping.has_inline_frames,
        });
        Ok(())
    }

    fn function(&mut self, function: &heapdiff_pprof::Function<StringIndex>) -> Result<(), ReadError> {
        self.budget.charge::<Function>(0)?;
        let function = Function {
            name: self.intern(function.name)?,
            system_name: self.intern(function.system_name)?,
            file: self.intern(function.file)?,
            start_line: function.start_line,
        };
        self.profile.functions.push(function);
        Ok(())
    }

    fn location(&mut self, location: &heapdiff_pprof::Location<'_>) -> Result<(), ReadError> {
        self.budget.charge::<Location>(size_of_val(location.lines))?;
        let mut lines = Vec::with_capacity(location.lines.len());
        for line in location.lines {
            let function = handle(line.function_id, FunctionId::from_index, "functions")?;
            lines.push(Line { function, line: line.line, column: line.column });
        }
        let mapping = match location.mapping_id {
            0 => None,
            id => Some(handle(id, MappingId::from_index, "mappings")?),
        };
        let address = location.address;
        self.profile.locations.push(Location { mapping, address, lines, is_folded: location.is_folded });
        Ok(())
    }

    fn sample(&mut self, sample: &heapdiff_pprof::Sample<'_, StringIndex>) -> Result<(), ReadError> {
        if self.rows_in_use.as_ref().is_some_and(|rows| !rows.has(sample.values)) {
            return Ok(());
        }
        let (frames, labels) = (sample.location_ids.len(), sample.labels.len());
        self.budget.charge::<Sample>(
            frames * size_of::<LocationId>() + size_of_val(sample.values) + labels * size_of::<Label>(),
        )?;
        let mut stack = Vec::with_capacity(frames);
        for &id in sample.location_ids {
            stack.push(handle(id, LocationId::from_index, "locations")?);
        }
        let mut labels = Labels::with_capacity(labels);
        for label in sample.labels {
            let key = self.intern(label.key)?;
            let value = match label.value {
                WireLabelValue::Text(text) => LabelValue::Text(self.intern(text)?),
                WireLabelValue::Number { value, unit } => {
                    LabelValue::Number { value, unit: self.intern(unit)? }
                }
            };
            labels.push(Label { key, value });
        }
        self.profile.samples.push(Sample { stack, values: sample.values.into(), labels });
        Ok(())
    }

    fn value_type(&self, value_type: heapdiff_pprof::ValueType<StringIndex>) -> ValueType {
        ValueType {
            kind: self.reader.string(value_type.kind).to_owned(),
            unit: self.reader.string(value_type.unit).to_owned(),
        }
    }

    fn text_if_any(&self, index: StringIndex) -> Option<String> {
        Some(self.reader.string(index)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn intern(&mut self, index: StringIndex) -> Result<StringId, ReadError> {
        if let Some(Some(known)) = self.interned.get(index.index()) {
            return Ok(*known);
        }
        let text = self.reader.string(index);
        self.budget.charge_string(text)?;
        let id = self.profile.strings.intern(text);
        if let Some(interned) = self.interned.get_mut(index.index()) {
            *interned = Some(id);
        }
        Ok(id)
    }
}

/// The handle of the entry that the reader numbers `id`, counting from 1.
fn handle<H>(id: u64, from_index: fn(usize) -> Option<H>, what: &'static str) -> Result<H, ReadError> {
    let index = id.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    match index.and_then(from_index) {
        Some(handle) => Ok(handle),
        None => Err(ReadError::TooMany { what }),
    }
}
