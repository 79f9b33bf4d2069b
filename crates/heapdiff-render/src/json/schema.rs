//! JSON schemas of the reports, made from the structures that are written: what a comment says of a field there, a
//! schema says of it here.

use super::{
    BudgetJson, DiffJson, GraphJsonKind, InfoJson, ListJson, OverviewJson, PostmortemJson, TagsJson, TopJson,
    TracesJson, TrendJson, budget, call_graph, diff, info, listing, overview, postmortem, tags, top, traces,
    trend,
};
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema as Node};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// The JSON schema of a report, by draft 2020-12.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// What the field `schema` of the report says, such as `heapdiff/diff/v1`.
    pub id: &'static str,
    document: fn() -> Node,
}

/// The schemas of all reports, in the order of their names.
#[must_use]
pub fn schemas() -> [Schema; 13] {
    let schema = |id, document| Schema { id, document };
    [
        schema(BudgetJson::SCHEMA, document::<budget::Document<'_>>),
        schema(DiffJson::SCHEMA, document::<diff::Document<'_>>),
        schema(GraphJsonKind::Graph.schema(), document::<call_graph::Document<'_>>),
        schema(InfoJson::SCHEMA, document::<info::Document<'_>>),
        schema(ListJson::SCHEMA, document::<listing::Document<'_>>),
        schema(OverviewJson::SCHEMA, document::<overview::Document<'_>>),
        schema(GraphJsonKind::Peek.schema(), document::<call_graph::Document<'_>>),
        schema(PostmortemJson::SCHEMA, document::<postmortem::Document<'_>>),
        schema(TagsJson::SCHEMA, document::<tags::Document<'_>>),
        schema(TopJson::SCHEMA, document::<top::Document<'_>>),
        schema(TracesJson::SCHEMA, document::<traces::Document<'_>>),
        schema(GraphJsonKind::Tree.schema(), document::<call_graph::Document<'_>>),
        schema(TrendJson::SCHEMA, document::<trend::Document<'_>>),
    ]
}

impl Schema {
    /// The name of the report, such as `diff`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.id.split('/').nth(1).unwrap_or(self.id)
    }

    /// Writes the schema.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut document = (self.document)();
        document.insert("title".to_owned(), self.id.into());
        let schema = document.pointer_mut("/properties/schema").and_then(Value::as_object_mut);
        if let Some(schema) = schema {
            schema.insert("const".to_owned(), self.id.into());
        }
        super::write(&ordered(document.as_value()), out)
    }
}

fn document<T: JsonSchema>() -> Node {
    let settings =
        SchemaSettings::draft2020_12().for_serialize().with_transform(Plain).with_transform(Closed);
    settings.into_generator().into_root_schema_for::<T>()
}

/// Takes away what says nothing to those who read JSON: formats of numbers that any program has, and defaults.
#[derive(Clone, Debug)]
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Node) {
        schema.remove("default");
        if !matches!(schema.get("format").and_then(Value::as_str), Some("int64" | "uint64")) {
            schema.remove("format");
        }
        transform_subschemas(self, schema);
    }
}

/// Lets objects have the properties that are described, and no other.
#[derive(Clone, Debug)]
struct Closed;

impl Transform for Closed {
    fn transform(&mut self, schema: &mut Node) {
        if schema.get("properties").is_none() {
            return transform_subschemas(self, schema);
        }
        // What one of several alternatives describes is described as well, and only the whole can be closed.
        let alternatives = schema.remove("anyOf");
        transform_subschemas(self, schema);
        let closed = if alternatives.is_some() { "unevaluatedProperties" } else { "additionalProperties" };
        schema.insert(closed.to_owned(), json!(false));
        if let Some(alternatives) = alternatives {
            schema.insert("anyOf".to_owned(), alternatives);
        }
    }
}

/// The keywords of each schema in the order in which a person reads them; the others behind. What is named after a
/// structure that is written loses the `Json` behind its name.
fn ordered(value: &Value) -> Value {
    const FIRST: [&str; 6] = ["$schema", "title", "description", "const", "type", "format"];
    match value {
        Value::Object(members) => {
            let mut all = Map::new();
            for key in FIRST {
                all.extend(members.get(key).map(|member| (key.to_owned(), ordered(member))));
            }
            for (key, member) in members {
                let key = key.strip_suffix("Json").unwrap_or(key);
                all.entry(key).or_insert_with(|| ordered(member));
            }
            Value::Object(all)
        }
        Value::Array(items) => items.iter().map(ordered).collect(),
        Value::String(text) if text.starts_with("#/$defs/") => {
            text.strip_suffix("Json").unwrap_or(text).into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// `scripts/bless` writes them anew. What is taken away or renamed there breaks those who read version 1.
    #[test]
    fn committed_schemas_are_those_of_the_structures() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        let bless = std::env::var_os("HEAPDIFF_BLESS").is_some();
        let mut names = Vec::new();
        for schema in schemas() {
            let name = format!("{}.json", schema.id.trim_start_matches("heapdiff/").replace('/', "-"));
            let mut text = Vec::new();
            schema.write(&mut text).unwrap();
            if bless {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(&name), &text).unwrap();
            }
            let committed = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
            assert!(committed.as_bytes() == text, "{name} is not what is written: see scripts/bless");
            names.push(name);
        }
        let mut found: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(found, names);
    }
}
