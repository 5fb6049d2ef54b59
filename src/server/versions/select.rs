//! `$select`: which properties of a list's elements come back.
//!
//! Called by `lists`. `id`, `name` and `type` always come back: clients cannot tell elements apart without them.

use serde_json::{Map, Value};

/// What always stays.
const IDENTITY: [&str; 3] = ["id", "name", "type"];

/// The properties that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select(Vec<Vec<String>>);

impl Select {
    /// Reads a comma separated list of paths such as `name,properties/vmSize`.
    ///
    /// # Errors
    /// A sentence, when an element is empty.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = |item: &str| {
            let parts: Vec<String> = item.trim().split(['/', '.']).map(str::to_owned).collect();
            match parts.iter().any(String::is_empty) {
                true => Err(format!(
                    "`{item}` is not a property: $select takes properties with commas between them, such as \
                     name,properties/provisioningState"
                )),
                false => Ok(parts),
            }
        };
        text.split(',').map(path).collect::<Result<_, _>>().map(Self)
    }

    /// Only what was asked for, and what identifies the element.
    #[must_use]
    pub fn apply(&self, element: &Value) -> Value {
        let mut kept = Map::new();
        for key in IDENTITY {
            copy(element, &mut kept, &[key.to_owned()]);
        }
        for path in &self.0 {
            copy(element, &mut kept, path);
        }
        Value::Object(kept)
    }
}

fn copy(from: &Value, to: &mut Map<String, Value>, path: &[String]) {
    let (Some((key, rest)), Value::Object(from)) = (path.split_first(), from) else { return };
    let Some((key, value)) = from.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)) else { return };
    if rest.is_empty() {
        to.insert(key.clone(), value.clone());
    } else if let Value::Object(inner) = to.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())) {
        copy(value, inner, rest);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_asked_for_stays_and_so_does_what_identifies() {
        let element =
            json!({ "id": "i", "name": "n", "location": "l", "properties": { "a": 1, "b": { "c": 2, "d": 3 } } });
        let select = Select::parse("properties/B/c, Location, absent/x").expect("a select");
        assert_eq!(
            select.apply(&element),
            json!({ "id": "i", "name": "n", "location": "l", "properties": { "b": { "c": 2 } } })
        );
        assert!(Select::parse("name,,id").is_err());
    }
}
