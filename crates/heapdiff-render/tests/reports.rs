//! What the reports look like, at the widths of a small and of a large terminal, and that they are the same bytes each
//! time.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod story;
#[path = "story/things.rs"]
mod things;

use heapdiff_profile::{
    AllocatorFigures, DiffBy, DiffInputs, DiffOptions, FilterPatterns, Filters, FoldOptions, GraphOptions,
    GrowthKind, InUse, NamedProfile, NodeBy, Overview, OverviewBuilder, OverviewOptions, PoolFigures,
    Profile, ProfileBuilder, ProfileSummary, Selection, Subject, TaskFigures, TaskSeries, TaskSeriesOptions,
    ThingKind, Things, TrendBuilder, TrendOptions, ValueType, call_graph, diff, fold, series,
};
use heapdiff_render::flamegraph::{Flamegraph, FlamegraphError, FlamegraphOptions, GraphKind};
use heapdiff_render::json::{DiffJson, InfoJson, OverviewJson};
use heapdiff_render::text::{DiffText, InfoText, OverviewText, TextOptions, TopText};
use heapdiff_render::{GraphView, Side, Sides, Theme};
use insta::assert_snapshot;
use std::io::{self, Write};
use story::{SNAPSHOTS, go_heap, shop_snapshot, stripped};
use things::{shop_buffers, shop_tasks, with_cells};

