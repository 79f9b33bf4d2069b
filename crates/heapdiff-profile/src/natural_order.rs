//! Names in the order in which a person counts: `jeprof.42.9.i9.heap` before `jeprof.42.10.i10.heap`.

use std::cmp::Ordering;

/// Compares two names: runs of digits as numbers, all else byte by byte.
#[must_use]
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let (of_left, of_right) = (digits(&mut left), digits(&mut right));
        // Without leading zeros, the longer number is the bigger one.
        let by_number = (of_left.len(), of_left).cmp(&(of_right.len(), of_right));
        let next = |text: &mut &[u8]| {
            let (&first, rest) = text.split_first()?;
            *text = rest;
            Some(first)
        };
        match by_number.then_with(|| next(&mut left).cmp(&next(&mut right))) {
            Ordering::Equal if left.is_empty() && right.is_empty() => return a.cmp(b),
            Ordering::Equal => {}
            order => return order,
        }
    }
}

/// Takes the digits that `text` begins with, without leading zeros.
fn digits<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    let zeros = digits.iter().take_while(|&&byte| byte == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let sorted = ["", "a", "a1.heap", "a2.heap", "a10.heap", "a010.i2", "a10.i10", "b", "b01", "b1"];
        for (at, a) in sorted.iter().enumerate() {
            for b in sorted.iter().skip(at + 1) {
                assert_eq!(natural_order(a, b), Ordering::Less, "{a} and {b}");
                assert_eq!(natural_order(b, a), Ordering::Greater, "{b} and {a}");
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_an_order(mut names in proptest::collection::vec("[a-b0-2]{0,5}", 0..8)) {
            names.sort_by(|a, b| natural_order(a, b));
            for (at, a) in names.iter().enumerate() {
                prop_assert_eq!(natural_order(a, a), Ordering::Equal);
                for b in names.iter().skip(at + 1) {
                    prop_assert_ne!(natural_order(a, b), Ordering::Greater);
                    prop_assert_eq!(natural_order(a, b) == Ordering::Equal, a == b);
                }
            }
        }
    }
}
