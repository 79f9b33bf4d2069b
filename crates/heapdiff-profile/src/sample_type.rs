//! Which column of a profile's values is meant, and which columns go with it.

use crate::error::AnalysisError;
use crate::profile::{Profile, ValueType};
use crate::sampling::is_of_things;
use crate::subject::Subject;

/// Finds a sample type by the name that a user wrote, as pprof does: nothing for the profile's default, the number of
/// the column, its kind, or `inuse_space` for the `space` of older profiles. Beyond pprof, `space` means
/// `inuse_space`.
///
/// # Errors
/// [`AnalysisError::UnknownSampleType`] if there is none, [`AnalysisError::NoSampleTypes`] if there are none at all.
pub fn sample_type_index(profile: &Profile, wanted: Option<&str>) -> Result<usize, AnalysisError> {
    find(&profile.sample_types, profile.default_sample_type.as_deref(), wanted)
}

fn find(types: &[ValueType], default: Option<&str>, wanted: Option<&str>) -> Result<usize, AnalysisError> {
    let by_kind = |kind: &str| types.iter().position(|sample_type| sample_type.kind == kind);
    let last = types.len().checked_sub(1).ok_or(AnalysisError::NoSampleTypes)?;
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
        return Ok(default.and_then(by_kind).unwrap_or(last));
    };
    let found = match wanted.parse::<usize>() {
        Ok(index) => Some(index).filter(|&index| index <= last),
        Err(_) => by_kind(wanted)
            .or_else(|| by_kind(wanted.strip_prefix("inuse_")?))
            .or_else(|| by_kind(&format!("inuse_{wanted}"))),
    };
    found.ok_or_else(|| AnalysisError::UnknownSampleType {
        wanted: wanted.to_owned(),
        available: types.iter().map(|sample_type| sample_type.kind.clone()).collect(),
    })
}

/// The columns that a report reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// What was asked for.
    pub(crate) value: usize,
    /// Bytes of the same memory.
    pub(crate) bytes: Option<usize>,
    /// Objects of the same memory.
    pub(crate) objects: Option<usize>,
    /// Sampled allocations of the same memory.
    pub(crate) samples: Option<usize>,
    /// Whether the values are of memory in use, not sums since recording began.
    pub(crate) in_use: bool,
}

impl Columns {
    /// The columns that go with the one called `kind`: `inuse_space`, `inuse_objects` and `inuse_samples`;
    /// `alloc_space` and so on; or `space` and `objects`.
    pub(crate) fn around(profile: &Profile, value: usize) -> Self {
        let kind = profile.sample_types.get(value).map_or("", |sample_type| sample_type.kind.as_str());
        let family = ["inuse_", "alloc_"].into_iter().find(|family| kind.starts_with(family)).unwrap_or("");
        if is_of_things(profile) {
            return Self::around_things(profile, value, kind);
        }
        let is_heap = !family.is_empty() || ["space", "objects"].contains(&kind);
        let column = |name: &str| profile.sample_type_index(&format!("{family}{name}")).filter(|_| is_heap);
        let in_bytes = |&index: &usize| {
            profile
                .sample_types
                .get(index)
                .is_some_and(|sample_type| sample_type.unit.trim_end_matches('s') == "byte")
        };
        Self {
            value,
            bytes: column("space").filter(in_bytes),
            objects: column("objects"),
            samples: column("samples"),
            in_use: is_heap && family != "alloc_",
        }
    }

    /// The columns of a profile of resources or tasks: `count`, `space`, and `samples` where not all of them are kept.
    fn around_things(profile: &Profile, value: usize, kind: &str) -> Self {
        let in_use = ["count", "space"].contains(&kind);
        let column = |name: &str| profile.sample_type_index(name).filter(|_| in_use);
        Self { value, bytes: column("space"), objects: column("count"), samples: column("samples"), in_use }
    }
}

/// Whether two profiles mean the same by these: producers write `byte` and `bytes`.
pub(crate) fn is_same_type(a: &ValueType, b: &ValueType) -> bool {
    a.kind == b.kind && a.unit.trim_end_matches('s') == b.unit.trim_end_matches('s')
}

/// Finds the columns of what a report is about; those of the head stand for a base that is not there.
pub(crate) fn columns_of(
    subject: Subject<'_>,
    wanted: Option<&str>,
) -> Result<(ValueType, Columns, Columns), AnalysisError> {
    let Subject { base, head } = subject;
    if let Some(base) = base {
        return common_columns(base, head, wanted);
    }
    let column = sample_type_index(head, wanted)?;
    let sample_type = head.sample_types.get(column).cloned().ok_or(AnalysisError::NoSampleTypes)?;
    let columns = Columns::around(head, column);
    Ok((sample_type, columns, columns))
}