fn written(report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    report(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn text_options(width: usize) -> TextOptions {
    TextOptions { width, source_root: Some("/src/shop".to_owned()), ..TextOptions::default() }
}

fn shop() -> Vec<NamedProfile> {
    (0..SNAPSHOTS)
        .map(|sequence| NamedProfile {
            name: format!("shop/{sequence}.pb.gz"),
            profile: shop_snapshot(sequence),
        })
        .collect()
}

fn overview(profiles: Vec<NamedProfile>) -> Overview {
    let options = OverviewOptions::default();
    let mut builder = OverviewBuilder::new(&options);
    series(profiles).remove(0).snapshots.into_iter().for_each(|named| builder.add(named).unwrap());
    builder.finish().unwrap()
}

fn overview_text(profiles: Vec<NamedProfile>, options: &TextOptions) -> String {
    let overview = overview(profiles);
    let next = [
        ("heapdiff diff shop --by function".to_owned(), "what was born and died"),
        ("heapdiff flamegraph shop -o growth.svg".to_owned(), "who called it, as a picture"),
    ];
    written(|out| OverviewText { overview: &overview, next: &next }.write(options, out))
}

fn diff_text(by: DiffBy, selection: Selection, (base, head): (u32, u32), options: &TextOptions) -> String {
    let (base, head) = (shop_snapshot(base), shop_snapshot(head));
    let inputs = DiffInputs { base: &base, head: &head };
    let report = diff(inputs, &DiffOptions { by, selection, per: None }).unwrap();
    let (base, head) = (Side::of("shop/0.pb.gz", &base), Side::of("shop/5.pb.gz", &head));
    written(|out| DiffText { report: &report, base: &base, head: &head }.write(options, out))
}

#[test]
fn overview_in_80_columns() {
    assert_snapshot!(overview_text(shop(), &text_options(80)));
}

#[test]
fn overview_in_200_columns() {
    assert_snapshot!(overview_text(shop(), &text_options(200)));
}

#[test]
fn overview_in_colour() {
    let options = TextOptions { theme: Theme::colored(), rows_max: 2, ..text_options(80) };
    assert_snapshot!(overview_text(shop(), &options).replace('\x1b', "␛"));
}

#[test]
fn overview_of_another_profilers_files() {
    let later = |bytes: i64| {
        let mut profile = go_heap();
        profile.time_nanos += bytes;
        profile.samples[0].values[3] += bytes;
        profile
    };
    let named = |(index, profile)| NamedProfile { name: format!("{index}.pb.gz"), profile };
    let profiles = [later(0), later(32 << 20), later(64 << 20)].into_iter().enumerate().map(named).collect();
    assert_snapshot!(overview_text(profiles, &text_options(80)));
}

/// The sentence that an overview begins with, of a process that has as much alive all the time and of whose allocator's
/// pages so many MiB are resident.
fn first_sentence(resident_mib: &[u64]) -> String {
    let snapshot = |(sequence, mib): (u32, &u64)| {
        let builder = ProfileBuilder::heap().snapshot(sequence).with_metadata(|metadata| {
            metadata.memory.rss = Some((mib + 10) << 20);
            metadata.allocator =
                Some(AllocatorFigures { resident: mib << 20, ..AllocatorFigures::default() });
        });
        let live = InUse { bytes: 10 << 20, objects: 20, samples: 20, epoch: 0 };
        let profile = builder.in_use(&["app::work src/main.rs:1"], live).build();
        NamedProfile { name: format!("{sequence:02}.pb.gz"), profile }
    };
    let profiles = (0..).zip(resident_mib).map(snapshot).collect();
    overview_text(profiles, &text_options(200)).lines().next().unwrap().to_owned()
}

#[test]
fn the_overview_says_in_which_shape_memory_beside_the_heap_grew() {
    assert_eq!(
        first_sentence(&[20, 20, 20, 20, 20, 20, 60, 60, 60, 60, 60, 60]),
        "Nothing keeps growing. What the allocator keeps rose by 40.0 MiB (the program has freed it), a step: it jumped \
         once, and stands still before and after."
    );
    assert_eq!(
        first_sentence(&[20, 20, 20, 40, 40, 40, 40, 60, 60, 60]),
        "? What the allocator keeps rose by 20.0 MiB (the program has freed it); whether that goes on cannot be told yet. \
         It jumped a few times: a verdict takes three jumps."
    );
    assert_eq!(
        first_sentence(&[20, 20, 60, 60, 60, 60, 60, 60, 60, 60]),
        "Nothing keeps growing: what rose has stopped, or comes back."
    );
    assert_eq!(first_sentence(&[60; 10]), "Nothing grows beyond what chance explains.");
    let steady = first_sentence(&[20, 30, 40, 50, 60, 70, 80, 90, 100, 110]);
    assert!(
        steady.starts_with("▲ What the allocator keeps keeps growing: +1.00 MiB per second, "),
        "{steady}"
    );
    assert!(steady.ends_with(", a steady line: it grows to the end, and keeps what it gained."), "{steady}");
}

#[test]
fn overview_of_an_allocator_that_claims_more_than_is_resident() {
    let mut profiles = shop();
    for named in &mut profiles {
        let memory = &mut named.profile.metadata.as_mut().unwrap().memory;
        memory.rss = memory.rss.map(|rss| rss - (18 << 20));
    }
    assert_snapshot!(overview_text(profiles, &text_options(80)));
}

#[test]
fn an_allocator_that_says_nothing_is_part_of_what_is_unexplained() {
    let mut profiles = shop();
    for named in &mut profiles {
        named.profile.metadata.as_mut().unwrap().allocator = None;
    }
    let last = profiles.last_mut().unwrap().profile.metadata.as_mut().unwrap();
    let rss = last.memory.rss.replace(200 << 20).unwrap();
    let text = overview_text(profiles.clone(), &text_options(120));
    assert!(text.contains("RSS +161 MiB: live heap +15.0 MiB, unexplained +146 MiB\n"), "{text}");
    profiles.last_mut().unwrap().profile.metadata.as_mut().unwrap().memory.rss = Some(rss);
    let text = overview_text(profiles, &text_options(80));
    assert!(!text.contains("allocator keeps"), "{text}");
    assert!(
        text.contains("\nunexplained      20.0 MiB  20.0 MiB             0  the allocator, code, stacks\n"),
        "{text}"
    );
}

/// What `profile` says beside each snapshot.
fn beside(kind: ThingKind, profile: fn(u32) -> Profile) -> Things {
    let options = TrendOptions::default();
    let mut builder = TrendBuilder::new(&options);
    let of_tasks = TaskSeriesOptions::new(Selection::default());
    let mut tasks = TaskSeries::new(&of_tasks);
    for sequence in 0..SNAPSHOTS {
        let named = NamedProfile { name: format!("{sequence}"), profile: profile(sequence) };
        match kind {
            ThingKind::Tasks => tasks.add(named).unwrap(),
            _ => builder.add(named).unwrap(),
        }
    }
    match kind {
        ThingKind::Tasks => tasks.finish().unwrap(),
        kind => Things::new(kind, builder.finish().unwrap()),
    }
}

fn shop_things() -> Vec<Things> {
    let buffers = beside(ThingKind::Resources("buffer".to_owned()), shop_buffers);
    vec![beside(ThingKind::Tasks, shop_tasks), buffers]
}

#[test]
fn overview_of_tasks_and_resources_that_grow() {
    let quiet = (0..SNAPSHOTS).map(|sequence| {
        let mut profile = shop_snapshot(0);
        profile.time_nanos += i64::from(sequence) * 10_000_000_000;
        let metadata = profile.metadata.as_mut().unwrap();
        (metadata.sequence, metadata.boundaries) = (sequence, (0..sequence).collect());
        metadata.recording_nanos += u64::from(sequence) * 10_000_000_000;
        NamedProfile { name: format!("{sequence}"), profile }
    });
    let answer = overview(quiet.collect()).with_things(shop_things());
    assert_eq!(answer.headline.kind, GrowthKind::Tasks);
    let text = OverviewText { overview: &answer, next: &[] };
    assert_snapshot!(written(|out| text.write(&text_options(80), out)));
}

#[test]
fn what_is_only_counted_says_how_to_learn_more() {
    let counted = |sequence| {
        let mut profile = shop_buffers(sequence);
        let open = i64::from(4000 * (sequence + 1));
        let types = [("accesses", "count"), ("samples", "count"), ("count", "count"), ("space", "bytes")];
        let rows = ProfileBuilder::with_types(&types).sample(&[Things::NO_STACK], &[0, open, open, 0], &[]);
        let rows = rows.snapshot(sequence).build();
        (profile.samples, profile.locations) = (rows.samples, rows.locations);
        (profile.functions, profile.strings, profile.period) = (rows.functions, rows.strings, 1);
        profile
    };
    let things = vec![beside(ThingKind::Resources("buffer".to_owned()), counted)];
    let answer = overview(
        (0..SNAPSHOTS).map(|at| NamedProfile { name: at.to_string(), profile: shop_snapshot(at) }).collect(),
    );
    let answer = answer.with_things(things);
    let text = written(|out| OverviewText { overview: &answer, next: &[] }.write(&text_options(120), out));
    assert!(text.contains("HEAPDIFF_RESOURCES=sampled"), "{text}");
}

#[test]
fn a_task_that_waits_elsewhere_has_moved() {
    let waits = |sequence: u32, line: &str| {
        let stack = [line, "[spawned at]", "session::open /src/shop/session.rs:41"];
        let rows = ProfileBuilder::with_types(&[("polls", "count"), ("count", "count")]).snapshot(sequence);
        let mut tasks = rows.sample(&stack, &[3, 40], &[("epoch", 0, "count")]).build();
        tasks.period_type = Some(ValueType { kind: "tasks".to_owned(), unit: "count".to_owned() });
        (tasks.period, tasks.default_sample_type) = (1, Some("count".to_owned()));
        tasks
    };
    let lines = ["session::ask /src/shop/session.rs:80", "session::answer /src/shop/session.rs:90"];
    let (base, head) = (waits(0, lines[0]), waits(1, lines[1]));
    let report = diff(DiffInputs { base: &base, head: &head }, &DiffOptions::default()).unwrap();
    let (base, head) = (Side::of("tasks", &base), Side::of("tasks", &head));
    let text = DiffText { report: &report, base: &base, head: &head };
    let text = written(|out| text.write(&text_options(120), out));
    assert!(text.contains("  moved ") && !text.contains("in place"), "{text}");
}

#[test]
fn overview_of_tasks_that_nobody_tracks() {
    let with_cells = |mut named: NamedProfile| {
        let sequence = named.profile.metadata.as_ref().unwrap().sequence;
        named.profile = with_cells(named.profile, sequence);
        named
    };
    let of_cells = overview(shop().into_iter().map(with_cells).collect());
    let text = OverviewText { overview: &of_cells, next: &[] };
    assert_snapshot!(written(|out| text.write(&text_options(80), out)));
    let text = written(|out| {
        let both = of_cells.clone().with_things(shop_things());
        OverviewText { overview: &both, next: &[] }.write(&text_options(120), out)
    });
    let part = text.split("\n\n").find(|part| part.starts_with("tasks that nobody tracks")).unwrap();
    assert_snapshot!(part);
    let short = overview(shop().into_iter().take(2).map(with_cells).collect());
    let text = written(|out| OverviewText { overview: &short, next: &[] }.write(&text_options(80), out));
    let part = text.split("\n\n").find(|part| part.starts_with("tasks that nobody tracks")).unwrap();
    assert_snapshot!(part);
}

#[test]
fn overview_of_all_that_grows() {
    let answer = overview(shop()).with_things(shop_things());
    assert_eq!(answer.headline.kind, GrowthKind::LiveHeap, "it grows as surely");
    let text = OverviewText { overview: &answer, next: &[] };
    assert_snapshot!(written(|out| text.write(&text_options(120), out)));
}

#[test]
fn tasks_that_found_no_room_are_a_loss_wherever_tasks_are_told_of() {
    let refusing = |sequence: u32| {
        let mut tasks = shop_tasks(sequence);
        let figures = TaskFigures { refused: 1234, table_bytes: 5 << 20 };
        tasks.metadata.as_mut().unwrap().tasks = Some(figures);
        tasks
    };
    let answer = overview(shop()).with_things(vec![beside(ThingKind::Tasks, refusing)]);
    let text = written(|out| OverviewText { overview: &answer, next: &[] }.write(&text_options(80), out));
    assert!(text.contains("missing: 1,234 that found no room, since the program started\n"), "{text}");
    let tasks = refusing(1);
    let summary = ProfileSummary::of(&tasks);
    let text = InfoText { name: "tasks", file_bytes: None, profile: &tasks, summary: &summary };
    let text = written(|out| text.write(&text_options(80), out));
    let part = text.split("\n\n").find(|part| part.starts_with("tasks\n")).unwrap();
    assert_eq!(part, "tasks\n  found no room         1,234\n  detector's memory     5.00 MiB");
    let report = diff(DiffInputs { base: &refusing(0), head: &tasks }, &DiffOptions::default()).unwrap();
    let notes: Vec<_> = report.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["1234 tasks are not shown because there was no room, since the program started"]);
}

#[test]
fn overview_with_losses() {
    let named = |name: &str, profile| NamedProfile { name: name.to_owned(), profile };
    let mut second = stripped();
    second.metadata.as_mut().unwrap().sequence = 1;
    assert_snapshot!(overview_text(vec![named("0", stripped()), named("1", second)], &text_options(80)));
}

#[test]
fn colour_adds_codes_and_nothing_else() {
    let colored = TextOptions { theme: Theme::colored(), ..text_options(80) };
    let mut bare = overview_text(shop(), &colored);
    while let Some(start) = bare.find('\x1b') {
        let end = start + bare[start..].find('m').unwrap();
        bare.replace_range(start..=end, "");
    }
    assert_eq!(bare, overview_text(shop(), &text_options(80)));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 120, 200] {
        let options = text_options(width);
        for text in [
            overview_text(shop(), &options),
            diff_text(DiffBy::Stack, Selection::default(), (0, 5), &options),
            diff_text(DiffBy::Function, Selection::default(), (0, 5), &options),
        ] {
            for line in text.lines() {
                assert!(line.chars().count() <= width.max(80), "{width} columns: {line}");
            }
        }
    }
}

