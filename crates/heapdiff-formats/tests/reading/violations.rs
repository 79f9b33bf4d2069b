use crate::snapshot::{uncompressed, uncompressed_with};
use heapdiff_formats::{Limits, ReadError, Warning, read_profile};
use heapdiff_pprof::{Location, Writer};
use std::error::Error;

/// The message with its causes, as a command prints it.
fn whole_message(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |message, cause| format!("{message}: {cause}"))
}

fn message(bytes: &[u8]) -> String {
    whole_message(&read_profile(bytes, &Limits::default()).unwrap_err())
}

#[test]
fn what_is_no_profile_is_one_line() {
    assert_eq!(message(b""), "found an empty file, expected a profile: take the profile again");
    assert_eq!(
        message(&[0xff; 100]),
        "expected a complete pprof profile, found data that is not: copy it or take it again: at byte `10`, in the \
         profile: a number does not end, expected at most `10` bytes"
    );
    assert_eq!(
        message(&crate::snapshot::compressed()[..100]).split_once(", expected").unwrap().1,
        " the rest: copy the file again, or take the profile again if its writer was interrupted"
    );
}

#[test]
fn a_profile_needs_sample_types() {
    let bytes = Writer::new(Vec::new()).unwrap().finish().unwrap();
    let error = read_profile(bytes.as_slice(), &Limits::default()).unwrap_err();
    assert!(matches!(error, ReadError::NoSampleTypes));
}

#[test]
fn a_reference_into_the_void_is_an_error_unless_it_is_to_a_mapping() {
    let unknown_location = [uncompressed(), vec![0x12, 7, 0x0a, 1, 99, 0x12, 2, 0, 0]].concat();
    let error = read_profile(unknown_location.as_slice(), &Limits::default()).unwrap_err();
    assert!(
        whole_message(&error)
            .ends_with("in a sample: id `99` does not exist, expected one of `20` locations")
    );

    let unknown_mapping = uncompressed_with(|writer| {
        writer.location(&Location { id: 21, mapping_id: 9, address: 1, ..Location::default() }).unwrap();
    });
    let (profile, warnings) = read_profile(unknown_mapping.as_slice(), &Limits::default()).unwrap();
    assert_eq!(warnings, [Warning::UnknownMappings { count: 1 }]);
    assert_eq!(profile.locations.last().unwrap().mapping, None);
    assert_eq!(
        warnings[0].to_string(),
        "`1` locations name a mapping that is not in the profile: they cannot be symbolized"
    );
}

#[test]
fn every_cut_of_an_uncompressed_snapshot_is_an_error_or_a_sound_profile() {
    let bytes = uncompressed();
    for cut in 0..bytes.len() {
        let Ok((profile, _)) = read_profile(&bytes[..cut], &Limits::default()) else { continue };
        assert!(profile.samples.iter().all(|sample| sample.values.len() == profile.sample_types.len()));
        assert!(
            profile.samples.iter().flat_map(|sample| &sample.stack).all(|&id| profile.location(id).is_some())
        );
    }
}
