//! What the recorder could not see, in a line each, with what to do about it.

use crate::quantity::{count, share};
use heapdiff_profile::{StackQuality, Unwinder};
use std::collections::BTreeMap;

/// Lines about what is missing from the figures; none if nothing is.
pub(super) fn lines(
    dropped: &BTreeMap<String, u64>,
    stacks: StackQuality,
    unwinder: Unwinder,
    period_bytes: u64,
) -> Vec<String> {
    let mut lines = Vec::new();
    let losses: Vec<String> = dropped
        .iter()
        .filter(|(_, lost)| **lost > 0)
        .map(|(name, lost)| format!("{} ({} times)", name.replace('_', " "), count(*lost)))
        .collect();
    if !losses.is_empty() {
        let period = period_bytes.max(1).saturating_mul(4);
        lines.push(format!(
            "lost while recording: {}; sample less often, such as HEAPDIFF_PERIOD={}",
            losses.join(", "),
            period_value(period)
        ));
    }
    let all = stacks.complete.saturating_add(stacks.truncated).saturating_add(stacks.failed);
    let of_all =
        |part: u64| share(i64::try_from(part).unwrap_or(i64::MAX), i64::try_from(all).unwrap_or(i64::MAX));
    if unwinder == Unwinder::None {
        lines.push(
            "no stack could be walked, so rows have no callers: build with debug = 1 or frame pointers"
                .to_owned(),
        );
    } else if stacks.failed > 0 {
        lines.push(format!(
            "{} of {} sampled stacks broke off before their root ({}): build with `-C force-frame-pointers=yes`",
            count(stacks.failed),
            count(all),
            of_all(stacks.failed)
        ));
    }
    if stacks.truncated > 0 {
        lines.push(format!(
            "{} of {} sampled stacks are deeper than is recorded ({}): their root side is missing",
            count(stacks.truncated),
            count(all),
            of_all(stacks.truncated)
        ));
    }
    lines
}

/// A period as the variable takes it.
fn period_value(bytes: u64) -> String {
    if bytes.is_multiple_of(1 << 20) {
        format!("{}MiB", bytes >> 20)
    } else if bytes.is_multiple_of(1 << 10) {
        format!("{}KiB", bytes >> 10)
    } else {
        bytes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_recording_has_nothing_to_say() {
        let stacks = StackQuality { complete: 10, ..StackQuality::default() };
        let dropped = BTreeMap::from([("live_table_full".to_owned(), 0)]);
        assert!(lines(&dropped, stacks, Unwinder::UnwindTables, 512 << 10).is_empty());
    }

    #[test]
    fn each_loss_is_named_with_its_remedy() {
        let stacks = StackQuality { complete: 90, truncated: 4, failed: 6 };
        let dropped = BTreeMap::from([("live_table_full".to_owned(), 1234)]);
        assert_eq!(
            lines(&dropped, stacks, Unwinder::FramePointers, 512 << 10),
            [
                "lost while recording: live table full (1,234 times); sample less often, such as HEAPDIFF_PERIOD=2MiB",
                "6 of 100 sampled stacks broke off before their root (6.0 %): build with `-C force-frame-pointers=yes`",
                "4 of 100 sampled stacks are deeper than is recorded (4.0 %): their root side is missing",
            ]
        );
    }
}