#[test]
fn diff_by_stack_in_80_columns() {
    assert_snapshot!(diff_text(DiffBy::Stack, Selection::default(), (0, 5), &text_options(80)));
}

#[test]
fn diff_by_stack_in_200_columns() {
    assert_snapshot!(diff_text(DiffBy::Stack, Selection::default(), (0, 5), &text_options(200)));
}

#[test]
fn diff_by_function_of_what_may_be_chance() {
    let options = TextOptions { rows_max: 1, ..text_options(80) };
    assert_snapshot!(diff_text(DiffBy::Function, Selection::default(), (0, 1), &options));
}

#[test]
fn diff_of_allocated_objects_with_a_filter() {
    let filters =
        Filters::new(&FilterPatterns { focus: vec!["server".to_owned()], ..FilterPatterns::default() })
            .unwrap();
    let selection =
        Selection { sample_type: Some("alloc_objects".to_owned()), filters, ..Selection::default() };
    assert_snapshot!(diff_text(DiffBy::Line, selection, (0, 5), &text_options(80)));
}

#[test]
fn diff_by_module_on_a_narrow_and_a_wide_terminal() {
    for columns in [80, 200] {
        let text = diff_text(DiffBy::Module, Selection::default(), (0, 5), &text_options(columns));
        assert_snapshot!(format!("diff_by_module_in_{columns}_columns"), text);
    }
}

