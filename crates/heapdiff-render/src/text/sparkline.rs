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

/// How many columns of a line of `width` a history takes that has `least` of them on a terminal of the usual width: what
/// a wider one has more, for the other columns have room already.
pub(super) fn sparkline_columns(least: usize, width: usize) -> usize {
    (least + width.saturating_sub(WIDTH_USUAL)).min(COLUMNS_MAX)
}

/// Columns of the usual terminal.
const WIDTH_USUAL: usize = 80;
/// A history is read at a glance: more columns than this are none.
const COLUMNS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_terminal_shows_more_of_the_history() {
        assert_eq!([40, 80, 100, 500].map(|width| sparkline_columns(16, width)), [16, 16, 36, 64]);
    }

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
