//! What becomes of a report: it is printed, written to a file, or drawn by Graphviz.

use super::{path, reason, saved, say};
use heapdiff_classic::options::{Command, Finish};
use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tempfile::NamedTempFile;

/// Programs that show a page, in the order in which they are tried.
const BROWSERS: [&str; 5] = ["chrome", "google-chrome", "chromium", "firefox", "sensible-browser"];

/// Where reports end.
#[derive(Debug, Default)]
pub(super) struct Finisher {
    /// Whether the user goes on typing: nothing binary is printed then, and nobody waits for a program that shows a
    /// report.
    is_shell: bool,
    /// What such programs may still read. The files go when this goes.
    shown: Vec<NamedTempFile>,
}

impl Finisher {
    /// For reports that a shell asks for.
    pub(super) fn in_shell() -> Self {
        Self { is_shell: true, shown: Vec::new() }
    }

    /// Prints, writes, draws or shows a report.
    pub(super) fn finish(&mut self, command: &Command, report: Vec<u8>, output: &str) -> Result<(), String> {
        let report = match command.finish {
            Finish::Draw(format) | Finish::Show { draw: Some(format), .. } => draw(&report, format)?,
            _ => report,
        };
        if !output.is_empty() {
            say(&format!("Generating report in {output}"));
            let file =
                File::create(path(output)).map_err(|error| format!("open {output}: {}", reason(&error)))?;
            return write(file, &report, output);
        }
        if let Finish::Show { draw, program } = command.finish {
            return self.show(&report, draw, program);
        }
        let is_binary = matches!(command.finish, Finish::Save | Finish::Draw(_));
        if is_binary && (self.is_shell || io::stdout().is_terminal()) {
            return save(command, &report);
        }
        match io::stdout().write_all(&report).and_then(|()| io::stdout().flush()) {
            // The reader has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.map_err(|error| format!("write /dev/stdout: {}", reason(&error))),
        }
    }

    /// Lets a program show a report, and waits for it unless this is a shell. Without a program it is a browser: the first that there is.
    fn show(&mut self, report: &[u8], format: Option<&str>, program: Option<&str>) -> Result<(), String> {
        let suffix = format.unwrap_or(if program.is_some() { "grind" } else { "html" });
        let file = tempfile::Builder::new()
            .prefix("pprof")
            .suffix(&format!(".{suffix}"))
            .tempfile()
            .and_then(|mut file| file.write_all(report).map(|()| file))
            .map_err(|error| format!("could not write a temporary file: {}", reason(&error)))?;
        let favourite = std::env::var("BROWSER").ok().filter(|browser| !browser.is_empty());
        let desktop =
            std::env::var_os("DISPLAY").is_some_and(|display| !display.is_empty()).then_some("xdg-open");
        let browsers = favourite.as_deref().into_iter().chain(BROWSERS).chain(desktop);
        let programs: Vec<&str> = program.map_or_else(|| browsers.collect(), |program| vec![program]);
        let mut failure = String::new();
        for program in programs {
            let mut words = program.split(' ');
            let program = words.next().unwrap_or_default();
            match std::process::Command::new(program)
                .args(words)
                .arg(file.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
            {
                Ok(mut viewer) => {
                    let status = if self.is_shell { Ok(ExitStatus::default()) } else { viewer.wait() };
                    let status = status.map_err(|error| reason(&error))?;
                    // A program that only opens a tab elsewhere returns before the file is read.
                    std::thread::sleep(TIME_TO_OPEN);
                    self.shown.push(file);
                    return if status.success() { Ok(()) } else { Err(status_text(status)) };
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    failure = format!("exec: \"{program}\": executable file not found in $PATH");
                }
                Err(error) => failure = reason(&error),
            }
        }
        Err(failure)
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
    let (file, name) = saved::numbered("profile", &format!(".{suffix}"))?;
    say(&format!("Generating report in {name}"));
    write(file, report, &name)
}

/// How long a report is kept for a program that reads it after it seems to be done.
const TIME_TO_OPEN: Duration = Duration::from_secs(1);

/// How a program ended, in Go's words.
pub(super) fn status_text(status: ExitStatus) -> String {
    status.code().map_or_else(|| "killed".to_owned(), |code| format!("exit status {code}"))
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
            return Err(failed("exec: \"dot\": executable file not found in $PATH"));
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
        Ok(readable(output.stdout, format))
    } else {
        Err(failed(&status_text(output.status)))
    }
}

/// A drawing that a browser can read: dot writes some `&` as they are. pprof also puts a script into an SVG with which
/// it can be moved; browsers and viewers do that by themselves.
fn readable(drawing: Vec<u8>, format: &str) -> Vec<u8> {
    match std::str::from_utf8(&drawing) {
        Ok(text) if format == "svg" && text.contains("&;") => text.replace("&;", "&amp;;").into_bytes(),
        _ => drawing,
    }
}
