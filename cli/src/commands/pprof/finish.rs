//! What becomes of a report: it is printed, written to a file, or drawn by Graphviz.

use super::{path, reason, say};
use heapdiff_classic::options::{Command, Finish};
use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::Stdio;

/// How many reports may lie in a folder under pprof's names for them.
const SAVED_REPORTS_MAX: usize = 10_000;

/// Refuses a report that cannot be finished before it is made.
pub(super) fn check(command: &Command) -> Result<(), String> {
    match command.finish {
        Finish::Show { .. } => Err(format!(
            "-{} is not supported yet: write a file with -svg or -dot, and open that",
            command.name
        )),
        _ => Ok(()),
    }
}

/// Prints, writes or draws a report.
pub(super) fn finish(command: &Command, report: Vec<u8>, output: &str) -> Result<(), String> {
    let report = match command.finish {
        Finish::Draw(format) => draw(&report, format)?,
        _ => report,
    };
    if !output.is_empty() {
        say(&format!("Generating report in {output}"));
        let file =
            File::create(path(output)).map_err(|error| format!("open {output}: {}", reason(&error)))?;
        return write(file, &report, output);
    }
    let is_binary = matches!(command.finish, Finish::Save | Finish::Draw(_));
    if is_binary && io::stdout().is_terminal() {
        return save(command, &report);
    }
    match io::stdout().write_all(&report).and_then(|()| io::stdout().flush()) {
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| format!("write /dev/stdout: {}", reason(&error))),
    }
}

fn write(mut file: File, report: &[u8], path: &str) -> Result<(), String> {
    file.write_all(report).map_err(|error| format!("write {path}: {}", reason(&error)))
}

/// Writes what would harm a terminal to a new file.
fn save(command: &Command, report: &[u8]) -> Result<(), String> {
    let suffix = match command.finish {
        Finish::Draw(format) => format,
        _ if command.name == "callgrind" => "callgraph.out",
        _ => "pb.gz",
    };
    for number in 1..SAVED_REPORTS_MAX {
        let path = format!("profile{number:03}.{suffix}");
        match File::create_new(&path) {
            Ok(file) => {
                say(&format!("Generating report in {path}"));
                return write(file, report, &path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("open {path}: {}", reason(&error))),
        }
    }
    Err(format!("could not create file of the form profile{:03}.{suffix}", 1))
}

/// Lets Graphviz draw a graph.
fn draw(graph: &[u8], format: &str) -> Result<Vec<u8>, String> {
    let failed = |reason: &str| format!("failed to execute dot. Is Graphviz installed? Error: {reason}");
    let mut dot = match std::process::Command::new("dot")
        .arg(format!("-T{format}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    {
        Ok(dot) => dot,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(failed("exec: \"dot\": executable file not found in $PATH")
                + "\nhint: install Graphviz, or write the graph itself with -dot");
        }
        Err(error) => return Err(failed(&reason(&error))),
    };
    let input = dot.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A dot that reads no further says why itself.
            input.map(|mut input| input.write_all(graph))
        });
        dot.wait_with_output()
    });
    let output = output.map_err(|error| failed(&reason(&error)))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        let status = output.status.code().map_or("killed".to_owned(), |code| format!("exit status {code}"));
        Err(failed(&status))
    }
}
