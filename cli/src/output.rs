//! Where reports go: standard output, as wide and as colourful as it can be, or a file that is complete or not there.

use crate::arguments::{Color, Format, GlobalArguments};
use crate::directory;
use crate::failure::Failure;
use crate::pager;
use anstream::{AutoStream, ColorChoice};
use anyhow::Context as _;
use heapdiff_render::Theme;
use heapdiff_render::text::TextOptions;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

/// Columns where there is no terminal to ask.
const WIDTH_WITHOUT_TERMINAL: usize = 120;
/// Narrower than this no table fits; wider is hard to follow with the eye.
const WIDTH_MIN: usize = 40;
const WIDTH_MAX: usize = 320;

/// Makes the whole program use colour as it was asked to.
pub(crate) fn choose_color(global: &GlobalArguments) {
    match global.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
    .write_global();
}

/// How text is laid out for standard output.
pub(crate) fn text_options(rows_max: usize, global: &GlobalArguments) -> TextOptions {
    let theme = match AutoStream::choice(&io::stdout()) {
        ColorChoice::Never => Theme::plain(),
        _ => Theme::colored(),
    };
    let source_root = std::env::current_dir().ok().and_then(|path| path.to_str().map(str::to_owned));
    let names = global.names(Format::Text);
    TextOptions { width: width(), theme, rows_max, source_root, names, ..TextOptions::default() }
}

/// `COLUMNS`, else the terminal's width.
fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let stdout = io::stdout();
    let terminal = || {
        let (width, _) = stdout.is_terminal().then(terminal_size::terminal_size).flatten()?;
        Some(usize::from(width.0))
    };
    asked.or_else(terminal).unwrap_or(WIDTH_WITHOUT_TERMINAL).clamp(WIDTH_MIN, WIDTH_MAX)
}

/// Writes a report to standard output.
///
/// # Errors
/// If it is closed, or full where it is a file.
pub(crate) fn print(report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    if let Some(lines) = pager::screen_lines() {
        return print_to_screen(report, lines);
    }
    let mut stdout = BufWriter::new(io::stdout().lock());
    report(&mut stdout).and_then(|()| stdout.flush()).context("cannot write to standard output")
}

/// Writes a report to a terminal, through a pager if it is longer than that.
fn print_to_screen(
    report: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    lines: usize,
) -> anyhow::Result<()> {
    let mut text = Vec::new();
    report(&mut text)?;
    if pager::is_longer_than(lines, &text) && pager::show(&text).context("cannot wait for the pager")? {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(&text).and_then(|()| stdout.flush()).context("cannot write to standard output")
}

/// Writes a picture to a file at once: see [`write_file_as`].
///
/// # Errors
/// If the folder does not exist or cannot be written to, or the disk is full.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    write_file_as(path, |out| out.write_all(content))
}

/// Writes a file at once: under another name first, so that whoever watches it never sees half of it.
///
/// # Errors
/// If `content` fails, the folder does not exist or cannot be written to, or the disk is full.
pub(crate) fn write_file_as(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A pipe or a device, such as /dev/stdout, is written to; it must not be replaced by a file.
    let is_special = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    let write = || -> io::Result<()> {
        if is_special {
            let mut out = BufWriter::new(std::fs::OpenOptions::new().write(true).open(path)?);
            return content(&mut out).and_then(|()| out.flush());
        }
        let file = tempfile::Builder::new()
            .prefix(".heapdiff-")
            .permissions(readable_by_all())
            .tempfile_in(folder)?;
        let mut out = BufWriter::new(file);
        content(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.persist(path)?;
        Ok(())
    };
    write().map_err(|error| {
        let message = format!("cannot write `{}`: {}", path.display(), directory::reason(&error));
        Failure::usage(message, "name a file in a folder that exists and can be written to").into()
    })
}

/// A picture is made to be shown, unlike what temporary files usually hold; the umask still applies.
fn readable_by_all() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o666)
}

/// `text` as a word of a shell's command line.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(shell_word("profiles/a-1.pb.gz"), "profiles/a-1.pb.gz");
        assert_eq!(shell_word("my profiles"), "'my profiles'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("growth.svg");
        write_file(&path, b"first").unwrap();
        write_file(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        write_file(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
        let error = write_file(&folder.path().join("no/such/growth.svg"), b"x").unwrap_err();
        assert!(error.to_string().contains("no/such/growth.svg"));
    }
}
