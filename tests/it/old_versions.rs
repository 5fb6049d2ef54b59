//! The two flat api-versions, 2017-09-01-preview and 2018-03-01, byte by byte.

use serde_json::{Value, json};

use crate::support::{Rest, SUBSCRIPTION, Sandbox, wait_until};

fn below(path: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/G/providers/Microsoft.BatchAI/{path}")
}

fn cluster(location: &str) -> Value {
    json!({ "location": location, "tags": { "team": "a" }, "properties": {
        "vmSize": "Standard_NC6", "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "secret-pw-1" }, "unheardOf": 1,
    } })
}

fn job(priority: i32) -> Value {
    json!({ "location": "East US", "properties": {
        "cluster": { "id": below("clusters/my.cluster") }, "nodeCount": 1, "priority": priority,
        "experimentName": "mine", "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_TEMP",
        "customToolkitSettings": { "commandLine": "true" },
        "outputDirectories": [{ "id": "OUT", "pathPrefix": "$AZ_BATCHAI_JOB_TEMP", "type": "custom", "createNew": true }],
    } })
}

#[test]
fn a_cluster_and_a_job_live_in_2018_03_01_and_are_seen_by_2018_05_01() {
    let sandbox = Sandbox::new();
    let old = Rest::new(&sandbox, "2018-03-01");
    let made = old.put(&below("clusters/my.cluster"), &cluster("East US")).is(200).json();
    assert_eq!(made["id"], below("clusters/my.cluster").replace("/G/", "/g/"));
    assert_eq!((&made["type"], &made["location"]), (&json!("Microsoft.BatchAI/clusters"), &json!("East US")));
    assert_eq!(made["tags"], json!({ "team": "a" }));
    assert!(!made.to_string().contains("secret-pw-1"));

    let made = old.put(&below("jobs/j.1"), &job(-5)).is(200).json();
    assert_eq!(made["properties"]["priority"], -5);
    assert_eq!(made["properties"]["experimentName"], "mine");
    assert_eq!(made["properties"]["cluster"]["id"], below("clusters/my.cluster").replace("/G/", "/g/"));
    assert_eq!(made["properties"]["outputDirectories"][0]["createNew"], true);
    let segment = made["properties"]["jobOutputDirectoryPathSegment"].as_str().expect("a segment").to_owned();
    assert!(segment.starts_with(&format!("{SUBSCRIPTION}/g/jobs/j.1/")), "{segment}");

    let new = old.speaking("2018-05-01");
    let path = below("workspaces/migrated-eastus/experiments/migrated/jobs/j.1");
    assert_eq!(new.get(&path).is(200).json()["properties"]["schedulingPriority"], "low");
    new.get(&below("workspaces/migrated-eastus/clusters/my.cluster")).is(200);
    new.put(&below("workspaces/migrated-eastus/clusters/another.one"), &cluster("eastus")).is(400);

    wait_until("the job's end", || old.get(&below("jobs/j.1")).json()["properties"]["executionState"] == "succeeded");
    assert_eq!(old.post(&below("jobs/j.1/terminate")).status, 200);
    old.delete(&below("jobs/j.1?waitSeconds=20"));
    wait_until("the job to go", || old.get(&below("jobs/j.1")).status == 404);
    old.delete(&below("jobs/j.1")).is(204);
    let error = old.get(&below("jobs/j.1")).is(404).json()["error"].clone();
    assert_eq!(error["code"], "ResourceNotFound");
    let message = "The Resource 'Microsoft.BatchAI/jobs/j.1' under resource group 'g' was not found.";
    assert_eq!(error["message"], message);
    old.delete(&below("clusters/my.cluster"));
    wait_until("the cluster to go", || old.get(&below("clusters/my.cluster")).status == 404);
}

