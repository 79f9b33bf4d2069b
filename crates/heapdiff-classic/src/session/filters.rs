//! The filters of a report, in the order in which pprof applies them.

use super::error::SessionError;
use super::label_range::LabelRange;
use crate::options::Config;
use crate::pattern::Pattern;
use crate::profile::{Label, LabelValue, NameFilters, NumberLabelUnits, Profile};

/// Applies all filters. Of one that matches nothing `remarks` say so.
pub(super) fn apply(
    profile: &mut Profile,
    units: &NumberLabelUnits,
    config: &Config,
    remarks: &mut Vec<String>,
) -> Result<(), SessionError> {
    let focus = pattern("focus", &config.focus)?;
    let ignore = pattern("ignore", &config.ignore)?;
    let hide = pattern("hide", &config.hide)?;
    let show = pattern("show", &config.show)?;
    let show_from = pattern("show_from", &config.show_from)?;
    let tagfocus = label_filter("tagfocus", &config.tagfocus, remarks)?;
    let tagignore = label_filter("tagignore", &config.tagignore, remarks)?;
    let prune_from = pattern("prune_from", &config.prune_from)?;

    let names = NameFilters {
        focus: focus.as_ref(),
        ignore: ignore.as_ref(),
        hide: hide.as_ref(),
        show: show.as_ref(),
    };
    let found = profile.filter_by_name(&names);
    warn(remarks, focus.is_none() || found.focus, "Focus");
    warn(remarks, ignore.is_none() || found.ignore, "Ignore");
    warn(remarks, hide.is_none() || found.hide, "Hide");
    warn(remarks, show.is_none() || found.show, "Show");
    if let Some(show_from) = &show_from {
        warn(remarks, profile.show_from(show_from), "ShowFrom");
    }
    filter_by_labels(profile, units, tagfocus.as_ref(), tagignore.as_ref(), remarks);

    // These two are read only now, after the others have had their say.
    let tagshow = pattern("tagshow", &config.tagshow);
    let taghide = tagshow.is_ok().then(|| pattern("taghide", &config.taghide)).transpose();
    let (show, hide) = (
        tagshow.as_ref().ok().and_then(Option::as_ref),
        taghide.as_ref().ok().and_then(|hide| hide.as_ref()?.as_ref()),
    );
    if show.is_some() || hide.is_some() {
        let (has_shown, has_hidden) = profile.filter_labels(show, hide);
        warn(remarks, show.is_none() || has_shown, "TagShow");
        warn(remarks, hide.is_none() || has_hidden, "TagHide");
    }
    if let Some(prune_from) = &prune_from {
        profile.prune_from(prune_from);
    }
    tagshow?;
    taghide?;
    Ok(())
}

/// Says of a filter that nothing matched it.
pub(super) fn warn(remarks: &mut Vec<String>, is_fine: bool, filter: &str) {
    if !is_fine {
        remarks.push(format!("{filter} expression matched no samples"));
    }
}

fn pattern(name: &'static str, source: &str) -> Result<Option<Pattern>, SessionError> {
    let compile = || Pattern::new(source).map_err(|error| SessionError::Filter { name, error });
    (!source.is_empty()).then(compile).transpose()
}

/// A question about the labels of a sample.
#[derive(Debug)]
struct LabelFilter {
    /// The only key that is looked at; none for all keys.
    key: Option<String>,
    test: LabelQuestion,
}

#[derive(Debug)]
enum LabelQuestion {
    Range(LabelRange),
    Words(Vec<Pattern>),
}

/// Reads `range`, `words`, `key=range` or `key=words`.
fn label_filter(
    name: &'static str,
    source: &str,
    remarks: &mut Vec<String>,
) -> Result<Option<LabelFilter>, SessionError> {
    if source.is_empty() {
        return Ok(None);
    }
    let (key, value) = match source.split_once('=') {
        Some((key, value)) => (Some(key).filter(|key| !key.is_empty()).map(str::to_owned), value),
        None => (None, source),
    };
    let test = if let Some(range) = LabelRange::parse(value)? {
        remarks.push(format!("{name}:Interpreted '{value}' as range, not regexp"));
        LabelQuestion::Range(range)
    } else {
        let compile = |word| Pattern::new(word).map_err(|error| SessionError::Filter { name, error });
        LabelQuestion::Words(value.split(',').map(compile).collect::<Result<_, _>>()?)
    };
    Ok(Some(LabelFilter { key, test }))
}

impl LabelFilter {
    fn is_match(&self, profile: &Profile, units: &NumberLabelUnits, labels: &[Label]) -> bool {
        let labels = || {
            labels
                .iter()
                .map(|label| (profile.text(label.key), label.value))
                .filter(|(key, _)| self.key.as_ref().is_none_or(|wanted| wanted == key))
        };
        let words = || {
            labels().filter_map(|(key, value)| match value {
                LabelValue::Text(text) => Some((key, profile.text(text))),
                LabelValue::Number { .. } => None,
            })
        };
        match &self.test {
            LabelQuestion::Range(range) => labels().any(|(key, value)| match value {
                LabelValue::Number { value, .. } => {
                    range.contains(value, units.units.get(key).map_or("", String::as_str))
                }
                LabelValue::Text(_) => false,
            }),
            // Without a key every expression must find some label; with one, any expression will do.
            LabelQuestion::Words(patterns) if self.key.is_none() => patterns
                .iter()
                .all(|pattern| words().any(|(key, word)| pattern.is_match(&format!("{key}:{word}")))),
            LabelQuestion::Words(patterns) => {
                words().any(|(_, word)| patterns.iter().any(|pattern| pattern.is_match(word)))
            }
        }
    }
}

fn filter_by_labels(
    profile: &mut Profile,
    units: &NumberLabelUnits,
    focus: Option<&LabelFilter>,
    ignore: Option<&LabelFilter>,
    remarks: &mut Vec<String>,
) {
    if focus.is_none() && ignore.is_none() {
        return;
    }
    let is_focused = focus
        .map(|filter| move |profile: &Profile, labels: &[Label]| filter.is_match(profile, units, labels));
    let is_ignored = ignore
        .map(|filter| move |profile: &Profile, labels: &[Label]| filter.is_match(profile, units, labels));
    let (has_focused, has_ignored) = profile.filter_by_labels(
        is_focused.as_ref().map(|test| test as &dyn Fn(&Profile, &[Label]) -> bool),
        is_ignored.as_ref().map(|test| test as &dyn Fn(&Profile, &[Label]) -> bool),
    );
    warn(remarks, focus.is_none() || has_focused, "TagFocus");
    warn(remarks, ignore.is_none() || has_ignored, "TagIgnore");
}
