//! Azure Resource Manager around Batch AI: subscriptions, providers, resource groups. Storage accounts have a file of
//! their own.

use serde_json::{Value, json};

use crate::long_operations::with_a_deaf_job;
use crate::support::{Answer, Network, Rest, SUBSCRIPTION, Sandbox, wait_for};

/// As `az` writes it.
fn group(name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/{name}?api-version=2018-02-01")
}

fn workspace(group: &str, name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.BatchAI/workspaces/{name}\
         ?api-version=2018-05-01"
    )
}

#[track_caller]
fn refused(answer: Answer, status: u16, code: &str) {
    let error = answer.is(status).json()["error"].clone();
    assert_eq!(error["code"], code, "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains(' ')), "{error}");
}

fn names(list: &Value) -> Vec<&str> {
    list["value"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect()
}

#[test]
fn a_group_is_there_from_its_first_use_where_its_first_workspace_is() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2016-09-01");
    refused(rest.get(&group("RG")), 404, "ResourceGroupNotFound");
    assert_eq!(rest.send("HEAD", &group("RG"), &[], None).is(404).text(), "");
    rest.put(&workspace("RG", "w"), &json!({ "location": "East US" })).is(200);
    rest.put(&workspace("RG", "v"), &json!({ "location": "westus2" })).is(200);
    let found = rest.get(&group("rG")).is(200).json();
    assert_eq!(
        found,
        json!({
            "id": format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"), "name": "rg", "location": "eastus",
            "type": "Microsoft.Resources/resourceGroups", "properties": { "provisioningState": "Succeeded" },
        })
    );
    assert_eq!(rest.send("HEAD", &group("RG"), &[], None).is(204).text(), "");
    // As in Azure, it stays when it is empty.
    rest.delete(&workspace("RG", "w")).is(200);
    rest.delete(&workspace("RG", "v")).is(200);
    rest.get(&group("RG")).is(200);
}

#[test]
fn the_flat_versions_use_groups_too() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-03-01");
    let cluster = json!({ "location": "eastus", "properties": {
        "vmSize": "STANDARD_NC6",
        "scaleSettings": { "manual": { "targetNodeCount": 0 } },
        "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "p" },
    } });
    let path = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/clusters/c");
    rest.put(&path, &cluster).is(200);
    assert_eq!(rest.get(&group("g")).is(200).json()["location"], "eastus");
}

#[test]
fn a_group_that_is_made_keeps_its_name_and_region() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-05-01");
    let made = rest.put(&group("My.Group"), &json!({ "location": "West US 2", "managedBy": "me" })).is(201).json();
    assert_eq!((&made["name"], &made["location"]), (&json!("My.Group"), &json!("westus2")));
    assert!(made["id"].as_str().is_some_and(|id| id.ends_with("/resourceGroups/My.Group")), "{made}");
    let tagged = rest.put(&group("my.group"), &json!({ "location": "westus2", "tags": { "a": "1" } })).is(200).json();
    assert_eq!((&tagged["name"], &tagged["tags"]), (&json!("My.Group"), &json!({ "a": "1" })));
    let kept = rest.patch(&group("my.group"), &json!({})).is(200).json();
    assert_eq!(kept["tags"], json!({ "a": "1" }));
    let changed = rest.patch(&group("my.group"), &json!({ "tags": { "b": "2" } })).is(200).json();
    assert_eq!(changed["tags"], json!({ "b": "2" }));
    assert_eq!(rest.get(&group("MY.GROUP")).is(200).json(), changed);
    refused(rest.put(&group("my.group"), &json!({ "location": "eastus" })), 409, "InvalidResourceGroupLocation");
    refused(rest.put(&group("other"), &json!({})), 400, "InvalidParameter");
    refused(rest.patch(&group("other"), &json!({})), 404, "ResourceGroupNotFound");
    refused(rest.put(&group("a%20b"), &json!({ "location": "eastus" })), 400, "InvalidParameter");
}

#[test]
fn groups_are_listed_in_pages_whatever_version_is_asked_for() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-05-01");
    for name in ["C", "a", "B"] {
        rest.put(&group(name), &json!({ "location": "eastus" })).is(201);
    }
    let elsewhere = "/subscriptions/other/resourceGroups/x?api-version=2018-02-01";
    rest.put(elsewhere, &json!({ "location": "eastus" })).is(201);
    let path = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2%2B2&maxresults=2");
    let first = rest.get(&path).is(200).json();
    assert_eq!(names(&first), ["C", "a"]);
    let link = first["nextLink"].as_str().expect("a link");
    assert!(link.starts_with("http://localhost/subscriptions/") && link.contains("api-version=2%2B2&"), "{link}");
    let second = rest.get(link).is(200).json();
    assert_eq!((names(&second), second.get("nextLink")), (vec!["B"], None));
    let subscriptions = rest.get("/subscriptions?api-version=2016-06-01").is(200).json();
    let ids: Vec<&Value> =
        subscriptions["value"].as_array().expect("a list").iter().map(|s| &s["subscriptionId"]).collect();
    assert_eq!(ids, [SUBSCRIPTION, "other"]);
}

