//! Numbers of a label gathered into ranges that a person can take in.

use crate::label_value::LabelRange;
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// So many numbers are shown one by one.
const SINGLE_MAX: usize = 12;
/// So many ranges of equal width there are at most.
const RANGES_MAX: i128 = 10;

/// Gathers numbers into ranges where there are many of one unit, the smallest first. A range begins and ends with a
/// number that there is.
pub(crate) fn ranges<T: AddAssign>(numbers: Vec<(LabelRange, T)>) -> Vec<(LabelRange, T)> {
    let mut by_unit: BTreeMap<String, Vec<(LabelRange, T)>> = BTreeMap::new();
    for (range, sum) in numbers {
        by_unit.entry(range.unit.clone()).or_default().push((range, sum));
    }
    by_unit.into_iter().flat_map(|(unit, numbers)| of_unit(&unit, numbers)).collect()
}

fn of_unit<T: AddAssign>(unit: &str, mut numbers: Vec<(LabelRange, T)>) -> Vec<(LabelRange, T)> {
    numbers.sort_by_key(|(range, _)| range.low);
    if numbers.len() <= SINGLE_MAX {
        return numbers;
    }
    let ends = numbers.first().zip(numbers.last()).map(|(first, last)| (first.0.low, last.0.low));
    let width = round_width(ends.unwrap_or_default());
    let bin = |value: i64| match unit {
        "bytes" if value > 0 => i128::from(value.ilog2()),
        "bytes" => -1,
        _ => i128::from(value).div_euclid(width),
    };
    let mut binned: BTreeMap<i128, (LabelRange, T)> = BTreeMap::new();
    for (range, sum) in numbers {
        match binned.get_mut(&bin(range.low)) {
            Some((all, sums)) => {
                all.include(range.low);
                *sums += sum;
            }
            None => {
                binned.insert(bin(range.low), (range, sum));
            }
        }
    }
    binned.into_values().collect()
}

/// The smallest of 1, 2, 5, 10, 20, ... that divides the numbers between the ends into few enough ranges.
fn round_width((low, high): (i64, i64)) -> i128 {
    let spread = i128::from(high) - i128::from(low) + 1;
    let mut power = 1_i128;
    loop {
        for digit in [1, 2, 5] {
            if digit * power * RANGES_MAX >= spread {
                return digit * power;
            }
        }
        power *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(unit: &str, numbers: impl IntoIterator<Item = i64>) -> Vec<(i64, i64, i32)> {
        let numbers = numbers.into_iter().map(|number| (LabelRange::point(number, unit), 1)).collect();
        ranges(numbers).into_iter().map(|(range, count)| (range.low, range.high, count)).collect()
    }

    #[test]
    fn few_numbers_stand_alone_and_many_gather() {
        assert_eq!(gathered("epoch", [2, 0, 7]), [(0, 0, 1), (2, 2, 1), (7, 7, 1)]);
        assert_eq!(gathered("epoch", 0..30).get(..2), Some(&[(0, 4, 5), (5, 9, 5)][..]));
        assert_eq!(gathered("epoch", -7..13).first(), Some(&(-7, -7, 1)));
        assert_eq!(
            gathered("bytes", (0..14).map(|at| at * 8)),
            [(0, 0, 1), (8, 8, 1), (16, 24, 2), (32, 56, 4), (64, 104, 6)]
        );
        let far = [i64::MIN, i64::MAX].into_iter().chain(0..20);
        assert_eq!(gathered("", far).iter().map(|(_, _, count)| count).sum::<i32>(), 22);
    }

    #[test]
    fn units_are_not_mixed() {
        let numbers = vec![(LabelRange::point(1, "bytes"), 1), (LabelRange::point(1, "epoch"), 1)];
        assert_eq!(ranges(numbers).len(), 2);
    }
}
