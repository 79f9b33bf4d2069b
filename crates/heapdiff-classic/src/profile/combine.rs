//! Profiles of different makers made alike, so that they can be merged or compared.

use super::entities::ValueType;
use super::merge::{MergeError, check_compatible, merge};
use super::model::Profile;
use crate::measurement::{as_f64, as_i64, is_compatible, ratio, scale};
use crate::quote::quoted;
use thiserror::Error;

/// Why profiles cannot be combined.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CombineError {
    /// No type of values is in all of them.
    #[error("profiles have empty common sample type list")]
    NoCommonType,
    /// A type that one profile has twice and another not at all; it counts as common to two.
    #[error("{} sample type is not found in profile", quoted(.0))]
    UnknownType(String),
    /// Their periods count different things.
    #[error("period type: incompatible types: {{{0} 0 0}} {{{1} 0 0}}")]
    PeriodTypes(String, String),
    /// Values of one name have units of different kinds.
    #[error("sample types: incompatible types: {{{0} 0 0}} {{{1} 0 0}}")]
    SampleTypes(String, String),
    /// They cannot be merged.
    #[error(transparent)]
    Merge(#[from] MergeError),
}

/// Combines the profiles of one side: keeps the types of values that all of them have, in the order of the first,
/// scales all to the finest unit of each type, and merges. A single profile is not merged, and so keeps its ids and
/// its samples of nothing.
///
/// # Errors
/// If the profiles have no type in common, or units of different kinds.
pub fn combine(mut profiles: Vec<Profile>) -> Result<Profile, CombineError> {
    let kinds = common_kinds(&profiles);
    if kinds.is_empty() {
        return Err(CombineError::NoCommonType);
    }
    for profile in &mut profiles {
        profile.select_sample_types(&kinds)?;
    }
    match profiles.len() {
        1 => Ok(profiles.pop().unwrap_or_default()),
        _ => {
            unify_units(&mut profiles)?;
            Ok(merge(profiles)?)
        }
    }
}

/// The kinds of values that are in all profiles. One that is in a profile twice counts twice, as in pprof.
fn common_kinds(profiles: &[Profile]) -> Vec<String> {
    let kinds = |profile: &Profile| -> Vec<String> {
        profile.sample_types.iter().map(|kind| profile.text(kind.kind).to_owned()).collect()
    };
    let all: Vec<String> = profiles.iter().flat_map(kinds).collect();
    let is_common = |kind: &String| all.iter().filter(|other| *other == kind).count() == profiles.len();
    profiles.first().map(kinds).unwrap_or_default().into_iter().filter(is_common).collect()
}

impl Profile {
    fn select_sample_types(&mut self, kinds: &[String]) -> Result<(), CombineError> {
        let column = |kind: &String| {
            let found = self.sample_types.iter().position(|own| self.text(own.kind) == kind);
            found.ok_or_else(|| CombineError::UnknownType(kind.clone()))
        };
        let columns: Vec<usize> = kinds.iter().map(column).collect::<Result<_, _>>()?;
        if columns.iter().copied().eq(0..self.sample_types.len()) {
            return Ok(());
        }
        self.sample_types =
            columns.iter().filter_map(|&column| self.sample_types.get(column).copied()).collect();
        self.samples.select_columns(&columns);
        if !self.sample_types.iter().any(|kind| kind.kind == self.default_sample_type) {
            self.default_sample_type = self.sample_types.first().map(|kind| kind.kind).unwrap_or_default();
        }
        Ok(())
    }

    /// Multiplies each column of values, and drops samples in which no product is more than 0. A column that is
    /// multiplied by 1 does not save its sample, unless all are: an oddity of pprof.
    pub fn scale(&mut self, ratios: &[f64]) {
        let is_one = |ratio: &f64| (ratio - 1.0).abs() == 0.0;
        if ratios.iter().all(is_one) {
            return;
        }
        for index in 0..self.samples.len() {
            let values = self.samples.values_mut(index).iter_mut();
            for (value, ratio) in values.zip(ratios).filter(|(_, ratio)| !is_one(ratio)) {
                *value = as_i64((as_f64(*value) * ratio).round());
            }
        }
        self.samples.retain(|sample| {
            sample.values.iter().zip(ratios).any(|(&value, ratio)| value != 0 && !is_one(ratio))
        });
    }

    /// Turns the sign of every value.
    pub fn negate(&mut self) {
        self.scale(&vec![-1.0; self.sample_types.len()]);
    }

    /// Scales each type of values so that its sum becomes that of `base`; to 0 where there is nothing to scale.
    ///
    /// # Errors
    /// If the values of the two do not mean the same.
    pub fn normalize(&mut self, base: &Self) -> Result<(), MergeError> {
        check_compatible(self, base)?;
        let ratios: Vec<f64> = self
            .column_sums()
            .into_iter()
            .zip(base.column_sums())
            .map(|(sum, base_sum)| if sum == 0 { 0.0 } else { as_f64(base_sum) / as_f64(sum) })
            .collect();
        self.scale(&ratios);
        Ok(())
    }

    fn column_sums(&self) -> Vec<i64> {
        let mut sums = vec![0_i64; self.sample_types.len()];
        for sample in self.samples.iter() {
            for (sum, value) in sums.iter_mut().zip(sample.values) {
                *sum = sum.wrapping_add(*value);
            }
        }
        sums
    }
}

/// Scales all profiles to the finest unit of the period and of each type of values.
fn unify_units(profiles: &mut [Profile]) -> Result<(), CombineError> {
    let period = finest_unit(profiles, |profile| Some(profile.period_type))
        .map_err(|(one, other)| CombineError::PeriodTypes(one, other))?;
    let count = profiles.first().map_or(0, |profile| profile.sample_types.len());
    let units: Vec<String> = (0..count)
        .map(|column| finest_unit(profiles, |profile| profile.sample_types.get(column).copied()))
        .collect::<Result<_, _>>()
        .map_err(|(one, other)| CombineError::SampleTypes(one, other))?;
    for profile in profiles {
        let own = profile.text(profile.period_type.unit);
        profile.period = as_i64(scale(profile.period, own, &period).value);
        profile.period_type.unit = profile.strings.intern(&period);
        let mut ratios = Vec::with_capacity(count);
        for (column, unit) in units.iter().enumerate() {
            let to = profile.strings.intern(unit);
            if let Some(kind) = profile.sample_types.get_mut(column) {
                ratios.push(ratio(profile.strings.get(kind.unit), unit));
                kind.unit = to;
            }
        }
        profile.scale(&ratios);
    }
    Ok(())
}

/// The finest unit of a type of values, or the two types that cannot be compared.
fn finest_unit(
    profiles: &[Profile],
    kind: impl Fn(&Profile) -> Option<ValueType>,
) -> Result<String, (String, String)> {
    let mut types = profiles.iter().filter_map(|profile| {
        let kind = kind(profile)?;
        Some((profile.text(kind.kind), profile.text(kind.unit)))
    });
    let mut finest = types.next().unwrap_or_default();
    for other in types {
        let singular = |(kind, _): (&'_ str, &'_ str)| kind.strip_suffix('s').unwrap_or(kind).to_owned();
        if singular(finest) != singular(other) || !is_compatible(finest.1, other.1) {
            let text = |(kind, unit): (&str, &str)| format!("{kind} {unit}");
            return Err((text(finest), text(other)));
        }
        if ratio(other.1, finest.1) < 1.0 {
            finest = other;
        }
    }
    Ok(finest.1.to_owned())
}
