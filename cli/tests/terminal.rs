//! What happens on a terminal and nowhere else: the pager. `script` of util-linux lends its pseudo terminal.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::{Command, Stdio};

/// What a terminal of ten lines shows of a command and with which status it ends.
fn on_terminal(arguments: &str, environment: &[(&str, &str)]) -> (String, Option<i32>) {
    let heapdiff = env!("CARGO_BIN_EXE_heapdiff");
    let line = format!("stty rows 10 cols 80; exec '{heapdiff}' {arguments}");
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).stdin(Stdio::null());
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "PAGER", "HEAPDIFF_PAGER", "LESS"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").env("SHELL", "/bin/sh").env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    let output = command.envs(environment.iter().copied()).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

/// A pager that marks every line that it shows.
const MARKS: (&str, &str) = ("HEAPDIFF_PAGER", "sed 's/^/paged: /'");
const LONG: &str = "diff shop";
const SHORT: &str = "tags shop --tag-hide epoch";

#[test]
fn what_is_longer_than_the_screen_is_paged_in_colour() {
    let (long, status) = on_terminal(LONG, &[MARKS]);
    assert_eq!(status, Some(0));
    let lines = long.lines().filter(|line| line.contains("head") || line.contains("paged: "));
    assert!(
        lines.clone().count() > 10 && lines.into_iter().all(|line| line.starts_with("paged: ")),
        "{long}"
    );
    assert!(long.contains("paged: \x1b["), "{long}");
    let (short, status) = on_terminal(SHORT, &[MARKS]);
    assert!(status == Some(0) && short.contains("No label to show.") && !short.contains("paged:"), "{short}");
}

#[test]
fn the_pager_is_the_one_that_was_asked_for_or_none() {
    let is_paged = |arguments: &str, environment: &[(&str, &str)]| {
        let (text, status) = on_terminal(arguments, environment);
        assert!(status == Some(0) && text.contains("total of"), "{text}");
        text.contains("paged: ")
    };
    let common = ("PAGER", MARKS.1);
    assert!(is_paged(LONG, &[common]));
    assert!(!is_paged(LONG, &[common, ("HEAPDIFF_PAGER", "")]));
    assert!(!is_paged(LONG, &[common, ("HEAPDIFF_PAGER", "cat")]));
    assert!(!is_paged(LONG, &[common, ("HEAPDIFF_PAGER", "/no/such/pager")]));
    assert!(!is_paged(LONG, &[common, ("TERM", "dumb")]));
    assert!(!is_paged("diff shop --no-pager", &[common]));
}

#[test]
fn an_error_keeps_its_status() {
    let (text, status) = on_terminal("top no-such-file", &[MARKS]);
    assert!(status == Some(3) && !text.contains("paged:"), "{text}");
}
