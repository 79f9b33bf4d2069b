//! Filters and inlined frames, by small profiles.

use super::*;
use crate::filter::FilterPatterns;
use crate::profile::LocationId;
use crate::profile_builder::ProfileBuilder;

/// The stacks of a profile after filters, as text.
fn stacks(profile: &Profile, patterns: &FilterPatterns) -> (Vec<String>, Vec<Note>) {
    selected(profile, &Selection { filters: Filters::new(patterns).unwrap(), ..all_frames() })
}

fn some(pattern: &str) -> Vec<String> {
    vec![pattern.to_owned()]
}

fn all_frames() -> Selection {
    Selection { frames: FrameVisibility::All, ..Selection::default() }
}

fn selected(profile: &Profile, selection: &Selection) -> (Vec<String>, Vec<Note>) {
    let mut resolver = Resolver::new(selection);
    let resolved = resolver.resolve(profile);
    let (frames, _, notes) = resolver.finish();
    let text = |stack: &StackId| {
        let functions: Vec<_> = frames.stack(*stack).iter().map(|&id| frames.function(id)).collect();
        functions.join(";")
    };
    (resolved.stacks.iter().flatten().map(text).collect(), notes)
}

fn profile() -> Profile {
    ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["leaf src/leaf.rs:1 <- middle src/middle.rs:2", "root src/root.rs:3"], &[1], &[])
        .sample(&["other lib/other.rs:1", "root src/root.rs:3"], &[1], &[])
        .sample(&["0x1234"], &[1], &[])
        .sample(&[], &[1], &[])
        .build()
}

#[test]
fn inlined_frames_are_expanded_and_what_has_no_symbols_says_where_it_lies() {
    let (found, notes) = stacks(&profile(), &FilterPatterns::default());
    assert_eq!(found, ["leaf;middle;root", "other;root", "app+0x1234", "[no stack]"]);
    assert_eq!(notes, []);
}

#[test]
fn filters_match_names_files_and_mapped_files_anywhere() {
    for (patterns, expected) in [
        (FilterPatterns { focus: some("eaf"), ..Default::default() }, vec!["leaf;middle;root"]),
        (FilterPatterns { focus: some("^lib/"), ..Default::default() }, vec!["other;root"]),
        (
            FilterPatterns { focus: some("bin/app$"), ..Default::default() },
            vec!["leaf;middle;root", "other;root", "app+0x1234"],
        ),
        (FilterPatterns { ignore: some("middle"), ..Default::default() }, vec!["other;root", "app+0x1234"]),
        (
            FilterPatterns { hide: some("middle|root"), ..Default::default() },
            vec!["leaf", "other", "app+0x1234"],
        ),
        (
            FilterPatterns { hide: some("other|root"), ..Default::default() },
            vec!["leaf;middle", "app+0x1234"],
        ),
        (
            FilterPatterns {
                focus: some("root"),
                ignore: some("other"),
                hide: some("root"),
                ..Default::default()
            },
            vec!["leaf;middle"],
        ),
        (FilterPatterns { focus: some("0x1234"), ..Default::default() }, vec!["app+0x1234"]),
    ] {
        let (found, notes) = stacks(&profile(), &patterns);
        assert_eq!(found, expected, "{patterns:?}");
        assert_eq!(notes, [], "{patterns:?}");
    }
}

#[test]
fn a_filter_that_matches_nothing_is_noted() {
    let patterns = FilterPatterns { focus: some("nowhere"), hide: some("never"), ..Default::default() };
    let (found, notes) = stacks(&profile(), &patterns);
    assert!(found.is_empty());
    let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["`--focus nowhere` matched no frame", "`--hide never` matched no frame"]);
}

#[test]
fn a_filter_that_is_no_regular_expression_is_refused() {
    let error = Filters::new(&FilterPatterns { hide: some("("), ..Default::default() }).unwrap_err();
    assert_eq!(error.to_string(), "`--hide` is not a regular expression");
}

