//! Which courses are growth.

use super::*;

/// Whether bytes that are `held` after each round, warm-up included, are growth.
fn grows(rounds: u32, warm_up: u32, held: impl Fn(u32) -> u64) -> bool {
    let at = |round| BTreeMap::from([((), Held { bytes: held(round), objects: 1 })]);
    let mut tracks = Tracks::new(Parts::of(rounds), &at(warm_up));
    let mut round = warm_up;
    while tracks.may_grow() {
        round += 1;
        tracks.note(&at(round));
    }
    !tracks.growing().is_empty()
}

fn grows_by_default(held: impl Fn(u32) -> u64) -> bool {
    grows(28, 4, held)
}

#[test]
fn parts_have_rounds_and_double() {
    assert_eq!(Parts::of(28).ends, [4, 12, 28]);
    assert_eq!(Parts::of(0).ends, [1, 2, 3]);
    assert_eq!(Parts::of(7).ends, [1, 3, 7]);
    for rounds in (3..2000).chain([u32::MAX]) {
        let [first, second, all] = Parts::of(rounds).ends;
        assert!(0 < first && first < second && second < all && all == rounds, "{rounds}");
    }
}

#[test]
fn what_grows_for_ever_is_growth() {
    assert!(grows_by_default(|round| u64::from(round) * 8));
    assert!(grows_by_default(|round| u64::from(round / 4) * 1000), "every fourth round");
    assert!(grows(28, 0, |round| u64::from(round) * 8), "without a warm-up");
    assert!(grows(3, 1, |round| u64::from(round) * 8), "in as few rounds as can be");
}

#[test]
fn what_stops_within_half_of_the_rounds_is_none() {
    for last in 0..=16 {
        assert!(!grows_by_default(|round| u64::from(round.min(last)) * 8), "{last}");
    }
    assert!(grows_by_default(|round| u64::from(round.min(17)) * 8), "too late to tell");
    assert!(!grows(28, 200, |round| u64::from(round.min(200)) * 8), "given time");
}

#[test]
fn what_comes_and_goes_is_none() {
    assert!(!grows_by_default(|round| u64::from(round % 3)));
    assert!(!grows_by_default(|round| u64::from(round % 7) * 100 + 1000));
    // Pseudorandom: each round something else.
    for seed in 0..2000 {
        assert!(!grows_by_default(|round| (u64::from(round) + 1 + seed * 64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            >> 44));
    }
}

/// The capacity of a vector with so many elements, if it doubles from `least` on.
fn capacity(least: u64, elements: u64) -> u64 {
    if elements == 0 { 0 } else { elements.div_ceil(least).next_power_of_two() * least }
}

#[test]
fn a_buffer_that_doubles_is_growth_if_it_is_filled_for_ever() {
    for per_round in 1..300 {
        for least in [1, 3, 4, 7, 8] {
            // Unless the first buffer holds more than two parts bring.
            if per_round * 8 > least {
                assert!(
                    grows_by_default(|round| capacity(least, u64::from(round) * per_round)),
                    "{per_round} {least}"
                );
            }
            for last in 0..=16 {
                assert!(
                    !grows_by_default(|round| capacity(least, u64::from(round.min(last)) * per_round)),
                    "{per_round} {least} {last}"
                );
            }
        }
    }
}

#[test]
fn rounds_end_when_nothing_can_fail() {
    let rounds = |held: fn(u32) -> u64| {
        let at = |round| BTreeMap::from([((), Held { bytes: held(round), objects: 1 })]);
        let mut tracks = Tracks::new(Parts::of(28), &at(0));
        for round in 1.. {
            if !tracks.may_grow() {
                return round - 1;
            }
            tracks.note(&at(round));
        }
        unreachable!("they end")
    };
    assert_eq!(rounds(|_| 5), 4);
    assert_eq!(rounds(|round| u64::from(round.min(4))), 12);
    assert_eq!(rounds(u64::from), 28);
}

#[test]
fn what_is_measured_is_exact() {
    let at = |round: u64| {
        BTreeMap::from([
            ('a', Held { bytes: 1000 + 24 * round, objects: round }),
            ('b', Held { bytes: 100 * round, objects: 2 * round }),
            ('c', Held { bytes: 77, objects: 1 }),
        ])
    };
    let mut tracks = Tracks::new(Parts::of(28), &at(0));
    (1..=28).for_each(|round| tracks.note(&at(round)));
    let growing: Vec<_> = tracks.growing().iter().map(|(stack, track)| (*stack, track.grown())).collect();
    let expected = [('b', Held { bytes: 2800, objects: 56 }), ('a', Held { bytes: 24 * 28, objects: 28 })];
    assert_eq!(growing, expected);
}