#[test]
fn diff_by_label() {
    let by = DiffBy::Label("epoch".to_owned());
    assert_snapshot!(diff_text(by, Selection::default(), (0, 5), &text_options(80)));
}

#[test]
fn diff_of_a_snapshot_with_itself() {
    assert_snapshot!(diff_text(DiffBy::Stack, Selection::default(), (3, 3), &text_options(80)));
}

#[test]
fn diff_of_two_programs() {
    let (base, head) = (go_heap(), shop_snapshot(0));
    let by = DiffBy::Function;
    let report =
        diff(DiffInputs { base: &base, head: &head }, &DiffOptions { by, ..DiffOptions::default() }).unwrap();
    let (base, head) = (Side::of("go.pb.gz", &base), Side::of("shop/0.pb.gz", &head));
    let text = DiffText { report: &report, base: &base, head: &head };
    assert_snapshot!(written(|out| text.write(&text_options(80), out)));
}

#[test]
fn diff_as_json() {
    let (base, head) = (shop_snapshot(0), shop_snapshot(5));
    let report = diff(DiffInputs { base: &base, head: &head }, &DiffOptions::default()).unwrap();
    let (base, head) = (Side::of("shop/0.pb.gz", &base), Side::of("shop/5.pb.gz", &head));
    let json = DiffJson { report: &report, base: &base, head: &head, rows_max: Some(1) };
    assert_snapshot!(written(|out| json.write(out)));
}

