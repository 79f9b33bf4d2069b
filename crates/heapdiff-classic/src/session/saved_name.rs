//! The name under which a fetched profile is kept.

use crate::path;
use crate::profile::Profile;

/// How the name of the file begins; a number and `.pb.gz` follow.
#[must_use]
pub fn saved_name(profile: &Profile) -> String {
    let mut name = "pprof.".to_owned();
    let file = profile.mappings.first().map_or("", |mapping| profile.text(mapping.file));
    if !file.is_empty() {
        name.push_str(path::base(file));
        name.push('.');
    }
    for kind in &profile.sample_types {
        name.push_str(profile.text(kind.kind));
        name.push('.');
    }
    name
}
