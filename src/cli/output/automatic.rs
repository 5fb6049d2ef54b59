//! The columns of a table that nobody laid out: what `--query` picked, as knack 0.6.2 showed it.

use serde_json::Value;

use super::tsv::python;

/// Keys that say nothing to a reader.
const LEFT_OUT: [&str; 3] = ["id", "type", "etag"];

/// Titles and rows: a column for every key with a scalar, with its first letter raised, as first met; for a list
/// in the list `Column1` and so on, for anything else `Result`. Nothing where there are rows and no column.
#[must_use]
pub fn columns(result: &Value) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let items = match result {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let entries: Vec<Vec<(String, String)>> = items.iter().map(entry).collect();
    let mut titles: Vec<String> = Vec::new();
    for (title, _) in entries.iter().flatten() {
        if !titles.contains(title) {
            titles.push(title.clone());
        }
    }
    if titles.is_empty() && !entries.is_empty() {
        return None;
    }
    let row = |entry: Vec<(String, String)>| {
        let cell = |title: &String| entry.iter().rfind(|(of, _)| of == title).map(|(_, cell)| cell.clone());
        titles.iter().map(|title| cell(title).unwrap_or_default()).collect()
    };
    let rows = entries.into_iter().map(row).collect();
    Some((titles, rows))
}

fn entry(item: &Value) -> Vec<(String, String)> {
    match item {
        Value::Object(fields) => {
            let shown = fields.iter().filter(|(key, value)| {
                !LEFT_OUT.contains(&key.as_str()) && !matches!(value, Value::Null | Value::Array(_) | Value::Object(_))
            });
            shown.map(|(key, value)| (title(key), cell(value))).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, item)| (format!("Column{}", at + 1), cell(item))).collect()
        }
        one => vec![("Result".to_owned(), cell(one))],
    }
}

fn title(key: &str) -> String {
    let mut rest = key.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn cell(value: &Value) -> String {
    if value.is_null() { String::new() } else { python(value) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(result: &Value) -> String {
        columns(result).map_or_else(
            || "unavailable".to_owned(),
            |(titles, rows)| {
                std::iter::once(titles).chain(rows).map(|line| line.join(",")).collect::<Vec<_>>().join("/")
            },
        )
    }

    #[test]
    fn columns_are_found_as_knack_found_them() {
        let cases = [
            (json!([]), ""),
            (json!({}), "unavailable"),
            (json!([[]]), "unavailable"),
            (json!({"id": 1}), "unavailable"),
            (json!([{"a": {"b": 1}}]), "unavailable"),
            (json!([null]), "Result/"),
            (json!(["x", 1, true, 1.5]), "Result/x/1/True/1.5"),
            (json!([["a", null, ["z"]], ["b"]]), "Column1,Column2,Column3/a,,[\"z\"]/b,,"),
            (json!([{"b": 1, "a": 2}, {"c": 3, "a": null}]), "B,A,C/1,2,/,,3"),
            (json!([{"a": 1}, "x"]), "A,Result/1,/,x"),
            (json!({"id": "x", "name": "n", "l": [1], "o": {"a": 1}, "t": true, "z": null}), "Name,T/n,True"),
        ];
        for (result, expected) in cases {
            assert_eq!(shown(&result), expected, "{result}");
        }
    }
}
