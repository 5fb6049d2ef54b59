//! What a user types.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::{fields, tree};
use crate::support::{Done, Sandbox, process, wait_until};

/// A folder with odd names, an empty file and a program.
fn furnish(sandbox: &Sandbox) {
    for (name, text) in [("data/a.bin", "a"), ("data/deep/ü b.txt", "ü"), ("data/-dash", "-"), ("data/empty", "")] {
        sandbox.file(name, text);
    }
    let program = sandbox.file("data/run.sh", "#!/bin/sh\necho ran\n");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("a program");
    sandbox.file("train.py", "print('trained')\n");
}

#[test]
fn files_and_folders_come_back_as_they_went() {
    let sandbox = Sandbox::new();
    furnish(&sandbox);
    let done = sandbox.run("storage upload train.py data -s Share --account-name Acc -p mnist").succeeds();
    let done = done.says("Made the file share Share of storage account Acc.");
    let sent = done.json();
    assert_eq!(sent[0], json!({ "name": "mnist/data/-dash", "path": "data/-dash", "size": 1, "status": "uploaded" }));
    assert_eq!(fields(&sent, "status"), ["uploaded"; 6]);

    // The account is found by the share, which only it has.
    let again = sandbox.run("storage upload data/. -s share -p mnist/data --pattern *.bin").succeeds();
    assert_eq!(
        (fields(&again.json(), "name"), fields(&again.json(), "status")),
        (vec!["mnist/data/a.bin".into()], vec!["replaced".into()])
    );
    let listed = sandbox.run("storage list -s share -r").succeeds().json();
    let names = [
        "mnist",
        "mnist/data",
        "mnist/data/-dash",
        "mnist/data/a.bin",
        "mnist/data/deep",
        "mnist/data/deep/ü b.txt",
        "mnist/data/empty",
        "mnist/data/run.sh",
        "mnist/train.py",
    ];
    assert_eq!(fields(&listed, "name"), names);
    assert_eq!(listed[7]["isExecutable"], true);
    let listed = sandbox.run("storage list -s share -p mnist/").succeeds().json();
    assert_eq!(fields(&listed, "name"), ["mnist/data", "mnist/train.py"]);

    let fetched = sandbox.run("storage download -s share mnist/data -d back").succeeds().json();
    assert_eq!(fields(&fetched, "status"), ["downloaded"; 5]);
    assert_eq!(tree(&sandbox.path("data")), tree(&sandbox.path("back/data")));
    for name in tree(&sandbox.path("data")) {
        let [here, there] =
            ["data", "back/data"].map(|folder| fs::read(sandbox.path(folder).join(&name)).expect("a file"));
        assert_eq!(here, there, "{name}");
    }
    let mode = |name: &str| fs::metadata(sandbox.path(name)).expect("a file").permissions().mode() & 0o111;
    assert!(mode("back/data/run.sh") != 0 && mode("back/data/a.bin") == 0);
    let again = sandbox.run("storage download -s share -p mnist/data -d back").succeeds().json();
    assert_eq!(fields(&again, "status"), ["unchanged"; 5]);
    sandbox.run("storage download -s share -p mnist/train.py -p mnist/data/. --dest flat --pattern *.*").succeeds();
    let flat = ["a.bin", "deep/ü b.txt", "run.sh", "train.py"];
    assert_eq!(tree(&sandbox.path("flat")).into_iter().collect::<Vec<_>>(), flat);
    sandbox.file("back/data/a.bin", "mine");
    sandbox.run("storage download -s share mnist/data -d back").fails_with(1).says("--force replaces it, -d names");
    assert_eq!(fs::read_to_string(sandbox.path("back/data/a.bin")).expect("a file"), "mine");
}

#[test]
fn a_dry_run_moves_nothing() {
    let sandbox = Sandbox::new();
    furnish(&sandbox);
    let words = "storage upload data -c models --account-name acc";
    let done = sandbox.run(&format!("{words} --dry-run")).succeeds();
    let done = done.says("Would be made first: container models of storage account acc.");
    assert_eq!(fields(&done.json(), "status"), ["would be uploaded"; 5]);
    assert_eq!(sandbox.run("storage list").succeeds().json(), json!([]));
    sandbox.run(words).succeeds();
    let planned = sandbox.run("storage download -c models --dry-run").succeeds().json();
    assert_eq!(planned[0]["path"], "./models/data/-dash");
    assert!(!sandbox.path("models").exists());
}

