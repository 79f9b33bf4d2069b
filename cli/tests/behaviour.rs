//! What transcripts cannot show: pipes that close, files that are written, colour and the width of the terminal.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The command in the folder of the fixtures, with nothing of the developer's own settings.
fn heapdiff(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapdiff"));
    command.args(arguments).current_dir(fixtures());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    // Answers of one test must not help another.
    command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

fn output(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn stdout(command: &mut Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [
        &["shop", "--format", "json"][..],
        &["diff", "shop"],
        &["top", "shop"],
        &["tree", "shop"],
        &["peek", "main", "shop"],
        &["graph", "shop"],
        &["flamegraph", "shop", "-o", "-"],
    ] {
        let mut child = heapdiff(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{arguments:?}");
    }
}

/// A `dot` that says what it was called with, and passes on what it is handed.
#[test]
fn a_drawing_is_made_by_graphviz_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let graph = |name: &str| {
        let mut command = heapdiff(&["graph", "shop", "-o", path(name).to_str().unwrap()]);
        command.env("PATH", folder.path());
        output(&mut command)
    };
    let refused = graph("a.svg");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: cannot draw: there is no `dot` here\nhint: install Graphviz"), "{said}");
    assert!(!path("a.svg").exists());

    let source = graph("a.dot");
    assert!(source.status.success());
    let source = std::fs::read_to_string(path("a.dot")).unwrap();
    assert!(source.starts_with("digraph ") && source == stdout(&mut heapdiff(&["graph", "shop"])));

    std::fs::write(path("dot"), "#!/bin/sh\necho \"$@\"\nexec /bin/cat\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(path("dot"), executable).unwrap();
    assert!(graph("a.svg").status.success());
    assert_eq!(std::fs::read_to_string(path("a.svg")).unwrap(), format!("-Tsvg\n{source}"));

    std::fs::write(path("dot"), "#!/bin/sh\necho 'Format: \"xyz\" not recognized.' >&2\nexit 1\n").unwrap();
    let refused = graph("a.xyz");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said.starts_with("error: `dot -Txyz` failed: Format: \"xyz\" not recognized.\n"), "{said}");
}

#[test]
fn colour_is_for_terminals_and_for_who_asks() {
    let colored = |command: &mut Command| stdout(command).contains('\x1b');
    assert!(!colored(&mut heapdiff(&["diff", "shop"])));
    assert!(colored(&mut heapdiff(&["diff", "shop", "--color", "always"])));
    assert!(colored(heapdiff(&["diff", "shop"]).env("CLICOLOR_FORCE", "1")));
    assert!(!colored(heapdiff(&["diff", "shop"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
    assert!(colored(heapdiff(&["diff", "shop", "--color", "always"]).env("NO_COLOR", "1")));
    assert!(!colored(heapdiff(&["--color", "never", "diff", "shop"]).env("CLICOLOR_FORCE", "1")));
}

#[test]
fn what_is_wrong_is_said_in_one_line_without_escape_codes() {
    let error = output(&mut heapdiff(&["top", "no\nsuch\x1b[31m.pb.gz"]));
    let said = String::from_utf8_lossy(&error.stderr).into_owned();
    assert_eq!(error.status.code(), Some(3));
    assert!(said.lines().count() == 2 && !said.contains('\x1b'), "{said}");
    let warned = output(&mut heapdiff(&["top", "shop", "--debug-dir", "no-such-folder"]));
    let said = String::from_utf8_lossy(&warned.stderr);
    assert_eq!(
        (warned.status.code(), said.as_ref()),
        (Some(0), "warning: --debug-dir `no-such-folder` is no folder\n")
    );
}

#[test]
fn what_to_type_next_asks_for_the_same() {
    let said =
        stdout(&mut heapdiff(&["shop", "--type", "inuse_objects", "--focus", "session", "--hide", "a b"]));
    let next: Vec<_> = said.lines().filter_map(|line| Some(line.split_once("  heapdiff ")?.1)).collect();
    assert_eq!(
        next,
        [
            "diff shop --type inuse_objects --focus session --hide 'a b' --by function",
            r"diff shop --type inuse_objects --focus '^shop::session::Cache<K,V>::insert$' --hide 'a b'",
            "flamegraph shop --type inuse_objects --focus session --hide 'a b' -o growth.svg",
        ]
    );
    assert!(said.contains("\nthe filters let through: inuse_objects "), "{said}");
    let nothing = stdout(&mut heapdiff(&["-q", "shop", "--focus", "no such function"]));
    assert!(
        nothing.contains("The live heap keeps growing") && nothing.contains("No line to show"),
        "{nothing}"
    );
}

#[test]
fn a_pipe_is_read_like_a_file() {
    let snapshot = std::fs::File::open(fixtures().join("go-heap.pb.gz")).unwrap();
    let mut child =
        heapdiff(&["-q", "/dev/stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::copy(&mut std::io::BufReader::new(snapshot), &mut child.stdin.take().unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("/dev/stdin\n"));
}

#[test]
fn output_that_does_not_fit_is_an_error() {
    for arguments in
        [&["shop"][..], &["top", "shop"], &["diff", "shop", "--format", "json"], &["info", "shop"]]
    {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = output(heapdiff(arguments).stdout(full));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said.starts_with("error: cannot write to standard output: "), "{said}");
    }
}

#[test]
fn tables_are_as_wide_as_columns_says() {
    let lines = |columns: &str| stdout(heapdiff(&["diff", "shop"]).env("COLUMNS", columns)).lines().count();
    assert!(lines("200") < lines("80"));
    // What is no width is ignored.
    assert_eq!(lines("wide"), lines("120"));
    assert_eq!(lines("0"), lines("40"));
}

#[test]
fn a_picture_is_written_whole_and_said_on_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growth.svg");
    std::fs::write(&path, "an older picture").unwrap();
    let file = path.to_str().unwrap();
    let written = output(&mut heapdiff(&["flamegraph", "shop", "-o", file]));
    assert!(written.status.success() && written.stdout.is_empty());
    assert!(String::from_utf8_lossy(&written.stderr).contains(file));
    let svg = std::fs::read_to_string(&path).unwrap();
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>") && svg.contains("Cache::insert"));
    assert_eq!(stdout(&mut heapdiff(&["flamegraph", "shop", "-o", "-"])), svg);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let quiet = output(&mut heapdiff(&["flamegraph", "shop", "-o", file, "--quiet"]));
    assert!(quiet.stderr.is_empty());
}

#[test]
fn json_has_the_fields_that_scripts_rely_on() {
    let report: serde_json::Value =
        serde_json::from_str(&stdout(&mut heapdiff(&["diff", "shop", "--format", "json"]))).unwrap();
    assert_eq!(report["schema"], "heapdiff/diff/v1");
    assert_eq!(report["paired"], true);
    let first = &report["rows"][0];
    for field in [
        "function",
        "file",
        "line",
        "stack",
        "base_bytes",
        "head_bytes",
        "delta_bytes",
        "delta_low",
        "delta_high",
        "delta_objects",
        "born_bytes",
        "died_bytes",
        "samples",
        "significant",
    ] {
        assert!(!first[field].is_null(), "{field}");
    }
    assert_eq!(first["delta_bytes"], 20 << 20);
    assert_eq!(first["stack"][0]["line"], first["line"]);
    for (arguments, schema) in [
        (&["shop", "--format", "json"][..], "heapdiff/overview/v2"),
        (&["top", "shop", "--format", "json"], "heapdiff/top/v1"),
        (&["info", "shop", "--format", "json"], "heapdiff/info/v1"),
    ] {
        let report: serde_json::Value = serde_json::from_str(&stdout(&mut heapdiff(arguments))).unwrap();
        assert_eq!(report["schema"], schema);
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused_in_one_line() {
    let whole = std::fs::read(fixtures().join("shop/shop-20270115T080000Z-42-000005.pb.gz")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pb.gz");
    for length in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let refused = output(&mut heapdiff(&["top", path.to_str().unwrap()]));
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(3), "cut at {length}: {said}");
        assert!(said.contains("cut.pb.gz") && said.lines().count() <= 2, "cut at {length}: {said}");
    }
}

#[test]
fn commands_that_an_overview_names_can_be_typed() {
    let answers = ["shop", "sessions"].map(|folder| stdout(&mut heapdiff(&[folder])));
    let commands = answers.each_ref().map(|answer| {
        let next = answer.lines().skip_while(|line| !line.starts_with("next:"));
        next.filter_map(|line| line.get(7..)).collect::<Vec<_>>()
    });
    assert!(commands.iter().all(|commands| commands.len() >= 3), "{answers:?}");
    let folder = tempfile::tempdir().unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_heapdiff")).parent().unwrap().to_str().unwrap();
    for command in commands.concat() {
        // The purpose follows behind two blanks.
        let command = command
            .split("  ")
            .next()
            .unwrap()
            .replace("growth.svg", folder.path().join("g.svg").to_str().unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).current_dir(fixtures());
        shell.env("PATH", format!("{bin}:{}", std::env::var("PATH").unwrap_or_default()));
        shell.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
        let ran = output(&mut shell);
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        assert!(!String::from_utf8_lossy(&ran.stderr).contains("matched no"), "{command}");
    }
}

/// What pprof 1.24.11 prints for these lines, checked against it.
#[test]
fn lines_from_a_pipe_are_answered_as_pprof_does() {
    let mut child = heapdiff(&["pprof", "go-heap.pb.gz"])
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = b"focus=fill //: only\nunit=kb\ntop1\nlist\nhelp trim\nquit\nnever read";
    child.stdin.take().unwrap().write_all(lines).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let prompts = "(pprof) ";
    let report = "Active filters:
   focus=fill
Showing nodes accounting for 10240kB, 95.24% of 10752kB total
Showing top 1 nodes out of 3
      flat  flat%   sum%        cum   cum%
   10240kB 95.24% 95.24%    10240kB 95.24%  main.fill
";
    let expected = prompts.repeat(3) + report + &prompts.repeat(3);
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    let expected = "File: app
Build ID: abcdef0123456789
Type: inuse_space
Time: 2026-11-20 11:03:30 UTC
Entering interactive mode (type \"help\" for commands, \"o\" for options)
command list requires an argument
Honor nodefraction/edgefraction/nodecount defaults
Set to false to get the full profile, without any trimming.

";
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
}

#[test]
fn a_conversion_is_written_whole_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let top = |file: &str, counts: &str| {
        let arguments =
            ["-q", "top", file, "--format", "json", "--by", "function", "--type", counts, "--all-frames"];
        let report: serde_json::Value = serde_json::from_str(&stdout(&mut heapdiff(&arguments))).unwrap();
        let rows = report["rows"].as_array().unwrap();
        let mut rows: Vec<_> = rows
            .iter()
            // Collapsed stacks have no `;` within a name.
            .map(|row| {
                (row["function"].as_str().unwrap().replace(';', ":"), row["flat"].clone(), row["cum"].clone())
            })
            .map(|(function, flat, cum)| format!("{function} {flat} {cum}"))
            .collect();
        rows.sort();
        rows
    };
    let expected = top("shop", "inuse_space");
    assert!(expected.len() > 5);
    for (name, counts) in
        [("heap.pb.gz", "inuse_space"), ("heap.folded", "samples"), ("heap.collapsed.gz", "samples")]
    {
        let said = output(&mut heapdiff(&["convert", "shop", "-o", &path(name)]));
        assert!(String::from_utf8_lossy(&said.stderr).starts_with("note: wrote `"), "{name}");
        assert!(said.status.success() && said.stdout.is_empty(), "{name}");
        assert_eq!(top(&path(name), counts), expected, "{name}");
    }
    for name in ["heap.speedscope.json", "heap.firefox.json"] {
        stdout(&mut heapdiff(&["convert", "shop", "-o", &path(name)]));
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap();
        assert!(json.is_object(), "{name}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
}

#[test]
fn several_sources_may_come_from_a_pipe_and_files() {
    let snapshot = std::fs::File::open(fixtures().join("go-heap.pb.gz")).unwrap();
    let output = heapdiff(&["top", "-", "go-heap.pb.gz", "-n", "1"]).stdin(snapshot).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with("standard input + 1 more\n"), "{text}");
    assert!(text.contains("21.0 MiB in all"), "{text}");
}

#[test]
fn profiles_that_have_no_sum_say_which_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stacks.folded");
    std::fs::write(&path, "main;work 5\n").unwrap();
    let refused = output(&mut heapdiff(&["top", "go-heap.pb.gz", path.to_str().unwrap()]));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3));
    assert!(
        said.contains("cannot merge: `go-heap.pb.gz` and `") && said.contains("does not say how"),
        "{said}"
    );
}
