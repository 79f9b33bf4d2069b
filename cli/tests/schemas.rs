//! What programs rely on: all that is written as JSON is what its schema says, and the schema says nothing else.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../../crates/heapdiff-region/tests/sample/mod.rs"]
mod sample;

#[path = "../../crates/heapdiff-render/tests/story/mod.rs"]
#[expect(dead_code, reason = "only the shop is needed here")]
mod story;
#[path = "../../crates/heapdiff-render/tests/story/things.rs"]
mod things;

use heapdiff_formats::{Limits, read_profile, write_profile};
use heapdiff_profile::{
    InUse, Label, LabelValue, MemoryFigures, PoolFigures, Profile, ProfileBuilder, ResourceFigures, Sample,
    TaskFigures,
};
use heapdiff_recorder::State;
use heapdiff_snapshot::{HeapEstimates, Memory, Moment};
use jsonschema::Validator;
use sample::{STEM, moment, region, region_with};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use story::shop_snapshot;
use tempfile::TempDir;

/// Questions whose answers together have everything: paired and independent, one profile and two, of all producers,
/// exact and sampled, with filters and without, empty and full. `MADE` is the folder of [`made`].
const QUESTIONS: &[&str] = &[
    "shop",
    "several --process 77",
    "shop --focus nothing-at-all",
    "shop --type inuse_objects -n 1",
    "single",
    "MADE/growing",
    "MADE/step",
    "MADE/teeth",
    "MADE/bare",
    "MADE/counts",
    "MADE/dumps",
    "diff shop",
    "diff shop --by function --focus insert",
    "diff shop --by line --type alloc_objects -n 2",
    "diff shop --by label:epoch",
    "diff shop --by type --per requests",
    "diff go-heap.pb.gz formats/go-heap.txt --per 10:40",
    "diff shop --by module",
    "diff shop --focus nothing-at-all",
    "diff go-heap.pb.gz go-heap.pb.gz",
    "diff --base go-heap.pb.gz formats/go-heap.txt",
    "diff builds/old.folded builds/new.folded",
    "diff formats/jemalloc.heap formats/jemalloc-later.heap",
    "diff formats/stacks.collapsed formats/stacks-later.collapsed --normalize",
    "top shop",
    "top shop --base shop",
    "top shop --base shop --drop-negative --by file",
    "top shop --focus nothing-at-all",
    "top single",
    "top formats/dhat-c.json",
    "top formats/dhat-ad-hoc.json --by line",
    "top formats/heaptrack.zst --by module",
    "top formats/stacks.collapsed --as-pprof -n 1",
    "tree shop",
    "tree shop --base shop --call-tree",
    "tree formats/stacks.collapsed",
    "tree shop --focus nothing-at-all",
    "peek insert shop",
    "peek insert shop --base shop",
    "peek serve formats/stacks.collapsed",
    "peek . shop --no-trim",
    "graph shop",
    "graph shop --base shop --by crate",
    "graph formats/stacks.collapsed --call-tree",
    "graph shop --focus nothing-at-all",
    "list server::run shop --source-root source",
    "list shop::main shop --source-root source",
    "list insert shop --base shop",
    "list parse formats/stacks.collapsed",
    "list . shop --focus nothing-at-all",
    "list . shop --type inuse_objects",
    "traces shop",
    "traces shop --base shop",
    "traces shop --focus nothing-at-all",
    "traces formats/stacks.collapsed",
    "traces formats/stacks.collapsed --base formats/stacks.collapsed",
    "traces formats/heaptrack.zst",
    "traces go-heap.pb.gz",
    "tags shop",
    "tags shop --base shop",
    "tags shop --type inuse_objects",
    "tags shop --focus nothing-at-all",
    "tags formats/stacks.collapsed",
    "tags go-heap.pb.gz",
    "trend shop",
    "trend shop --by stack --type inuse_objects",
    "trend shop --by crate",
    "trend shop --per requests",
    "trend shop --per 100",
    "trend shop --focus nothing-at-all",
    "trend several --process 77",
    "check shop --max-growth 1MiB",
    "check shop --max-growth 2% --match insert",
    "check shop --max-growth 16MiB",
    "check shop --max-rate 1MiB/h",
    "check shop --max-rate 1MiB/h --match session::Cache",
    "check single --max-rate 1MiB/h",
    "check MADE/dumps --max-rate 1MiB/h",
    "top MADE/words.pb.gz --base MADE/words.pb.gz --no-trim",
    "top MADE/words.pb.gz --focus nothing-at-all",
    "tree MADE/words.pb.gz --base MADE/words.pb.gz --no-trim",
    "tags MADE/words.pb.gz",
    "traces MADE/empty.pb.gz",
    "MADE/beside",
    "diff MADE/beside",
    "trend MADE/beside",
    "trend MADE/beside/tasks",
    "diff MADE/beside/resources/buffer",
    "trend MADE/growing",
    "trend MADE/late",
    "trend MADE/step",
    "trend MADE/teeth",
    "trend MADE/dumps",
    "info MADE/words.pb.gz",
    "info shop go-heap.pb.gz",
    "check shop --budgets budgets/shop.toml --per 1000",
    "check shop --max-per-item 64B --per requests",
    "check shop --max-per-item 64KiB --per 1000",
    "check formats/stacks.collapsed formats/stacks-later.collapsed --max-growth 1",
    "check go-heap.pb.gz go-heap.pb.gz --max-growth 1MiB",
    "info shop",
    "info single",
    "info go-heap.pb.gz",
    "info formats/stacks.collapsed",
    "info formats/heaptrack.zst",
];

