//! Storage accounts: names that belong to groups.

use serde_json::{Value, json};

use crate::support::{Answer, Network, Rest, SUBSCRIPTION, Sandbox};

fn in_group(group: &str, path: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/{path}?api-version=2016-12-01")
}

fn account(group: &str, name: &str) -> String {
    in_group(group, &format!("Microsoft.Storage/storageAccounts/{name}"))
}

fn batchai(group: &str, path: &str) -> String {
    in_group(group, &format!("Microsoft.BatchAI/workspaces/w{path}")).replace("2016-12-01", "2026-11-01")
}

fn of_subscription(path: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Storage/{path}?api-version=2016-12-01")
}

fn code(answer: &Answer) -> Value {
    answer.json()["error"]["code"].clone()
}

fn names(list: &Value) -> Vec<&str> {
    list["value"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect()
}

fn file_share(account: &str) -> Value {
    json!({ "azureFileShares": [{
        "accountName": account, "azureFileUrl": format!("https://{account}.file.core.windows.net/share"),
        "relativeMountPath": "afs", "credentials": {},
    }] })
}

fn container(account: &str) -> Value {
    json!({ "azureBlobFileSystems": [{
        "accountName": account, "containerName": "container", "relativeMountPath": "bfs", "credentials": {},
    }] })
}

fn cluster(mounts: &Value) -> Value {
    json!({ "properties": {
        "scaleSettings": { "manual": { "targetNodeCount": 0 } },
        "nodeSetup": { "mountVolumes": mounts },
    } })
}

fn job(group: &str, mounts: &Value) -> Value {
    let cluster = batchai(group, "/clusters/c");
    let cluster = cluster.split('?').next().expect("an id");
    json!({ "properties": {
        "cluster": { "id": cluster }, "nodeCount": 1, "mountVolumes": mounts,
        "customToolkitSettings": { "commandLine": "true" },
    } })
}

/// Workspace, experiment and cluster in each of these groups.
fn furnish(sandbox: &Sandbox, groups: &[&str]) {
    for group in groups {
        sandbox.run(&format!("workspace create -g {group} -n w -l WestUS2")).succeeds();
        sandbox.run(&format!("experiment create -g {group} -w w -n e")).succeeds();
        sandbox.run(&format!("cluster create -g {group} -w w -n c --target 0")).succeeds();
    }
}

#[test]
fn an_account_is_made_shown_listed_and_deleted() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2016-12-01");
    let body = json!({
        "location": "East US", "kind": "StorageV2", "sku": { "name": "Premium_LRS" }, "properties": { "x": 1 },
    });
    let made = rest.put(&account("RG", "acc1"), &body).is(200).json();
    let id =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acc1");
    assert_eq!((&made["id"], &made["name"], &made["kind"]), (&json!(id), &json!("acc1"), &json!("StorageV2")));
    assert_eq!(made["sku"], json!({ "name": "Premium_LRS", "tier": "Premium" }));
    let properties = &made["properties"];
    assert_eq!(
        (&properties["provisioningState"], &properties["primaryLocation"]),
        (&json!("Succeeded"), &json!("eastus"))
    );
    assert_eq!(properties["primaryEndpoints"]["file"], "https://acc1.file.core.windows.net/");
    assert_eq!(rest.get(&account("rg", "ACC1")).is(200).json(), made);
    let tagged =
        rest.put(&account("rg", "acc1"), &json!({ "location": "eastus", "tags": { "a": "b" } })).is(200).json();
    assert_eq!((&tagged["tags"], &tagged["kind"]), (&json!({ "a": "b" }), &json!("StorageV2")));

    rest.put(&account("other", "acc2"), &json!({ "location": "westus2" })).is(200);
    assert_eq!(names(&rest.get(&of_subscription("storageaccounts")).is(200).json()), ["acc1", "acc2"]);
    let list = in_group("other", "Microsoft.Storage/storageAccounts");
    assert_eq!(names(&rest.get(&list).is(200).json()), ["acc2"]);
    assert_eq!(
        code(&rest.get(&in_group("none", "Microsoft.Storage/storageAccounts")).is(404)),
        "ResourceGroupNotFound"
    );

    rest.delete(&account("other", "acc1")).is(204);
    rest.delete(&account("rg", "acc1")).is(200);
    rest.delete(&account("rg", "acc1")).is(204);
    assert_eq!(code(&rest.get(&account("rg", "acc1")).is(404)), "ResourceNotFound");
}

