//! A definition of a Swagger 2 document as a JSON Schema.

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// The last part of a reference.
pub fn name(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or_default()
}

/// What checks a body against a definition.
#[track_caller]
pub fn validator(document: &Value, definition: &str) -> Validator {
    let definitions = document["definitions"].as_object().expect("definitions");
    let converted: Map<String, Value> =
        definitions.iter().map(|(name, value)| (name.clone(), schema(definitions, value))).collect();
    let root = json!({ "$ref": format!("#/$defs/{definition}"), "$defs": converted });
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_format("date-time", is_time)
        .with_format("duration", is_duration)
        .build(&root)
        .unwrap_or_else(|error| panic!("{definition}: {error}"))
}

/// Keeps what constrains, follows `allOf` to its end, and closes every object whose properties are known.
fn schema(definitions: &Map<String, Value>, swagger: &Value) -> Value {
    if let Some(reference) = swagger["$ref"].as_str() {
        return json!({ "$ref": format!("#/$defs/{}", name(reference)) });
    }
    let mut converted = Map::new();
    for key in ["type", "enum", "format", "minimum", "maximum", "pattern"] {
        if let Some(value) = swagger.get(key) {
            converted.insert(key.into(), value.clone());
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(value) = swagger.get(key) {
            converted.insert(key.into(), schema(definitions, value));
        }
    }
    let (properties, required) = members(definitions, swagger);
    if !properties.is_empty() {
        let closed = properties.into_iter().map(|(name, value)| (name, schema(definitions, &value)));
        converted.insert("type".into(), "object".into());
        converted.insert("properties".into(), closed.collect::<Map<_, _>>().into());
        converted.insert("required".into(), required.into());
        converted.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    converted.into()
}

/// Properties and names of required properties, its own and those of what it is made of.
fn members(definitions: &Map<String, Value>, swagger: &Value) -> (Map<String, Value>, Vec<Value>) {
    let mut properties = swagger["properties"].as_object().cloned().unwrap_or_default();
    let mut required = swagger["required"].as_array().cloned().unwrap_or_default();
    for part in swagger["allOf"].as_array().into_iter().flatten() {
        let part = part["$ref"].as_str().map_or(part, |reference| &definitions[name(reference)]);
        let (more, also) = members(definitions, part);
        properties.extend(more);
        required.extend(also);
    }
    (properties, required)
}

/// UTC with at most 3 decimals, trailing zeros dropped (azure-sdk-for-python recordings, June 2018).
fn is_time(text: &str) -> bool {
    let fraction = text.trim_end_matches('Z').split_once('.').map_or("1", |(_, fraction)| fraction);
    let is_short = (1..=3).contains(&fraction.len()) && !fraction.ends_with('0');
    text.ends_with('Z') && is_short && text.contains('T') && text.parse::<jiff::Timestamp>().is_ok()
}

/// ISO 8601, as `P7D`: the `7.00:00:00` of the documents is more than clients read.
fn is_duration(text: &str) -> bool {
    text.starts_with('P') && text.parse::<jiff::Span>().is_ok()
}
