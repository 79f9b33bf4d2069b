//! The rows of a report as comma-separated values, under the names of its JSON.
//!
//! A column is a field of a row, in the order of the schema, so the columns do not depend on the data. Numbers are as they
//! are, in the units of the schema, and null is nothing. A frame is its function; a stack is its functions, leaf first,
//! between `;`, which is `:` within a name as in collapsed stacks; numbers of a list stand between `;` too; what else is
//! nested is JSON.
//!
//! A name is whatever a profile says, and spreadsheets run what begins as a formula does: such text gets an apostrophe in
//! front of it. Numbers are never altered.
//!
//! **Source:** RFC 4180, but lines end as on Unix: every reader takes that, and so do `cut` and `awk`.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// Fields of rows that no table has: frames that are hidden by default, and rows of rows.
const NO_COLUMNS: [&str; 2] = ["whole_stack", "rows"];

/// Writes rows, all of one profile or all of a comparison, below their names.
pub(super) fn write<T: Serialize + JsonSchema>(
    rows: impl Iterator<Item = T>,
    is_diff: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = columns::<T>(is_diff);
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(&columns)?;
    for row in rows {
        let row = serde_json::to_value(row)?;
        writer.write_record(columns.iter().map(|column| row.get(column).map_or(String::new(), cell)))?;
    }
    writer.flush()
}

/// The fields that a row has. Where those of one profile and of a comparison differ, one of the two.
fn columns<T: JsonSchema>(is_diff: bool) -> Vec<String> {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    let names = |schema: &Value| -> Vec<String> {
        schema["properties"]
            .as_object()
            .into_iter()
            .flat_map(|properties| properties.keys().cloned())
            .collect()
    };
    let mut columns = names(schema.as_value());
    let alternatives = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let of_diff = "delta_value".to_owned();
    columns.extend(
        alternatives.map(names).find(|names| names.contains(&of_diff) == is_diff).unwrap_or_default(),
    );
    columns.retain(|column| !NO_COLUMNS.contains(&column.as_str()));
    columns
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => harmless(text),
        Value::Array(items) => match items.iter().map(part).collect::<Option<Vec<_>>>() {
            Some(parts) => harmless(&parts.join(";")),
            None => harmless(&value.to_string()),
        },
        Value::Object(_) => harmless(&part(value).unwrap_or_else(|| value.to_string())),
    }
}

/// A frame or a number, as a part of a list; `None` for anything else.
fn part(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::Object(frame) => Some(frame.get("function")?.as_str()?.replace(';', ":")),
        _ => None,
    }
}

/// Text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