#[test]
fn overview_as_json() {
    let overview = overview(shop());
    let json = OverviewJson { overview: &overview, rows_max: Some(1) };
    assert_snapshot!(written(|out| json.write(out)));
}

#[test]
fn intervals_say_that_they_are_of_bytes_where_rows_count_something_else() {
    let of = |kind: &str| {
        let selection = Selection { sample_type: Some(kind.to_owned()), ..Selection::default() };
        diff_text(DiffBy::Line, selection, (0, 5), &text_options(200))
    };
    assert!(of("inuse_samples").contains("  interval of bytes  "));
    assert!(of("inuse_space").contains("  interval  "));
    assert!(of("inuse_objects").contains("  interval  "));
}

#[test]
fn a_diff_of_nothing_says_so() {
    let mut empty = shop_snapshot(0);
    empty.samples.clear();
    let report = diff(DiffInputs { base: &empty, head: &empty }, &DiffOptions::default()).unwrap();
    let side = Side::of("shop/0.pb.gz", &empty);
    let text = DiffText { report: &report, base: &side, head: &side };
    let text = written(|out| text.write(&text_options(80), out));
    assert!(text.ends_with("\nNothing to compare: no sample in base or head.\n"), "{text}");
}

#[test]
fn names_of_files_cannot_command_the_terminal() {
    let (name, profile) = ("evil\x1b[31m\nname.pb.gz", shop_snapshot(5));
    let side = Side::of(name, &profile);
    let graph = call_graph(Subject { base: None, head: &profile }, &GraphOptions::default()).unwrap();
    let view = GraphView { graph: &graph, by: NodeBy::Function, sides: Sides { base: None, head: &side } };
    let text = TopText { view };
    assert!(
        written(|out| text.write(&text_options(80), out)).starts_with("evil\u{fffd}[31m\u{fffd}name.pb.gz\n")
    );
    let report = diff(DiffInputs { base: &profile, head: &profile }, &DiffOptions::default()).unwrap();
    let text = DiffText { report: &report, base: &side, head: &side };
    assert!(!written(|out| text.write(&text_options(80), out)).contains('\x1b'));
}