#[test]
fn unrolled_copies_of_a_line_are_one_stack() {
    let mut profile =
        ProfileBuilder::with_types(&[("space", "bytes")]).sample(&["f src/f.rs:1"], &[1], &[]).build();
    let mut copy = profile.locations[0].clone();
    copy.address += 64;
    profile.locations.push(copy);
    let mut sample = profile.samples[0].clone();
    sample.stack = vec![LocationId::from_index(1).unwrap()];
    profile.samples.push(sample);
    let selection = all_frames();
    let mut resolver = Resolver::new(&selection);
    let resolved = resolver.resolve(&profile);
    assert_eq!(resolved.stacks[0], resolved.stacks[1]);
}

#[test]
fn dropped_frames_of_another_producer_are_taken_off_by_location() {
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .drop_frames("malloc|new.*")
        .sample(&["leaf", "malloc m.c:1 <- walk w.c:1", "root r.c:1"], &[1], &[])
        .sample(&["new m.c:1 <- walk w.c:1", "malloc m.c:2 <- main r.c:1"], &[1], &[])
        .sample(&["malloc", "new thing"], &[1], &[])
        .sample(&["leaf", "malloc", "root r.c:1", "new thing"], &[1], &[])
        .build();
    for visibility in [FrameVisibility::AsPprof, FrameVisibility::Attributed] {
        let selection = Selection { frames: visibility, ..Selection::default() };
        let mut resolver = Resolver::new(&selection);
        let resolved = resolver.resolve(&profile);
        let (frames, ..) = resolver.finish();
        let stacks: Vec<_> = resolved
            .stacks
            .iter()
            .flatten()
            .map(|&id| frames.stack(id).iter().map(|&id| frames.function(id)).collect::<Vec<_>>().join(";"))
            .collect();
        assert_eq!(stacks, ["walk;root", "walk;main", "malloc;new thing", "root;new thing"]);
    }
}

#[test]
fn several_filters_of_one_kind_are_joined_by_or_and_noted_one_by_one() {
    let patterns =
        FilterPatterns { focus: vec!["leaf".into(), "0x1234".into(), "no".into()], ..Default::default() };
    let (found, notes) = stacks(&profile(), &patterns);
    assert_eq!(found, ["leaf;middle;root", "app+0x1234"]);
    assert_eq!(notes, [Note::FilterMatchedNothing { filter: "focus", pattern: "no".to_owned() }]);
}

/// What pprof does: `show` keeps frames, `show_from` cuts callers off and `prune_from` what was called.
#[test]
fn stacks_are_cut_where_filters_say() {
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["a src/a.rs:1 <- b src/b.rs:2 <- c src/c.rs:3", "b src/b.rs:9", "d src/d.rs:4"], &[1], &[])
        .sample(&["d src/d.rs:4"], &[1], &[])
        .build();
    for (patterns, expected) in [
        (FilterPatterns { show: some("^[ac]$"), ..Default::default() }, vec!["a;c"]),
        (FilterPatterns { show: some("^a$|^d$"), ..Default::default() }, vec!["a;d", "d"]),
        (FilterPatterns { show_from: some("^b$"), ..Default::default() }, vec!["a;b;c;b"]),
        (FilterPatterns { show_from: some("^a$"), ..Default::default() }, vec!["a"]),
        (FilterPatterns { prune_from: some("^b$"), ..Default::default() }, vec!["b;c;b;d", "d"]),
        (FilterPatterns { prune_from: some("^src/b"), ..Default::default() }, vec!["a;b;c;b;d", "d"]),
        (
            FilterPatterns { prune_from: some("^c$"), show_from: some("^b$"), ..Default::default() },
            vec!["c;b"],
        ),
        (FilterPatterns { show_from: some("bin/app"), ..Default::default() }, vec!["a;b;c;b;d", "d"]),
    ] {
        assert_eq!(stacks(&profile, &patterns).0, expected, "{patterns:?}");
    }
}

