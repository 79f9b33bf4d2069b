//! `heapdiff flamegraph`.

use super::calls::check_base;
use super::{refused, say_notes};
use crate::arguments::{FlamegraphArguments, Format, GlobalArguments};
use crate::failure::Failure;
use crate::input::{Comparison, Input};
use crate::output;
use crate::talk::Talk;
use heapdiff_profile::{FoldOptions, NamedProfile, Names, Subject, fold};
use heapdiff_render::flamegraph::{Flamegraph, FlamegraphError, FlamegraphOptions, GraphKind};
use heapdiff_render::quantity;
use std::path::Path;

pub(super) fn run(arguments: &FlamegraphArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let names = global.names(Format::Text);
    let selection = arguments.comparison.applied_to(arguments.selection.selection(names).map_err(refused)?);
    let input = Input::new(global, arguments.process.process.as_deref());
    let Comparison { base, head } = input.comparison(&arguments.base, &arguments.inputs, true)?;
    check_base(&arguments.comparison, base.is_some())?;
    let inputs = Subject { base: base.as_ref().map(|base| &base.profile), head: &head.profile };
    // With lines: the boxes are functions, and their tooltips say on which line.
    let folded = fold(inputs, &FoldOptions { lines: true, selection }).map_err(refused)?;
    let talk = Talk::new(global.quiet);
    say_notes(&folded.notes, talk);
    let subtitle = subtitle(base.as_ref(), &head, &arguments.selection.filters_in_words());
    let graph = Flamegraph {
        kind: if base.is_some() { GraphKind::Diff } else { GraphKind::Single },
        folded: &folded,
        subtitle: &subtitle,
    };
    let options = FlamegraphOptions {
        reverse: arguments.reverse,
        min_width_percent: arguments.min_width,
        source_root: output::text_options(0, global).source_root,
        names: names.unwrap_or(Names::Short),
        ..FlamegraphOptions::default()
    };
    let mut picture = Vec::new();
    graph.write(&options, &mut picture).map_err(|error| match error {
        FlamegraphError::NothingToDraw => anyhow::Error::from(Failure::input(
            format!("nothing to draw in `{}`: {error}", head.name),
            "loosen --focus, --ignore and --hide, or choose another --type",
        )),
        error => error.into(),
    })?;
    if arguments.output == Path::new("-") {
        return output::print(|out| out.write_all(&picture));
    }
    output::write_file(&arguments.output, &picture)?;
    talk.note(&format!(
        "wrote `{}` ({}): open it in a browser",
        arguments.output.display(),
        quantity::bytes(picture.len() as u64)
    ));
    Ok(())
}

/// What is drawn, below the title.
fn subtitle(base: Option<&NamedProfile>, head: &NamedProfile, filters: &str) -> String {
    let file = |named: &NamedProfile| named.name.rsplit('/').next().unwrap_or(&named.name).to_owned();
    let mut parts = vec![match base {
        Some(base) => format!("{} → {}", file(base), file(head)),
        None => file(head),
    }];
    match base.map(|base| (base.profile.time_nanos, head.profile.time_nanos)) {
        Some((base @ 1.., head @ 1..)) if head >= base => {
            parts.push(format!("{} apart", quantity::duration(head.abs_diff(base))));
        }
        _ => parts.extend(quantity::moment(head.profile.time_nanos)),
    }
    if !filters.is_empty() {
        parts.push(filters.to_owned());
    }
    parts.join(", ")
}
