//! Shares and containers that the settings of the server put elsewhere.

use std::fs;

use serde_json::json;

use super::{fields, tree};
use crate::support::Sandbox;

#[test]
fn a_share_that_is_a_directory_is_used_there_and_one_that_a_program_mounts_is_refused() {
    let sandbox = Sandbox::new();
    let disk = sandbox.path("disk");
    fs::create_dir(&disk).expect("a folder");
    let accounts = json!({ "acc": {
        "shares": { "data": { "path": disk }, "gone": { "path": sandbox.path("no/such/disk") } },
        "containers": { "models": { "rclone": true } },
    } });
    fs::create_dir(sandbox.home()).expect("a home");
    let settings = json!({ "storage": { "accounts": accounts } });
    fs::write(sandbox.home().join("server.yaml"), settings.to_string()).expect("settings");
    sandbox.file("in/deep/x", "x");
    sandbox.run("storage upload in -s data --account-name acc").succeeds().does_not_say("Made the");
    assert_eq!(tree(&disk).into_iter().collect::<Vec<_>>(), ["in/deep/x"]);
    assert!(!disk.join(".batchai-incoming").exists());
    assert_eq!(fields(&sandbox.run("storage list").succeeds().json(), "name"), ["data", "models"]);

    // Somebody may have left something there, and nobody sees it.
    fs::create_dir(disk.join(".batchai-incoming")).expect("a folder");
    fs::write(disk.join(".batchai-incoming/left"), "left").expect("a file");
    let listed = sandbox.run("storage list -s data -r").succeeds().json();
    assert_eq!(fields(&listed, "name"), ["in", "in/deep", "in/deep/x"]);
    for words in ["download -s data .batchai-incoming/left -d back", "delete -s data .batchai-incoming -y"] {
        sandbox.run(&format!("storage {words}")).fails_with(1).says("where files wait");
    }
    sandbox.run("storage download -s data in -d back").succeeds();
    assert_eq!(tree(&sandbox.path("back")).into_iter().collect::<Vec<_>>(), ["in/deep/x"]);
    sandbox.run("storage delete -s data in -y").succeeds();
    sandbox.run("storage delete -s data -y").fails_with(1).says("stays: delete what is in it");
    assert!(disk.is_dir());

    let why = "The container models of storage account acc is not kept by this server: rclone mounts it";
    sandbox.run("storage upload in -c models").fails_with(1).says(why).says("Use `rclone copy`");
    sandbox.run("storage list -c models").fails_with(1).says(why);
    sandbox.run("storage upload in -s gone --account-name acc").fails_with(1).says("no/such/disk");
}

#[test]
fn nobody_writes_in_the_place_of_a_disk_that_is_missing() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.home()).expect("a home");
    let share = json!({ "path": sandbox.path("no/such/disk") });
    let settings = json!({ "storage": { "accounts": { "acc": { "shares": { "data": share } } } } });
    fs::write(sandbox.home().join("server.yaml"), settings.to_string()).expect("settings");
    let volume = json!({
        "accountName": "acc", "azureFileUrl": "https://acc.file.core.windows.net/data", "relativeMountPath": "m"
    });
    let volumes = json!({ "azureFileShares": [volume] });
    let command = json!({ "commandLine": "echo lost > $AZ_BATCHAI_JOB_MOUNT_ROOT/m/model" });
    sandbox.spec("job.json", &json!({ "mountVolumes": volumes, "customToolkitSettings": command }));
    let done = sandbox.run("job run -f job.json -n j");
    assert_ne!(done.code, 0);
    assert!(done.stderr.contains("no/such/disk: No such file or directory"), "{}", done.stderr);
    let scale = json!({ "manual": { "targetNodeCount": 1 } });
    sandbox.spec("cluster.json", &json!({ "scaleSettings": scale, "nodeSetup": { "mountVolumes": volumes } }));
    sandbox.run("cluster create -n c -f cluster.json").succeeds();
    sandbox.wait_for_nodes("c", "unusableNodeCount", 1);
    assert!(!sandbox.path("no").exists());
}