/// Questions that have no answer.
const MISTAKES: &[(&str, i32)] = &[
    ("no-such-folder", 3),
    ("torn/shop-20270115T080000Z-42-000001.pb.gz", 3),
    ("diff shop no-such-file", 3),
    ("diff broken/text.pb.gz shop", 3),
    ("diff shop --type no_such_type", 2),
    ("diff shop --focus (", 2),
    ("top broken/empty.pb.gz", 3),
    ("top shop --unit ms", 2),
    ("tree broken/cut.pb.gz", 3),
    ("peek no-such-function shop", 2),
    ("graph no-such-file", 3),
    ("list ( shop", 2),
    ("traces no-such-file", 3),
    ("tags shop --normalize", 2),
    ("trend go-heap.pb.gz", 3),
    ("check shop", 2),
    ("check shop --budgets budgets/mistyped.toml", 2),
    ("check shop shop --max-rate 1MiB/h", 2),
    ("check no-such-folder --max-rate 1MiB/h", 3),
    ("info broken/empty.pb.gz", 3),
    ("postmortem shop", 3),
];

/// A schema, and which of its properties have been met.
struct Contract {
    schema: Value,
    validator: Validator,
    /// Places of properties with a value.
    with_value: BTreeSet<String>,
    /// Places of properties that were null.
    with_null: BTreeSet<String>,
}

impl Contract {
    fn of(name: &str) -> Self {
        let schema: Value = serde_json::from_slice(&fixed(&["schema", name]).stdout).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        Self { schema, validator, with_value: BTreeSet::new(), with_null: BTreeSet::new() }
    }

    fn meet(&mut self, asked: &str, document: &Value) {
        let mistakes: Vec<String> = (self.validator.iter_errors(document))
            .map(|mistake| format!("{}: {mistake}", mistake.instance_path()))
            .collect();
        assert!(mistakes.is_empty(), "{asked}:\n{}", mistakes.join("\n"));
        self.mark("", document);
    }

    /// Notes which properties of the schema at this place the document has.
    fn mark(&mut self, place: &str, document: &Value) {
        let node = self.schema.pointer(place).unwrap().clone();
        if let Some(reference) = node["$ref"].as_str() {
            self.mark(&reference[1..], document);
        }
        for (index, alternative) in node["anyOf"].as_array().into_iter().flatten().enumerate() {
            if self.fits(alternative, document) {
                self.mark(&format!("{place}/anyOf/{index}"), document);
            }
        }
        for (name, member) in properties(&node) {
            let Some(value) = document.get(name) else { continue };
            let place = format!("{place}/properties/{name}");
            let met = if value.is_null() { &mut self.with_null } else { &mut self.with_value };
            met.insert(place.clone());
            if member.is_object() {
                self.mark(&place, value);
            }
        }
        for (key, items) in [
            ("items", document.as_array().map(|items| items.iter().collect())),
            (
                "additionalProperties",
                document.as_object().map(|members| members.values().collect::<Vec<_>>()),
            ),
        ] {
            if node[key].is_object() {
                items.into_iter().flatten().for_each(|item| self.mark(&format!("{place}/{key}"), item));
            }
        }
    }

