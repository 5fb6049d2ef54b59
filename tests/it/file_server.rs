//! File servers: made, mounted, and deleted with what is on them.

use serde_json::{Value, json};

use crate::support::{Rest, SUBSCRIPTION, Sandbox, wait_until};

const VERSION: &str = "2018-05-01";

fn workspace(rest: &Rest, name: &str) -> String {
    let path =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/Group/providers/Microsoft.BatchAI/workspaces/{name}");
    rest.put(&path, &json!({ "location": "eastus" })).is(200);
    path
}

fn body() -> Value {
    json!({ "properties": {
        "vmSize": "Standard_DS1_v2",
        "sshConfiguration": {
            "publicIPsToAllow": ["1.2.3.0/24"],
            "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "secret-pw-1" },
        },
        "dataDisks": { "diskSizeInGB": 10, "diskCount": 2, "storageAccountType": "premium_lrs" },
    } })
}

fn cluster(server: &str) -> Value {
    json!({ "properties": {
        "vmSize": "Standard_D1", "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "secret-pw-1" },
        "nodeSetup": { "mountVolumes": {
            "azureFileShares": [{ "accountName": "a", "azureFileUrl": "https://a.file.core.windows.net/s",
                "relativeMountPath": "share", "credentials": { "accountKey": "c2VjcmV0" } }],
            "fileServers": [{ "fileServer": { "id": server }, "relativeMountPath": "nfs" }],
        } },
    } })
}

fn job(cluster: &str, command: &str) -> Value {
    json!({ "properties": {
        "cluster": { "id": cluster }, "nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_TEMP",
        "customToolkitSettings": { "commandLine": command },
    } })
}

/// The directory that a file server exports.
fn export(server: &Value) -> std::path::PathBuf {
    server["properties"]["mountSettings"]["mountPoint"].as_str().expect("a mount point").into()
}

fn wait_until_gone(rest: &Rest, path: &str) {
    wait_until(&format!("{path} is gone"), || rest.get(path).status == 404);
}

#[test]
fn a_file_server_is_answered_in_the_words_of_the_service() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let path = format!("{}/fileServers/Nfs", workspace(&rest, "w"));
    let answer = rest.put(&path, &body()).is(200);
    assert!(answer.header("etag").is_some());
    let made = answer.json();
    let id = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/group/providers/Microsoft.BatchAI/workspaces/w");
    assert_eq!(made["id"], format!("{id}/fileservers/Nfs"));
    assert_eq!(made["type"], "Microsoft.BatchAI/workspaces/fileservers");
    let properties = &made["properties"];
    assert_eq!(
        (&properties["provisioningState"], &properties["vmSize"]),
        (&json!("succeeded"), &json!("STANDARD_DS1_V2"))
    );
    assert_eq!(
        properties["dataDisks"],
        json!({ "diskSizeInGB": 10, "diskCount": 2, "storageAccountType": "Premium_LRS", "cachingType": "none" })
    );
    assert_eq!(
        properties["sshConfiguration"],
        json!({ "publicIPsToAllow": ["1.2.3.0/24"], "userAccountSettings": { "adminUserName": "me" } })
    );
    let subnet = properties["subnet"]["id"].as_str().expect("a subnet");
    assert!(subnet.contains("/resourceGroups/fileserverrg-") && subnet.ends_with("vnet/subnets/Subnet-1"), "{subnet}");
    assert!(export(&made).is_dir());
    assert_eq!(rest.get(&path.to_lowercase()).is(200).json(), made, "the same every time, its subnet too");
    assert_eq!(rest.put(&path, &body()).is(200).json(), made, "a repeated PUT answers what is there");
    let mut other = body();
    other["properties"]["dataDisks"]["diskCount"] = json!(3);
    assert_eq!(rest.put(&path, &other).is(409).json()["error"]["code"], "ResourceAlreadyExists");
    let list = rest.get(path.rsplit_once('/').expect("a list").0).is(200).json();
    assert_eq!(list["value"], json!([made]));
}

