//! `heapdiff list`.

use super::{ROWS_ON_A_SCREEN, refused, say_notes};
use crate::arguments::{Format, GlobalArguments, ListArguments};
use crate::output;
use crate::source_files::SourceFiles;
use crate::talk::Talk;
use heapdiff_profile::{ListingOptions, list};
use heapdiff_render::json::ListJson;
use heapdiff_render::text::ListText;
use heapdiff_render::{Sides, SourceFile};
use std::path::{Path, PathBuf};

pub(super) fn run(arguments: &ListArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let (from, format) = (&arguments.subject, arguments.output.format);
    let selection = from.selected(format, global)?;
    let options = ListingOptions::new(&arguments.functions, selection).map_err(refused)?;
    let talk = Talk::new(global.quiet);
    for missing in arguments.source_root.iter().filter(|root| !root.is_dir()) {
        talk.warning(&format!("--source-root `{}` is no folder", missing.display()));
    }
    let subject = from.read(global)?;
    let report = &list(subject.profiles(), &options).map_err(refused)?;
    from.check_measure(&report.subject.sample_type, format)?;
    say_notes(&report.notes, talk);

    let (base, head) = subject.sides();
    let files = SourceFiles {
        roots: &arguments.source_root,
        beside: beside(&head.name),
        profile_nanos: head.time_nanos,
    };
    // What is not printed is not read.
    let (rows_max, is_json) = (arguments.output.count.rows, format == Format::Json);
    let shown = rows_max.unwrap_or(if is_json { usize::MAX } else { ROWS_ON_A_SCREEN });
    let functions = report.functions.iter().take(shown);
    let sources: Vec<SourceFile> =
        functions.map(|function| files.find(report.frames.frame(function.frame).file)).collect();
    let (sources, sides) = (&sources, Sides { base: base.as_ref(), head: &head });
    if is_json {
        let json = ListJson { report, sources, sides, rows_max };
        return output::print(|out| json.write(out));
    }
    let text = ListText { report, sources, sides, context: arguments.context };
    let options = from.text_options(shown, global);
    output::print(|out| text.write(&options, out))
}

/// The current folder, and that of the profile.
fn beside(profile: &str) -> Vec<PathBuf> {
    let folder = Path::new(profile).parent().map(Path::to_path_buf).unwrap_or_default();
    [PathBuf::new(), folder].into_iter().collect()
}
