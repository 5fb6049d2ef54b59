//! Scalars of the wrong type whose meaning is plain.
//!
//! `az batchai` converted whole numbers given as text, because msrest does. YAML users write `value: 1` for an
//! environment variable and mean the text. Neither is worth an error.

use schemars::Schema;
use serde_json::{Number, Value};

use super::problem::Segment;
use super::shape::{self, Shape, properties};

/// Turns numbers given as text into numbers, and numbers and booleans into text, where the schema wants the other;
/// words of a fixed set, in any letter case, into its own spelling, because Azure took them so.
///
/// Text of a number is its shortest form: `1.10` becomes `1.1`. What cannot be converted stays as it is, for
/// [`super::problems`] to report.
pub fn coerce(schema: &Schema, value: &mut Value) {
    let root = schema.as_value();
    Coercion { root, written: &|_| None, any_case: true, path: Vec::new() }.value(root, value);
}

/// As [`coerce`], but a number or boolean becomes the text that `written` knows for its path: `0777` stays `0777`.
/// Words keep their letter case: in a file that somebody is just writing a wrong one is worth a hint.
pub fn coerce_as_written(schema: &Schema, value: &mut Value, written: &dyn Fn(&[Segment]) -> Option<String>) {
    let root = schema.as_value();
    Coercion { root, written, any_case: false, path: Vec::new() }.value(root, value);
}

struct Coercion<'s> {
    root: &'s Value,
    written: &'s dyn Fn(&[Segment]) -> Option<String>,
    any_case: bool,
    path: Vec<Segment>,
}

impl<'s> Coercion<'s> {
    fn value(&mut self, schema: &'s Value, value: &mut Value) {
        let shape = Shape::of(self.root, schema);
        match shape.options.iter().copied().find(|option| shape::fits(option, value)) {
            Some(option) => match value {
                Value::Object(object) => {
                    let known = properties(option);
                    for (key, value) in object {
                        if let Some(schema) = known.and_then(|known| known.get(key)) {
                            self.inside(Segment::Key(key.clone()), schema, value);
                        }
                    }
                }
                Value::Array(list) => {
                    let Some(items) = option.get("items") else { return };
                    for (index, item) in list.iter_mut().enumerate() {
                        self.inside(Segment::Index(index), items, item);
                    }
                }
                Value::String(text) if self.any_case => {
                    let word =
                        shape::allowed(option).into_iter().flatten().find(|word| word.eq_ignore_ascii_case(text));
                    if let Some(word) = word {
                        word.clone_into(text);
                    }
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            },
            None => {
                let kinds: Vec<&str> = shape.options.iter().flat_map(|option| shape::types(option)).collect();
                if let Some(better) = kinds.iter().find_map(|kind| self.converted(kind, value)) {
                    *value = better;
                }
            }
        }
    }

    fn inside(&mut self, segment: Segment, schema: &'s Value, value: &mut Value) {
        self.path.push(segment);
        self.value(schema, value);
        self.path.pop();
    }

    fn converted(&self, kind: &str, value: &Value) -> Option<Value> {
        match (kind, value) {
            ("integer", Value::String(text)) => whole(text.trim()).map(Value::Number),
            ("integer", Value::Number(number)) => {
                number.as_f64().filter(|f| f.fract() == 0.0).and_then(|f| whole(&f.to_string())).map(Value::Number)
            }
            ("string", Value::Number(_) | Value::Bool(_)) => {
                Some(Value::String((self.written)(&self.path).unwrap_or_else(|| value.to_string())))
            }
            _ => None,
        }
    }
}

fn whole(text: &str) -> Option<Number> {
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}