#[test]
fn standard_input_is_a_file_that_has_a_name() {
    let sandbox = Sandbox::new();
    let words = "storage upload - -s share --account-name acc";
    sandbox.run_fed(words, "x").fails_with(2).says("needs a name");
    sandbox.run_fed(&format!("{words} -p in/"), "x").fails_with(2);
    let sent = sandbox.run_fed(&format!("{words} -p in/x.txt"), "piped").succeeds().json();
    assert_eq!(sent, json!([{ "name": "in/x.txt", "path": "-", "size": 5, "status": "uploaded" }]));
    sandbox.run("storage download -s share in/x.txt").succeeds();
    assert_eq!(fs::read_to_string(sandbox.path("x.txt")).expect("a file"), "piped");
}

#[test]
fn volumes_are_made_listed_and_deleted_by_name() {
    let sandbox = Sandbox::new();
    sandbox.run("storage share create -n Data").fails_with(2).says("AZURE_BATCHAI_STORAGE_ACCOUNT");
    let made = sandbox.run("storage share create -n Data --storage-account-name acc").succeeds().says("Made the");
    assert_eq!((&made.json()["name"], &made.json()["kind"]), (&json!("data"), &json!("share")));
    sandbox.run("storage share create -n data --account-name acc").succeeds().does_not_say("Made the");
    sandbox.run("storage container create -n models --account-name acc").succeeds();
    sandbox.run("storage share create -n data --account-name second").succeeds();
    let listed = sandbox.run("storage list").succeeds().json();
    assert_eq!(fields(&listed, "accountName"), ["acc", "acc", "second"]);
    assert_eq!(fields(&listed, "kind"), ["share", "container", "share"]);
    assert_eq!(fields(&sandbox.run("storage list --account-name SECOND").succeeds().json(), "name"), ["data"]);
    let table = sandbox.run("storage list -o table").succeeds().stdout;
    assert!(table.starts_with("Account    Kind       Name"), "{table}");

    sandbox.run("storage list -s data").fails_with(2).says("several storage accounts have a share data: acc, second");
    let mut command = sandbox.command(["storage", "list", "-s", "data"]);
    let done = Done::of(&command.env("AZURE_BATCHAI_STORAGE_ACCOUNT", "acc").output().expect("the program"));
    assert_eq!(done.succeeds().json(), json!([]));
    sandbox.run("storage delete -s data --account-name second -y").succeeds();
    sandbox.run("storage delete -s data --account-name second -y").fails_with(3).says("there is no file share data");
    sandbox.run("storage delete -s data").fails_with(1).says("This will delete the file share data");
    sandbox.run("storage delete -s data -p . -y").fails_with(2).says("the whole share");
    sandbox.run("storage delete -s data -p gone -y").fails_with(3).says("gone");
    assert_eq!(fields(&sandbox.run("storage list").succeeds().json(), "name"), ["data", "models"]);
    sandbox.run("storage list -s none --account-name acc").fails_with(3).says("file share none");
    sandbox.run("storage list -s data -p gone").fails_with(3).says("The specified path gone is not found");
    sandbox.run("storage list -r").fails_with(2).says("--share-name or --container-name");
    sandbox.run("storage list -s data -c models").fails_with(2);
    sandbox
        .run_with(["storage", "list", "-s", "my share", "--account-name", "acc"])
        .fails_with(2)
        .says("cannot be used");
    sandbox.run("storage upload gone -s data").fails_with(2).says("gone: there is no such file or folder");
}

#[test]
fn what_a_cluster_mounts_is_not_taken_from_under_it() {
    let sandbox = Sandbox::new();
    sandbox.file("x", "x");
    sandbox.run("storage upload x -s data --account-name acc").succeeds();
    sandbox.run("cluster create -n c --target 0 --afs-name DATA --storage-account-name Acc").succeeds();
    sandbox.run("storage delete -s data -y").fails_with(1).says("is mounted by the cluster c of workspace default");
    sandbox.run("storage delete -s data x -y").succeeds();
    sandbox.run("cluster delete -n c -y").succeeds();
    sandbox.run("storage delete -s data -y").succeeds();
}

