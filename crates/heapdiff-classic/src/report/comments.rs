//! `-comments`: the comments of the profile.

use super::Report;

pub(super) fn comments(report: &Report<'_>) -> String {
    let profile = &report.profile;
    profile.comments.iter().map(|&comment| format!("{}\n", profile.text(comment))).collect()
}
