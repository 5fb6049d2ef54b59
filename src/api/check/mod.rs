//! Checks a JSON value against the JSON Schema of a wire type, and says everything that is wrong with it at once.
//!
//! Deserialising stops at the first mistake; a user who wrote five wants to read of five. The schema is the one
//! that schemars derives from the types of [`crate::api`], so that a property is declared once. Called by the
//! command line for files and by the server for request bodies; knows nothing of files, lines or HTTP.

mod coerce;
mod problem;
mod shape;
mod suggest;
#[cfg(test)]
mod tests;
mod unknown;

use std::collections::BTreeSet;

use schemars::Schema;
use serde_json::{Map, Value};

pub use coerce::{coerce, coerce_as_written};
pub use problem::{At, Bound, Problem, ProblemKind, Segment, Suggestion, render_path};
pub use suggest::nearest;
pub use unknown::drop_unknown;

use shape::{Shape, properties};

/// Everything that is wrong with `value`, depth first in the order of its properties; empty when it deserialises.
///
/// A property that the schema does not list is a problem, although serde would skip it. Null stands for an
/// optional property that is absent. Values are compared as they are: call [`coerce()`] first where numbers given
/// as text are welcome.
#[must_use]
pub fn problems(schema: &Schema, value: &Value) -> Vec<Problem> {
    let root = schema.as_value();
    let mut walk = Walk { root, path: Vec::new(), levels: Vec::new(), found: Vec::new() };
    walk.value(root, value);
    walk.found
}

struct Walk<'s> {
    root: &'s Value,
    path: Vec<Segment>,
    /// The properties of every object on the way here, with the length of the path to it.
    levels: Vec<(usize, &'s Map<String, Value>)>,
    found: Vec<Problem>,
}

impl<'s> Walk<'s> {
    fn value(&mut self, schema: &'s Value, value: &Value) {
        let shape = Shape::of(self.root, schema);
        if shape.accepts_anything() || (shape.nullable && value.is_null()) {
            return;
        }
        let Some(option) = shape.options.iter().copied().find(|option| shape::fits(option, value)) else {
            // Text in place of a scalar is shown; in place of a list or an object it may well be a secret.
            let found = match value {
                Value::String(_) if !shape.is_scalar() => "text".to_owned(),
                _ => problem::describe(value),
            };
            return self.report(At::Value, ProblemKind::WrongType { expected: shape.expected(), found });
        };
        match value {
            Value::Object(object) => self.object(option, object),
            Value::Array(list) => self.list(option, list),
            Value::String(text) => self.text(option, text),
            Value::Number(number) => self.number(option, number),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn object(&mut self, schema: &'s Map<String, Value>, object: &Map<String, Value>) {
        let Some(known) = properties(schema) else {
            return self.dictionary(schema, object);
        };
        self.levels.push((self.path.len(), known));
        let unknown: Vec<(&String, Option<Suggestion>)> = object
            .keys()
            .filter(|key| !known.contains_key(*key))
            .map(|key| (key, suggest::for_key(key, self.root, &self.path, &self.levels)))
            .collect();
        // A misspelt property is one mistake: it is not reported as missing too.
        let meant: BTreeSet<&str> = unknown.iter().filter_map(|(_, meant)| meant.as_ref()?.spelling()).collect();
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for key in required.filter_map(Value::as_str).filter(|key| !object.contains_key(*key) && !meant.contains(key)) {
            let at = if matches!(self.path.last(), Some(Segment::Key(_))) { At::Key } else { At::Value };
            self.report(at, ProblemKind::Missing { key: key.to_owned() });
        }
        let mut unknown = unknown.into_iter();
        for (key, value) in object {
            self.path.push(Segment::Key(key.clone()));
            match known.get(key) {
                Some(schema) => self.value(schema, value),
                None => {
                    let suggestion = unknown.next().and_then(|(_, suggestion)| suggestion);
                    self.report(At::Key, ProblemKind::UnknownKey { suggestion });
                }
            }
            self.path.pop();
        }
        self.levels.pop();
    }

    /// An object whose keys are the user's own, such as tags.
    fn dictionary(&mut self, schema: &'s Map<String, Value>, object: &Map<String, Value>) {
        let Some(each) = schema.get("additionalProperties") else { return };
        for (key, value) in object {
            self.path.push(Segment::Key(key.clone()));
            if key.contains('\0') {
                self.report(At::Key, ProblemKind::Nul);
            }
            self.value(each, value);
            self.path.pop();
        }
    }

    fn list(&mut self, schema: &'s Map<String, Value>, list: &[Value]) {
        let Some(items) = schema.get("items") else { return };
        for (index, item) in list.iter().enumerate() {
            self.path.push(Segment::Index(index));
            self.value(items, item);
            self.path.pop();
        }
    }

    fn text(&mut self, schema: &Map<String, Value>, text: &str) {
        if let Some(allowed) = shape::allowed(schema)
            && !allowed.contains(&text)
        {
            let suggestion = nearest(text, allowed.iter().copied());
            let allowed = allowed.into_iter().map(str::to_owned).collect();
            return self.report(At::Value, ProblemKind::NotOneOf { allowed, found: text.to_owned(), suggestion });
        }
        let length = text.chars().count() as u64;
        if let Some(minimum) = schema.get("minLength").and_then(Value::as_u64).filter(|minimum| length < *minimum) {
            self.report(At::Value, ProblemKind::TooShort { minimum, found: length });
        }
        if text.contains('\0') {
            self.report(At::Value, ProblemKind::Nul);
        }
    }

    fn number(&mut self, schema: &Map<String, Value>, number: &serde_json::Number) {
        let (minimum, maximum) = shape::bounds(schema);
        let value = number.as_i128().unwrap_or_else(|| shape::saturated(number));
        let bound = match (minimum, maximum) {
            (Some(minimum), _) if value < minimum => Bound::AtLeast(minimum),
            (_, Some(maximum)) if value > maximum => Bound::AtMost(maximum),
            _ => return,
        };
        self.report(At::Value, ProblemKind::OutOfRange { bound, found: number.to_string() });
    }

    fn report(&mut self, at: At, kind: ProblemKind) {
        self.found.push(Problem { path: self.path.clone(), at, kind });
    }
}