#[test]
fn all_mistakes_in_a_file_server_come_at_once() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let path = format!("{}/fileServers/nfs", workspace(&rest, "w"));
    let mut wrong = body();
    wrong["properties"]["vmSize"] = json!("a b");
    wrong["properties"]["sshConfiguration"] = json!({
        "publicIPsToAllow": vec![""; 401], "userAccountSettings": { "adminUserName": "" },
    });
    let error = rest.put(&path, &wrong).is(400).json()["error"].clone();
    let targets: Vec<&str> =
        error["details"].as_array().expect("details").iter().filter_map(|d| d["target"].as_str()).collect();
    for expected in [
        "properties.vmSize",
        "properties.sshConfiguration.userAccountSettings.adminUserName",
        "properties.sshConfiguration.userAccountSettings.adminUserSshPublicKey",
        "properties.sshConfiguration.publicIPsToAllow",
        "properties.sshConfiguration.publicIPsToAllow[400]",
    ] {
        assert!(targets.contains(&expected), "{expected}: {targets:?}");
    }
    let mut wrong = body();
    wrong["properties"]["dataDisks"] = json!({ "diskSizeInGB": 0, "diskCount": 0, "storageAccountType": "x" });
    let error = rest.put(&path, &wrong).is(400).json()["error"].clone();
    assert_eq!(error["details"].as_array().map(Vec::len), Some(3), "{error}");
    let missing = rest.get(&path).is(404);
    assert_eq!(missing.json()["error"]["code"], "FileServerNotFound");
    assert_eq!(missing.reason, "The specified file server nfs is not found");
    assert_eq!(rest.get(&path.replace("/w/", "/none/")).is(404).json()["error"]["code"], "WorkspaceNotFound");
    rest.delete(&path).is(204);
}

#[test]
fn what_is_written_to_a_file_server_stays_until_it_is_deleted() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let workspace = workspace(&rest, "w");
    let (server, c) = (format!("{workspace}/fileServers/nfs"), format!("{workspace}/clusters/c"));
    let made = rest.put(&server, &body()).is(200).json();
    let made_cluster = rest.put(&c, &cluster(&server)).is(200).json();
    let mounted = &made_cluster["properties"]["nodeSetup"]["mountVolumes"]["fileServers"][0];
    assert_eq!(mounted["fileServer"]["id"], made["id"], "as the service writes ids");
    assert_eq!(made_cluster["properties"]["subnet"], made["properties"]["subnet"], "nodes are where it is reached");
    rest.put(&c, &cluster(&server)).is(200);
    rest.put(&format!("{workspace}/experiments/e"), &json!({})).is(200);
    let writes = format!("{workspace}/experiments/e/jobs/writes");
    rest.put(&writes, &job(&c, "echo kept > $AZ_BATCHAI_MOUNT_ROOT/nfs/f")).is(200);
    wait_until("the job ends", || rest.get(&writes).json()["properties"]["executionState"] == "succeeded");
    assert_eq!(std::fs::read_to_string(export(&made).join("f")).expect("a file"), "kept\n");

    let refused = rest.delete(&server).is(409).json()["error"].clone();
    assert_eq!(refused["code"], "ResourceInUse");
    let message = "The file server nfs is mounted by the cluster c of workspace w: delete that first, then try again";
    assert_eq!(refused["message"], message);
    assert!(export(&made).join("f").is_file());

    // A cluster that is going away is waited for.
    rest.delete(&c);
    rest.delete(&server);
    wait_until_gone(&rest, &server);
    assert!(!export(&made).exists(), "its disks go with it");
    rest.delete(&server).is(204);
    let again = rest.put(&server, &body()).is(200).json();
    assert_eq!(std::fs::read_dir(export(&again)).expect("a directory").count(), 0, "a new one is empty");
}

#[test]
fn a_file_server_that_a_job_mounts_is_not_deleted_under_it() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let workspace = workspace(&rest, "w");
    let (server, c) = (format!("{workspace}/fileServers/nfs"), format!("{workspace}/clusters/c"));
    rest.put(&server, &body()).is(200);
    let mut plain = cluster(&server);
    plain["properties"]["nodeSetup"] = json!({});
    rest.put(&c, &plain).is(200);
    rest.put(&format!("{workspace}/experiments/e"), &json!({})).is(200);
    let mounts = |nodes: u32| {
        let mut mounts = job(&c, "sleep 1000");
        mounts["properties"]["nodeCount"] = json!(nodes);
        mounts["properties"]["mountVolumes"] =
            json!({ "fileServers": [{ "fileServer": { "id": server }, "relativeMountPath": "nfs" }] });
        mounts
    };
    // One that runs, and one that waits for more nodes than there are.
    for (name, nodes, state) in [("runs", 1, "running"), ("waits", 2, "queued")] {
        let path = format!("{workspace}/experiments/e/jobs/{name}");
        rest.put(&path, &mounts(nodes)).is(200);
        wait_until("the state", || rest.get(&path).json()["properties"]["executionState"] == state);
        let message = rest.delete(&server).is(409).json()["error"]["message"].clone();
        assert!(
            message.as_str().is_some_and(|text| text.contains(&format!("job {name} of experiment e"))),
            "{message}"
        );
        rest.delete(&path);
        wait_until_gone(&rest, &path);
    }
    rest.delete(&server);
    wait_until_gone(&rest, &server);
}

