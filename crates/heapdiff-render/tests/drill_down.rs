//! What `list`, `traces` and `tags` look like, of one profile and of two, wide and narrow, in colour and without.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod story;

use heapdiff_profile::{
    ListingOptions, Names, Profile, ProfileBuilder, Selection, Subject, list, tags, traces,
};
use heapdiff_render::json::{ListJson, TagsJson, TracesJson};
use heapdiff_render::text::{ListText, TagsText, TextOptions, TracesText};
use heapdiff_render::{Side, Sides, SourceFile, Theme};
use insta::assert_snapshot;
use std::io::{self, Write};
use story::{SNAPSHOTS, go_heap, shop_snapshot, stripped};

fn written(report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    report(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn text_options(width: usize) -> TextOptions {
    TextOptions { width, source_root: Some("/src/shop".to_owned()), ..TextOptions::default() }
}

/// The source of `server.rs`: a line says which it is.
fn source() -> SourceFile {
    let line = |number| {
        match number {
        60 => "        \tlet request = read(\"\u{1b}[31m\"); // line 60, as wide as wide terminals are, or even wider".to_owned(),
        64 | 65 => String::new(),
        number => format!("        line({number});"),
    }
    };
    let text = (1..=66).map(line).collect::<Vec<_>>().join("\n");
    SourceFile::Found { path: "/src/shop/src/server.rs".to_owned(), text, is_newer: false }
}

/// All three reports of one profile, or of what changed, one below the other.
fn all(base: Option<&Profile>, head: &Profile, options: &TextOptions) -> String {
    let subject = Subject { base, head };
    let (of_base, of_head) = (base.map(|base| Side::of("base.pb.gz", base)), Side::of("head.pb.gz", head));
    let sides = Sides { base: of_base.as_ref(), head: &of_head };
    let selection =
        Selection { collapse_generics: options.names == Some(Names::Generics), ..Selection::default() };
    let report =
        list(subject, &ListingOptions::new("server::run|fill|app", selection.clone()).unwrap()).unwrap();
    let listing = ListText { report: &report, sources: &[source()], sides, context: 2 };
    let listing = written(|out| listing.write(options, out));
    let report = traces(subject, &selection).unwrap();
    let traces = written(|out| TracesText { report: &report, sides }.write(options, out));
    let report = tags(subject, &selection).unwrap();
    let tags = written(|out| TagsText { report: &report, sides }.write(options, out));
    [listing, traces, tags].join("\n--------\n")
}

fn shop() -> (Profile, Profile) {
    (shop_snapshot(0), shop_snapshot(SNAPSHOTS - 1))
}

#[test]
fn one_profile_in_80_columns() {
    assert_snapshot!(all(None, &shop().1, &text_options(80)));
}

#[test]
fn changes_in_80_columns() {
    let (base, head) = shop();
    assert_snapshot!(all(Some(&base), &head, &text_options(80)));
}

#[test]
fn changes_in_200_columns_with_generics() {
    let (base, head) = shop();
    let options = TextOptions { names: Some(Names::Generics), ..text_options(200) };
    assert_snapshot!(all(Some(&base), &head, &options));
}

#[test]
fn losses_in_colour() {
    let (base, head) = shop();
    let options = TextOptions { theme: Theme::colored(), rows_max: 1, ..text_options(80) };
    assert_snapshot!(all(Some(&head), &base, &options).replace('\x1b', "␛"));
}

#[test]
fn other_producers_and_profiles_without_names() {
    assert_snapshot!(
        [all(None, &go_heap(), &text_options(80)), all(None, &stripped(), &text_options(80))]
            .join("\n========\n")
    );
}

#[test]
fn nothing_at_all() {
    let empty = ProfileBuilder::heap().build();
    assert_snapshot!(
        [
            all(None, &empty, &text_options(80)),
            all(Some(&empty), &empty, &text_options(80)),
            all(Some(&empty), &go_heap(), &TextOptions { rows_max: 1, ..text_options(80) }),
        ]
        .join("\n========\n")
    );
}

#[test]
fn many_values_gather_into_ranges_and_words_stand_for_themselves() {
    let mut builder = ProfileBuilder::with_types(&[("space", "bytes")]);
    for index in 0..40_i64 {
        let labels = [("bytes", 16 << (index % 13), "bytes"), ("shard", index, "")];
        builder = builder.sample(&["app::work src/work.rs:3"], &[index], &labels);
    }
    let mut profile = builder.build();
    let key = profile.strings.intern("tenant");
    for (index, sample) in profile.samples.iter_mut().enumerate().skip(10) {
        let value = heapdiff_profile::LabelValue::Text(profile.strings.intern(["acme", "zenith"][index % 2]));
        sample.labels.push(heapdiff_profile::Label { key, value });
    }
    let side = Side::of("head.pb.gz", &profile);
    let sides = Sides { base: None, head: &side };
    let subject = Subject { base: None, head: &profile };
    let report = &tags(subject, &Selection::default()).unwrap();
    let text = written(|out| TagsText { report, sides }.write(&text_options(80), out));
    let report = &traces(subject, &Selection::default()).unwrap();
    assert_snapshot!(text + &written(|out| TracesText { report, sides }.write(&text_options(80), out)));
}

#[test]
fn json_has_every_number_of_a_comparison() {
    let (base, head) = shop();
    let subject = Subject { base: Some(&base), head: &head };
    let (of_base, of_head) = (Side::of("base.pb.gz", &base), Side::of("head.pb.gz", &head));
    let sides = Sides { base: Some(&of_base), head: &of_head };
    let selection = Selection::default();
    let report = &list(subject, &ListingOptions::new("server::run", selection.clone()).unwrap()).unwrap();
    let sources = &[source()];
    let listing = written(|out| ListJson { report, sources, sides, rows_max: None }.write(out));
    let report = &traces(subject, &selection).unwrap();
    let traces = written(|out| TracesJson { report, sides, rows_max: Some(1) }.write(out));
    let report = &tags(subject, &selection).unwrap();
    let tags = written(|out| TagsJson { report, sides, rows_max: Some(1) }.write(out));
    assert_snapshot!([listing, traces, tags].concat());
}

#[test]
fn no_line_is_wider_than_the_terminal_and_none_commands_it() {
    let (base, head) = shop();
    for width in [60, 80, 120, 200] {
        for text in [all(None, &head, &text_options(width)), all(Some(&base), &head, &text_options(width))] {
            for line in text.lines() {
                assert!(line.chars().count() <= width.max(80), "{width} columns: {line}");
                assert!(!line.contains('\x1b') && !line.ends_with(' '), "{line}");
            }
        }
    }
}
