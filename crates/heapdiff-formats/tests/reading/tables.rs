//! Profiles as text, for the tests of formats.

use heapdiff_formats::{Limits, read_profile};
use heapdiff_profile::{LabelValue, Profile};

/// The column of a sample type.
pub(crate) fn column(profile: &Profile, kind: &str) -> usize {
    profile.sample_type_index(kind).unwrap()
}

/// A row a sample: names or addresses from the leaf on, values, labels.
pub(crate) fn functions_and_values(profile: &Profile) -> Vec<String> {
    let text = |id| profile.strings.get(id);
    let row = |sample: &heapdiff_profile::Sample| {
        let mut words: Vec<String> = Vec::new();
        for &id in &sample.stack {
            let location = profile.location(id).unwrap();
            if location.lines.is_empty() {
                words.push(format!("{:#x}", location.address));
            }
            for line in &location.lines {
                let function = profile.function(line.function).unwrap();
                let source = match line.line {
                    0 => String::new(),
                    number => format!("@{}:{number}", text(function.file)),
                };
                words.push(format!("{}{source}", text(function.name)));
            }
        }
        let mut row = format!("{} {:?}", words.join(" "), sample.values);
        for label in &sample.labels {
            let value = match label.value {
                LabelValue::Text(word) => text(word).to_owned(),
                LabelValue::Number { value, .. } => value.to_string(),
            };
            row = format!("{row} {}={value}", text(label.key));
        }
        row
    };
    profile.samples.iter().map(row).collect()
}

/// Fails unless the bytes are a profile whose invariants hold, or an error of one line.
pub(crate) fn one_line(bytes: &[u8]) {
    match read_profile(bytes, &Limits::default()) {
        Ok((profile, _)) => {
            for sample in &profile.samples {
                assert_eq!(sample.values.len(), profile.sample_types.len());
                let locations = sample.stack.iter().map(|&id| profile.location(id).unwrap());
                let mut lines = locations.flat_map(|location| &location.lines);
                assert!(lines.all(|line| profile.function(line.function).is_some()));
            }
        }
        Err(error) => {
            let causes =
                std::iter::successors(Some(&error as &dyn std::error::Error), |cause| cause.source());
            for cause in causes {
                let message = cause.to_string();
                assert!(!message.chars().any(char::is_control), "{message:?}");
            }
        }
    }
}
