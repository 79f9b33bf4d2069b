use crate::snapshot::uncompressed;
use heapdiff_formats::{ReadError, ReadOptions, Rows, Warning, read_profile_with, write_profile};
use heapdiff_pprof::{Location, ValueType, Writer};
use heapdiff_profile::{Allocated, InUse, Profile, ProfileBuilder};

fn read(file: &[u8], sample_type: Option<&str>) -> Result<(Profile, Vec<Warning>), ReadError> {
    let rows = Rows::Needed { sample_type: sample_type.map(str::to_owned) };
    read_profile_with(file, &ReadOptions { rows, ..ReadOptions::default() })
}

#[test]
fn a_report_of_memory_in_use_needs_the_rows_that_hold_some_and_what_they_name() {
    let live = InUse { bytes: 4096, objects: 1, samples: 1, epoch: 0 };
    let sum = Allocated { bytes: 8192, objects: 2, samples: 2 };
    let (kept, freed) =
        (&["app::keep src/keep.rs:3", "app::main"], &["app::churn src/churn.rs:7", "app::main"]);
    let whole = ProfileBuilder::heap().allocated(freed, sum).allocated(kept, sum).in_use(kept, live).build();
    let mut file = write_profile(&whole, Vec::new()).unwrap();
    for sample_type in [None, Some("inuse_objects")] {
        let (profile, _) = read(&file, sample_type).unwrap();
        let [sample] = profile.samples.as_slice() else { panic!("{:?}", profile.samples) };
        assert_eq!(sample.values[..], [0, 1, 0, 0, 1, 4096]);
        assert_eq!((profile.locations.len(), profile.functions.len()), (2, 2));
        let functions = sample.stack.iter().map(|&id| {
            let line = &profile.location(id).unwrap().lines[0];
            profile.strings.get(profile.function(line.function).unwrap().name)
        });
        assert_eq!(functions.collect::<Vec<_>>(), ["app::keep", "app::main"]);
    }
    let (profile, _) = read(&file, Some("alloc_space")).unwrap();
    assert_eq!((profile.samples.len(), profile.locations.len()), (3, 3));
    file.truncate(file.len() / 2);
    assert!(read(&file, None).is_err());
}

#[test]
fn rows_that_are_not_kept_are_checked() {
    let snapshot = |locations: &[u64]| {
        let mut writer = Writer::new(Vec::new()).unwrap();
        writer.sample_type(ValueType { kind: "alloc_space", unit: "bytes" }).unwrap();
        writer.sample_type(ValueType { kind: "inuse_space", unit: "bytes" }).unwrap();
        writer.sample(locations, &[64, 0], &[]).unwrap();
        writer.location(&Location { id: 1, ..Location::default() }).unwrap();
        writer.finish().unwrap()
    };
    assert!(read(&snapshot(&[1]), None).unwrap().0.samples.is_empty());
    let error = read(&snapshot(&[1, 2]), None).unwrap_err();
    assert!(matches!(error, ReadError::Malformed { .. }), "{error}");
}

#[test]
fn where_no_row_is_superfluous_all_are_there() {
    let file = uncompressed();
    let (whole, _) = read_profile_with(file.as_slice(), &ReadOptions::default()).unwrap();
    let (needed, _) = read(&file, None).unwrap();
    assert_eq!((needed.samples, needed.locations), (whole.samples, whole.locations));
}
