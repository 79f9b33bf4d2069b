//! Times in the user's zone, found as Go finds it: without a look at all zones that there are.

use super::{path, variable};
use heapdiff_classic::report::LocalTime;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fs;

/// Where zones are kept.
const FOLDERS: [&str; 4] =
    ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"];

/// A time in the zone that `TZ` or the system names.
pub(super) fn local_time(nanos: i64) -> LocalTime {
    let Ok(timestamp) = Timestamp::from_nanosecond(i128::from(nanos)) else {
        return LocalTime::default();
    };
    let time = timestamp.to_zoned(zone());
    let fraction = format!("{:09}", nanos.rem_euclid(1_000_000_000));
    let fraction = fraction.trim_end_matches('0');
    LocalTime {
        date_and_time: time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        fraction: if fraction.is_empty() { String::new() } else { format!(".{fraction}") },
        offset: time.strftime("%z").to_string(),
        zone: time.strftime("%Z").to_string(),
    }
}

fn zone() -> TimeZone {
    let files = match std::env::var_os("TZ") {
        None => vec!["/etc/localtime".to_owned()],
        Some(_) => {
            let name = variable("TZ");
            match name.strip_prefix(':').unwrap_or(&name) {
                "" | "UTC" => return TimeZone::UTC,
                file if file.starts_with('/') => vec![file.to_owned()],
                name => FOLDERS.map(|folder| format!("{folder}/{name}")).into(),
            }
        }
    };
    let read = |file: String| TimeZone::tzif("Local", &fs::read(path(&file)).ok()?).ok();
    files.into_iter().find_map(read).unwrap_or(TimeZone::UTC)
}
