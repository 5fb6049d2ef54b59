//! What a server really answers, operation by operation.

use serde_json::{Value, json};

use crate::support::{Checked, SUBSCRIPTION, Sandbox, wait_until};

const VERSION: &str = "2018-05-01";

/// Where a workspace is.
fn workspace(name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/Group/providers/Microsoft.BatchAI/workspaces/{name}")
}

/// A cluster of `nodes` nodes with an emulated share at `share`.
fn cluster(nodes: u32) -> Value {
    json!({ "properties": {
        "vmSize": "STANDARD_D1",
        "scaleSettings": { "manual": { "targetNodeCount": nodes } },
        "userAccountSettings": { "adminUserName": "demo", "adminUserPassword": "Dem0Pa$$w0rd" },
        "nodeSetup": { "mountVolumes": { "azureFileShares": [{
            "accountName": "account",
            "azureFileUrl": "https://account.file.core.windows.net/share",
            "relativeMountPath": "share",
            "credentials": { "accountKey": "c2VjcmV0" },
        }] } },
    } })
}

/// A job of one command that writes below `$AZ_BATCHAI_OUTPUT_MODEL`.
fn job(cluster: &str, command: &str) -> Value {
    json!({ "properties": {
        "cluster": { "id": cluster },
        "nodeCount": 1,
        "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/share",
        "environmentVariables": [{ "name": "NAME", "value": "value" }],
        "inputDirectories": [{ "id": "DATA", "path": "$AZ_BATCHAI_MOUNT_ROOT/share/data" }],
        "outputDirectories": [{ "id": "MODEL", "pathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/share", "pathSuffix": "m" }],
        "jobPreparation": { "commandLine": "echo prepared" },
        "customToolkitSettings": { "commandLine": command },
    } })
}

/// Waits until a job has this execution state; answers it.
#[track_caller]
fn wait_for_state(service: &Checked, job: &str, state: &str) -> Value {
    wait_until(&format!("{job} is {state}"), || {
        service.get(job).is(200).json()["properties"]["executionState"] == state
    });
    service.get(job).json()
}

/// Deletes it, and waits until it is gone.
#[track_caller]
fn delete(service: &Checked, path: &str) {
    service.done(service.delete(path));
    wait_until(&format!("{path} is gone"), || service.get(path).status == 404);
}

/// A workspace `w` with an experiment `e` and a cluster `c`; answers the three paths.
#[track_caller]
fn stage(service: &Checked, nodes: u32) -> [String; 3] {
    let workspace = workspace("w");
    let (experiment, c) = (format!("{workspace}/experiments/e"), format!("{workspace}/clusters/c"));
    service.done(service.put(&workspace, &json!({ "location": "eastus", "tags": { "a": "b" } })));
    service.done(service.send("PUT", &experiment, None));
    service.done(service.put(&c, &cluster(nodes)));
    [workspace, experiment, c]
}

#[test]
fn workspaces_and_experiments_are_answered_as_the_document_says() {
    let sandbox = Sandbox::new();
    let service = Checked::new(&sandbox, VERSION);
    let [workspace, experiment, _] = stage(&service, 0);
    for path in [&workspace, &experiment] {
        assert_eq!(service.get(path).is(200).json()["properties"]["provisioningState"], "succeeded");
        let list = path.rsplit_once('/').expect("a path").0;
        assert_eq!(service.get(list).is(200).json()["value"].as_array().map(Vec::len), Some(1), "{list}");
        service.get(&format!("{path}-not")).is(404);
    }
    let everywhere = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/workspaces");
    assert_eq!(service.get(&everywhere).is(200).json()["value"].as_array().map(Vec::len), Some(1));
    let tags = json!({ "tags": { "b": "c" } });
    assert_eq!(service.patch(&workspace, &tags).is(200).json()["tags"], tags["tags"]);
    service.patch(&format!("{workspace}-not"), &tags).is(404);
    service.put(&format!("{workspace}.with.dots"), &json!({ "location": "eastus" })).is(400);
    for path in [&experiment, &workspace] {
        delete(&service, path);
        service.delete(path).is(204);
    }
}

#[test]
fn clusters_are_answered_as_the_document_says() {
    let sandbox = Sandbox::new();
    let service = Checked::new(&sandbox, VERSION);
    let [workspace, _, manual] = stage(&service, 1);
    let automatic = format!("{workspace}/clusters/automatic");
    let mut body = cluster(0);
    body["properties"]["scaleSettings"] = json!({ "autoScale": { "minimumNodeCount": 0, "maximumNodeCount": 1 } });
    body["properties"]["vmPriority"] = json!("lowpriority");
    service.done(service.put(&automatic, &body));
    for cluster in [&manual, &automatic] {
        let shown = service.get(cluster).is(200).json();
        assert_eq!(shown["properties"]["vmSize"], "STANDARD_D1");
        assert_eq!(shown["properties"]["nodeSetup"]["mountVolumes"]["azureFileShares"][0]["credentials"], json!({}));
    }
    let list = service.get(&format!("{workspace}/clusters")).is(200).json();
    assert_eq!(list["value"].as_array().map(Vec::len), Some(2));
    let scale = json!({ "properties": { "scaleSettings": { "manual": { "targetNodeCount": 2 } } } });
    let scaled = service.patch(&automatic, &scale).is(200).json();
    assert_eq!(scaled["properties"]["scaleSettings"]["manual"]["targetNodeCount"], 2);
    service.patch(&automatic, &json!({ "properties": { "scaleSettings": {} } })).is(400);
    wait_until("both nodes are there", || service.get(&automatic).json()["properties"]["currentNodeCount"] == 2);
    let nodes = service.post(&format!("{automatic}/listRemoteLoginInformation")).is(200).json();
    assert_eq!(nodes["value"].as_array().map(Vec::len), Some(2), "{nodes}");
    let first = service.get(&format!("{workspace}/clusters?maxresults=1")).is(200).json();
    assert!(first["nextLink"].as_str().is_some_and(|next| next.starts_with("http")), "{first}");
    service.put(&format!("{workspace}/clusters/bad"), &json!({ "properties": { "vmSize": "STANDARD_D1" } })).is(400);
    service.get(&format!("{workspace}/clusters/none")).is(404);
    delete(&service, &automatic);
}

