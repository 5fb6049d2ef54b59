//! The REST API byte by byte, as programs of others speak it.

use serde_json::json;

use crate::support::{Rest, SUBSCRIPTION, Sandbox};

#[test]
fn a_workspace_of_2018_05_01_is_made_at_once() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-05-01");
    let path = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/MyGroup/providers/Microsoft.BatchAI/workspaces/w");
    let made = rest.put(&path, &json!({ "location": "eastus" })).is(200).json();
    assert_eq!(made["id"], path.replace("MyGroup", "mygroup"));
    assert_eq!(rest.get(&path).is(200).json(), made);
}
