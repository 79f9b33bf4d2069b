//! Collapsed stacks, as many tools write them.

use heapdiff_formats::{Limits, ReadError, ReadOptions, Warning, read_profile, read_profile_with};
use heapdiff_profile::{Profile, ValueType};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;

fn read(text: impl AsRef<[u8]>) -> Result<(Profile, Vec<Warning>), ReadError> {
    read_profile(text.as_ref(), &Limits::default())
}

/// Every row as `value root;...;leaf`.
fn rows(profile: &Profile) -> Vec<String> {
    let row = |sample: &heapdiff_profile::Sample| {
        let names = sample.stack.iter().rev().map(|&id| {
            let line = profile.location(id).unwrap().lines[0];
            profile.strings.get(profile.function(line.function).unwrap().name)
        });
        format!("{:?} {}", sample.values, names.collect::<Vec<_>>().join(";"))
    };
    profile.samples.iter().map(row).collect()
}

fn read_rows(text: impl AsRef<[u8]>) -> Vec<String> {
    rows(&read(text).unwrap().0)
}

fn message(text: impl AsRef<[u8]>) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn a_line_is_a_stack_from_the_root_and_a_number() {
    let (profile, warnings) = read("main;serve;parse 12\nmain;idle 3\nmain;serve;parse 5\n").unwrap();
    assert_eq!(rows(&profile), ["[17] main;serve;parse", "[3] main;idle"]);
    assert_eq!(profile.sample_types, [ValueType { kind: "samples".into(), unit: "count".into() }]);
    assert_eq!(warnings, []);
    assert_eq!(profile.functions.len(), 4, "a function is there once");
}

#[test]
fn what_is_counted_can_be_said() {
    let counts = ValueType { kind: "inuse_space".into(), unit: "bytes".into() };
    let options = ReadOptions { counts: counts.clone(), ..ReadOptions::default() };
    let (profile, _) = read_profile_with(&b"a;b 4096\n"[..], &options).unwrap();
    assert_eq!(profile.sample_types, [counts]);
    assert_eq!(profile.default_sample_type.as_deref(), Some("inuse_space"));
}

#[test]
fn names_keep_spaces_and_suffixes() {
    assert_eq!(
        read_rows(
            "worker 7;<Vec<u8> as Clone>::clone;do_syscall_64_[k] 2\nmain (app.py:12);f (app.py:3) 1\n"
        ),
        ["[2] worker 7;<Vec<u8> as Clone>::clone;do_syscall_64_[k]", "[1] main (app.py:12);f (app.py:3)"]
    );
}

#[test]
fn lines_end_and_files_begin_in_any_way() {
    for text in
        ["a;b 1\r\nc 2\r\n", "\u{feff}a;b 1\nc 2", "\n\n# made by hand\na;b 1  \n\nc\t2\n", "a;;b 1\n;c; 2\n"]
    {
        assert_eq!(read_rows(text), ["[1] a;b", "[2] c"], "{text:?}");
    }
}

#[test]
fn a_stack_may_have_no_frames_but_not_on_the_first_line() {
    assert_eq!(read_rows("a 1\n 5\n7\n"), ["[1] a", "[12] "]);
    assert!(matches!(read("12\n13\n"), Err(ReadError::Foreign { .. })));
}

#[test]
fn numbers_may_be_negative_or_have_a_fraction() {
    let (profile, warnings) = read("a -3\nb 0.5\nb 0.5\nb 0.4\nc 2.5\nd -2.5\ne 1.75\ne -0.5\n").unwrap();
    assert_eq!(rows(&profile), ["[-3] a", "[1] b", "[3] c", "[-3] d", "[1] e"]);
    assert_eq!(warnings, [Warning::RoundedFractions { count: 7 }]);
}

