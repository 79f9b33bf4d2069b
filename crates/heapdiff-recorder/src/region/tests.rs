use super::*;
use crate::charge::{Charge, Period};
use crate::counters::Counter;
use crate::live_record::BlockFlags;
use crate::recorder::{Allocation, Recorder, Trace};
use crate::shard::Shard;
use crate::stack_table::TraceEnd;
use proptest::prelude::*;
use std::format;
use std::string::ToString;
use std::vec::Vec;

const CAPACITIES: Capacities = Capacities {
    stacks: 64,
    trace_words: 1000,
    tallies: 200,
    live_blocks: 300,
    facts_bytes: 100,
    moments: 3,
};

fn zeroed() -> Vec<AtomicU64> {
    (0..CAPACITIES.words()).map(|_| AtomicU64::new(0)).collect()
}

/// A region in which all sorts of things were recorded.
fn recorded() -> Vec<AtomicU64> {
    let words = zeroed();
    let region = Region::create(&words, &CAPACITIES).unwrap();
    region.set_all_backed();
    let recorder = Recorder::new(&region);
    let mut slots = Vec::new();
    for n in 0..150u64 {
        let shard = Shard::new(n % 5);
        let stack =
            recorder.intern(shard, Trace { frames: &[n % 30, 7, 8, 9, n % 4], end: TraceEnd::Complete });
        let (address, size) = (4096 + n * 64, 1 + n * 37 % 500);
        let charge = Charge::new(size, Period::new(100));
        let allocation =
            Allocation { address, size, charge, flags: BlockFlags::NONE, stack, end: TraceEnd::Complete };
        slots.push((recorder.allocated(shard, &allocation).unwrap(), address));
        if n % 3 == 0 {
            let (slot, address) = slots.swap_remove(slots.len() / 2);
            recorder.freed(shard, slot, address).unwrap();
        }
        if n % 50 == 0 {
            recorder.begin_snapshot();
            region.moments().push([n, n + 1]);
            assert!(region.facts().write(format!("facts of {n}").as_bytes()));
        }
    }
    region.set_state(State::Live);
    words
}

/// Everything that a reader can ask for, as text.
fn read_all(region: &Region<'_>) -> std::string::String {
    let recorder = Recorder::new(region);
    let mut text = format!("{:?} {:?}\n", region.state(), region.capacities());
    let sequence = recorder.begin_snapshot();
    let mut blocks = Vec::new();
    let changing = recorder.visit_live(sequence, |block| blocks.push(block));
    text += &format!("{blocks:?} {changing} {}\n", recorder.live_samples());
    for block in &blocks {
        text +=
            &format!("{:?} {:?}\n", block.charge.bytes_estimate(block.size), block.charge.objects_estimate());
    }
    for row in recorder.tallies() {
        let frames: Option<Vec<u64>> = recorder.stacks().get(row.stack).map(|(_, frames)| frames.collect());
        text += &format!("{row:?} {} {frames:?}\n", row.class.bytes());
    }
    for &counter in Counter::ALL {
        text += &format!("{} {}\n", counter.name(), recorder.counters().get(counter));
    }
    let mut facts = [0; 100];
    text += &format!(
        "{:?}\n{:?}\n",
        region.facts().read(&mut facts),
        region.moments().iter().collect::<Vec<_>>()
    );
    for area in Area::ALL {
        let Extent { start, used, backed, end } = region.extent(area);
        assert!(start <= used && used <= backed && backed <= end, "{area:?}");
    }
    assert!(recorder.bytes_used_and_max().0 <= recorder.bytes_used_and_max().1);
    text
}

fn copy(words: &[AtomicU64]) -> Vec<AtomicU64> {
    words.iter().map(|word| AtomicU64::new(word.load(Ordering::Relaxed))).collect()
}

#[test]
fn what_one_process_recorded_another_one_reads() {
    let words = recorded();
    let region = Region::open(&words).unwrap();
    assert_eq!((region.state(), region.capacities()), (State::Live, &CAPACITIES));
    let recorder = Recorder::new(&region);
    assert_eq!(recorder.live_samples(), 100);
    let mut blocks = 0;
    recorder.visit_live(recorder.begin_snapshot(), |block| {
        assert_eq!(recorder.stacks().get(block.stack).unwrap().1.len(), 5);
        blocks += 1;
    });
    assert_eq!(blocks, 100);
    assert_eq!(recorder.tallies().map(|row| row.samples).sum::<u64>(), 150);
    assert_eq!(region.facts().read(&mut [0; 100]), Some(&b"facts of 100"[..]));
    assert_eq!(region.moments().iter().map(|fields| fields[1]).collect::<Vec<_>>(), [1, 51, 101]);
    region.set_state(State::Ended);
    assert_eq!(Region::open(&words).unwrap().state(), State::Ended);
}

