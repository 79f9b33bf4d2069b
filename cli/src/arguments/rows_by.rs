//! What makes a row, and what it is divided by, as it is typed.

use heapdiff_profile::{DiffBy, Per};

/// What can be typed, but for labels.
const ALL: [DiffBy; 8] = [
    DiffBy::Function,
    DiffBy::Line,
    DiffBy::Stack,
    DiffBy::File,
    DiffBy::Module,
    DiffBy::Crate,
    DiffBy::Type,
    DiffBy::Thread,
];

/// Reads `function`, or `label:bytes`.
pub(super) fn parse(text: &str) -> Result<DiffBy, String> {
    if let Some(key) = text.strip_prefix("label:").filter(|key| !key.is_empty()) {
        return Ok(DiffBy::Label(key.to_owned()));
    }
    ALL.into_iter().find(|by| by.name() == text).ok_or_else(|| {
        let names: Vec<String> = ALL.iter().map(DiffBy::name).collect();
        format!("expected {} or label:KEY", names.join(", "))
    })
}

/// The text that [`parse_per`] reads so.
pub(crate) fn typed_per(per: &Per) -> String {
    match per {
        Per::Counter(name) => name.clone(),
        Per::Between(items) => items.to_string(),
        Per::Sides { base, head } => format!("{base}:{head}"),
    }
}

/// Reads `requests`, `12000`, or `10000:12000`.
pub(crate) fn parse_per(text: &str) -> Result<Per, String> {
    let number = |text: &str| text.parse().ok().filter(|number: &f64| *number > 0.0 && number.is_finite());
    let sides = text.split_once(':').and_then(|(base, head)| number(base).zip(number(head)));
    match (number(text), sides) {
        (Some(items), _) => Ok(Per::Between(items)),
        (None, Some((base, head))) => Ok(Per::Sides { base, head }),
        (None, None) if text.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
            Ok(Per::Counter(text.to_owned()))
        }
        (None, None) => {
            Err("expected the name of a counter, or a number above 0, or two of them as BASE:HEAD".to_owned())
        }
    }
}
