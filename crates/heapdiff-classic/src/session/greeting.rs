//! What the shell says before its first prompt.

use super::{number_label_units, values};
use crate::options::{Config, Format};
use crate::profile::Profile;
use crate::report::{Outside, Report, total};

/// What the profile is, and how to get help.
#[must_use]
pub fn greeting(
    profile: &Profile,
    config: &Config,
    outside: &Outside<'_>,
    remarks: &mut Vec<String>,
) -> String {
    let label_units = number_label_units(profile, remarks);
    let mut text = String::new();
    // Variables that do not fit the profile are an error of the first report.
    if let Ok((measure, sample_type, sample_unit)) = values(profile, config) {
        let total = total(profile, measure);
        let report = Report {
            profile: profile.clone(),
            output_unit: config.unit.clone(),
            config: config.clone(),
            format: Format::Text,
            pattern: None,
            measure,
            sample_type,
            sample_unit,
            total,
            label_units,
            outside,
        };
        text = report.profile_legend().join("\n") + "\n";
        if total == 0 && profile.sample_types.len() > 1 {
            text.push_str("No samples were found with the default sample value type.\n");
            text.push_str("Try \"sample_index\" command to analyze different sample values.\n");
        }
    }
    text.push_str("Entering interactive mode (type \"help\" for commands, \"o\" for options)");
    text
}
