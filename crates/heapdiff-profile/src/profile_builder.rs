//! Profiles written by hand, for tests and examples of this crate and of those that use it.
//!
//! ```
//! use heapdiff_profile::{InUse, ProfileBuilder};
//!
//! let profile = ProfileBuilder::heap()
//!     .snapshot(3)
//!     .in_use(
//!         &["alloc::raw_vec::RawVec<T>::grow /rustc/0/library/alloc/src/raw_vec.rs:1", "app::fill src/main.rs:7"],
//!         InUse { bytes: 4096, objects: 1, samples: 1, epoch: 2 },
//!     )
//!     .build();
//! assert_eq!(profile.samples.len(), 1);
//! ```

use crate::metadata::{Metadata, Process, SnapshotReason};
use crate::profile::{
    Function, FunctionId, Label, LabelValue, Line, Location, LocationId, Mapping, MappingId, Profile, Sample,
    ValueType, Values,
};
use indexmap::IndexMap;

/// Builds a [`Profile`], a stack at a time.
///
/// A stack is written **leaf first**, a location an entry: `function file:line`, where the function may contain
/// spaces; `function` alone, without source; several frames joined by ` <- `, innermost first, for a location with
/// inlined functions; or `0x1234` for an address without symbols.
#[derive(Clone, Debug)]
pub struct ProfileBuilder {
    profile: Profile,
    locations: IndexMap<String, LocationId>,
    functions: IndexMap<(String, String), FunctionId>,
}

/// Memory in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InUse {
    /// `inuse_space`.
    pub bytes: i64,
    /// `inuse_objects`.
    pub objects: i64,
    /// `inuse_samples`.
    pub samples: i64,
    /// The `epoch` label.
    pub epoch: i64,
}

/// Memory allocated since recording began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// `alloc_space`.
    pub bytes: i64,
    /// `alloc_objects`.
    pub objects: i64,
    /// `alloc_samples`.
    pub samples: i64,
}

impl ProfileBuilder {
    /// Where the main binary is mapped; an address `0x1234` of a stack lies that far into it.
    pub const MAIN_START: u64 = 0x40_0000;

    /// A profile with the sample types and the period, 512 KiB, of heapdiff's own snapshots, but no [`Metadata`].
    #[must_use]
    pub fn heap() -> Self {
        let mut builder = Self::with_types(&[
            ("alloc_samples", "count"),
            ("inuse_samples", "count"),
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
        ]);
        builder.profile.default_sample_type = Some("inuse_space".to_owned());
        builder.period(512 << 10)
    }

    /// A profile with these sample types, each a kind and a unit, and nothing else but a main binary.
    #[must_use]
    pub fn with_types(types: &[(&str, &str)]) -> Self {
        let mut profile = Profile::default();
        for (kind, unit) in types {
            profile.sample_types.push(ValueType { kind: (*kind).to_owned(), unit: (*unit).to_owned() });
        }
        profile.mappings.push(Mapping {
            memory_start: Self::MAIN_START,
            memory_limit: Self::MAIN_START + 0x100_0000,
            file_offset: 0,
            file: "/usr/bin/app".to_owned(),
            build_id: "abcdef0123456789".to_owned(),
            symbolized: true,
        });
        Self { profile, locations: IndexMap::new(), functions: IndexMap::new() }
    }

    /// Makes it the snapshot with this sequence number of the process 42 of `app`, taken 10 s after the one before,
    /// with all earlier snapshots still there.
    #[must_use]
    pub fn snapshot(self, sequence: u32) -> Self {
        const START_NANOS: u64 = 1_800_000_000_000_000_000;
        let recording_nanos = u64::from(sequence).saturating_mul(10_000_000_000);
        let period_bytes = u64::try_from(self.profile.period).unwrap_or(0);
        self.metadata(Metadata {
            schema: Metadata::SCHEMA.to_owned(),
            process: Process {
                boot_id: "11111111-2222-3333-4444-555555555555".to_owned(),
                pid: 42,
                start_nanos: START_NANOS,
                recorder_id: "0123456789abcdef".to_owned(),
                program: "app".to_owned(),
                command_line: Some(vec!["/usr/bin/app".to_owned(), "--serve".to_owned()]),
            },
            sequence,
            reason: SnapshotReason::Interval,
            boundaries: (0..sequence).collect(),
            recording_nanos,
            period_bytes,
            ..Metadata::default()
        })
        .time(i64::try_from(START_NANOS.saturating_add(recording_nanos)).unwrap_or(i64::MAX))
    }