    /// Whether a document is of this alternative, of which no two have the same properties.
    fn fits(&self, alternative: &Value, document: &Value) -> bool {
        let alternative = match alternative["$ref"].as_str() {
            Some(reference) => self.schema.pointer(&reference[1..]).unwrap(),
            None => alternative,
        };
        match alternative["type"].as_str() {
            Some("null") => document.is_null(),
            _ => properties(alternative).all(|(name, _)| document.get(name).is_some()),
        }
    }

    /// Properties for which `is_missing` holds.
    fn missing(&self, is_missing: impl Fn(&str, &Value) -> bool) -> Vec<String> {
        let mut found = Vec::new();
        let mut places = vec![String::new()];
        while let Some(place) = places.pop() {
            let node = self.schema.pointer(&place).unwrap();
            for (name, member) in properties(node) {
                let place = format!("{place}/properties/{name}");
                if is_missing(&place, member) {
                    found.push(place);
                }
            }
            let children = match node {
                Value::Object(members) => members.keys().cloned().collect(),
                Value::Array(items) => (0..items.len()).map(|index| index.to_string()).collect(),
                _ => Vec::new(),
            };
            places.extend(children.iter().map(|child| format!("{place}/{}", child.replace('/', "~1"))));
        }
        found
    }
}

fn properties(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node["properties"].as_object().into_iter().flatten()
}