#[test]
fn a_group_is_deleted_with_its_workspaces_and_can_be_polled_for() {
    let sandbox = Sandbox::new();
    let rest = with_a_deaf_job(&sandbox);
    let answer = rest.delete(&group("G")).is(202);
    let [location, status] = ["location", "azure-asyncoperation"].map(|name| answer.header(name).expect(name));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(rest.get(&group("g")).is(200).json()["properties"]["provisioningState"], "Deleting");
    refused(rest.put(&group("g"), &json!({ "location": "eastus" })), 409, "ResourceGroupBeingDeleted");
    refused(rest.put(&workspace("g", "new"), &json!({ "location": "eastus" })), 409, "ResourceGroupBeingDeleted");
    assert!(rest.get(location).is(202).header("location").is_some());
    let over = wait_for("the deletion is over", || {
        let status = rest.get(status).is(200).json();
        (status["status"] != "InProgress").then_some(status)
    });
    assert_eq!(over["properties"]["resourceId"], format!("{SUBSCRIPTION}$g"));
    rest.get(location).is(200);
    refused(rest.get(&group("g")), 404, "ResourceGroupNotFound");
    refused(rest.delete(&group("g")), 404, "ResourceGroupNotFound");
    refused(rest.get(&workspace("g", "w")), 404, "WorkspaceNotFound");
}

#[test]
fn a_group_with_little_in_it_is_gone_at_once() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-05-01");
    rest.put(&workspace("g", "w"), &json!({ "location": "eastus" })).is(200);
    rest.put(&workspace("kept", "w"), &json!({ "location": "eastus" })).is(200);
    assert_eq!(rest.delete(&group("g")).is(200).text(), "");
    rest.get(&workspace("g", "w")).is(404);
    rest.get(&workspace("kept", "w")).is(200);
    rest.put(&group("g"), &json!({ "location": "westus2" })).is(201);
}

#[test]
fn subscriptions_regions_and_providers_are_there_for_whoever_asks() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2016-06-01");
    let subscription = rest.get("/Subscriptions/Some-Thing").is(200).json();
    assert_eq!((&subscription["subscriptionId"], &subscription["state"]), (&json!("some-thing"), &json!("Enabled")));
    refused(rest.get("/subscriptions/a%20b"), 400, "InvalidParameter");
    assert!(rest.get("/tenants").is(200).json()["value"][0]["tenantId"].is_string());
    let regions = rest.get("/subscriptions/s/locations").is(200).json();
    assert!(names(&regions).contains(&"eastus") && names(&regions).contains(&"local"), "{regions}");

    let all = rest.get("/subscriptions/s/providers").is(200).json();
    let namespaces: Vec<&Value> =
        all["value"].as_array().expect("a list").iter().map(|one| &one["namespace"]).collect();
    assert_eq!(namespaces, ["Microsoft.BatchAI", "Microsoft.Storage"]);
    let one = rest.get("/subscriptions/s/providers/microsoft.batchai").is(200).json();
    assert_eq!((&one, &one["registrationState"]), (&all["value"][0], &json!("Registered")));
    assert_eq!(one["resourceTypes"][0]["apiVersions"][1], "2018-05-01");
    assert_eq!(rest.post("/subscriptions/s/providers/Microsoft.BatchAI/Register").is(200).json(), one);
    refused(rest.get("/subscriptions/s/providers/Microsoft.Nothing"), 404, "InvalidResourceNamespace");
    refused(rest.put("/subscriptions/s/providers", &json!({})), 405, "MethodNotAllowed");
}

#[test]
fn a_token_of_a_group_sees_this_group_only() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    for name in ["mine", "other"] {
        sandbox.run(&format!("workspace create -g {name} -n w")).succeeds();
    }
    let token = network.token("m", "--role contributor -g mine");
    let get = |path: &str| network.send(Some(&token), "GET", path, "");
    assert_eq!(names(&get(&format!("/subscriptions/{SUBSCRIPTION}/resourcegroups")).is(200).json()), ["mine"]);
    get(&group("mine")).is(200);
    for method in ["GET", "PUT", "DELETE"] {
        let answer = network.send(Some(&token), method, &group("other"), r#"{"location": "local"}"#);
        refused(answer, 403, "AuthorizationFailed");
    }
    for path in ["/tenants", "/subscriptions", "/subscriptions/s/locations", "/subscriptions/s/providers"] {
        get(path).is(200);
    }
}
