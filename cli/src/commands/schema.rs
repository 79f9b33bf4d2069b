//! `heapdiff schema`.

use crate::arguments::SchemaArguments;
use crate::failure::Failure;
use crate::output;
use heapdiff_render::json::schemas;

pub(super) fn run(arguments: &SchemaArguments) -> anyhow::Result<()> {
    let all = schemas();
    let Some(name) = &arguments.name else {
        return output::print(|out| all.iter().try_for_each(|schema| writeln!(out, "{}", schema.name())));
    };
    let Some(schema) = all.iter().find(|schema| [schema.name(), schema.id].contains(&name.as_str())) else {
        let names: Vec<_> = all.iter().map(|schema| schema.name()).collect();
        return Err(Failure::usage(
            format!("there is no report `{name}`"),
            format!("its JSON is one of {}", names.join(", ")),
        )
        .into());
    };
    output::print(|out| schema.write(out))
}
