//! What a report says about each file that it compares.

use heapdiff_profile::Profile;

/// A file of a diff: its name and where it stands in time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Path, as the user would type it.
    pub name: String,
    /// The program that wrote it; `None` for other producers' profiles.
    pub program: Option<String>,
    /// Its process id.
    pub pid: Option<u32>,
    /// The snapshot's sequence number in its process.
    pub sequence: Option<u32>,
    /// When it was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    pub time_nanos: i64,
    /// Time since recording began, in nanoseconds.
    pub recording_nanos: Option<u64>,
    /// Mean bytes between samples; 0 where it is not known.
    pub period_bytes: i64,
}

impl Side {
    /// What `profile`, read from `name`, says about itself.
    #[must_use]
    pub fn of(name: &str, profile: &Profile) -> Self {
        let metadata = profile.metadata.as_ref();
        Self {
            name: name.to_owned(),
            program: metadata.map(|metadata| metadata.process.program.clone()),
            pid: metadata.map(|metadata| metadata.process.pid),
            sequence: metadata.map(|metadata| metadata.sequence),
            time_nanos: profile.time_nanos,
            recording_nanos: metadata.map(|metadata| metadata.recording_nanos),
            period_bytes: profile.period_type.as_ref().map_or(0, |counted| match counted.unit.as_str() {
                "bytes" => profile.period,
                _ => 0,
            }),
        }
    }
}

/// The files of a report on one profile, or on what changed between two.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The file that is compared against; `None` where the report is on one profile.
    pub base: Option<&'a Side>,
    /// The file that is asked about.
    pub head: &'a Side,
}
