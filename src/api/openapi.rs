//! What our api-version speaks, as an OpenAPI 3.1 document: the operations of [`super::catalogue`] with the forms of
//! the wire types.
//!
//! The server answers with the committed [`TEXT`]; a test makes the document anew and compares.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::API_VERSION;
use super::catalogue::{Content, Operation, Parameter, operations};
use super::error::ErrorBody;

/// The document as it is committed.
pub const TEXT: &str = include_str!("openapi.json");

const ABOUT: &str = "Training jobs on clusters, as Azure Batch AI ran them: api-version 2018-05-01 with additions. \
                     Over the network every request carries a token, signed download addresses excepted; over the \
                     Unix socket none does. What is not set is left out of an answer, never null.";

/// What the parts of a path mean.
const PARTS: [(&str, &str); 18] = [
    ("subscription", "The id of the subscription"),
    ("group", "The resource group; nothing has to be made for it"),
    ("workspace", "The name of the workspace"),
    ("cluster", "The name of the cluster"),
    ("fileServer", "The name of the file server"),
    ("experiment", "The name of the experiment"),
    ("job", "The name of the job, or what stands for it in a signed address"),
    ("directory", "`stdouterr`, or the id of an output directory"),
    ("path", "The path of a file in that directory or volume; may have slashes"),
    ("name", "The name of the token"),
    ("vault", "The name of the key vault"),
    ("account", "The name of the storage account"),
    ("kind", "`shares` or `containers`"),
    ("volume", "The name of the share or container"),
    ("secret", "The name of the secret"),
    ("location", "The region"),
    ("id", "The guid of the operation"),
    ("digest", "`sha256:` and 64 hexadecimal digits"),
];

/// Makes the document.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut schemas = settings.into_generator();
    let mut paths = Map::new();
    for operation in operations() {
        let path = operation.template.replace("{*", "{");
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[operation.method] = describe(&operation, &mut schemas);
    }
    let error = json!({
        "description": "Refused, or failed",
        "content": { "application/json": { "schema": schemas.subschema_for::<ErrorBody>() } }
    });
    let mut forms = Value::Object(schemas.take_definitions(true));
    name_without_links(&mut forms);
    json!({
        "openapi": "3.1.0",
        "info": { "title": "batchai", "version": API_VERSION, "summary": "Training jobs on your own machines", "description": ABOUT },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": { "Error": error },
            "schemas": forms
        }
    })
}

fn describe(operation: &Operation, schemas: &mut SchemaGenerator) -> Value {
    let Operation { id, method, template, summary, parameters, body, answer, statuses } = operation;
    let mut all: Vec<Value> = names(template).map(path_parameter).collect();
    if template.starts_with("/subscriptions/") {
        all.push(json!({
            "name": "api-version", "in": "query", "required": true, "schema": { "const": API_VERSION }
        }));
    }
    all.extend(parameters.iter().map(parameter));
    let mut described = json!({
        "operationId": id,
        "summary": summary,
        "parameters": all,
        "responses": answers(statuses, *answer, schemas)
    });
    if let Some(content) = content(*body, schemas) {
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    if parameters.iter().any(|parameter| parameter.name == "sig") {
        described["security"] = json!([]);
    }
    // An answer to HEAD has no body, not even one that says what is wrong.
    if *method == "head" {
        described["responses"]["default"] = json!({ "description": "Refused, or failed" });
    }
    described
}

fn answers(statuses: &[u16], answer: Content, schemas: &mut SchemaGenerator) -> Value {
    let mut answers = Map::new();
    for status in statuses {
        let mut described = json!({ "description": meaning(*status) });
        if let Some(content) = content(answer, schemas).filter(|_| matches!(status, 200 | 206)) {
            described["content"] = content;
        }
        answers.insert(status.to_string(), described);
    }
    answers.insert("default".into(), json!({ "$ref": "#/components/responses/Error" }));
    Value::Object(answers)
}

fn content(content: Content, schemas: &mut SchemaGenerator) -> Option<Value> {
    match content {
        Content::None => None,
        Content::Json(form) => Some(json!({ "application/json": { "schema": form(schemas) } })),
        Content::Bytes => Some(json!({ "application/octet-stream": {} })),
        Content::OpenApi => Some(json!({ "application/json": { "schema": { "type": "object" } } })),
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        202 => "Being done",
        204 => "There was nothing to do",
        206 => "A range of it",
        _ => "Done",
    }
}

/// The names in the braces of a template.
fn names(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| name.trim_start_matches('*'))
}

fn path_parameter(name: &str) -> Value {
    let description = PARTS.iter().find(|(known, _)| *known == name).map_or("", |(_, description)| description);
    json!({ "name": name, "in": "path", "required": true, "description": description, "schema": { "type": "string" } })
}

fn parameter(parameter: &Parameter) -> Value {
    let Parameter { name, place, kind, is_required, description } = parameter;
    json!({
        "name": name, "in": place, "required": is_required, "description": description, "schema": { "type": kind }
    })
}

/// Descriptions come out of the documentation of the program, whose links lead nowhere here.
fn name_without_links(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`");
            }
            map.values_mut().for_each(name_without_links);
        }
        Value::Array(items) => items.iter_mut().for_each(name_without_links),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_path_is_explained_and_every_operation_has_a_name_of_its_own() {
        let operations = operations();
        for operation in &operations {
            for name in names(&operation.template) {
                assert!(PARTS.iter().any(|(known, _)| *known == name), "{name} in {}", operation.template);
            }
        }
        let mut ids: Vec<&str> = operations.iter().map(|operation| operation.id).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    }

    #[test]
    fn every_reference_leads_to_a_form_that_is_there() {
        fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
            match value {
                Value::Object(map) => {
                    found.extend(map.get("$ref").and_then(Value::as_str));
                    map.values().for_each(|value| references(value, found));
                }
                Value::Array(items) => items.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50, "{found:?}");
        for reference in found {
            let pointer = reference.strip_prefix('#').expect("a reference into the document");
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
