//! `heapdiff convert`.

use super::{refused, say_notes};
use crate::arguments::{ConvertArguments, GlobalArguments, OutputFormat};
use crate::failure::Failure;
use crate::input::Input;
use crate::output;
use crate::several::not_one_kind;
use crate::talk::Talk;
use heapdiff_formats::{ExportFormat, ExportOptions, export};
use heapdiff_profile::{Merged, NamedProfile, difference, sample_type_index, side_by_side};
use heapdiff_render::quantity;
use std::io::{self, Write};
use std::path::Path;

pub(super) fn run(arguments: &ConvertArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let talk = Talk::new(global.quiet);
    let format = format_of(arguments)?;
    let input = Input::new(global, arguments.process.process.as_deref());
    let input = if format == OutputFormat::Pprof && !arguments.symbolized { input.bare() } else { input };
    let (wanted, path) = (arguments.sample_type.as_deref(), arguments.output.as_path());
    let named = if arguments.base.is_empty() {
        input.merged(&arguments.inputs)?
    } else {
        let (base, head) = input.sides(&arguments.base, &arguments.inputs)?;
        let name = format!("{} less {}", head.name, base.name);
        if format == OutputFormat::Collapsed {
            let profile = side_by_side(base, head, wanted).map_err(refused)?;
            return write(&NamedProfile { name, profile }, ExportFormat::Differential, 1, path, talk);
        }
        let Merged { profile, notes } = difference(base, head).map_err(not_one_kind)?;
        say_notes(&notes, talk);
        NamedProfile { name, profile }
    };
    let column = sample_type_index(&named.profile, wanted).map_err(refused)?;
    write(&named, format.into(), column, path, talk)
}

/// The format that was asked for, or that the name of the output says.
fn format_of(arguments: &ConvertArguments) -> Result<OutputFormat, Failure> {
    let name = arguments.output.to_string_lossy();
    arguments.to.or_else(|| OutputFormat::of_name(&name)).ok_or_else(|| {
        Failure::usage(
            format!("`{name}` does not say in which format"),
            "say it with `--to pprof`, `collapsed`, `speedscope`, `firefox` or `csv`, or by the file's ending: \
             `heapdiff convert --help` lists them",
        )
    })
}

/// Writes a profile to a file, or to standard output for `-`. `column` is the sample type that is shown first, or alone.
pub(super) fn write(
    named: &NamedProfile,
    format: ExportFormat,
    column: usize,
    path: &Path,
    talk: Talk,
) -> anyhow::Result<()> {
    let to_stdout = path == Path::new("-");
    let gzip = !to_stdout && path.extension().is_some_and(|ending| ending == "gz");
    let options = ExportOptions { name: &named.name, column, gzip };
    // What the profile is to blame for, not the output.
    let mut refused = None;
    let content = |out: &mut dyn Write| {
        export(&named.profile, format, &options, out).map_err(|error| {
            error.into_sink_error().unwrap_or_else(|error| {
                refused = Some(error);
                io::Error::other("not written")
            })
        })
    };
    let written = if to_stdout { output::print(content) } else { output::write_file_as(path, content) };
    if let Some(error) = refused {
        let hint = "write a difference to `pprof`, `collapsed`, `firefox` or `csv`";
        return Err(Failure::usage(error.to_string(), hint).into());
    }
    written?;
    if !to_stdout {
        let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        talk.note(&format!("wrote `{}` ({})", path.display(), quantity::bytes(bytes)));
    }
    Ok(())
}