#[test]
fn the_preview_capitalizes_and_has_no_uuid_in_paths() {
    let sandbox = Sandbox::new();
    let old = Rest::new(&sandbox, "2017-09-01-preview");
    let made = old.put(&below("clusters/my.cluster"), &cluster("eastus")).is(200).json();
    assert_eq!(made["type"], "Microsoft.BatchAI/Clusters");
    assert_eq!(made["properties"]["provisioningState"], "Succeeded");
    assert_eq!(made["properties"]["vmPriority"], "Dedicated");
    let made = old.put(&below("jobs/j"), &job(1)).is(200).json();
    assert_eq!(made["properties"].get("jobOutputDirectoryPathSegment"), None);
    let new = old.speaking("2018-05-01").get(&below("workspaces/migrated-eastus/experiments/migrated/jobs/j"));
    let properties = new.is(200).json()["properties"].clone();
    assert_eq!(properties["jobOutputDirectoryPathSegment"], format!("{SUBSCRIPTION}/g/jobs/j"));
    assert_eq!(properties["schedulingPriority"], "high");
    wait_until("the job's end", || old.get(&below("jobs/j")).json()["properties"]["executionState"] == "Succeeded");
}

#[test]
fn names_are_unique_in_a_group_and_errors_speak_of_old_properties() {
    let sandbox = Sandbox::new();
    let old = Rest::new(&sandbox, "2018-03-01");
    old.put(&below("clusters/my.cluster"), &cluster("eastus")).is(200);
    old.put(&below("clusters/my.cluster"), &cluster("EAST us")).is(200);
    let text = old.put(&below("clusters/my.cluster"), &cluster("westus")).is(409).text();
    assert!(text.contains("already exists in the location eastus"), "{text}");
    let error = old.put(&below("jobs/j"), &job(2000)).is(400).json()["error"].clone();
    assert_eq!(error["target"], "properties.priority");
    old.put(&below("clusters/.hidden"), &cluster("eastus")).is(400);
    let error = old.speaking("2018-05-01").get(&below("clusters/my.cluster")).is(404).json()["error"].clone();
    assert_eq!(error["code"], "InvalidResourceType");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("The resource type 'clusters'")), "{error}");
    let error = old.speaking("2019-01-01").get(&below("clusters/my.cluster")).is(400).json()["error"].clone();
    assert_eq!(error["code"], "NoRegisteredProviderFound");
}

#[test]
fn lists_are_filtered_selected_and_paged() {
    let sandbox = Sandbox::new();
    let old = Rest::new(&sandbox, "2018-03-01");
    for (name, location) in [("a", "eastus"), ("b", "westus"), ("c", "eastus"), ("d", "eastus")] {
        old.put(&below(&format!("clusters/{name}")), &cluster(location)).is(200);
    }
    let new = old.speaking("2018-05-01");
    new.put(&below("workspaces/mine"), &json!({ "location": "eastus" })).is(200);
    new.put(&below("workspaces/mine/clusters/unseen"), &json!({ "properties": cluster("x")["properties"] }));
    let names = |page: &Value| -> Vec<String> {
        let value = page["value"].as_array().expect("a list").iter();
        value.map(|element| element["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&old.get(&below("clusters")).is(200).json()), ["a", "b", "c", "d"]);
    let all = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/clusters");
    assert_eq!(names(&old.get(&all).is(200).json()), ["a", "b", "c", "d"]);

    let query = "clusters?$filter=location%20eq%20'EastUS'&$select=properties/vmSize&maxresults=2";
    let first = old.get(&below(query)).is(200).json();
    assert_eq!(names(&first), ["a", "c"]);
    assert_eq!(first["value"][0]["properties"], json!({ "vmSize": "STANDARD_NC6" }));
    let second = old.get(first["nextLink"].as_str().expect("a link")).is(200).json();
    assert_eq!(names(&second), ["d"]);
    assert_eq!(second["value"][0]["properties"], json!({ "vmSize": "STANDARD_NC6" }));
    assert_eq!(second.get("nextLink"), None);
    let error = old.get(&below("clusters?$filter=name%20gt%20'a'")).is(400).json()["error"].clone();
    assert_eq!(error["target"], "$filter");
    assert_eq!(names(&old.get(&below("jobs")).is(200).json()), [""; 0]);
}