#[test]
fn a_period_of_something_else_is_not_taken_for_bytes() {
    let profile = shop_snapshot(5);
    assert_eq!(Side::of("a", &profile).period_bytes, 512 << 10);
    let mut profile = profile;
    profile.period_type.as_mut().unwrap().unit = "nanoseconds".to_owned();
    assert_eq!(Side::of("a", &profile).period_bytes, 0);
}

#[test]
fn info_in_80_columns() {
    let profile = shop_snapshot(5);
    let info = InfoText {
        name: "shop/5.pb.gz",
        file_bytes: Some(1436),
        profile: &profile,
        summary: &ProfileSummary::of(&profile),
    };
    assert_snapshot!(written(|out| info.write(&text_options(80), out)));
}

#[test]
fn info_of_another_profilers_file() {
    let profile = go_heap();
    let info = InfoText {
        name: "go.pb.gz",
        file_bytes: Some(370),
        profile: &profile,
        summary: &ProfileSummary::of(&profile),
    };
    assert_snapshot!(written(|out| info.write(&text_options(80), out)));
}

#[test]
fn info_of_resources_and_their_pool() {
    let mut profile = shop_buffers(3);
    profile.metadata.as_mut().unwrap().pools = vec![PoolFigures {
        name: "arena".to_owned(),
        resource: "buffer".to_owned(),
        used: 16_000,
        free: 384,
        chunks: 32,
        chunk_bytes: 128 << 20,
    }];
    let (name, summary) = ("buffer/3.pb.gz", &ProfileSummary::of(&profile));
    let info = InfoText { name, file_bytes: None, profile: &profile, summary };
    let text = written(|out| info.write(&text_options(80), out));
    let at = text.find("resources of the type").unwrap();
    assert_snapshot!(text[at..].split("\n\ntotals").next().unwrap());
}

#[test]
fn info_as_json() {
    let profile = shop_snapshot(1);
    let info = InfoJson {
        name: "shop/1.pb.gz",
        file_bytes: Some(1436),
        profile: &profile,
        summary: &ProfileSummary::of(&profile),
    };
    assert_snapshot!(written(|out| info.write(out)));
}

fn flamegraph(base: Option<u32>, head: u32, options: &FlamegraphOptions) -> Result<String, FlamegraphError> {
    let (base, head) = (base.map(shop_snapshot), shop_snapshot(head));
    let inputs = Subject { base: base.as_ref(), head: &head };
    let folded = fold(inputs, &FoldOptions { lines: true, ..FoldOptions::default() }).unwrap();
    let kind = if base.is_some() { GraphKind::Diff } else { GraphKind::Single };
    let mut bytes = Vec::new();
    let graph = Flamegraph { kind, folded: &folded, subtitle: "0.pb.gz → 5.pb.gz, 50 s apart" };
    graph.write(options, &mut bytes)?;
    Ok(String::from_utf8(bytes).unwrap())
}

/// One element a line, so that a change shows where it is.
fn lines(svg: &str) -> String {
    svg.replace("><", ">\n<")
}

fn without_script() -> FlamegraphOptions {
    FlamegraphOptions {
        without_script: true,
        source_root: Some("/src/shop".to_owned()),
        ..FlamegraphOptions::default()
    }
}

#[test]
fn flamegraph_of_growth() {
    assert_snapshot!(lines(&flamegraph(Some(0), 5, &without_script()).unwrap()));
}