fn is_nullable(member: &Value) -> bool {
    let null = Value::from("null");
    let has_null =
        |types: &Value| *types == null || types.as_array().is_some_and(|types| types.contains(&null));
    has_null(&member["type"])
        || member["anyOf"].as_array().into_iter().flatten().any(|alternative| has_null(&alternative["type"]))
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn heapdiff(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapdiff"));
    command.args(arguments).current_dir(folder).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.output().unwrap()
}

fn fixed(arguments: &[&str]) -> Output {
    heapdiff(arguments, &fixtures())
}

fn asked(question: &str) -> Output {
    let words: Vec<&str> = question.split(' ').chain(["--format", "json"]).collect();
    fixed(&words)
}

/// Inputs that lie nowhere: processes that come near the limit of their cgroup, surely and perhaps, one that knows little
/// of itself, a series that does not count bytes, dumps of jemalloc that do not say when they were taken, and a profile
/// with all that few producers write.
fn made() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, profile: &Profile| {
        let bytes = write_profile(profile, Vec::new()).unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    for name in ["growing", "late", "step", "teeth", "bare", "counts", "dumps"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    for beside in ["beside/tasks", "beside/resources/buffer"] {
        std::fs::create_dir_all(folder.path().join(beside)).unwrap();
    }
    for sequence in 0..story::SNAPSHOTS {
        let name = format!("shop-20270115T080000Z-42-{sequence:06}.pb.gz");
        write(&format!("beside/{name}"), &of_a_pool(things::with_cells(shop_snapshot(sequence), sequence)));
        write(&format!("beside/tasks/{name}"), &things::shop_tasks(sequence));
        write(&format!("beside/resources/buffer/{name}"), &things::shop_buffers(sequence));
        for (name, begin) in [("growing", 0), ("late", 2)] {
            let mut profile = shop_snapshot(sequence);
            profile.metadata.as_mut().unwrap().memory.rss = Some(u64::from(10 + sequence.max(begin)) << 24);
            write(&format!("{name}/shop-20270115T080000Z-42-{sequence:06}.pb.gz"), &profile);
        }
    }
    for sequence in 0..12 {
        // What one epoch brings stays.
        let live = |epoch: u32| InUse { bytes: 9 << 20, objects: 9, samples: 9, epoch: i64::from(epoch) };
        let profile = [0, 5]
            .into_iter()
            .filter(|&epoch| epoch <= sequence)
            .fold(ProfileBuilder::heap().snapshot(sequence), |profile, epoch| {
                profile.in_use(&["step src/step.rs:1"], live(epoch))
            });
        write(&format!("step/app-20270115T080000Z-42-{sequence:06}.pb.gz"), &profile.build());
    }
    for sequence in 0..30 {
        // A queue that is emptied every five snapshots.
        let live = |epoch: u32| InUse { bytes: 90 << 20, objects: 90, samples: 90, epoch: i64::from(epoch) };
        let profile = (sequence - sequence % 5..=sequence)
            .fold(ProfileBuilder::heap().snapshot(sequence), |profile, epoch| {
                profile.in_use(&["fill src/queue.rs:1"], live(epoch))
            });
        write(&format!("teeth/app-20270115T080000Z-42-{sequence:06}.pb.gz"), &profile.build());
    }
    let counts = std::fs::read(fixtures().join("formats/stacks.collapsed")).unwrap();
    let (counts, _) = read_profile(counts.as_slice(), &Limits::default()).unwrap();
    for sequence in 0..3 {
        let mut profile = shop_snapshot(sequence);
        let metadata = profile.metadata.as_mut().unwrap();
        match sequence {
            0 => metadata.memory = MemoryFigures::default(),
            1 => metadata.allocator = None,
            _ => metadata.allocator.as_mut().unwrap().resident = 1 << 40,
        }
        write(&format!("bare/shop-20270115T080000Z-42-{sequence:06}.pb.gz"), &profile);
        write(&format!("counts/shop-20270115T080000Z-42-{sequence:06}.pb.gz"), &counts);
    }
    for (number, name) in ["jemalloc.heap", "jemalloc-later.heap"].iter().enumerate() {
        let to = folder.path().join(format!("dumps/jeprof.42.{number}.i{number}.heap"));
        std::fs::copy(fixtures().join("formats").join(name), to).unwrap();
    }
    let mut words = shop_snapshot(0);
    words.metadata.as_mut().unwrap().process.command_line = None;
    (words.keep_frames, words.doc_url) = (Some("^shop".to_owned()), Some("https://example.com".to_owned()));
    let (key, word) = (words.strings.intern("tenant"), words.strings.intern("acme"));
    words.samples[0].labels.push(Label { key, value: LabelValue::Text(word) });
    words.metadata.as_mut().unwrap().resource = Some(ResourceFigures::default());
    words.metadata.as_mut().unwrap().tasks = Some(TaskFigures::default());
    words.metadata.as_mut().unwrap().pools = vec![PoolFigures::default()];
    write("words.pb.gz", &words);
    words.samples.clear();
    write("empty.pb.gz", &words);
    folder
}

/// A profile all of whose memory is chunks of a pool.
fn of_a_pool(mut profile: Profile) -> Profile {
    let (key, word) = (profile.strings.intern("pool"), profile.strings.intern("arena"));
    let mark = |sample: &mut Sample| sample.labels.push(Label { key, value: LabelValue::Text(word) });
    profile.samples.iter_mut().for_each(mark);
    profile
}

/// What a process that was killed is reported as: one of which there are no moments, one whose moments say little and
/// one whose moments say all, after it wrote a snapshot.
fn deaths() -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let report = |region: Vec<u8>| {
        std::fs::write(folder.path().join(format!("{STEM}.region")), region).unwrap();
        let output = heapdiff(&["postmortem", ".", "--format", "json"], folder.path());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let bare = Moment { memory: Memory::default(), heap: HeapEstimates::default(), ..moment(0) };
    let unknown = report(region_with(State::Live, std::iter::empty()));
    let little = report(region_with(State::Live, std::iter::once(bare)));
    let before = folder.path().join(format!("{STEM}-000000.pb.gz"));
    std::fs::copy(fixtures().join("go-heap.pb.gz"), before).unwrap();
    vec![unknown, little, report(region(State::Live))]
}

#[test]
fn every_report_is_what_its_schema_says_and_has_all_that_it_says() {
    let names = String::from_utf8(fixed(&["schema"]).stdout).unwrap();
    let mut contracts: BTreeMap<&str, Contract> =
        names.lines().map(|name| (name, Contract::of(name))).collect();
    let made = made();
    let answers = QUESTIONS.iter().map(|question| {
        let output = asked(&question.replace("MADE", made.path().to_str().unwrap()));
        let document = serde_json::from_slice(&output.stdout);
        (*question, document.unwrap_or_else(|error| panic!("{question}: {error}: {output:?}")))
    });
    for (question, document) in answers.chain(deaths().into_iter().map(|death| ("postmortem", death))) {
        let name = document["schema"].as_str().unwrap().split('/').nth(1).unwrap().to_owned();
        contracts.get_mut(name.as_str()).unwrap().meet(question, &document);
    }
    // What several reports have in common need not be in each of them.
    let met = |set: fn(&Contract) -> &BTreeSet<String>| -> BTreeSet<String> {
        contracts
            .iter()
            .flat_map(|(name, contract)| set(contract).iter().map(|place| shared(name, place)))
            .collect()
    };
    let (with_value, with_null) = (met(|contract| &contract.with_value), met(|contract| &contract.with_null));
    let with_null: BTreeSet<_> = with_null.iter().map(|place| last(place)).collect();
    for (name, contract) in &contracts {
        let missing = contract.missing(|place, _| !with_value.contains(&shared(name, place)));
        assert_eq!(missing, only_of_peek(name), "{name}: no question is answered with these");
        let missing =
            contract.missing(|place, member| is_nullable(member) && !with_null.contains(last(place)));
        assert!(missing.is_empty(), "{name}: these are never null: {missing:#?}");
        let missing = contract.missing(|_, member| member["description"].as_str().is_none_or(str::is_empty));
        assert!(missing.is_empty(), "{name}: these have no description: {missing:#?}");
    }
}

/// A place in a schema by the name that other schemas have for it, which may have the whole report as a part.
fn shared(name: &str, place: &str) -> String {
    match place.strip_prefix("/$defs/") {
        Some(_) => place.to_owned(),
        None => format!("/$defs/{}{}{place}", name[..1].to_uppercase(), &name[1..]),
    }
}

fn last(place: &str) -> &str {
    place.rsplit('/').next().unwrap()
}

/// The views of calls have one structure, and `peek` alone asks for some nodes of many.
fn only_of_peek(name: &str) -> Vec<String> {
    match name {
        "graph" | "tree" => vec!["/properties/matched".to_owned()],
        _ => Vec::new(),
    }
}

#[test]
fn a_question_without_an_answer_writes_no_json() {
    for (question, status) in MISTAKES {
        let output = asked(question);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*status), "{question}: {said}");
        assert!(output.stdout.is_empty() && said.starts_with("error: "), "{question}: {said}");
    }
}