#[test]
fn jobs_and_their_files_are_answered_as_the_document_says() {
    let sandbox = Sandbox::new();
    let service = Checked::new(&sandbox, VERSION);
    let [_, experiment, cluster] = stage(&service, 1);
    let good = format!("{experiment}/jobs/good");
    let command = "mkdir $AZ_BATCHAI_OUTPUT_MODEL/sub; echo hi > $AZ_BATCHAI_OUTPUT_MODEL/result.txt";
    service.done(service.put(&good, &job(&cluster, command)));
    let ended = wait_for_state(&service, &good, "succeeded");
    assert_eq!(ended["properties"]["executionInfo"]["exitCode"], 0);
    for directory in ["stdouterr", "MODEL"] {
        let files = service.post(&format!("{good}/listOutputFiles?outputdirectoryid={directory}")).is(200).json();
        assert!(files["value"].as_array().is_some_and(|files| files.len() >= 2), "{files}");
    }
    service.post(&format!("{good}/listOutputFiles?outputdirectoryid=NONE"));
    assert_eq!(service.post(&format!("{good}/terminate")).status, 200);

    let failing = format!("{experiment}/jobs/failing");
    service.done(service.put(&failing, &job(&cluster, "exit 3")));
    let failed = wait_for_state(&service, &failing, "failed");
    assert_eq!(failed["properties"]["executionInfo"]["exitCode"], 3);
    assert_eq!(failed["properties"]["executionInfo"]["errors"][0]["code"], "JobFailed");

    let stopped = format!("{experiment}/jobs/stopped");
    service.done(service.put(&stopped, &job(&cluster, "sleep 1000")));
    wait_for_state(&service, &stopped, "running");
    let nodes = service.post(&format!("{stopped}/listRemoteLoginInformation")).is(200).json();
    assert_eq!(nodes["value"].as_array().map(Vec::len), Some(1), "{nodes}");
    service.done(service.post(&format!("{stopped}/terminate")));
    let errors = wait_for_state(&service, &stopped, "failed")["properties"]["executionInfo"]["errors"].clone();
    assert_eq!(errors[0]["code"], "JobTerminated");

    let list = service.get(&format!("{experiment}/jobs")).is(200).json();
    assert_eq!(list["value"].as_array().map(Vec::len), Some(3));
    service.put(&format!("{experiment}/jobs/bad"), &json!({ "properties": {} })).is(400);
    service.post(&format!("{experiment}/jobs/none/terminate")).is(404);
    delete(&service, &good);
}

#[test]
fn file_servers_are_answered_as_the_document_says() {
    let sandbox = Sandbox::new();
    let service = Checked::new(&sandbox, VERSION);
    let [workspace, _, _] = stage(&service, 0);
    let server = format!("{workspace}/fileServers/nfs");
    let body = json!({ "properties": {
        "vmSize": "STANDARD_D1",
        "sshConfiguration": { "userAccountSettings": { "adminUserName": "demo", "adminUserPassword": "Dem0Pa$$w0rd" } },
        "dataDisks": { "diskSizeInGB": 10, "diskCount": 2, "storageAccountType": "Standard_LRS" },
    } });
    service.done(service.put(&server, &body));
    assert_eq!(service.get(&server).is(200).json()["properties"]["dataDisks"]["cachingType"], "none");
    let list = service.get(&format!("{workspace}/fileServers")).is(200).json();
    assert_eq!(list["value"].as_array().map(Vec::len), Some(1));
    service.put(&format!("{workspace}/fileServers/bad"), &json!({ "properties": {} })).is(400);
    delete(&service, &server);
    service.delete(&server).is(204);
}

#[test]
fn operations_and_usages_are_answered_as_the_document_says() {
    let sandbox = Sandbox::new();
    let service = Checked::new(&sandbox, VERSION);
    let operations = service.get("/providers/Microsoft.BatchAI/operations").is(200).json();
    assert_eq!(operations["value"].as_array().map(Vec::len), Some(26));
    let usages = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/locations/eastus/usages");
    let usages = service.get(&usages).is(200).json();
    assert!(usages["value"].as_array().is_some_and(|usages| !usages.is_empty()), "{usages}");
}
