//! Names of snapshot files: `{prefix}{sequence:06}.pb.gz`, which sort by time for one process.

/// How the names of snapshots end.
const EXTENSION: &str = ".pb.gz";

/// The name of a snapshot of the process whose names begin with `prefix`.
#[must_use]
pub fn snapshot_name(prefix: &str, sequence: u32) -> String {
    format!("{prefix}{sequence:06}{EXTENSION}")
}

/// The number of the snapshot that has this name; `None` if it is none of that process.
#[must_use]
pub fn snapshot_sequence(prefix: &str, name: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.strip_suffix(EXTENSION)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_number_to_its_own_process() {
        for sequence in [0, 7, 999_999, 1_000_000, u32::MAX] {
            let name = snapshot_name("shop-20261120T110121Z-42-", sequence);
            assert_eq!(snapshot_sequence("shop-20261120T110121Z-42-", &name), Some(sequence));
            assert_eq!(snapshot_sequence("shop-20261120T110121Z-4-", &name), None);
        }
        assert_eq!(snapshot_sequence("shop-", "shop-000001.pb.gz.tmp"), None);
    }
}
