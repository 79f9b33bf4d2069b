//! Whether two profiles say the same.

use heapdiff_profile::{Label, LabelValue, Profile, StringId};

/// Fails unless the profiles are equal but for the numbers of strings, which a reader gives anew, and for the leading zero
/// of a build ID of one digit.
pub fn assert_same(profile: &Profile, other: &Profile) {
    assert_eq!(profile.sample_types, other.sample_types);
    let header = |of: &Profile| {
        let texts =
            [&of.default_sample_type, &of.drop_frames, &of.keep_frames, &of.doc_url].map(Clone::clone);
        let numbers = [of.time_nanos, of.duration_nanos, of.period];
        // An empty text is none.
        (
            texts.map(|text| text.filter(|text| !text.is_empty())),
            numbers,
            of.period_type.clone(),
            of.comments.clone(),
        )
    };
    assert_eq!(header(profile), header(other));
    assert_eq!(profile.metadata, other.metadata);
    assert_eq!(profile.locations, other.locations);
    assert_eq!(profile.mappings.len(), other.mappings.len());
    for (of, in_other) in profile.mappings.iter().zip(&other.mappings) {
        let mut of = of.clone();
        if of.build_id.len() == 1 {
            of.build_id.insert(0, '0');
        }
        assert_eq!(&of, in_other);
    }
    let function = |of: &Profile, index: usize| {
        let text = |id: StringId| of.strings.get(id).to_owned();
        let function = of.functions.get(index)?;
        Some((text(function.name), text(function.system_name), text(function.file), function.start_line))
    };
    assert_eq!(profile.functions.len(), other.functions.len());
    for index in 0..profile.functions.len() {
        assert_eq!(function(profile, index), function(other, index));
    }
    assert_eq!(profile.samples.len(), other.samples.len());
    for (of, in_other) in profile.samples.iter().zip(&other.samples) {
        assert_eq!((&of.stack, &of.values), (&in_other.stack, &in_other.values));
        assert_eq!(labels(profile, &of.labels), labels(other, &in_other.labels));
    }
}

type Plain<'p> = (&'p str, Result<(i64, &'p str), &'p str>);

fn labels<'p>(profile: &'p Profile, labels: &[Label]) -> Vec<Plain<'p>> {
    let text = |id: StringId| profile.strings.get(id);
    let plain = |label: &Label| {
        let value = match label.value {
            LabelValue::Text(word) => Err(text(word)),
            LabelValue::Number { value, unit } => Ok((value, text(unit))),
        };
        (text(label.key), value)
    };
    labels.iter().map(plain).collect()
}
