//! Ages in classes, so that the rows of a snapshot do not differ by the second.

/// The lower end of the class that an age belongs to: 0, 1, 2, 4, 8 seconds and so on.
pub(crate) const fn age_class(seconds: u64) -> u64 {
    if seconds == 0 { 0 } else { 1 << seconds.ilog2() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_belongs_to_the_class_that_begins_below_it() {
        let classes = [0, 1, 2, 3, 4, 1023, u64::MAX].map(age_class);
        assert_eq!(classes, [0, 1, 2, 2, 4, 512, 1 << 63]);
    }
}
