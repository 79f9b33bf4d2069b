//! Any file is a region that is read as far as it is sound, or an error on one line: never a panic, and never a
//! snapshot somewhere else.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod sample;

use heapdiff_pprof::Reader;
use heapdiff_recorder::State;
use heapdiff_region::{Defect, Fate, RegionFile, RegionFileError};
use proptest::prelude::*;
use sample::{STEM, moment, region};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const PAGE: usize = 4096;

/// The bytes of [`region`] as a killed process leaves them, and where they are not 0 beyond the header.
static WHOLE: LazyLock<(Vec<u8>, Vec<usize>)> = LazyLock::new(|| {
    let bytes = region(State::Live);
    let used = (PAGE..bytes.len()).filter(|&at| bytes[at] != 0).collect();
    (bytes, used)
});

fn file(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join(format!("{STEM}.region"));
    fs::write(&path, bytes).unwrap();
    path
}

/// Opens bytes as a region file and takes its snapshot, if it is one; every file that is written lies where it must.
fn examine(bytes: &[u8]) -> Result<(Vec<Defect>, u64), RegionFileError> {
    let folder = tempfile::tempdir().unwrap();
    let opened = RegionFile::open(&file(folder.path(), bytes))?;
    let taken = opened.take_snapshot(folder.path())?;
    assert_eq!(taken.path.parent(), Some(folder.path()));
    let compressed = fs::read(&taken.path).unwrap();
    let mut profile = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&compressed[..]), &mut profile).unwrap();
    let reader = Reader::new(&profile).unwrap();
    let mut messages = reader.messages();
    let mut count = 0;
    while messages.next_message().unwrap().is_some() {
        count += 1;
    }
    let defects = opened.defects().to_vec();
    Ok((defects, count))
}

#[test]
fn a_whole_file_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let opened = RegionFile::open(&file(folder.path(), &WHOLE.0)).unwrap();
    assert_eq!((opened.fate(), opened.defects()), (Fate::Died, &[][..]));
    assert_eq!(opened.facts().identity.pid, 42);
    assert_eq!(opened.moments().len(), 20);
    assert_eq!(opened.moments()[19], moment(19));
    let taken = opened.take_snapshot(folder.path()).unwrap();
    assert_eq!(taken.sequence, 1);
    assert_eq!(taken.path, folder.path().join(format!("{STEM}-000001.pb.gz")));
    // 10 stacks in few size classes: in-use and cumulative rows, 12 places and one for no stack, a mapping, a function.
    let (_, messages) = examine(&WHOLE.0).unwrap();
    assert!(messages > 30, "{messages}");
}

#[test]
fn the_state_tells_what_became_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &region(State::Ended));
    assert_eq!(RegionFile::open(&path).unwrap().fate(), Fate::Ended);
    let path = file(folder.path(), &WHOLE.0);
    let owner = fs::File::open(&path).unwrap();
    owner.lock().unwrap();
    let live = RegionFile::open(&path).unwrap();
    assert_eq!(live.fate(), Fate::Live);
    let numbers = [(); 2].map(|()| live.take_snapshot(folder.path()).unwrap().sequence);
    assert_eq!(numbers, [1, 2], "each snapshot of a living process has a number of its own");
    drop(owner);
    assert_eq!(RegionFile::open(&path).unwrap().fate(), Fate::Died);
}

#[test]
fn a_file_that_is_no_region_is_refused_in_one_line() {
    let whole = &WHOLE.0;
    let mut later = whole.clone();
    later[8] += 1;
    let cases: [(&[u8], &str); 6] = [
        (b"", "not a region file"),
        (b"this is no region", "not a region file"),
        (&[0; 3 * PAGE], "not a region file"),
        (&later, "version"),
        (&region(State::SettingUp), "never completed"),
        (&whole[..PAGE], "cut short"),
    ];
    for (bytes, expected) in cases {
        let error = examine(bytes).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{expected}: {error}");
    }
    assert!(matches!(RegionFile::open(Path::new("/no/such.region")), Err(RegionFileError::Io(_))));
    let folder = tempfile::tempdir().unwrap();
    let huge = folder.path().join("huge.region");
    fs::File::create(&huge).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(RegionFile::open(&huge), Err(RegionFileError::TooLarge { .. })));
}

/// Cut at every page: what is beyond the last block is not missed, and anything before it is.
#[test]
fn a_file_cut_at_any_page_is_refused_or_whole() {
    let whole = &WHOLE.0;
    let (_, messages) = examine(whole).unwrap();
    let mut outcomes: Vec<bool> = Vec::new();
    for len in (0..=whole.len()).step_by(PAGE) {
        match examine(&whole[..len]) {
            Ok((defects, found)) => {
                assert_eq!((defects, found), (Vec::new(), messages));
                outcomes.push(true);
            }
            Err(error) => {
                assert!(!error.to_string().contains('\n'));
                outcomes.push(false);
            }
        }
    }
    outcomes.dedup();
    assert_eq!(outcomes, [false, true]);
}

#[test]
fn damaged_facts_cost_names_and_damaged_moments_figures() {
    let whole = &WHOLE.0;
    let find = |text: &[u8]| {
        (0..whole.len() - text.len()).filter(|&at| whole[at..].starts_with(text)).collect::<Vec<_>>()
    };
    let mut damaged = whole.clone();
    for at in find(b"recorder_id") {
        damaged[at] ^= 1;
    }
    let folder = tempfile::tempdir().unwrap();
    let opened = RegionFile::open(&file(folder.path(), &damaged)).unwrap();
    assert_eq!(opened.defects(), [Defect::Facts]);
    assert_eq!((opened.facts().identity.pid, opened.facts().identity.program.as_str()), (42, "shop"));
    let taken = opened.take_snapshot(folder.path()).unwrap();
    assert_eq!(taken.path, folder.path().join(format!("{STEM}-000001.pb.gz")));
    let mut damaged = whole.clone();
    for second in 0..20 {
        for at in find(&moment(second).time_nanos.to_ne_bytes()) {
            // The number of the moment is in front of its fields.
            damaged[at - 8] ^= 0xff;
        }
    }
    let opened = RegionFile::open(&file(folder.path(), &damaged)).unwrap();
    assert_eq!((opened.defects(), opened.moments().len()), (&[Defect::Moments][..], 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Random damage, most of it where something is.
    #[test]
    fn damage_anywhere_is_survived(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..40),
        header in prop::collection::vec((0..8 * 100usize, any::<u8>()), 0..3),
    ) {
        let (mut bytes, used) = (WHOLE.0.clone(), &WHOLE.1);
        for (place, value, is_used) in places {
            let at = if is_used { used[place.index(used.len())] } else { place.index(bytes.len()) };
            if at >= PAGE {
                bytes[at] = value;
            }
        }
        for (at, value) in header {
            bytes[at] = value;
        }
        if let Err(error) = examine(&bytes) {
            prop_assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}