#[test]
fn auto_storage_is_there_before_any_node_and_goes_from_upload_to_download() {
    let sandbox = Sandbox::new();
    sandbox.run("cluster create -n c --target 0 --use-auto-storage").succeeds();
    let listed = sandbox.run("storage list").succeeds().json();
    assert_eq!(fields(&listed, "name"), ["batchaishare", "batchaicontainer"]);
    sandbox.file("in/data.txt", "12\n30\n");
    sandbox.run("storage upload in -c batchaicontainer").succeeds();
    sandbox.run("cluster resize -n c --target 1").succeeds();
    let mounts = "$AZ_BATCHAI_MOUNT_ROOT";
    sandbox.job_file(&format!("mkdir {mounts}/autoafs/model; awk '{{s+=$1}} END {{print s}}' {mounts}/autobfs/in/data.txt > {mounts}/autoafs/model/sum"));
    sandbox.run("job run -c c -f job.json").succeeds();
    sandbox.run("storage download -s batchaishare model").succeeds();
    assert_eq!(fs::read_to_string(sandbox.path("model/sum")).expect("the model"), "42\n");
}

#[test]
fn a_thousand_files_arrive_and_come_back() {
    let sandbox = Sandbox::new();
    for number in 0..1000 {
        sandbox.file(&format!("many/{}/{number}", number % 7), &number.to_string());
    }
    let sent = sandbox.run("storage upload many -s share --account-name acc").succeeds().json();
    assert_eq!(sent.as_array().map(Vec::len), Some(1000));
    assert_eq!(fields(&sandbox.run("storage list -s share -r").succeeds().json(), "name").len(), 1008);
    sandbox.run("storage download -s share many -d back -o none").succeeds();
    assert_eq!(tree(&sandbox.path("many")), tree(&sandbox.path("back/many")));
}

#[test]
fn a_download_that_broke_off_goes_on_where_it_ended() {
    let sandbox = Sandbox::new();
    let text: String = (0..200_000).map(|number| format!("{number}\n")).collect();
    sandbox.file("big", &text);
    sandbox.run("storage upload big -s share --account-name acc").succeeds();
    let listed = sandbox.run("storage list -s share").succeeds().json();
    let modified: jiff::Timestamp = listed[0]["lastModified"].as_str().and_then(|at| at.parse().ok()).expect("a time");
    let part = format!("back/.big.{:x}-{:x}.part", modified.as_millisecond(), text.len());
    // What is in the part is not fetched again, which a part of other bytes shows.
    sandbox.file(&part, &"x".repeat(1000));
    let fetched = sandbox.run("storage download -s share big -d back").succeeds().json();
    assert_eq!(fields(&fetched, "status"), ["resumed"]);
    let got = fs::read_to_string(sandbox.path("back/big")).expect("a file");
    assert!(got.len() == text.len() && got.starts_with("xxx") && got[1000..] == text[1000..]);
    assert_eq!(tree(&sandbox.path("back")).len(), 1);
}

#[test]
fn shares_containers_and_what_is_in_them_are_completed() {
    let sandbox = Sandbox::new();
    furnish(&sandbox);
    sandbox.run("storage upload data train.py -s share --account-name acc").succeeds();
    sandbox.run("storage container create -n models --account-name acc").succeeds();
    let offers = |line: &str, expected: &[&str]| {
        // Whoever asks has little patience, and the machine may be busy.
        wait_until(&format!("{line} is completed"), || {
            let index = line.split(' ').count() - 1;
            let words = ["__complete".to_owned(), "zsh".into(), index.to_string()];
            let done = sandbox.run_with(words.into_iter().chain(line.split(' ').map(str::to_owned)));
            done.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default()).eq(expected.iter().copied())
        });
    };
    offers("batchai storage list -s ", &["share"]);
    offers("batchai storage list -c ", &["models"]);
    offers("batchai cluster create --afs-name ", &["share"]);
    offers("batchai storage list --account-name ", &["acc"]);
    offers("batchai storage download -s share da", &["data/"]);
    offers("batchai storage delete -s share data/d", &["data/deep/"]);
    offers("batchai storage upload -s share -p ", &["data/"]);
    assert!(process::is_running(sandbox.server()));
}
