//! From profiles to a report, in pprof's order: what is said on the way goes into `remarks`, lines for standard error.

mod binaries;
mod demangling;
mod error;
mod fetched;
mod filters;
mod greeting;
mod label_range;
mod local_names;
mod mapping_sources;
mod saved_name;
mod surroundings;
mod symbol_service;
mod symbolization;

pub use error::SessionError;
pub use fetched::{Fetched, Source, read};
pub use greeting::greeting;
pub use mapping_sources::MappingSources;
pub use saved_name::saved_name;
pub use surroundings::{Binary, SourceLine, Surroundings};
pub use symbolization::symbolize;

use crate::graph::Measure;
use crate::options::{CommandLine, Config, Granularity, ReportCommand};
use crate::pattern::Pattern;
use crate::profile::{CombineError, Detail, NumberLabelUnits, Profile, combine, parse};
use crate::report::{Outside, Report, total};

/// So many profiles are combined at once; more are combined with what came before.
const COMBINED_AT_ONCE: usize = 128;

/// Makes one profile of all, ready for symbolization.
///
/// # Errors
/// If there is none, or they do not go together.
pub fn compare(
    line: &CommandLine,
    sources: Vec<Fetched>,
    bases: Vec<Fetched>,
    remarks: &mut Vec<String>,
) -> Result<Source, SessionError> {
    let (source_count, base_count) = (sources.len(), bases.len());
    // Both sides are read, and what cannot be is named, before anything ends.
    let (source, base) = (combined(sources, remarks), combined(bases, remarks));
    let source = source.map_err(SessionError::Sources)?;
    let base = base.map_err(SessionError::Bases)?;
    let (mut source, found_sources) = source.ok_or(SessionError::NoSources)?;
    let found_bases = base.as_ref().map_or(0, |(_, count)| *count);
    if found_bases == 0 && base_count > 0 {
        return Err(SessionError::NoBases);
    }
    for (kind, found, wanted) in [("source", found_sources, source_count), ("base", found_bases, base_count)]
    {
        if found != wanted {
            remarks.push(format!("Fetched {found} {kind} profiles out of {wanted}"));
        }
    }
    let Some((mut base, _)) = base else { return Ok(source) };
    if line.is_diff_base {
        base.profile.mark_as_base();
    }
    if line.config.normalize {
        source.profile.normalize(&base.profile)?;
    }
    base.profile.negate();
    Ok(combined_sources(vec![source, base])?)
}

/// Combines the profiles of one side that could be read, and counts them.
fn combined(
    fetched: Vec<Fetched>,
    remarks: &mut Vec<String>,
) -> Result<Option<(Source, usize)>, CombineError> {
    let mut all: Option<(Source, usize)> = None;
    let mut fetched = fetched.into_iter().peekable();
    while fetched.peek().is_some() {
        let mut chunk = Vec::new();
        for Fetched { name, source } in fetched.by_ref().take(COMBINED_AT_ONCE) {
            match source {
                Ok(source) => chunk.push(source),
                Err(error) => remarks.push(format!("{name}: {error}")),
            }
        }
        if chunk.is_empty() {
            continue;
        }
        let count = chunk.len();
        let chunk = combined_sources(chunk)?;
        all = Some(match all {
            None => (chunk, count),
            Some((before, before_count)) => (combined_sources(vec![before, chunk])?, before_count + count),
        });
    }
    Ok(all)
}

fn combined_sources(sources: Vec<Source>) -> Result<Source, CombineError> {
    let mut all = Source::default();
    let mut profiles = Vec::with_capacity(sources.len());
    for source in sources {
        profiles.push(source.profile);
        all.mapping_sources.append(source.mapping_sources);
        all.is_remote |= source.is_remote;
    }
    all.profile = combine(profiles)?;
    Ok(all)
}

/// What is done to a profile once its functions have names.
pub fn finish(profile: &mut Profile, line: &CommandLine) {
    profile.remove_uninteresting();
    profile.remove_mapping_sources();
    if !line.comment.is_empty() {
        let comment = profile.strings.intern(&line.comment);
        profile.comments.push(comment);
    }
}

/// The profile that the shell's reports are made of: pprof writes it and reads it again, and a numeric label of 0
/// without a unit does not survive that.
#[must_use]
pub fn reread(profile: Profile) -> Profile {
    // What was written here can be read; if it could not, the profile would still be the one that was asked for.
    parse(&profile.encode()).unwrap_or(profile)
}

