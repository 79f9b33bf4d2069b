use crate::snapshot::uncompressed_with;
use heapdiff_formats::{Limits, Warning, read_profile};
use heapdiff_profile::{Profile, Unwinder};

const SNAPSHOT: &str = r##"#heapdiff {"schema": "heapdiff/snapshot/v1", "sequence": 7, "boundaries": [0, 4, 6],
    "process": {"pid": 42, "program": "service"}, "unwinder": "frame_pointers", "a field of tomorrow": {}}"##;

fn read(comments: &[&str]) -> (Profile, Vec<Warning>) {
    let bytes =
        uncompressed_with(|writer| comments.iter().for_each(|comment| writer.comment(comment).unwrap()));
    read_profile(bytes.as_slice(), &Limits::default()).unwrap()
}

#[test]
fn metadata_are_taken_out_of_the_comments() {
    let (profile, warnings) = read(&["first", SNAPSHOT, "last"]);
    let metadata = profile.metadata.unwrap();
    assert_eq!((metadata.sequence, metadata.boundaries), (7, vec![0, 4, 6]));
    assert_eq!((metadata.process.pid, metadata.process.program.as_str()), (42, "service"));
    assert_eq!(metadata.unwinder, Unwinder::FramePointers);
    assert_eq!(profile.comments, ["first", "last"]);
    assert!(warnings.is_empty());
}

#[test]
fn another_producers_comments_are_left_alone() {
    let (profile, warnings) = read(&["", "#go 1.24"]);
    assert_eq!(profile.comments, ["", "#go 1.24"]);
    assert!(profile.metadata.is_none() && warnings.is_empty());
}

#[test]
fn broken_metadata_are_a_warning() {
    let (profile, warnings) = read(&["#heapdiff {\"sequence\": -1}"]);
    assert!(profile.metadata.is_none());
    assert_eq!(profile.comments, ["#heapdiff {\"sequence\": -1}"]);
    assert_eq!(
        warnings[0].to_string(),
        "heapdiff's metadata cannot be read, so the snapshot counts as another program's: invalid value: integer `-1`, \
         expected u32 at line 1 column 15"
    );
    // Broken ones do not hide good ones.
    let (profile, warnings) = read(&["#heapdiff ", SNAPSHOT]);
    assert_eq!(profile.metadata.unwrap().sequence, 7);
    assert!(matches!(warnings.as_slice(), [Warning::BrokenMetadata { .. }]));
}

#[test]
fn a_merged_profile_belongs_to_no_snapshot() {
    let (profile, warnings) = read(&[SNAPSHOT, SNAPSHOT]);
    assert!(profile.metadata.is_none());
    assert_eq!(profile.comments.len(), 2);
    assert_eq!(warnings, [Warning::SeveralMetadata { count: 2 }]);
}

#[test]
fn a_later_schema_is_read_as_far_as_it_is_known() {
    let (profile, warnings) = read(&["#heapdiff {\"schema\": \"heapdiff/snapshot/v9\", \"sequence\": 3}"]);
    assert_eq!(profile.metadata.unwrap().sequence, 3);
    assert_eq!(
        warnings[0].to_string(),
        "the metadata follow schema `heapdiff/snapshot/v9`, expected `heapdiff/snapshot/v1`: a newer heapdiff may say more"
    );
}

#[test]
fn an_explanation_must_be_a_web_page() {
    let with_url = |url: &str| {
        let bytes = uncompressed_with(|writer| writer.doc_url(url).unwrap());
        read_profile(bytes.as_slice(), &Limits::default()).unwrap()
    };
    let (profile, warnings) = with_url("https://example.org/heap");
    assert_eq!((profile.doc_url.as_deref(), warnings.len()), (Some("https://example.org/heap"), 0));
    let (profile, warnings) = with_url("javascript:alert(1)");
    assert_eq!(profile.doc_url, None);
    assert_eq!(
        warnings[0].to_string(),
        "the explanation's address is no `http` or `https` address and is ignored: `javascript:alert(1)`"
    );
}
