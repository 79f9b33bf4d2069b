//! A row's history in a few characters.

/// Eighths of a line's height.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `values` over time, in at most `columns` characters from `▁` (nothing) to `█` (the biggest value).
///
/// Where there are more values than columns, a character stands for the biggest of its share: a peak must not fall
/// between two columns.
pub(super) fn sparkline(values: &[i64], columns: usize) -> String {
    let biggest = values.iter().copied().max().unwrap_or(0);
    let columns = columns.min(values.len());
    (0..columns)
        .map(|column| {
            let (from, to) = (column * values.len() / columns, (column + 1) * values.len() / columns);
            let value = values.get(from..to).and_then(|share| share.iter().copied().max()).unwrap_or(0);
            let level = if biggest <= 0 { 0 } else { i128::from(value.max(0)) * 7 / i128::from(biggest) };
            // Something is always told from nothing.
            let level =
                usize::try_from(level).unwrap_or(0).max(usize::from(value > 0 && columns > 1 && biggest > 0));
            BARS.get(level.min(7)).copied().unwrap_or(' ')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_biggest_is_a_full_bar_and_nothing_is_the_lowest() {
        assert_eq!(sparkline(&[0, 1, 500, 1000], 8), "▁▂▄█");
        assert_eq!(sparkline(&[0, 0], 8), "▁▁");
        assert_eq!(sparkline(&[], 8), "");
        assert_eq!(sparkline(&[-5, 7], 8), "▁█");
    }

    #[test]
    fn a_peak_between_columns_is_kept() {
        let mut values = vec![0; 100];
        values[57] = 9;
        assert_eq!(sparkline(&values, 10), "▁▁▁▁▁█▁▁▁▁");
    }
}
