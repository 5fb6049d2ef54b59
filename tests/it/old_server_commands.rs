//! The commands about machines against a server that speaks nothing but 2018-05-01: what other people's servers ask
//! for is asked of the user, or looked up.

use serde_json::{Value, json};

use crate::support::Served;

/// With a workspace.
#[track_caller]
fn start() -> Served {
    let old = Served::old();
    old.run("workspace create default -l eastus").succeeds();
    old
}

#[test]
fn a_cluster_needs_a_size_and_an_administrator_and_takes_those_of_the_user() {
    let old = start();
    old.run("cluster create c -t 0").fails_with(2).says("Please provide VM size");
    old.run("cluster create c -t 0 -s STANDARD_D1")
        .fails_with(2)
        .says("Please provide admin user password or ssh key.");
    let made = old.run("cluster create c -t 0 -s STANDARD_D1 -p hunter2").succeeds().json();
    assert_eq!(made["userAccountSettings"]["adminUserName"], "somebody");
    old.run("cluster create c -t 0 -s STANDARD_D1 -p x").fails_with(1).says("\"c\" already exists in");

    let resized = old.run("cluster resize c -t 1").succeeds().json();
    assert_eq!(resized["scaleSettings"]["manual"]["targetNodeCount"], 1);
    let scaled = old.run("cluster auto-scale c --min 0 --max 1").succeeds().json();
    assert_eq!(scaled["scaleSettings"]["autoScale"]["maximumNodeCount"], 1);
    assert!(old.run("cluster node list c").succeeds().json().is_array());
    assert_eq!(old.run("list-usages -l eastus").succeeds().json()[0]["currentValue"], 1);
}

#[test]
fn keys_of_storage_accounts_are_looked_up_where_nobody_gave_them() {
    let old = start();
    let cluster = "cluster create c -t 0 -s STANDARD_D1 -p x --afs-name share --bfs-name box --storage-account-name";
    old.run(&format!("{cluster} acc")).fails_with(1).says("Cannot find \"acc\" storage account.");
    let made = old.run(&format!("{cluster} acc --storage-account-key a2V5")).succeeds().json();
    assert_eq!(made["nodeSetup"]["mountVolumes"]["azureFileShares"][0]["accountName"], "acc");
    // It belongs to whoever mounted it first, so now it is found.
    let found = old.run(&format!("{} acc", cluster.replace("create c", "create d"))).succeeds().json();
    assert_eq!(found["nodeSetup"]["mountVolumes"]["azureBlobFileSystems"][0]["containerName"], "box");
    let prefix = old.server.work().display().to_string();
    let job = json!({ "stdOutErrPathPrefix": prefix, "customToolkitSettings": { "commandLine": "true" } });
    old.user.spec("job.json", &job);
    old.run("experiment create e").succeeds();
    let words = "job create -e e -c d -f job.json --afs-name share --storage-account-name";
    old.run(&format!("{words} gone -n j")).fails_with(1).says("Cannot find \"gone\" storage account.");
    let job = old.run(&format!("{words} acc -n j")).succeeds().json();
    assert_eq!(job["mountVolumes"]["azureFileShares"][0]["accountName"], "acc");
}

#[test]
fn a_file_server_is_made_and_mounted() {
    let old = start();
    let disks = "--disk-count 1 --disk-size 10 --storage-sku Standard_LRS";
    old.run(&format!("file-server create data {disks} -p x")).fails_with(2).says("Please provide VM size.");
    let made = old.run(&format!("file-server create data {disks} -s STANDARD_D1 -p x")).succeeds().json();
    assert_eq!(made["sshConfiguration"]["userAccountSettings"]["adminUserName"], "somebody");
    assert_eq!(old.run("file-server list").succeeds().json()[0]["name"], "data");
    old.run("cluster create c -t 0 -s STANDARD_D1 -p x --nfs data").succeeds();
    old.run("cluster delete c -y").succeeds();
    old.run("file-server delete data -y").succeeds();
    old.run("file-server show data").fails_with(3);
}

#[test]
fn what_only_our_own_server_can_is_refused_with_a_way_out() {
    let old = start();
    old.run("cluster create c -t 0 -s STANDARD_D1 -p x --use-auto-storage")
        .fails_with(1)
        .says("cannot use auto storage")
        .says("hint: make a share and a container there");
    let task = json!({ "commandLine": "true", "stdOutErrPathPrefix": "/tmp" });
    let spec = json!({ "vmSize": "STANDARD_D1", "scaleSettings": { "manual": { "targetNodeCount": 0 } },
                       "nodeSetup": { "setupTask": task } });
    old.user.spec("c.json", &spec);
    old.run("cluster create c -f c.json -p x").succeeds();
    old.run("cluster file list c").fails_with(1).says("does not list what set-up tasks wrote").says("at /tmp/");
    old.run("cluster create none -t 0 -s STANDARD_D1 -p x").succeeds();
    assert_eq!(old.run("cluster file list none").succeeds().json(), Value::Array(Vec::new()));
}