/// Makes a report of a profile.
///
/// # Errors
/// If an option does not fit the profile, or there is nothing to report.
pub fn report(
    mut profile: Profile,
    wanted: &ReportCommand,
    config: &Config,
    outside: &Outside<'_>,
    remarks: &mut Vec<String>,
) -> Result<Vec<u8>, SessionError> {
    let label_units = number_label_units(&profile, remarks);
    let config = config.for_command(wanted.command);
    add_tag_frames(&mut profile, &config, remarks);
    if config.relative_percentages {
        filters::apply(&mut profile, &label_units, &config, remarks)?;
    }
    let (measure, kind, unit) = values(&profile, &config)?;
    let pattern = wanted.pattern.as_deref().map(|pattern| {
        Pattern::new(pattern).map_err(|error| SessionError::Argument { pattern: pattern.to_owned(), error })
    });
    let pattern = pattern.transpose()?;
    let total = total(&profile, measure);
    if !config.relative_percentages {
        filters::apply(&mut profile, &label_units, &config, remarks)?;
    }
    aggregate(&mut profile, &config);
    let report = Report {
        profile,
        output_unit: config.unit.clone(),
        config,
        format: wanted.command.format,
        pattern,
        measure,
        sample_type: kind,
        sample_unit: unit,
        total,
        label_units,
        outside,
    };
    Ok(report.generate()?)
}

/// The units of numeric labels, with a remark on each label that has several.
fn number_label_units(profile: &Profile, remarks: &mut Vec<String>) -> NumberLabelUnits {
    let label_units = profile.number_label_units();
    for (key, others) in &label_units.ignored {
        let used = label_units.units.get(key).map_or("", String::as_str);
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        let others = others.join(", ");
        remarks.push(format!("For tag {key} used unit {used}, also encountered unit(s) {others}"));
    }
    label_units
}

/// What the variables count, its name and its unit.
fn values(profile: &Profile, config: &Config) -> Result<(Measure, String, String), SessionError> {
    let measure = Measure { column: sample_column(profile, &config.sample_index)?, is_mean: config.mean };
    if config.divide_by == 0.0 {
        return Err(SessionError::ZeroDivisor);
    }
    let sample_type = profile.sample_types.get(measure.column).copied().unwrap_or_default();
    let mean = if config.mean { "mean_" } else { "" };
    let kind = format!("{mean}{}", profile.text(sample_type.kind));
    Ok((measure, kind, profile.text(sample_type.unit).to_owned()))
}

fn add_tag_frames(profile: &mut Profile, config: &Config, remarks: &mut Vec<String>) {
    if config.tagroot.is_empty() && config.tagleaf.is_empty() {
        return;
    }
    let (roots, leaves) = (keys(&config.tagroot), keys(&config.tagleaf));
    let (has_root, has_leaf) = profile.add_tag_frames(&roots, &leaves, &config.unit);
    filters::warn(remarks, config.tagroot.is_empty() || has_root, "TagRoot");
    filters::warn(remarks, config.tagleaf.is_empty() || has_leaf, "TagLeaf");
}

fn keys(list: &str) -> Vec<&str> {
    list.split(',').filter(|key| !key.is_empty()).collect()
}

/// Which value of a sample is meant by a name or number.
pub(crate) fn sample_column(profile: &Profile, wanted: &str) -> Result<usize, SessionError> {
    let kinds: Vec<&str> = profile.sample_types.iter().map(|kind| profile.text(kind.kind)).collect();
    let default = profile.text(profile.default_sample_type);
    let default = kinds.iter().position(|kind| !default.is_empty() && *kind == default);
    column_of(&kinds, default, wanted)
}

/// Which of some kinds of values is meant by a name or number. Nothing is the default, or the last one.
pub(crate) fn column_of<K: AsRef<str>>(
    kinds: &[K],
    default: Option<usize>,
    wanted: &str,
) -> Result<usize, SessionError> {
    let Some(last) = kinds.len().checked_sub(1) else { return Err(SessionError::NoSamples) };
    if wanted.is_empty() {
        return Ok(default.unwrap_or(last));
    }
    if let Ok(number) = wanted.parse::<i64>() {
        let column = usize::try_from(number).ok().filter(|column| *column <= last);
        return column.ok_or_else(|| SessionError::SampleIndexRange { wanted: wanted.to_owned(), last });
    }
    // Files that record only what is in use may leave that word out.
    let short = wanted.strip_prefix("inuse_").unwrap_or(wanted);
    let column = kinds.iter().map(AsRef::as_ref).position(|kind| kind == wanted || kind == short);
    column.ok_or_else(|| SessionError::SampleIndexName {
        wanted: wanted.to_owned(),
        kinds: kinds.iter().map(|kind| kind.as_ref().to_owned()).collect(),
    })
}

/// Forgets what the report does not tell apart.
fn aggregate(profile: &mut Profile, config: &Config) {
    let inline_frames = !config.noinlines;
    let nothing = Detail {
        inline_frames,
        functions: false,
        filenames: false,
        line_numbers: false,
        columns: config.showcolumns,
        addresses: false,
    };
    let detail = match config.granularity.unwrap_or_default() {
        Granularity::Addresses if inline_frames => return,
        Granularity::Addresses => {
            Detail { functions: true, filenames: true, line_numbers: true, addresses: true, ..nothing }
        }
        Granularity::Lines => Detail { functions: true, filenames: true, line_numbers: true, ..nothing },
        Granularity::Files => Detail { filenames: true, ..nothing },
        Granularity::Functions => Detail { functions: true, ..nothing },
        Granularity::FileFunctions => Detail { functions: true, filenames: true, ..nothing },
    };
    profile.aggregate(&detail);
}