/// Finds the columns of what both sides of a diff measure. The head's default counts.
pub(crate) fn common_columns(
    base: &Profile,
    head: &Profile,
    wanted: Option<&str>,
) -> Result<(ValueType, Columns, Columns), AnalysisError> {
    let in_base =
        |of_head: &ValueType| base.sample_types.iter().position(|of_base| is_same_type(of_base, of_head));
    let common: Vec<_> =
        head.sample_types.iter().filter(|of_head| in_base(of_head).is_some()).cloned().collect();
    if common.is_empty() {
        let kinds = |profile: &Profile| {
            profile.sample_types.iter().map(|of| format!("{}/{}", of.kind, of.unit)).collect()
        };
        return Err(AnalysisError::NoCommonSampleType { base: kinds(base), head: kinds(head) });
    }
    check_period_types(base, head)?;
    // A number means the head's column, as it would for the head alone.
    let index = match wanted.and_then(|wanted| wanted.parse::<usize>().ok()) {
        Some(number) => {
            let kind = head.sample_types.get(number).map(|of| of.kind.as_str());
            find(&common, None, kind.or(wanted))?
        }
        None => find(&common, head.default_sample_type.as_deref(), wanted)?,
    };
    let sample_type = common.get(index).cloned().ok_or(AnalysisError::NoSampleTypes)?;
    let columns = |profile: &Profile| {
        let value = profile.sample_types.iter().position(|of| is_same_type(of, &sample_type))?;
        Some(Columns::around(profile, value))
    };
    match (columns(base), columns(head)) {
        (Some(of_base), Some(of_head)) => Ok((sample_type, of_base, of_head)),
        _ => Err(AnalysisError::NoSampleTypes),
    }
}

/// Whether both were sampled by the same: bytes, or time. What that is called has changed with the years.
fn check_period_types(base: &Profile, head: &Profile) -> Result<(), AnalysisError> {
    let (Some(of_base), Some(of_head)) = (&base.period_type, &head.period_type) else { return Ok(()) };
    let unit = |of: &ValueType| of.unit.trim_end_matches('s').to_owned();
    let (unit_of_base, unit_of_head) = (unit(of_base), unit(of_head));
    if unit_of_base == unit_of_head || unit_of_base.is_empty() || unit_of_head.is_empty() {
        return Ok(());
    }
    let in_words = |of: &ValueType| format!("{}/{}", of.kind, of.unit);
    Err(AnalysisError::DifferentPeriodTypes { base: in_words(of_base), head: in_words(of_head) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile_builder::ProfileBuilder;

    fn kind(profile: &Profile, wanted: Option<&str>) -> Result<String, String> {
        sample_type_index(profile, wanted)
            .map(|index| profile.sample_types[index].kind.clone())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_read_as_pprof_reads_them() {
        let heap = ProfileBuilder::heap().build();
        for (wanted, expected) in [
            (None, "inuse_space"),
            (Some(""), "inuse_space"),
            (Some("alloc_objects"), "alloc_objects"),
            (Some("0"), "alloc_samples"),
            (Some("space"), "inuse_space"),
        ] {
            assert_eq!(kind(&heap, wanted).as_deref(), Ok(expected), "{wanted:?}");
        }
        let legacy = ProfileBuilder::with_types(&[("objects", "count"), ("space", "bytes")]).build();
        assert_eq!(kind(&legacy, Some("inuse_objects")).as_deref(), Ok("objects"));
        assert_eq!(kind(&legacy, None).as_deref(), Ok("space"), "the last one is the default");
        assert_eq!(
            kind(&legacy, Some("alloc_space")).unwrap_err(),
            "no sample type `alloc_space`: expected one of `objects`, `space`"
        );
        assert!(kind(&legacy, Some("2")).is_err());
        assert!(kind(&Profile::default(), None).is_err());
    }

    #[test]
    fn columns_of_the_same_memory_go_together() {
        let heap = ProfileBuilder::heap().build();
        let columns = Columns::around(&heap, 2);
        assert_eq!(
            columns,
            Columns { value: 2, bytes: Some(3), objects: Some(2), samples: Some(0), in_use: false }
        );
        let cpu = ProfileBuilder::with_types(&[("samples", "count"), ("cpu", "nanoseconds")]).build();
        assert_eq!(
            Columns::around(&cpu, 1),
            Columns { value: 1, bytes: None, objects: None, samples: None, in_use: false }
        );
    }

    #[test]
    fn a_diff_needs_a_sample_type_that_both_sides_have() {
        let heap = ProfileBuilder::heap().build();
        let go = ProfileBuilder::with_types(&[("alloc_space", "bytes"), ("inuse_space", "byte")]).build();
        let (sample_type, base, head) = common_columns(&go, &heap, None).unwrap();
        assert_eq!((sample_type.kind.as_str(), base.value, head.value), ("inuse_space", 1, 5));
        assert_eq!((base.samples, head.samples), (None, Some(1)));
        assert_eq!(common_columns(&go, &heap, Some("3")).unwrap().1.value, 0, "numbers are the head's");
        let cpu = ProfileBuilder::with_types(&[("cpu", "nanoseconds")]).build();
        let error = common_columns(&cpu, &go, None).unwrap_err().to_string();
        assert_eq!(
            error,
            "no sample type in common: base has `cpu/nanoseconds`, head has `alloc_space/bytes`, `inuse_space/byte`"
        );
    }

    #[test]
    fn a_diff_needs_profiles_that_were_sampled_by_the_same() {
        let sampled_by = |kind: &str, unit: &str| {
            let mut profile = ProfileBuilder::with_types(&[("samples", "count")]).build();
            profile.period_type = Some(ValueType { kind: kind.to_owned(), unit: unit.to_owned() });
            profile
        };
        let (space, cpu) = (sampled_by("space", "bytes"), sampled_by("cpu", "nanoseconds"));
        assert_eq!(
            common_columns(&space, &cpu, None).unwrap_err().to_string(),
            "base was sampled by `space/bytes`, head by `cpu/nanoseconds`: what they count cannot be compared"
        );
        let silent = ProfileBuilder::with_types(&[("samples", "count")]).build();
        for other in [sampled_by("objects", "byte"), sampled_by("", ""), silent] {
            assert!(common_columns(&space, &other, None).is_ok());
        }
    }
}