#[test]
fn without_inlined_frames_a_location_is_what_filters_leave_of_its_outermost() {
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["a <- b <- c", "a <- b <- c", "d"], &[1], &[])
        .build();
    for (patterns, expected) in [
        (FilterPatterns::default(), "c;c;d"),
        (FilterPatterns { hide: some("^c$"), ..Default::default() }, "b;b;d"),
        (FilterPatterns { hide: some("^a$"), ..Default::default() }, "c;c;d"),
        (FilterPatterns { show_from: some("^b$"), ..Default::default() }, "c;b"),
        (FilterPatterns { prune_from: some("^b$"), ..Default::default() }, "c;c;d"),
    ] {
        let filters = Filters::new(&patterns).unwrap();
        let selection = Selection { filters, no_inlines: true, ..all_frames() };
        assert_eq!(selected(&profile, &selection).0, [expected], "{patterns:?}");
    }
}

#[test]
fn labels_choose_samples_and_become_frames() {
    let profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .sample(&["f"], &[1], &[("epoch", 1, ""), ("size", 4096, "bytes")])
        .sample(&["g"], &[1], &[("epoch", 2, "count")])
        .build();
    let with = |patterns: &FilterPatterns| stacks(&profile, patterns);
    let (found, notes) = with(&FilterPatterns { tag_focus: some("epoch=2:"), ..Default::default() });
    assert_eq!((found, notes), (vec!["g".to_owned()], vec![]));
    let patterns = FilterPatterns {
        tag_focus: some("epoch=1:"),
        tag_ignore: vec!["size=4kb".into(), "size=5kb".into()],
        ..Default::default()
    };
    let (found, notes) = with(&patterns);
    assert_eq!(found, ["g"]);
    let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["`--tag-ignore size=5kb` matched no label"]);

    let selection = Selection {
        tag_root: vec!["epoch".into(), "thread".into()],
        tag_leaf: some("size"),
        filters: Filters::new(&FilterPatterns { focus: some("epoch=1"), ..Default::default() }).unwrap(),
        ..all_frames()
    };
    let (found, notes) = selected(&profile, &selection);
    assert_eq!(found, ["size=4096 bytes;f;[no thread];epoch=1"]);
    let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["`--tag-root thread`: no sample has such a label"]);
}

/// A profile whose mappings have a build ID, with or without names.
fn of_build(build_id: &str, dropped: &str, has_names: bool) -> Profile {
    let mut profile = ProfileBuilder::with_types(&[("space", "bytes")])
        .drop_frames(dropped)
        .sample(&["leaf", "malloc m.c:1 <- walk w.c:1", "root r.c:1"], &[1], &[])
        .sample(&["malloc m.c:2", "root r.c:1"], &[1], &[])
        .build();
    profile.mappings.iter_mut().for_each(|mapping| build_id.clone_into(&mut mapping.build_id));
    if !has_names {
        profile.locations.iter_mut().for_each(|location| location.lines.clear());
    }
    profile
}

#[test]
fn in_a_series_of_one_build_names_are_remembered() {
    let text = |builds: [(&str, &str, bool); 3], is_series: bool| {
        let selection = Selection::default();
        let mut resolver = Resolver::new(&selection);
        resolver.is_series = is_series;
        let resolved =
            builds.map(|(id, dropped, has_names)| resolver.resolve(&of_build(id, dropped, has_names)));
        let (frames, ..) = resolver.finish();
        let text = |id: &StackId| {
            let functions: Vec<_> = frames.stack(*id).iter().map(|&id| frames.function(id)).collect();
            functions.join(";")
        };
        resolved.map(|resolved| resolved.stacks.iter().flatten().map(text).collect::<Vec<_>>())
    };
    // What is dropped differs, and so does what an address stands for.
    let whole = text([("ab12", "malloc", true), ("ab12", "malloc", true), ("ab12", "wa.*", true)], false);
    assert_eq!(whole[0], ["walk;root", "root"]);
    assert_eq!(whole[2], ["root", "malloc;root"]);
    let first_named = [("ab12", "malloc", true), ("ab12", "malloc", false), ("ab12", "wa.*", false)];
    assert_eq!(text(first_named, true), whole);
    assert_ne!(text(first_named, false), whole, "profiles that are no series say what each of them says");
    for [a, b] in [["ab12", "cd34"], ["", ""]] {
        let [_, second, _] = text([(a, "", true), (b, "", false), (b, "", false)], true);
        assert!(second.iter().all(|stack| !stack.contains("root")), "another build: {second:?}");
    }
}
