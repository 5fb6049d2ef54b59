//! `file-server create | show | list | delete`.

use serde_json::json;

use crate::support::Sandbox;

const DISKS: &str = "--disk-count 2 --disk-size 10 --storage-sku Premium_LRS";

#[test]
fn a_file_server_lives_from_create_to_delete() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create ws").succeeds();
    let words =
        format!("file-server create data -w ws -s Standard_D1 {DISKS} --caching-type readonly -u me -p hunter2");
    let created = sandbox.run(&words).succeeds();
    assert!(!created.stdout.contains("hunter2"), "{}", created.stdout);
    let created = created.json();
    assert_eq!((&created["name"], &created["vmSize"]), (&json!("data"), &json!("STANDARD_D1")));
    let disks =
        json!({ "cachingType": "readonly", "diskCount": 2, "diskSizeInGb": 10, "storageAccountType": "Premium_LRS" });
    assert_eq!(created["dataDisks"], disks);
    assert_eq!(created["sshConfiguration"]["userAccountSettings"]["adminUserName"], "me");
    assert_eq!(sandbox.run("file-server show -w ws data").succeeds().json(), created);
    let id = created["id"].as_str().expect("an id");
    assert_eq!(sandbox.run(&format!("file-server show --ids {id}")).succeeds().json(), created);
    assert_eq!(sandbox.run("file-server list -w ws").succeeds().json(), json!([created]));
    let table = sandbox.run("file-server list -w ws -o table").succeeds().stdout;
    let row: Vec<&str> = table.lines().nth(2).expect("a row").split("  ").filter(|word| !word.is_empty()).collect();
    assert_eq!(
        row[..4].iter().map(|word| word.trim()).collect::<Vec<_>>(),
        ["data", "default", "STANDARD_D1", "2 x 10 Gb"]
    );
    let mount_point = created["mountSettings"]["mountPoint"].as_str().expect("a folder");
    assert!(std::path::Path::new(mount_point).is_dir(), "{mount_point}");

    sandbox.run("file-server delete data -w ws").fails_with(1).says("Operation cancelled.");
    sandbox.run("file-server delete data -w ws -y").succeeds().prints("");
    sandbox.run("file-server show data -w ws").fails_with(3);
    assert!(!std::path::Path::new(mount_point).exists(), "{mount_point}");
    sandbox.run("file-server delete data -w ws -y --no-wait").succeeds().prints("");
}

#[test]
fn a_file_server_comes_from_a_file_and_flags_win() {
    let sandbox = Sandbox::new();
    let file = "name: data\nvmSize: standard_d1\ndataDisks: {diskCount: 1, diskSizeInGB: 5, storageAccountType: \
                Standard_LRS}\nsshConfiguration: {userAccountSettings: {adminUserName: filed, adminUserPassword: x}}\n";
    sandbox.file("server.yaml", file);
    let created = sandbox.run("file-server create -f server.yaml --disk-count 3 -s standard_d2").succeeds().json();
    assert_eq!((&created["name"], &created["vmSize"]), (&json!("data"), &json!("STANDARD_D2")));
    assert_eq!((&created["dataDisks"]["diskCount"], &created["dataDisks"]["diskSizeInGb"]), (&json!(3), &json!(5)));
    assert_eq!(created["sshConfiguration"]["userAccountSettings"]["adminUserName"], "filed");
    let subnet = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n";
    let words = format!("file-server create other -f server.yaml --subnet {subnet} --no-wait");
    sandbox.run(&words).succeeds().prints("");
    assert_eq!(sandbox.run("file-server show other").succeeds().json()["subnet"]["id"], subnet);
}

#[test]
fn what_is_missing_is_asked_for_in_the_words_of_az() {
    let sandbox = Sandbox::new();
    for (words, why) in [
        ("x --disk-count 1 --storage-sku Standard_LRS", "Please provide disk size in Gb."),
        (
            "x --disk-size 1 --storage-sku Standard_LRS",
            "Please provide number of data disks (at least one disk is required).",
        ),
        ("x --disk-count 0 --disk-size 1 --storage-sku Standard_LRS", "Please provide number of data disks"),
        ("x --disk-count 1 --disk-size 1", "Please provide storage account type (storage sku)."),
        ("x --disk-count 1 --disk-size 1 --storage-sku Fast", "invalid value 'Fast' for '--storage-sku <SKU>'"),
        ("x --disk-count 1 --disk-size 1 --storage-sku Standard_LRS --subnet y", "Ill-formed subnet resource id"),
        ("--disk-count 1 --disk-size 1 --storage-sku Standard_LRS", "the file server has no name"),
        ("x -n y --disk-count 1", "two names are given for one file server: `x`, and `y` with -n"),
    ] {
        sandbox.run(&format!("file-server create {words}")).fails_with(2).says(why).prints("");
    }
    sandbox.run(&format!("file-server create data {DISKS}")).succeeds();
    sandbox
        .run(&format!("file-server create data {DISKS}"))
        .fails_with(1)
        .says("error: \"data\" already exists in \"default\" resource group under default workspace.\n")
        .says("`batchai file-server delete -g default -w default -n data`");
    sandbox.run(&format!("file-server create data -w gone {DISKS}")).fails_with(3).says("gone");
}

#[test]
fn a_file_server_that_is_mounted_stays() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("file-server create data {DISKS}")).succeeds();
    sandbox.run("cluster create c -t 0 --nfs data").succeeds();
    sandbox.run("file-server delete data -y").fails_with(1).prints("");
    sandbox.run("cluster delete c -y").succeeds();
    sandbox.run("file-server delete data -y").succeeds();
}