#[test]
fn words_that_are_no_region_are_refused_with_the_reason() {
    let refuse = |change: fn(&[AtomicU64]), length: usize| {
        let words = recorded();
        change(&words);
        Region::open(&words[..length]).unwrap_err().to_string()
    };
    let all = CAPACITIES.words();
    let no_region = "not a region file of heapdiff";
    assert_eq!(refuse(|_| (), 0), no_region);
    assert_eq!(refuse(|_| (), 511), no_region);
    assert_eq!(refuse(|words| words[0].store(0x1234, Ordering::Relaxed), all), no_region);
    assert_eq!(
        refuse(|words| words[1].store(7, Ordering::Relaxed), all),
        "a region file of version 7, where this heapdiff reads version 2"
    );
    assert_eq!(
        refuse(|words| words[2].store(0, Ordering::Relaxed), all),
        "a region file that was never completed"
    );
    assert_eq!(
        refuse(|words| words[11].store(1 << 40, Ordering::Relaxed), all),
        "a damaged region file: its tables have impossible sizes"
    );
    let needed = {
        let words = recorded();
        let used = Region::open(&words).unwrap().extent(Area::Tallies).used;
        words[64].store(0, Ordering::Relaxed);
        let error = Region::open(&words[..600]).unwrap_err();
        assert_eq!(error, RegionError::CutShort { needed: CAPACITIES.fixed_words() as u64, found: 600 });
        words[64].store(4, Ordering::Relaxed);
        let error = Region::open(&words[..CAPACITIES.fixed_words()]).unwrap_err();
        let RegionError::CutShort { needed, .. } = error else { panic!("{error}") };
        assert!(needed * 8 > used);
        needed
    };
    assert_eq!(
        RegionError::CutShort { needed, found: 600 }.to_string(),
        format!("a region file cut short: it needs {} bytes and has 4800", needed * 8)
    );
}

#[test]
fn an_end_that_was_not_used_may_be_missing() {
    let words = recorded();
    let used = Region::open(&words).unwrap().extent(Area::Live).used / 8;
    let used = usize::try_from(used).unwrap();
    let (whole, cut) = (copy(&words), copy(&words[..used]));
    let whole = read_all(&Region::open(&whole).unwrap());
    assert_eq!(read_all(&Region::open(&cut).unwrap()), whole);
    assert_eq!(
        Region::open(&cut[..used - 1]).unwrap_err(),
        RegionError::CutShort { needed: used as u64, found: used as u64 - 1 }
    );
}

#[test]
fn a_region_is_made_of_zeroed_words_of_sufficient_number() {
    let words = zeroed();
    assert!(Region::create(&words[1..], &CAPACITIES).is_none());
    assert!(Region::create(&words, &Capacities { stacks: 63, ..CAPACITIES }).is_none());
    let region = Region::create(&words, &CAPACITIES).unwrap();
    assert_eq!(
        (region.state(), Region::open(&words).unwrap_err()),
        (State::SettingUp, RegionError::NeverCompleted)
    );
    // Nothing is used before its memory is there.
    let recorder = Recorder::new(&region);
    recorder.intern(Shard::new(0), Trace { frames: &[1], end: TraceEnd::Complete });
    assert_eq!(recorder.counters().get(Counter::StackTableFull), 1);
    region.set_backed(Area::Traces, region.extent(Area::Traces).start + 4096);
    let Extent { start, backed, end, .. } = region.extent(Area::Traces);
    assert_eq!((backed - start, start % 4096, end % 4096), (4096, 0, 0));
    recorder.intern(Shard::new(0), Trace { frames: &[1], end: TraceEnd::Complete });
    assert_eq!((recorder.counters().get(Counter::StackTableFull), recorder.stacks().len()), (1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is in the words, opening and reading them ends without a panic.
    #[test]
    fn damaged_words_are_read_or_refused(
        damage in prop::collection::vec((0usize..CAPACITIES.words(), any::<u64>(), 0u8..4), 0..60),
        header in prop::collection::vec((2usize..100, any::<u64>(), 0u8..4), 0..4),
        cut in prop::option::of(0usize..CAPACITIES.words()),
    ) {
        let words = recorded();
        for (place, value, how) in damage.into_iter().chain(header) {
            let value = match how {
                0 => value,
                1 => value % 2000,
                2 => u64::MAX,
                _ => words[place].load(Ordering::Relaxed) ^ 1 << (value % 64),
            };
            words[place].store(value, Ordering::Relaxed);
        }
        if let Ok(region) = Region::open(&words[..cut.unwrap_or(words.len())]) {
            read_all(&region);
            // And going on to record there harms nobody either.
            let recorder = Recorder::new(&region);
            for n in 0..50 {
                let stack = recorder.intern(Shard::new(n), Trace { frames: &[n], end: TraceEnd::Failed });
                let charge = Charge::new(n, Period::EXACT);
                let (flags, end) = (BlockFlags::NONE, TraceEnd::Failed);
                let allocation = Allocation { address: 64 * n, size: n, charge, flags, stack, end };
                if let Some(slot) = recorder.allocated(Shard::new(n), &allocation) {
                    prop_assert!(recorder.live(slot, 64 * n).is_some());
                }
            }
        }
    }
}