/// What people read, and where programs find it.
#[test]
fn what_the_text_shows_is_in_the_json() {
    for (question, shown, place, value) in [
        ("diff shop", "18.0 MiB in base, 33.0 MiB in head", "/base/value", 18 << 20),
        ("diff shop", "▲ +15.0 MiB", "/total/delta_bytes", 15 << 20),
        ("diff shop", "±1.50 MiB", "/resolution_bytes", 1_570_627),
        ("diff shop", "+20.0 MiB", "/rows/0/born_bytes", 20 << 20),
        ("diff shop", "total of 4 stacks", "/rows_all", 4),
        ("top shop", "33.0 MiB in all", "/total", 33 << 20),
        ("top shop", "a sample every 512 KiB", "/period_bytes", 512 << 10),
        ("top shop", "24.0 MiB", "/rows/0/flat", 24 << 20),
        ("shop", "80 samples alive", "/recording/cost/live_samples", 80),
        ("shop", "2 lines look like leaks", "/headline/growing", 2),
        ("shop", "RSS +15.0 MiB", "/headline/rss_delta", 15 << 20),
        ("tags shop", "1,601", "/tags/0/values/0/objects", 1601),
        ("traces shop", "epoch 0 to 5", "/traces/0/labels/0/high", 5),
        ("trend shop", "6 snapshots", "/snapshots", 6),
        ("check shop --max-growth 1MiB", "1.00 MiB", "/budgets/0/allowed", 1 << 20),
        ("info single", "1,234", "/metadata/dropped/live_table_full", 1234),
    ] {
        let words: Vec<&str> = question.split(' ').collect();
        let text = String::from_utf8(fixed(&words).stdout).unwrap();
        assert!(text.contains(shown), "{question}: no `{shown}` in\n{text}");
        let document: Value = serde_json::from_slice(&asked(question).stdout).unwrap();
        assert_eq!(document.pointer(place), Some(&Value::from(value)), "{question}: {place}");
    }
}
