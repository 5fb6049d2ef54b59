//! What a server really answers in the two older versions, whose resources lie directly in a group.

use serde_json::{Value, json};

use crate::support::{Checked, SUBSCRIPTION, Sandbox, wait_until};

fn account() -> Value {
    json!({ "adminUserName": "demo", "adminUserPassword": "Dem0Pa$$w0rd" })
}

fn file_server() -> Value {
    json!({ "location": "eastus", "properties": {
        "vmSize": "STANDARD_D1",
        "sshConfiguration": { "userAccountSettings": account() },
        "dataDisks": { "diskSizeInGB": 10, "diskCount": 2, "storageAccountType": "Standard_LRS" },
    } })
}

fn cluster(file_server: &str) -> Value {
    json!({ "location": "eastus", "tags": { "a": "b" }, "properties": {
        "vmSize": "STANDARD_D1",
        "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "userAccountSettings": account(),
        "nodeSetup": { "mountVolumes": {
            "fileServers": [{ "fileServer": { "id": file_server }, "relativeMountPath": "nfs" }],
            "azureFileShares": [{
                "accountName": "account",
                "azureFileUrl": "https://account.file.core.windows.net/share",
                "relativeMountPath": "share",
                "credentials": { "accountKey": "c2VjcmV0" },
            }],
        } },
    } })
}

fn job(cluster: &str, command: &str) -> Value {
    json!({ "location": "eastus", "properties": {
        "cluster": { "id": cluster },
        "nodeCount": 1,
        "priority": 5,
        "experimentName": "first",
        "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/share",
        "environmentVariables": [{ "name": "NAME", "value": "value" }],
        "inputDirectories": [{ "id": "DATA", "path": "$AZ_BATCHAI_MOUNT_ROOT/share/data" }],
        "outputDirectories": [{ "id": "MODEL", "pathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/share", "type": "model" }],
        "jobPreparation": { "commandLine": "echo prepared" },
        "customToolkitSettings": { "commandLine": command },
    } })
}

#[track_caller]
fn wait_for_state(service: &Checked, job: &str, state: &str) {
    wait_until(&format!("{job} is {state}"), || {
        let shown = service.get(job).is(200).json();
        shown["properties"]["executionState"].as_str().is_some_and(|now| now.eq_ignore_ascii_case(state))
    });
}

/// Goes through every operation of a version.
#[track_caller]
fn live(version: &str) {
    let sandbox = Sandbox::new();
    let service = Checked::new(&sandbox, version);
    let all = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI");
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/Group/providers/Microsoft.BatchAI");
    let [server, c, good, stopped] =
        ["fileServers/nfs", "clusters/c", "jobs/good", "jobs/stopped"].map(|path| format!("{group}/{path}"));
    service.get("/providers/Microsoft.BatchAI/operations").is(200);
    if version == "2018-03-01" {
        service.get(&format!("{all}/locations/eastus/usages")).is(200);
    }
    service.done(service.put(&server, &file_server()));
    service.done(service.put(&c, &cluster(&server)));
    service.done(service.put(&good, &job(&c, "echo hi > $AZ_BATCHAI_OUTPUT_MODEL/result.txt")));
    wait_for_state(&service, &good, "succeeded");
    service.post(&format!("{good}/listOutputFiles?outputdirectoryid=MODEL")).is(200);
    service.done(service.put(&stopped, &job(&c, "sleep 1000")));
    wait_for_state(&service, &stopped, "running");
    for path in [&c, &stopped] {
        let nodes = service.post(&format!("{path}/listRemoteLoginInformation")).is(200).json();
        assert_eq!(nodes["value"].as_array().map(Vec::len), Some(1), "{nodes}");
    }
    service.done(service.post(&format!("{stopped}/terminate")));
    wait_for_state(&service, &stopped, "failed");
    let scale = json!({ "tags": {}, "properties": { "scaleSettings": { "manual": { "targetNodeCount": 0 } } } });
    service.patch(&c, &scale).is(200);
    for (kind, count) in [("fileServers", 1), ("clusters", 1), ("jobs", 2)] {
        for scope in [&all, &group] {
            let list = service.get(&format!("{scope}/{kind}")).is(200).json();
            assert_eq!(list["value"].as_array().map(Vec::len), Some(count), "{scope}/{kind}");
        }
        service.get(&format!("{group}/{kind}/none")).is(404);
        service.put(&format!("{group}/{kind}/bad"), &json!({ "location": "eastus", "properties": {} })).is(400);
    }
    for path in [&good, &stopped, &c, &server] {
        service.done(service.delete(path));
        wait_until(&format!("{path} is gone"), || service.get(path).status == 404);
        service.delete(path).is(204);
    }
    assert_eq!(service.not_called(), Vec::<&str>::new());
}

#[test]
fn every_operation_of_2018_03_01_is_answered_as_the_document_says() {
    live("2018-03-01");
}

#[test]
fn every_operation_of_the_preview_is_answered_as_the_document_says() {
    live("2017-09-01-preview");
}
