//! Usages of a region, and how to log in to nodes.

use serde_json::{Value, json};

use crate::support::{Rest, SUBSCRIPTION, Sandbox, wait_until};

const VERSION: &str = "2018-05-01";

fn usages_of(rest: &Rest, region: &str) -> Value {
    rest.get(&format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/locations/{region}/usages"))
        .is(200)
        .json()
}

fn usage<'u>(usages: &'u Value, name: &str) -> &'u Value {
    let all = usages["value"].as_array().expect("a list");
    all.iter().find(|usage| usage["name"]["value"] == name).unwrap_or_else(|| panic!("{name} is not in {usages}"))
}

fn workspace(rest: &Rest) -> String {
    let path = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/G/providers/Microsoft.BatchAI/workspaces/w");
    rest.put(&path, &json!({ "location": "East US" })).is(200);
    path
}

fn cluster(rest: &Rest, path: &str, nodes: u32) {
    let body = json!({ "properties": {
        "vmSize": "Standard_NC6", "scaleSettings": { "manual": { "targetNodeCount": nodes } },
        "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "secret-pw-1" },
    } });
    rest.put(path, &body).is(200);
    wait_until("the nodes are ready", || {
        rest.get(path).json()["properties"]["nodeStateCounts"]["idleNodeCount"] == nodes
    });
}

#[test]
fn usages_count_clusters_and_cores_of_one_region() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let workspace = workspace(&rest);
    let before = usages_of(&rest, "eastus");
    assert_eq!(usage(&before, "Clusters")["currentValue"], 0);
    cluster(&rest, &format!("{workspace}/clusters/c"), 2);
    for region in ["eastus", "EastUS", "East%20US"] {
        let usages = usages_of(&rest, region);
        assert_eq!(usage(&usages, "Clusters")["currentValue"], 1, "{region}");
        let dedicated = usage(&usages, "Total Cluster Dedicated Regional vCPUs");
        assert_eq!((&dedicated["currentValue"], &dedicated["unit"]), (&json!(12), &json!("Count")));
        assert_eq!(dedicated["limit"], -1, "without quotas nothing is limited");
        assert_eq!(usage(&usages, "Standard NC Family Cluster Dedicated vCPUs")["currentValue"], 12);
        assert_eq!(usage(&usages, "Total Cluster LowPriority Regional vCPUs")["currentValue"], 0);
    }
    assert_eq!(usage(&usages_of(&rest, "westus"), "Clusters")["currentValue"], 0);
    assert_eq!(usages_of(&rest.speaking("2018-03-01"), "eastus"), usages_of(&rest, "eastus"));
}

#[test]
fn every_node_of_a_cluster_and_of_a_running_job_tells_how_to_log_in() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let workspace = workspace(&rest);
    let (c, empty) = (format!("{workspace}/clusters/c"), format!("{workspace}/clusters/empty"));
    cluster(&rest, &c, 2);
    cluster(&rest, &empty, 0);
    let nodes = rest.post(&format!("{c}/listRemoteLoginInformation")).is(200).json();
    assert_eq!(rest.get(&format!("{c}/ListRemoteLoginInformation")).is(200).json(), nodes);
    let nodes = nodes["value"].as_array().expect("nodes").clone();
    assert_eq!(nodes.len(), 2);
    assert_ne!(nodes[0]["ipAddress"], nodes[1]["ipAddress"]);
    for node in &nodes {
        assert!(node["nodeId"].as_str().is_some_and(|id| id.starts_with("tvm-")), "{node}");
        assert_eq!(node["port"], 22);
    }
    assert_eq!(rest.post(&format!("{empty}/listRemoteLoginInformation")).is(200).json(), json!({ "value": [] }));

    rest.put(&format!("{workspace}/experiments/e"), &json!({})).is(200);
    let j = format!("{workspace}/experiments/e/jobs/j");
    let body = json!({ "properties": {
        "cluster": { "id": c }, "nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_TEMP",
        "customToolkitSettings": { "commandLine": "sleep 1000" },
    } });
    rest.put(&j, &body).is(200);
    wait_until("the job runs", || rest.get(&j).json()["properties"]["executionState"] == "running");
    let used = rest.post(&format!("{j}/listRemoteLoginInformation")).is(200).json();
    let used = used["value"].as_array().expect("nodes");
    assert_eq!(used.len(), 1);
    assert!(nodes.contains(&used[0]), "{used:?}");
    rest.post(&format!("{j}/terminate"));
    wait_until("the job ends", || rest.get(&j).json()["properties"]["executionState"] == "failed");
    assert_eq!(rest.post(&format!("{j}/listRemoteLoginInformation")).is(200).json(), json!({ "value": [] }));

    let missing = rest.post(&format!("{workspace}/clusters/none/listRemoteLoginInformation")).is(404).json();
    assert_eq!(missing["error"]["code"], "ClusterNotFound");
}
