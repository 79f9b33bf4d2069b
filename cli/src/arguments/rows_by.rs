//! What makes a row, as it is typed.

use heapdiff_profile::DiffBy;

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