#[test]
fn mounting_a_file_server_that_is_not_there_is_refused() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let workspace = workspace(&rest, "w");
    let (missing, c) = (format!("{workspace}/fileServers/none"), format!("{workspace}/clusters/c"));
    let error = rest.put(&c, &cluster(&missing)).is(400).json()["error"].clone();
    assert_eq!(error["code"], "FileServerNotFound");
    assert_eq!(error["target"], "properties.nodeSetup.mountVolumes.fileServers[0].fileServer.id");
    rest.get(&c).is(404);
    let mut plain = cluster(&missing);
    plain["properties"]["nodeSetup"] = json!({});
    rest.put(&c, &plain).is(200);
    rest.put(&format!("{workspace}/experiments/e"), &json!({})).is(200);
    let mut mounts = job(&c, "true");
    mounts["properties"]["mountVolumes"] =
        json!({ "fileServers": [{ "fileServer": { "id": missing }, "relativeMountPath": "nfs" }] });
    let error = rest.put(&format!("{workspace}/experiments/e/jobs/j"), &mounts).is(400).json()["error"].clone();
    assert_eq!(error["target"], "properties.mountVolumes.fileServers[0].fileServer.id");
}

#[test]
fn a_workspace_goes_with_its_file_servers_unless_something_outside_mounts_them() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let (inner, outer) = (workspace(&rest, "inner"), workspace(&rest, "outer"));
    let server = format!("{inner}/fileServers/nfs");
    let made = rest.put(&server, &body()).is(200).json();
    for workspace in [&inner, &outer] {
        rest.put(&format!("{workspace}/clusters/c"), &cluster(&server)).is(200);
    }
    let error = rest.delete(&inner).is(409).json()["error"].clone();
    assert!(error["message"].as_str().is_some_and(|text| text.contains("cluster c of workspace outer")), "{error}");
    assert_eq!(rest.get(&inner).is(200).json()["properties"]["provisioningState"], "succeeded");
    rest.get(&format!("{inner}/clusters/c")).is(200);

    let other = format!("{outer}/clusters/c");
    rest.delete(&other);
    wait_until_gone(&rest, &other);
    rest.delete(&inner);
    wait_until_gone(&rest, &inner);
    assert!(!export(&made).exists());
    rest.get(&outer).is(200);
}

#[test]
fn a_group_goes_with_file_servers_that_its_own_workspaces_mount_from_each_other() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let (one, two) = (workspace(&rest, "one"), workspace(&rest, "two"));
    let server = format!("{one}/fileServers/nfs");
    let made = rest.put(&server, &body()).is(200).json();
    rest.put(&format!("{two}/clusters/c"), &cluster(&server)).is(200);
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/group");
    let status = rest.delete(&group).status;
    assert!([200, 202].contains(&status), "{status}");
    for path in [&one, &two, &group] {
        wait_until_gone(&rest, path);
    }
    assert!(!export(&made).exists());
}

#[test]
fn an_operation_of_a_deletion_ends_with_its_file_server() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, VERSION);
    let workspace = workspace(&rest, "w");
    let (server, c) = (format!("{workspace}/fileServers/nfs"), format!("{workspace}/clusters/c"));
    rest.put(&server, &body()).is(200);
    rest.put(&c, &cluster(&server)).is(200);
    rest.put(&format!("{workspace}/experiments/e"), &json!({})).is(200);
    let j = format!("{workspace}/experiments/e/jobs/j");
    // It holds the cluster, and the cluster holds the file server, for longer than a request waits.
    rest.put(&j, &job(&c, "trap '' TERM; touch $AZ_BATCHAI_MOUNT_ROOT/nfs/up; while true; do sleep 1; done")).is(200);
    let made = rest.get(&server).json();
    wait_until("the job runs", || export(&made).join("up").exists());
    rest.delete(&c).is(202);
    let accepted = rest.delete(&server).is(202);
    assert_eq!(rest.get(&server).is(200).json()["properties"]["provisioningState"], "deleting");
    assert_eq!(rest.put(&server, &body()).is(409).json()["error"]["code"], "ResourceIsBeingDeleted");
    let late = rest.put(&format!("{workspace}/clusters/late"), &cluster(&server)).is(409).json();
    assert_eq!(late["error"]["code"], "ResourceIsBeingDeleted");
    let location = accepted.header("location").expect("a location").to_owned();
    wait_until("the operation ends", || rest.get(&location).status != 202);
    rest.get(&server).is(404);
}
