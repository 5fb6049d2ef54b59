//! Reads the subset of JSON Schema that schemars derives from serde types: `$ref`, `anyOf` for optional objects,
//! `oneOf` of constants for enums, lists of types for optional scalars.

use serde_json::{Map, Number, Value};

/// References to references: more than any derived schema has, few enough to end in a circle.
const DEEPEST: usize = 16;

/// What a schema accepts, with its references followed.
pub(super) struct Shape<'s> {
    /// Whether null is accepted.
    pub(super) nullable: bool,
    /// The alternatives; none means that everything is accepted.
    pub(super) options: Vec<&'s Map<String, Value>>,
}

impl<'s> Shape<'s> {
    pub(super) fn of(root: &'s Value, schema: &'s Value) -> Self {
        let mut shape = Self { nullable: false, options: Vec::new() };
        shape.collect(root, schema, DEEPEST);
        shape
    }

    fn collect(&mut self, root: &'s Value, schema: &'s Value, depth: usize) {
        let (Some(map), Some(depth)) = (schema.as_object(), depth.checked_sub(1)) else { return };
        let alternatives = ["anyOf", "oneOf"].iter().find_map(|word| map.get(*word)?.as_array());
        if let Some(target) = map.get("$ref").and_then(Value::as_str) {
            if let Some(schema) = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) {
                self.collect(root, schema, depth);
            }
        } else if let Some(alternatives) = alternatives.filter(|_| allowed(map).is_none()) {
            for schema in alternatives {
                self.collect(root, schema, depth);
            }
        } else {
            let types = all_types(map);
            self.nullable |= types.contains(&"null");
            if types != ["null"] {
                self.options.push(map);
            }
        }
    }

    pub(super) fn accepts_anything(&self) -> bool {
        !self.nullable && self.options.is_empty()
    }

    /// Whether a number, a boolean or a text is wanted, and nothing that holds other values.
    pub(super) fn is_scalar(&self) -> bool {
        !self.options.iter().any(|option| types(option).iter().any(|kind| matches!(*kind, "array" | "object")))
    }

    /// The wanted types in words: `text or an object`.
    pub(super) fn expected(&self) -> String {
        let mut words: Vec<&str> = self.options.iter().flat_map(|option| types(option)).map(in_words).collect();
        words.dedup();
        words.join(" or ")
    }
}

fn in_words(kind: &str) -> &str {
    match kind {
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "text",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

fn all_types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ if allowed(schema).is_some() => vec!["string"],
        _ => Vec::new(),
    }
}

/// The types a schema accepts, null aside; empty for any.
pub(super) fn types(schema: &Map<String, Value>) -> Vec<&str> {
    all_types(schema).into_iter().filter(|kind| *kind != "null").collect()
}

/// Whether a value is of a type that the schema accepts. Its content is not looked at.
pub(super) fn fits(schema: &Map<String, Value>, value: &Value) -> bool {
    let types = types(schema);
    types.is_empty()
        || types.iter().any(|kind| match *kind {
            "integer" => value.as_number().is_some_and(is_whole),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        })
}

/// Whether a number is whole: written without a fraction, or beyond the 64 bits that keep one.
fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.abs() >= 9.0e15)
}

/// A number beyond 64 bits as the end of the range on its side.
pub(super) fn saturated(number: &Number) -> i128 {
    if number.as_f64().is_some_and(f64::is_sign_negative) { i128::MIN } else { i128::MAX }
}

/// The texts an enum accepts; `None` for a schema that is no enum.
pub(super) fn allowed(schema: &Map<String, Value>) -> Option<Vec<&str>> {
    if let Some(Value::String(one)) = schema.get("const") {
        return Some(vec![one]);
    }
    if let Some(Value::Array(several)) = schema.get("enum") {
        return Some(several.iter().filter_map(Value::as_str).collect());
    }
    let alternatives = schema.get("oneOf")?.as_array()?;
    let each: Option<Vec<Vec<&str>>> = alternatives.iter().map(|one| allowed(one.as_object()?)).collect();
    Some(each?.concat())
}

/// The smallest and the largest number a schema accepts, by its bounds or by the width of its integer.
pub(super) fn bounds(schema: &Map<String, Value>) -> (Option<i128>, Option<i128>) {
    let bound = |word: &str| schema.get(word)?.as_number()?.as_i128();
    let (low, high) = match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => (Some(0), Some(i128::from(u32::MAX))),
        Some("uint64") => (Some(0), Some(i128::from(u64::MAX))),
        Some("int32") => (Some(i128::from(i32::MIN)), Some(i128::from(i32::MAX))),
        Some("int64") => (Some(i128::from(i64::MIN)), Some(i128::from(i64::MAX))),
        _ => (None, None),
    };
    (bound("minimum").or(low), bound("maximum").or(high))
}

/// The properties of an object with fixed ones; `None` for one whose keys are the user's.
pub(super) fn properties(schema: &Map<String, Value>) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}