    /// Sets the metadata.
    #[must_use]
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.profile.metadata = Some(metadata);
        self
    }

    /// Changes metadata that [`Self::snapshot`] or [`Self::metadata`] has set.
    #[must_use]
    pub fn with_metadata(mut self, change: impl FnOnce(&mut Metadata)) -> Self {
        change(self.profile.metadata.get_or_insert_default());
        self
    }

    /// Sets the sampling period, in bytes: in the metadata too, if there is any.
    #[must_use]
    pub fn period(mut self, bytes: i64) -> Self {
        self.profile.period = bytes;
        self.profile.period_type = Some(ValueType { kind: "space".to_owned(), unit: "bytes".to_owned() });
        if let Some(metadata) = &mut self.profile.metadata {
            metadata.period_bytes = u64::try_from(bytes).unwrap_or(0);
        }
        self
    }

    /// Sets when the profile was taken, in nanoseconds since 1970 UTC.
    #[must_use]
    pub fn time(mut self, nanos: i64) -> Self {
        self.profile.time_nanos = nanos;
        self
    }

    /// Sets the frames that pprof hides.
    #[must_use]
    pub fn drop_frames(mut self, pattern: &str) -> Self {
        self.profile.drop_frames = Some(pattern.to_owned());
        self
    }

    /// Adds memory in use, to a profile of [`Self::heap`].
    #[must_use]
    pub fn in_use(self, stack: &[&str], live: InUse) -> Self {
        self.sample(stack, &[0, live.samples, 0, 0, live.objects, live.bytes], &[("epoch", live.epoch, "")])
    }

    /// Adds cumulative figures, to a profile of [`Self::heap`].
    #[must_use]
    pub fn allocated(self, stack: &[&str], sum: Allocated) -> Self {
        self.sample(stack, &[sum.samples, 0, sum.objects, sum.bytes, 0, 0], &[])
    }

    /// Adds a row with one value a sample type, and numeric labels: key, value and unit.
    #[must_use]
    pub fn sample(mut self, stack: &[&str], values: &[i64], labels: &[(&str, i64, &str)]) -> Self {
        let stack = stack.iter().map(|entry| self.location(entry)).collect();
        let mut values = Values::from_slice(values);
        values.resize(self.profile.sample_types.len(), 0);
        let strings = &mut self.profile.strings;
        let labels = labels.iter().map(|&(key, value, unit)| Label {
            key: strings.intern(key),
            value: LabelValue::Number { value, unit: strings.intern(unit) },
        });
        let labels = labels.collect();
        self.profile.samples.push(Sample { stack, values, labels });
        self
    }

    /// The profile.
    #[must_use]
    pub fn build(self) -> Profile {
        self.profile
    }

    fn location(&mut self, entry: &str) -> LocationId {
        if let Some(&id) = self.locations.get(entry) {
            return id;
        }
        let offset = entry.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let lines = match offset {
            Some(_) => Vec::new(),
            None => entry.split(" <- ").map(|frame| self.line(frame)).collect(),
        };
        let index = self.profile.locations.len();
        self.profile.locations.push(Location {
            mapping: MappingId::from_index(0),
            address: Self::MAIN_START.wrapping_add(offset.unwrap_or(0x1000 + 16 * index as u64)),
            lines,
            is_folded: false,
        });
        let id = LocationId::from_index(index).expect("a profile written by hand is small");
        self.locations.insert(entry.to_owned(), id);
        id
    }

    fn line(&mut self, frame: &str) -> Line {
        let source = frame.rsplit_once(' ').and_then(|(name, place)| {
            let (file, line) = place.rsplit_once(':')?;
            Some((name, file, line.parse().ok()?))
        });
        let (name, file, line) = source.unwrap_or((frame, "", 0));
        let key = (name.to_owned(), file.to_owned());
        let next = FunctionId::from_index(self.profile.functions.len());
        let next = next.expect("a profile written by hand is small");
        let function = *self.functions.entry(key).or_insert(next);
        if function == next {
            let strings = &mut self.profile.strings;
            let name = strings.intern(name);
            let file = strings.intern(file);
            self.profile.functions.push(Function { name, system_name: name, file, start_line: 0 });
        }
        Line { function, line, column: 0 }
    }
}
