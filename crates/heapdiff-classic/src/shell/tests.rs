use super::*;
use crate::profile::ValueType;

fn shell(kinds: &[&str]) -> Shell {
    let mut profile = Profile::default();
    for kind in kinds {
        let (kind, unit) = (profile.strings.intern(kind), profile.strings.intern("count"));
        profile.sample_types.push(ValueType { kind, unit });
    }
    Shell::new(&profile, &Config::default())
}

/// The messages of some lines.
fn said(lines: &[&str]) -> Vec<String> {
    let mut shell = shell(&["objects", "space"]);
    let replies = lines.iter().flat_map(|line| shell.answer(line));
    replies.filter_map(|reply| if let Reply::Say(text) = reply { Some(text) } else { None }).collect()
}

fn config_after(lines: &[&str]) -> Config {
    let mut shell = shell(&["objects", "space"]);
    for line in lines {
        assert_eq!(shell.answer(line), [], "{line}");
    }
    shell.config().clone()
}

fn report(shell: &mut Shell, line: &str) -> (ReportCommand, Config) {
    match shell.answer(line).as_slice() {
        [Reply::Report { report, config }] => (report.clone(), (**config).clone()),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn assignments_last() {
    let config = config_after(&[
        "focus = a=b //: remark",
        "mean",
        "nodecount=+5",
        "lines=1",
        "sort=cum",
        "sample_index=0",
        "trim=No",
    ]);
    assert_eq!((config.focus.as_str(), config.mean, config.nodecount), ("a=b", true, 5));
    assert_eq!((config.sample_index.as_str(), config.trim), ("objects", false));
    assert_eq!(config.granularity, Some(crate::options::Granularity::Lines));
    assert_eq!(config.sort, crate::options::Sort::Cum);
    let cleared = config_after(&["focus=a", "hide=b", "show=c", " : "]);
    assert_eq!((cleared.focus.as_str(), cleared.hide.as_str(), cleared.show.as_str()), ("", "", "c"));
}

#[test]
fn a_kind_of_values_is_a_command() {
    let config = config_after(&["mean_objects"]);
    assert_eq!((config.sample_index.as_str(), config.mean), ("objects", true));
    let config = config_after(&["mean_objects", "total_space"]);
    assert_eq!((config.sample_index.as_str(), config.mean), ("space", false));
    assert!(!config_after(&["mean", "total_space"]).mean);
    // A kind of such a name is itself.
    let mut shell = shell(&["space", "total_space"]);
    shell.answer("total_space");
    assert_eq!(shell.config().sample_index, "total_space");
}

#[test]
fn a_line_has_variables_of_its_own() {
    let mut shell = shell(&["space"]);
    shell.answer("focus=a");
    let (wanted, config) = report(&mut shell, "top5 b -c d --cum -e >f");
    assert_eq!((wanted.command.name, wanted.pattern), ("top", None));
    assert_eq!((config.focus.as_str(), config.ignore.as_str()), ("b|d", "c|e"));
    assert_eq!((config.nodecount, config.output.as_str()), (5, "f"));
    assert_eq!((shell.config().focus.as_str(), shell.config().nodecount), ("a", -1));
    let (wanted, config) = report(&mut shell, "list10 7 > f");
    assert_eq!((wanted.pattern.as_deref(), config.nodecount, config.output.as_str()), (Some("10"), 7, "f"));
    let (_, config) = report(&mut shell, "tags b -c");
    assert_eq!((config.tagfocus.as_str(), config.tagignore.as_str()), ("b", "c"));
    let rows = |shell: &mut Shell, line| report(shell, line).1.nodecount;
    assert_eq!(report(&mut shell, "top").1.focus, "a");
    assert_eq!((rows(&mut shell, "text"), rows(&mut shell, "tree")), (10, -1));
    // A number that is too large for pprof is a function's name.
    assert_eq!(report(&mut shell, "top 99999999999").1.focus, "99999999999");
}

#[test]
fn errors_have_the_words_of_pprof() {
    for (line, expected) in [
        ("foo10", r#"unrecognized command: "foo""#),
        ("10", r#"unrecognized command: "10""#),
        ("list", "command list requires an argument"),
        ("nodecount 10", "did you mean: nodecount=10"),
        ("nodecount10", "did you mean: nodecount=10"),
        ("nodecount", "please specify a value, e.g. nodecount=<val>"),
        ("nodecount=x", r#"strconv.Atoi: parsing "x": invalid syntax"#),
        ("nodefraction=1e400", r#"strconv.ParseFloat: parsing "1e400": value out of range"#),
        ("cum", r#"unknown config field "cum""#),
        ("sort=x", r#"invalid "sort" value "x""#),
        ("mean=maybe", r#"illegal value "maybe" for bool variable"#),
        ("top >", "unexpected end of line after >"),
        ("sample_index=foo", r#"sample_index "foo" must be one of: [objects space]"#),
        ("sample_index=-1", "sample_index -1 is outside the range [0..1]"),
        ("help sort", "Unknown command: sort"),
    ] {
        assert_eq!(said(&[line]), [expected], "{line}");
    }
}

#[test]
fn nothing_is_said_of_nothing_and_an_end_ends() {
    let mut shell = shell(&["space"]);
    assert_eq!(shell.answer("  "), []);
    for line in ["q", "quit", "exit now"] {
        assert_eq!(shell.answer(line), [Reply::Quit]);
    }
}

#[test]
fn options_are_listed_by_name() {
    let listing = said(&["divide_by=1e21", "o"]).pop().unwrap();
    let lines: Vec<&str> = listing.lines().collect();
    assert!(lines.is_sorted());
    for expected in [
        "  compact_labels            = true                 ",
        "  divide_by                 = 1e+21                ",
        "  focus                     = \"\"                   ",
        "  granularity               = (default)            //: [addresses | filefunctions | files | functions | lines]",
        "  nodecount                 = -1                   //: default",
        "  sample_index              = space                //: [objects | space]",
    ] {
        assert!(lines.contains(&expected), "{expected}");
    }
}
