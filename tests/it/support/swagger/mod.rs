//! What the service's Swagger documents say of an answer, and whether an answer is like that.
//!
//! Stricter than a client would be: a property that the document does not know is a violation, and so is a value
//! outside of an enumeration, unless [`ADDITIONS`] says why it is right.

mod additions;
mod schema;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;

use jsonschema::Validator;
use serde_json::Value;

pub use additions::ADDITIONS;

use super::Answer;

/// The document of one api-version.
pub struct Swagger {
    /// The api-version.
    pub version: String,
    document: Value,
    validators: Mutex<HashMap<String, Validator>>,
}

/// One method of one path.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// The name in the document, as `Jobs_Create`.
    pub id: &'a str,
    /// The method in capitals.
    pub method: &'a str,
    /// The path with `{names}` in it.
    pub path: &'a str,
    value: &'a Value,
}

const METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("put", "PUT"), ("patch", "PATCH"), ("post", "POST"), ("delete", "DELETE")];

/// The folder of the documents.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/swagger")
}

/// A JSON file of that folder.
#[track_caller]
pub fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

impl Swagger {
    /// The document of that version, with its additions.
    #[track_caller]
    pub fn of(version: &str) -> Self {
        let mut document = read(&format!("{version}.json"));
        for addition in ADDITIONS.iter().filter(|addition| addition.version == version) {
            addition.apply_to(&mut document);
        }
        if version == "2017-09-01-preview" {
            additions::capitalize(&mut document);
        }
        Self { version: version.into(), document, validators: Mutex::default() }
    }

    /// Every operation.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let paths = self.document["paths"].as_object().expect("paths");
        paths.iter().flat_map(|(path, methods)| {
            METHODS.into_iter().filter_map(move |(key, method)| {
                let value = methods.get(key)?;
                Some(Operation { id: value["operationId"].as_str().expect("a name"), method, path, value })
            })
        })
    }

    /// The operation that a request means; the path may have a query.
    pub fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let path = path.split('?').next().unwrap_or_default();
        self.operations().find(|operation| operation.method == method && is_like(path, operation.path))
    }

    /// The operation of that name.
    #[track_caller]
    pub fn named(&self, id: &str) -> Operation<'_> {
        self.operations().find(|operation| operation.id == id).unwrap_or_else(|| panic!("no operation {id}"))
    }

    /// What is wrong with an answer to an operation, one sentence each.
    pub fn violations(&self, operation: Operation<'_>, answer: &Answer) -> Vec<String> {
        match operation.definition(answer.status) {
            Err(wrong) => vec![wrong],
            Ok(None) if answer.body.is_empty() => Vec::new(),
            Ok(None) => vec![format!("status {} has no body, but there is {}", answer.status, answer.text())],
            Ok(Some(definition)) => self.violations_of(definition, answer),
        }
    }

    fn violations_of(&self, definition: &str, answer: &Answer) -> Vec<String> {
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            return vec![format!("a {definition} was expected, not {:?}", answer.text())];
        };
        let mut violations = Vec::new();
        if answer.header("content-type") != Some("application/json; charset=utf-8") {
            violations.push(format!("the content type is {:?}", answer.header("content-type")));
        }
        let mut validators = self.validators.lock().expect("validators");
        let validator =
            validators.entry(definition.into()).or_insert_with(|| schema::validator(&self.document, definition));
        violations.extend(validator.iter_errors(&body).map(|wrong| format!("{}: {wrong}", wrong.instance_path())));
        if answer.status >= 400 {
            violations.extend(error_violations(&body["error"]));
        }
        violations
    }
}

impl<'a> Operation<'a> {
    /// The definition that the body of an answer with this status has to follow; `None` for no body.
    fn definition(&self, status: u16) -> Result<Option<&'a str>, String> {
        match self.value["responses"].get(status.to_string()) {
            Some(response) => Ok(response["schema"]["$ref"].as_str().map(schema::name)),
            // Two operations declare no error, which does not mean that there are none.
            None if status >= 400 => Ok(Some("CloudError")),
            None => Err(format!("status {status} is not declared")),
        }
    }

    /// The names of its examples' files.
    pub fn examples(&self) -> Vec<&'a str> {
        let examples = self.value["x-ms-examples"].as_object().into_iter().flat_map(|examples| examples.values());
        examples.filter_map(|example| example["$ref"].as_str()?.rsplit('/').next()).collect()
    }

    /// Its parameters: where each is (`path`, `query`, `body`), and its name.
    pub fn parameters(&self, swagger: &'a Swagger) -> Vec<(&'a str, &'a str)> {
        let all = self.value["parameters"].as_array().into_iter().flatten();
        let resolved = all.map(|parameter| match parameter["$ref"].as_str() {
            Some(shared) => &swagger.document["parameters"][schema::name(shared)],
            None => parameter,
        });
        resolved.filter_map(|parameter| Some((parameter["in"].as_str()?, parameter["name"].as_str()?))).collect()
    }
}

/// What clients need beyond the document: one of them takes a message of one word for a program
/// (msrestazure 0.4.16).
fn error_violations(error: &Value) -> Vec<String> {
    let words = error["message"].as_str().unwrap_or_default().split_whitespace().count();
    let mut violations = Vec::new();
    if error["code"].as_str().is_none_or(str::is_empty) {
        violations.push("an error needs a code".into());
    }
    if words < 2 {
        violations.push(format!("an error needs a message of several words, not {}", error["message"]));
    }
    violations
}

/// Whether a path is one of a template, in any letter case.
fn is_like(path: &str, template: &str) -> bool {
    let (path, template): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), template.split('/').collect());
    let is_like = |(part, pattern): (&&str, &&str)| pattern.starts_with('{') || part.eq_ignore_ascii_case(pattern);
    path.len() == template.len() && path.iter().zip(&template).all(is_like)
}