#[test]
fn flamegraph_keeps_what_vanished_as_wide_as_it_was() {
    let svg = flamegraph(Some(3), 4, &without_script()).unwrap();
    let gone = lines(&svg).lines().skip_while(|line| !line.contains("Index::load")).nth(1).map(str::to_owned);
    assert!(svg.contains("class=\"gone\"") && svg.contains("▼ Index::load -24.0 MiB"));
    assert!(gone.unwrap().contains(&format!("fg:w=\"{}\"", 24 << 20)));
}

#[test]
fn flamegraph_marks_what_may_be_chance() {
    let svg = flamegraph(Some(0), 1, &without_script()).unwrap();
    let chance =
        lines(&svg).lines().skip_while(|line| !line.contains("class=\"chance\"")).nth(1).map(str::to_owned);
    let chance = chance.unwrap();
    assert!(chance.starts_with("<title>~ ") && chance.contains("; may be chance; 95 % interval"), "{chance}");
    assert!(svg.contains("Pale, with ~: may be chance."));
    assert!(!flamegraph(Some(0), 5, &without_script()).unwrap().contains("class=\"chance\""));
}

#[test]
fn flamegraph_of_one_profile_reversed() {
    let options = FlamegraphOptions { reverse: true, min_width_percent: 5.0, ..without_script() };
    assert_snapshot!(lines(&flamegraph(None, 5, &options).unwrap()));
}

#[test]
fn flamegraph_has_search_and_zoom_and_is_the_same_each_time() {
    let options = FlamegraphOptions::default();
    let svg = flamegraph(Some(0), 5, &options).unwrap();
    assert!(svg.contains("function search(") && svg.contains("function zoom("));
    assert_eq!(svg, flamegraph(Some(0), 5, &options).unwrap());
}

#[test]
fn permuted_input_gives_the_same_bytes() {
    let permuted = |sequence| {
        let mut profile = shop_snapshot(sequence);
        profile.samples.reverse();
        profile
    };
    let mut reversed = shop();
    reversed.reverse();
    assert_eq!(overview_text(reversed, &text_options(80)), overview_text(shop(), &text_options(80)));
    let json = |base, head| {
        let report = diff(DiffInputs { base: &base, head: &head }, &DiffOptions::default()).unwrap();
        let (base, head) = (Side::of("base", &base), Side::of("head", &head));
        let json = DiffJson { report: &report, base: &base, head: &head, rows_max: None };
        written(|out| json.write(out))
    };
    assert_eq!(json(permuted(0), permuted(5)), json(shop_snapshot(0), shop_snapshot(5)));
}

#[test]
fn names_full_of_markup_make_a_sound_picture() {
    let name = "evil\u{1b}[31m<&\"'>; (x) 7::f";
    let live = InUse { bytes: 4096, objects: 1, samples: 1, epoch: 0 };
    let profile = ProfileBuilder::heap().in_use(&[name], live).build();
    let folded = fold(Subject { base: None, head: &profile }, &FoldOptions::default()).unwrap();
    let mut bytes = Vec::new();
    let graph = Flamegraph { kind: GraphKind::Single, folded: &folded, subtitle: "<&\u{7}>" };
    graph.write(&without_script(), &mut bytes).unwrap();
    let svg = String::from_utf8(bytes).unwrap();
    assert!(!svg.contains('\u{1b}') && !svg.contains('\u{7}'));
    let mut reader = quick_xml::Reader::from_str(&svg);
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Text(text) => assert!(!text.contains(&b'<')),
            _ => {}
        }
    }
}

#[test]
fn an_empty_heap_has_nothing_to_draw() {
    let profile = ProfileBuilder::heap().build();
    let folded = fold(Subject { base: None, head: &profile }, &FoldOptions::default()).unwrap();
    let graph = Flamegraph { kind: GraphKind::Single, folded: &folded, subtitle: "" };
    let drawn = graph.write(&without_script(), &mut Vec::new());
    assert!(matches!(drawn, Err(FlamegraphError::NothingToDraw)));
}
