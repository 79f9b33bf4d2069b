//! The profiles that the transcripts in `tests/transcripts` read, and how they were made.
//!
//! What they hold is told in `story`, which the tests of `heapdiff-render` share. The committed files must hold
//! exactly that; `scripts/bless` writes them anew (`HEAPDIFF_BLESS=1`).
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../../crates/heapdiff-render/tests/story/mod.rs"]
mod story;
#[path = "../../crates/heapdiff-render/tests/story/things.rs"]
#[expect(dead_code, reason = "only tasks and resources of their own are needed here")]
mod things;

use heapdiff_formats::{Limits, read_profile, write_profile};
use heapdiff_profile::{Profile, ProfileSummary, StackQuality};
use std::path::{Path, PathBuf};
use story::{SNAPSHOTS, go_heap, shop_snapshot, stripped};

/// Every file and what it holds.
fn fixtures() -> Vec<(PathBuf, Content)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let shop = |folder: &str, sequence| format!("{folder}/shop-20270115T080000Z-42-{sequence:06}.pb.gz");
    let mut fixtures: Vec<_> = (0..SNAPSHOTS)
        .map(|sequence| (shop("shop", sequence), Content::Profile(Box::new(shop_snapshot(sequence)))))
        .collect();
    let whole = write_profile(&shop_snapshot(1), Vec::new()).unwrap();
    let cut = whole[..whole.len() - 20].to_vec();
    fixtures.extend([
        ("go-heap.pb.gz".to_owned(), Content::Profile(Box::new(go_heap()))),
        ("single/app-20270115T080000Z-7-000000.pb.gz".to_owned(), Content::Profile(Box::new(stripped()))),
        ("nothing/readme.txt".to_owned(), Content::Bytes(b"No snapshots here.\n".to_vec())),
        ("broken/empty.pb.gz".to_owned(), Content::Bytes(Vec::new())),
        ("broken/text.pb.gz".to_owned(), Content::Bytes(b"this is no profile\n".to_vec())),
        ("broken/cut.pb.gz".to_owned(), Content::Bytes(cut.clone())),
        (shop("torn", 0), Content::Profile(Box::new(shop_snapshot(0)))),
        (shop("torn", 1), Content::Bytes(cut)),
        (shop("several", 0), Content::Profile(Box::new(shop_snapshot(0)))),
        (shop("several", 3), Content::Profile(Box::new(shop_snapshot(3)))),
        (
            "several/shop-20270116T080000Z-77-000000.pb.gz".to_owned(),
            Content::Profile(Box::new(shop_snapshot(0))),
        ),
        (
            "several/shop-20270116T080000Z-77-000001.pb.gz".to_owned(),
            Content::Profile(Box::new(shop_snapshot(1))),
        ),
        ("several/notes.txt".to_owned(), Content::Bytes(b"Two runs.\n".to_vec())),
    ]);
    let odd =
        [0, 1, 3, 4, 5].map(|sequence| (shop("odd", sequence), Content::Profile(Box::new(odd(sequence)))));
    fixtures.extend(odd);
    fixtures.extend((0..SNAPSHOTS).flat_map(|sequence| {
        let profiles = [
            ("sessions", quiet(sequence)),
            ("sessions/tasks", things::shop_tasks(sequence)),
            ("sessions/resources/buffer", things::shop_buffers(sequence)),
        ];
        profiles.map(|(folder, profile)| (shop(folder, sequence), Content::Profile(Box::new(profile))))
    }));
    fixtures.into_iter().map(|(path, content)| (folder.join(path), content)).collect()
}

/// A series in which nothing is as it should be: snapshot 2 is missing, the clock was set back before 3 and the period
/// changed before 4, and 5 is of another process.
fn odd(sequence: u32) -> Profile {
    let mut profile = shop_snapshot(sequence);
    if sequence == 3 {
        profile.time_nanos -= 3_600_000_000_000;
    }
    let metadata = profile.metadata.as_mut().unwrap();
    if sequence == 4 {
        metadata.period_bytes = 65_536;
    }
    if sequence == 5 {
        metadata.process.pid = 43;
    }
    profile
}

/// A heap in which nothing was sampled, of a process whose memory stays as it is.
fn quiet(sequence: u32) -> Profile {
    let mut profile = shop_snapshot(sequence);
    profile.samples.clear();
    let metadata = profile.metadata.as_mut().unwrap();
    let first = shop_snapshot(0).metadata.unwrap();
    (metadata.memory, metadata.allocator) = (first.memory, first.allocator);
    metadata.stacks = StackQuality::default();
    metadata.recorder.live_samples = 0;
    profile
}

/// What a file of the fixtures holds.
enum Content {
    Profile(Box<Profile>),
    /// Something that is no profile, or none any more.
    Bytes(Vec<u8>),
}

#[test]
fn committed_profiles_are_what_they_are_said_to_be() {
    let bless = std::env::var_os("HEAPDIFF_BLESS").is_some();
    for (path, content) in fixtures() {
        let bytes = match &content {
            Content::Profile(profile) => write_profile(profile, Vec::new()).unwrap(),
            Content::Bytes(bytes) => bytes.clone(),
        };
        if bless {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let committed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Content::Profile(_) = content {
            // Not the bytes of the files: those depend on the version of the compressor.
            let read = |bytes: &[u8]| read_profile(bytes, &Limits::default()).unwrap().0;
            let (committed, expected) = (read(&committed), read(&bytes));
            assert_eq!(committed.samples, expected.samples, "{}", path.display());
            assert_eq!(committed.metadata, expected.metadata, "{}", path.display());
            assert_eq!(ProfileSummary::of(&committed), ProfileSummary::of(&expected), "{}", path.display());
        }
    }
}
