//! A profile to `profile.proto`, byte for byte as pprof writes it.

use super::entities::{Location, ValueType};
use super::label_sets::LabelValue;
use super::model::Profile;
use super::samples::Sample;
use super::string_table::StringId;
use crate::foreign_bytes::restore;

impl Profile {
    /// The uncompressed message.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut texts = Texts::new(self);
        self.number_texts(&mut texts);
        let mut out = Message::default();
        let mut part = Message::default();
        let mut line = Message::default();
        for kind in &self.sample_types {
            value_type(part.clear(), &texts, kind);
            out.message(1, &part);
        }
        for sample in self.samples.iter() {
            self.encode_sample(part.clear(), &mut line, &texts, sample);
            out.message(2, &part);
        }
        for mapping in &self.mappings {
            part.clear();
            let numbers = [mapping.id, mapping.start, mapping.limit, mapping.offset];
            (1..).zip(numbers).for_each(|(field, number)| part.uint_unless_0(field, number));
            part.uint_unless_0(5, texts.number(mapping.file));
            part.uint_unless_0(6, texts.number(mapping.build_id));
            let flags = [
                mapping.has_functions,
                mapping.has_filenames,
                mapping.has_line_numbers,
                mapping.has_inline_frames,
            ];
            (7..).zip(flags).for_each(|(field, flag)| part.uint_unless_0(field, u64::from(flag)));
            out.message(3, &part);
        }
        for location in &self.locations {
            self.encode_location(part.clear(), &mut line, location);
            out.message(4, &part);
        }
        for function in &self.functions {
            part.clear();
            part.uint_unless_0(1, function.id);
            part.uint_unless_0(2, texts.number(function.name));
            part.uint_unless_0(3, texts.number(function.system_name));
            part.uint_unless_0(4, texts.number(function.filename));
            part.int_unless_0(5, function.start_line);
            out.message(5, &part);
        }
        self.encode_header(&mut out, &texts, &mut part);
        out.bytes
    }

    fn encode_header(&self, out: &mut Message, texts: &Texts, part: &mut Message) {
        for &string in &texts.order {
            out.bytes(6, &restore(self.text(string)));
        }
        out.uint_unless_0(7, texts.number(self.drop_frames));
        out.uint_unless_0(8, texts.number(self.keep_frames));
        out.int_unless_0(9, self.time_nanos);
        out.int_unless_0(10, self.duration_nanos);
        value_type(part.clear(), texts, &self.period_type);
        if !part.bytes.is_empty() {
            out.message(11, part);
        }
        out.int_unless_0(12, self.period);
        let comments: Vec<u64> = self.comments.iter().map(|&comment| texts.number(comment)).collect();
        out.list(13, comments.iter().copied());
        // Go writes this one even if it is 0.
        out.uint(14, texts.number(self.default_sample_type));
        out.uint_unless_0(15, texts.number(self.doc_url));
    }

    /// Numbers texts in the order in which Go's encoder meets them.
    fn number_texts(&self, texts: &mut Texts) {
        texts.add(StringId::EMPTY);
        for kind in &self.sample_types {
            texts.add(kind.kind);
            texts.add(kind.unit);
        }
        let mut is_seen = vec![false; self.label_sets.len()];
        for sample in self.samples.iter() {
            match is_seen.get_mut(sample.labels.index()) {
                Some(is_seen) if !*is_seen => *is_seen = true,
                _ => continue,
            }
            for label in self.label_sets.get(sample.labels) {
                texts.add(label.key);
                match label.value {
                    LabelValue::Text(word) => texts.add(word),
                    LabelValue::Number { unit, .. } => texts.add(unit),
                }
            }
        }
        for mapping in &self.mappings {
            texts.add(mapping.file);
            texts.add(mapping.build_id);
        }
        for function in &self.functions {
            texts.add(function.name);
            texts.add(function.system_name);
            texts.add(function.filename);
        }
        texts.add(self.drop_frames);
        texts.add(self.keep_frames);
        texts.add(self.period_type.kind);
        texts.add(self.period_type.unit);
        self.comments.iter().for_each(|&comment| texts.add(comment));
        texts.add(self.default_sample_type);
        texts.add(self.doc_url);
    }

    fn encode_sample(&self, out: &mut Message, part: &mut Message, texts: &Texts, sample: Sample<'_>) {
        out.list(1, sample.stack.iter().map(|&location| self.location(location).id));
        out.list(2, sample.values.iter().map(|value| value.cast_unsigned()));
        for label in self.label_sets.get(sample.labels) {
            part.clear();
            part.uint_unless_0(1, texts.number(label.key));
            match label.value {
                LabelValue::Text(word) => part.uint_unless_0(2, texts.number(word)),
                LabelValue::Number { value, unit } => {
                    part.int_unless_0(3, value);
                    part.uint_unless_0(4, texts.number(unit));
                }
            }
            out.message(3, part);
        }
    }

    fn encode_location(&self, out: &mut Message, part: &mut Message, location: &Location) {
        out.uint_unless_0(1, location.id);
        out.uint_unless_0(2, self.mapping_number(location));
        out.uint_unless_0(3, location.address);
        for line in self.lines(location) {
            part.clear();
            part.uint_unless_0(1, self.function(line.function).id);
            part.int_unless_0(2, line.line);
            part.int_unless_0(3, line.column);
            out.message(4, part);
        }
        out.uint_unless_0(5, u64::from(location.is_folded));
    }
}

fn value_type(out: &mut Message, texts: &Texts, kind: &ValueType) {
    out.uint_unless_0(1, texts.number(kind.kind));
    out.uint_unless_0(2, texts.number(kind.unit));
}

/// Numbers of texts in the file.
struct Texts {
    order: Vec<StringId>,
    numbers: Vec<Option<u64>>,
}

impl Texts {
    fn new(profile: &Profile) -> Self {
        Self { order: Vec::new(), numbers: vec![None; profile.strings.len()] }
    }

    fn add(&mut self, string: StringId) {
        if let Some(slot @ None) = self.numbers.get_mut(string.index()) {
            *slot = Some(self.order.len() as u64);
            self.order.push(string);
        }
    }

    fn number(&self, string: StringId) -> u64 {
        self.numbers.get(string.index()).copied().flatten().unwrap_or(0)
    }
}

/// An encoded message.
#[derive(Debug, Default)]
struct Message {
    bytes: Vec<u8>,
}

impl Message {
    fn clear(&mut self) -> &mut Self {
        self.bytes.clear();
        self
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.bytes.push(number.to_le_bytes()[0]);
    }

    fn uint(&mut self, field: u64, number: u64) {
        self.varint(field << 3);
        self.varint(number);
    }

    fn uint_unless_0(&mut self, field: u64, number: u64) {
        if number != 0 {
            self.uint(field, number);
        }
    }

    fn int_unless_0(&mut self, field: u64, number: i64) {
        self.uint_unless_0(field, number.cast_unsigned());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.bytes);
    }

    /// Go packs a list only if it has more than two numbers.
    fn list(&mut self, field: u64, numbers: impl ExactSizeIterator<Item = u64> + Clone) {
        if numbers.len() <= 2 {
            numbers.for_each(|number| self.uint(field, number));
            return;
        }
        let len: u64 = numbers.clone().map(varint_len).sum();
        self.varint(field << 3 | 2);
        self.varint(len);
        numbers.for_each(|number| self.varint(number));
    }
}

fn varint_len(number: u64) -> u64 {
    u64::from((number | 1).ilog2() / 7 + 1)
}
