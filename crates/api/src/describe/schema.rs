//! The schemas of the description, each by its name and once.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

/// Where the description keeps named schemas.
const PLACE: &str = "/components/schemas";

/// The named schemas so far.
pub(crate) struct Schemas(SchemaGenerator);

impl Schemas {
    /// None yet.
    pub(crate) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = PLACE.into();
            settings.meta_schema = None;
        });
        Self(settings.into_generator())
    }

    /// The schema of a type that we answer with; a reference where the type has a name.
    pub(crate) fn of<T: JsonSchema>(&mut self) -> Value {
        tidied(self.0.subschema_for::<T>().to_value())
    }

    /// All named schemas.
    pub(crate) fn named(mut self) -> Map<String, Value> {
        let named = self.0.take_definitions(true);
        named.into_iter().map(|(name, schema)| (name, tidied(schema))).collect()
    }
}

/// Says of every object that it has no members but those named, and of numbers how wide the contract has them: ours are
/// of 32 or 64 bits in the database, and those without a sign are never below zero.
fn tidied(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(object) => {
            if object.contains_key("properties") {
                object.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            let width = match object.get("format").and_then(Value::as_str) {
                Some("uint32" | "uint16" | "uint8" | "uint") => Some("int32"),
                Some("uint64") => Some("int64"),
                _ => None,
            };
            if let Some(width) = width {
                object.insert("format".to_owned(), width.into());
            }
            for (_, part) in object.iter_mut() {
                *part = tidied(part.take());
            }
        }
        Value::Array(parts) => {
            for part in parts {
                *part = tidied(part.take());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    schema
}