#[test]
fn two_numbers_are_base_and_head() {
    let (profile, _) = read("a;b 12 15\na;c 0 4\n").unwrap();
    assert_eq!(rows(&profile), ["[12, 15] a;b", "[0, 4] a;c"]);
    let kinds: Vec<_> = profile.sample_types.iter().map(|of| of.kind.as_str()).collect();
    assert_eq!(
        (kinds, profile.default_sample_type.as_deref()),
        (vec!["base_samples", "samples"], Some("samples"))
    );
    // A name that ends in a number.
    assert_eq!(read_rows("worker 12 15\nmain 4\n"), ["[15] worker 12", "[4] main"]);
    let late = format!("{}main 4\n", "worker 12 15\n".repeat(10_000));
    assert_eq!(
        message(late),
        "collapsed stacks, line `10001`: expected a stack and two numbers, as on the lines before, found `main 4`"
    );
}

#[test]
fn errors_name_the_line() {
    assert_eq!(
        message("a;b 1\nno number here\n"),
        "collapsed stacks, line `2`: expected a stack, a space and a number, found `no number here`"
    );
    assert_eq!(
        message("a 1\nb 92233720368547758070\n"),
        "collapsed stacks, line `2`: expected a number of at most 64 bits, found `b 92233720368547758070`"
    );
    assert_eq!(
        message(format!("{}b\t\u{1b}{}", "a 1\n".repeat(200), "x".repeat(100))),
        format!(
            "collapsed stacks, line `201`: expected a stack, a space and a number, found `b\\t\\u{{1b}}{}...`",
            "x".repeat(57)
        )
    );
}

#[test]
fn sums_end_where_64_bits_do() {
    let (profile, warnings) = read(format!("a {0}\na {0}\n", i64::MAX)).unwrap();
    assert_eq!(rows(&profile), [format!("[{}] a", i64::MAX)]);
    assert_eq!(warnings, [Warning::Saturated { count: 1 }]);
}

#[test]
fn what_is_no_utf8_is_shown_as_far_as_it_can_be() {
    let (profile, warnings) = read(b"main;gr\xf6\xdfer 2\nmain;a 1\n").unwrap();
    assert_eq!(rows(&profile), ["[2] main;gr\u{fffd}\u{fffd}er", "[1] main;a"]);
    assert_eq!(warnings, [Warning::ReplacedStrings { count: 1 }]);
}

#[test]
fn only_distinct_stacks_are_held() {
    // 32 MB of lines in 64 KiB of memory.
    let lines = "main;serve;parse 12\nmain;idle 3\n".repeat(1_000_000);
    let limits = Limits { unpacked_bytes_max: 0, model_bytes_max: 64 << 10, ..Limits::default() };
    let (profile, _) = read_profile(lines.as_bytes(), &limits).unwrap();
    assert_eq!(rows(&profile), ["[12000000] main;serve;parse", "[3000000] main;idle"]);
    let mut distinct = String::new();
    (0..10_000).for_each(|number| writeln!(distinct, "main;f{number} 1").unwrap());
    assert!(matches!(read_profile(distinct.as_bytes(), &limits), Err(ReadError::ModelTooBig { .. })));
    let line = "a".repeat(17 << 20);
    assert!(message(format!("a 1\n{line} 2\n")).contains("expected a line of less than `16777216` bytes"));
}

proptest! {
    /// The sums are those of a map.
    #[test]
    fn stacks_are_added_up(lines in vec((vec("[a-c ]{0,2}[a-c]", 1..4), -5_i64..100), 1..30)) {
        let mut expected: BTreeMap<String, i64> = BTreeMap::new();
        let mut text = String::new();
        for (frames, value) in &lines {
            let stack = frames.join(";");
            writeln!(text, "{stack} {value}").unwrap();
            *expected.entry(stack).or_default() += value;
        }
        let mut found = read_rows(&text);
        found.sort_unstable();
        let mut expected: Vec<_> = expected.iter().map(|(stack, sum)| format!("[{sum}] {stack}")).collect();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_bytes_after_a_good_line_are_rows_or_one_line(bytes in vec(any::<u8>(), 0..200)) {
        if let Err(error) = read([b"a;b 1\n".repeat(100), bytes].concat()) {
            let message = error.to_string();
            prop_assert!(!message.chars().any(char::is_control), "{message:?}");
        }
    }
}
