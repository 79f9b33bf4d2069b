//! Many tags of numbers as few ranges of them.

use crate::graph::{Tag, sort_tags};
use crate::measurement::{as_f64, as_i64, label, scale};

/// At most `count` tags: the heaviest, and each other one joined to the nearest of these.
pub(super) fn collapsed(mut tags: Vec<Tag>, count: usize, by_flat: bool) -> Vec<Tag> {
    sort_tags(&mut tags, by_flat);
    if tags.len() <= count {
        return tags;
    }
    let others = tags.split_off(count);
    let mut groups: Vec<Vec<Tag>> = tags.into_iter().map(|tag| vec![tag]).collect();
    for tag in others {
        let mut nearest: Option<(f64, &mut Vec<Tag>)> = None;
        for group in &mut groups {
            let distance = group.first().map_or(f64::MAX, |first| distance(&tag, first));
            if nearest.as_ref().is_none_or(|(least, _)| distance < *least) {
                nearest = Some((distance, group));
            }
        }
        if let Some((_, group)) = nearest {
            group.push(tag);
        }
    }
    let mut joined: Vec<Tag> = groups.into_iter().filter_map(joined).collect();
    sort_tags(&mut joined, by_flat);
    joined
}

fn distance(tag: &Tag, other: &Tag) -> f64 {
    (scale(other.value, &other.unit, &tag.unit).value - as_f64(tag.value)).abs()
}

/// One tag for a range of numbers, with the sums of all.
fn joined(group: Vec<Tag>) -> Option<Tag> {
    let mut tags = group.into_iter();
    let mut sum = tags.next()?;
    // All numbers are of one key, and so in one unit.
    let (mut least, mut most) = (sum.value, sum.value);
    let mut is_range = false;
    for tag in tags {
        is_range = true;
        let value = as_i64(scale(tag.value, &tag.unit, &sum.unit).value);
        if value < least {
            least = tag.value;
        }
        if value > most {
            most = tag.value;
        }
        sum.flat = sum.flat.wrapping_add(tag.flat);
        sum.flat_divisor = sum.flat_divisor.wrapping_add(tag.flat_divisor);
        sum.cum = sum.cum.wrapping_add(tag.cum);
        sum.cum_divisor = sum.cum_divisor.wrapping_add(tag.cum_divisor);
    }
    // In the unit that suits each number: in the report's many would be 0.
    sum.name = if is_range {
        format!("{}..{}", label(least, &sum.unit), label(most, &sum.unit))
    } else {
        label(least, &sum.unit)
    };
    (sum.flat, sum.flat_divisor) = (sum.flat_value(), 0);
    (sum.cum, sum.cum_divisor) = (sum.cum_value(), 0);
    Some(sum)
}
