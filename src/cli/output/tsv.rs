//! Tab-separated values as knack 0.6.2, the frame of the Azure CLI, wrote them: a line per element, values in the
//! order of their keys, the length of a list, nothing for an object, `None` for null.

use serde_json::Value;

/// The lines of a result without the last line break; nothing for an empty list.
#[must_use]
pub fn render(result: &Value) -> Option<String> {
    let rows = match result {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    if rows.is_empty() { None } else { Some(rows.iter().map(row).collect::<Vec<_>>().join("\n")) }
}

fn row(item: &Value) -> String {
    let values: Vec<&Value> = match item {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        // A truth value of its own is as in JSON, one in a row as in Python.
        Value::Bool(truth) => return truth.to_string(),
        one => vec![one],
    };
    values.into_iter().map(cell).collect::<Vec<_>>().join("\t")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Array(items) => items.len().to_string(),
        Value::Object(_) => String::new(),
        scalar => python(scalar),
    }
}

/// A scalar as Python's `str` has it.
#[must_use]
pub fn python(scalar: &Value) -> String {
    match scalar {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_as_knack_wrote_them() {
        let cases = [
            (json!({}), ""),
            (json!([[], []]), "\n"),
            (json!([null]), "None"),
            (json!(["x", 1, true, 1.5]), "x\n1\ntrue\n1.5"),
            (json!([["a", null, ["z"]], ["b"]]), "a\tNone\t1\nb"),
            (json!([{"a": 2, "b": 1}, {"a": null, "c": 3}]), "2\t1\nNone\t3"),
            (json!([{"a": 1}, "x"]), "1\nx"),
            (
                json!({"f": 50000.0, "id": "x", "l": [1, 2], "n": "n", "o": {"a": 1}, "t": true, "z": null}),
                "50000.0\tx\t2\tn\t\tTrue\tNone",
            ),
        ];
        for (result, expected) in cases {
            assert_eq!(render(&result).as_deref(), Some(expected), "{result}");
        }
        assert_eq!(render(&json!([])), None);
    }
}
