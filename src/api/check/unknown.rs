//! Properties that nobody knows, taken away: what the service did with them.

use schemars::Schema;
use serde_json::Value;

use super::shape::{self, Shape, properties};

/// Takes every property away that the schema does not list, at any depth. Keys of the user's own, such as tags, stay.
pub fn drop_unknown(schema: &Schema, value: &mut Value) {
    let root = schema.as_value();
    inside(root, root, value);
}

fn inside(root: &Value, schema: &Value, value: &mut Value) {
    let shape = Shape::of(root, schema);
    let Some(option) = shape.options.iter().copied().find(|option| shape::fits(option, value)) else { return };
    match value {
        Value::Object(object) => {
            let Some(known) = properties(option) else { return };
            object.retain(|key, _| known.contains_key(key));
            for (key, value) in object {
                inside(root, &known[key], value);
            }
        }
        Value::Array(list) => {
            let Some(items) = option.get("items") else { return };
            list.iter_mut().for_each(|item| inside(root, items, item));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
