//! Variables that mean nothing, and directories that cannot be written to: one line, and the program is as without
//! them.

use crate::support::{Case, Ran};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// What cannot be meant, by variable.
const IMPOSSIBLE: &[(&str, &[&str])] = &[
    (
        "HEAPDIFF_PERIOD",
        &["", "0", "-1", "x", "1.5.5", "99999999999999999999", "512 Kilo", "\u{1f980}", "1\n2"],
    ),
    ("HEAPDIFF_EVERY", &["", "0", "0s", "-1s", "10", "never", "1us", "99999999999999999999999s"]),
    ("HEAPDIFF_KEEP", &["", "0", "1", "-5", "200,", ",", "200,0", "many"]),
    ("HEAPDIFF_BUDGET", &["", "0", "x%", "-1%"]),
    ("HEAPDIFF_FORK", &["", "yes", "FOLLOW", "1"]),
    ("HEAPDIFF_SIGNAL", &["", "KILL", "SIGSEGV", "12", "usr2"]),
    ("HEAPDIFF_COMMAND_LINE", &["", "yes", "ON"]),
    ("HEAPDIFF_DIR", &["/dev/null", "/dev/null/x", "/proc/nowhere", "file", "file/x", "long"]),
];

/// Each in a process of its own, which prints what its allocations gave.
pub(crate) const BAD_VARIABLES: Case = Case {
    name: "whatever_a_variable_says_the_program_is_unharmed",
    environment: &[],
    inside: || {
        if std::env::var_os("BAD_VARIABLE").is_some() {
            return report();
        }
        std::fs::write("file", "a file").unwrap();
        let expected = run(&[]);
        assert_eq!(expected.1, "");
        for (name, values) in IMPOSSIBLE {
            for value in *values {
                let long = "d".repeat(300);
                let value = if *value == "long" { &long } else { *value };
                let (stdout, stderr) = run(&[("HEAPDIFF_DIR", "profiles"), (name, value)]);
                assert_eq!(stdout, expected.0, "{name}={value:?}");
                assert_eq!(stderr.lines().count(), 1, "{name}={value:?}: {stderr}");
                let is_said = stderr.starts_with("heapdiff: ") && stderr.ends_with(": not recording\n");
                assert!(is_said && (stderr.contains(name) || *name == "HEAPDIFF_DIR"), "{stderr}");
            }
        }
        assert!(!Path::new("profiles").exists(), "not even the directory is made");
    },
    check: |ran: &Ran| assert_eq!(std::fs::read_to_string(ran.dir.join("file")).unwrap(), "a file"),
};

fn run(variables: &[(&str, &str)]) -> (String, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("BAD_VARIABLE", "").env("RECORDING_TEST_CASE", BAD_VARIABLES.name);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{variables:?}: {}", output.status);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

fn report() {
    let blocks: Vec<Vec<u8>> = (0..5000).map(|size| black_box(vec![1; size])).collect();
    let bytes: usize = blocks.iter().flatten().map(|&byte| usize::from(byte)).sum();
    println!("{bytes} bytes, {} threads", std::fs::read_dir("/proc/self/task").unwrap().count());
}
