//! Two profiles as one: signed, or side by side.

use super::{MergeError, Merged, merge};
use crate::error::AnalysisError;
use crate::note::Note;
use crate::profile::{Label, LabelValue, Profile, ValueType};
use crate::sample_type::common_columns;
use crate::series::NamedProfile;
use smallvec::smallvec;

/// The label of the rows that are of the base. Its value is `true`.
///
/// **Source:** `profile/merge.go` of google/pprof, which takes such rows for what percentages are of.
const OF_BASE: &str = "pprof::base";

/// The head and, with negative values, the base: what `pprof -diff_base` works on.
///
/// # Errors
/// If they measure different things.
pub fn difference(base: NamedProfile, head: NamedProfile) -> Result<Merged, MergeError> {
    let (mut base, mut head) = (base, head);
    // Values are estimates already, so that another period makes them less sure but not wrong.
    let note = different_periods(&base.profile, &head.profile);
    (base.profile.period, base.profile.period_type) = (head.profile.period, head.profile.period_type.clone());
    let Profile { samples, strings, .. } = &mut base.profile;
    let label = Label { key: strings.intern(OF_BASE), value: LabelValue::Text(strings.intern("true")) };
    for sample in samples {
        sample.values.iter_mut().for_each(|value| *value = value.saturating_neg());
        sample.labels.push(label.clone());
    }
    // What is neither of one process nor a sum says nothing of processes.
    (base.profile.metadata, head.profile.metadata) = (None, None);
    let mut merged = merge([head, base])?;
    merged.notes.extend(note);
    Ok(merged)
}

/// One sample type of both, as two columns: the base's, called `base_` and its kind, then the head's.
///
/// # Errors
/// If they have no sample type in common, or not the one that was asked for.
pub fn side_by_side(
    base: NamedProfile,
    head: NamedProfile,
    wanted: Option<&str>,
) -> Result<Profile, AnalysisError> {
    let (sample_type, of_base, of_head) = common_columns(&base.profile, &head.profile, wanted)?;
    let of = |named: NamedProfile, column: usize, place: usize| {
        let mut profile = named.profile;
        for sample in &mut profile.samples {
            let mut values = smallvec![0, 0];
            if let (Some(value), Some(&of_column)) = (values.get_mut(place), sample.values.get(column)) {
                *value = of_column;
            }
            sample.values = values;
        }
        let base = ValueType { kind: format!("base_{}", sample_type.kind), unit: sample_type.unit.clone() };
        profile.sample_types = vec![base, sample_type.clone()];
        (profile.period, profile.period_type, profile.metadata) = (0, None, None);
        NamedProfile { profile, ..named }
    };
    let sides = [of(base, of_base.value, 0), of(head, of_head.value, 1)];
    // What both have in common by now cannot be different.
    merge(sides).map(|merged| merged.profile).map_err(|_| AnalysisError::NoSampleTypes)
}

fn different_periods(base: &Profile, head: &Profile) -> Option<Note> {
    let (of_base, of_head) = (base.period, head.period);
    let unit = head.period_type.as_ref().map_or(String::new(), |counted| counted.unit.clone());
    (of_base != of_head && of_base > 0 && of_head > 0).then_some(Note::DifferentPeriods {
        base: of_base,
        head: of_head,
        unit,
    })
}