#[test]
fn a_name_belongs_to_one_group() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2016-12-01");
    let body = json!({ "location": "eastus" });
    rest.put(&account("a", "acc"), &body).is(200);
    assert_eq!(code(&rest.put(&account("b", "acc"), &body).is(409)), "StorageAccountAlreadyTaken");
    rest.get(&account("b", "acc")).is(404);
    assert_eq!(code(&rest.put(&account("a", "No_Name"), &body).is(400)), "InvalidParameter");
    assert_eq!(code(&rest.put(&account("a", "new"), &json!({})).is(400)), "InvalidParameter");
    let check = |name: &str| {
        let body = json!({ "name": name, "type": "Microsoft.Storage/storageAccounts" }).to_string();
        rest.send("POST", &of_subscription("checkNameAvailability"), &[], Some(body.as_bytes())).is(200).json()
    };
    assert_eq!(check("free"), json!({ "nameAvailable": true }));
    assert_eq!((&check("acc")["nameAvailable"], &check("acc")["reason"]), (&json!(false), &json!("AlreadyExists")));
    assert_eq!(check("x")["reason"], "AccountNameInvalid");
}

#[test]
fn an_account_keeps_its_keys_until_it_is_made_anew() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2016-12-01");
    let body = json!({ "location": "eastus" });
    rest.put(&account("g", "acc"), &body).is(200);
    let keys = |rest: &Rest| rest.post(&account("g", "acc/listkeys")).is(200).json()["keys"].clone();
    let before = keys(&rest);
    assert_eq!((&before[0]["keyName"], &before[1]["keyName"]), (&json!("key1"), &json!("key2")));
    assert_eq!((before[0]["value"].as_str().map(str::len), &before[0]["permissions"]), (Some(88), &json!("Full")));
    assert_ne!(before[0]["value"], before[1]["value"]);
    sandbox.run("server stop").succeeds();
    let rest = Rest::new(&sandbox, "2016-12-01");
    assert_eq!(keys(&rest), before);
    rest.delete(&account("g", "acc")).is(200);
    rest.post(&account("g", "acc/listKeys")).is(404);
    rest.put(&account("g", "acc"), &body).is(200);
    assert_ne!(keys(&rest), before);
}

#[test]
fn whoever_mounts_an_account_first_has_it() {
    let sandbox = Sandbox::new();
    furnish(&sandbox, &["a", "b"]);
    let rest = Rest::new(&sandbox, "2026-11-01");
    rest.put(&batchai("a", "/clusters/c2"), &cluster(&file_share("First"))).is(200);
    rest.put(&batchai("b", "/clusters/c2"), &cluster(&container("first"))).is(200);
    rest.put(&batchai("b", "/experiments/e/jobs/j"), &job("b", &container("second"))).is(200);
    let listed = rest.get(&of_subscription("storageAccounts")).is(200).json();
    let owners: Vec<(&str, bool)> = listed["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["name"].as_str().expect("a name"), one["id"].as_str().expect("an id").contains("Groups/a/")))
        .collect();
    assert_eq!(owners, [("first", true), ("second", false)]);
    assert_eq!(listed["value"][0]["properties"]["primaryLocation"], "westus2");

    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/a");
    assert!(matches!(rest.delete(&group).status, 200 | 202));
    assert_eq!(names(&rest.get(&of_subscription("storageAccounts")).is(200).json()), ["second"]);
}

#[test]
fn a_token_of_one_group_cannot_use_the_account_of_another() {
    let sandbox = Sandbox::new();
    furnish(&sandbox, &["mine", "other"]);
    let network = Network::start(&sandbox, "");
    let token = network.token("m", "--role contributor -g mine");
    let send = |method: &str, path: &str, body: &Value| network.send(Some(&token), method, path, &body.to_string());
    let nothing = json!({});
    let owner = Rest::new(&sandbox, "2026-11-01");
    owner.put(&account("other", "theirs"), &json!({ "location": "local" })).is(200);

    for mounts in [file_share("Theirs"), container("theirs")] {
        let answer = send("PUT", &batchai("mine", "/clusters/c2"), &cluster(&mounts)).is(403);
        assert_eq!(code(&answer), "LinkedAuthorizationFailed");
        let answer = send("PUT", &batchai("mine", "/experiments/e/jobs/j"), &job("mine", &mounts)).is(403);
        assert_eq!(code(&answer), "LinkedAuthorizationFailed");
    }
    send("PUT", &batchai("mine", "/clusters/c2"), &cluster(&container("ours"))).is(200);
    send("PUT", &batchai("mine", "/experiments/e/jobs/j"), &job("mine", &container("ours"))).is(200);
    assert_eq!(names(&send("GET", &of_subscription("storageAccounts"), &nothing).is(200).json()), ["ours"]);
    send("POST", &account("mine", "ours/listKeys"), &nothing).is(200);
    assert_eq!(code(&send("POST", &account("other", "theirs/listKeys"), &nothing).is(403)), "AuthorizationFailed");
    send("POST", &of_subscription("checkNameAvailability"), &json!({ "name": "theirs" })).is(200);

    let reader = network.token("r", "--role reader");
    network.send(Some(&reader), "GET", &account("other", "theirs"), "").is(200);
    let answer = network.send(Some(&reader), "POST", &account("other", "theirs/listKeys"), "").is(403);
    assert_eq!(code(&answer), "AuthorizationFailed");
}
