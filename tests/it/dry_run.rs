//! `job create | run --dry-run`: the request, the plan, and that nothing is made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Network, SUBSCRIPTION, Sandbox};

/// What runs `env`, and says where its lines begin and end.
const ENV: &str = "customToolkitSettings: {commandLine: 'env -0 > $AZ_BATCHAI_OUTPUT_OUT/env'}\n\
                   outputDirectories: [{id: OUT}]\n\
                   environmentVariables: [{name: MODE, value: $HOME/fast}]\n\
                   secrets: [{name: KEY, value: hunter2}]\n";

fn variables(of: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    of.as_array().expect("a list").iter().map(|pair| (text(&pair["name"]), text(&pair["value"]))).collect()
}

#[test]
fn nothing_is_made_and_what_would_be_is_said() {
    let sandbox = Sandbox::new();
    sandbox.file("job.yaml", "customToolkitSettings: {commandLine: echo hi}\n");
    for command in ["create", "run"] {
        let done = sandbox.run(&format!("job {command} -f job.yaml -n train --dry-run")).succeeds();
        let printed = done.json();
        assert_eq!(printed["request"]["method"], "PUT");
        let url = printed["request"]["url"].as_str().expect("a url");
        assert!(url.ends_with("/workspaces/default/experiments/default/jobs/train?api-version=2026-11-01"), "{url}");
        let command_line = &printed["request"]["body"]["properties"]["customToolkitSettings"]["commandLine"];
        assert_eq!(command_line, "echo hi");
        let plan = &printed["plan"];
        assert_eq!(plan["wouldMake"], json!(["workspace", "experiment", "cluster"]));
        assert_eq!(plan["processes"][0]["commandLine"], "echo hi");
        assert_eq!(plan["exitCode"], "the process `job`");
        assert!(plan.get("wouldQueue").is_none() && plan.get("unsupported").is_none(), "{plan}");
    }
    assert_eq!(sandbox.run("workspace list").succeeds().json(), json!([]));
}

#[test]
fn what_is_named_must_be_there_and_a_name_must_be_free() {
    let sandbox = Sandbox::new();
    sandbox.file("job.yaml", "customToolkitSettings: {commandLine: echo hi}\n");
    sandbox.run("job create -f job.yaml --dry-run -w none").fails_with(3).says("workspace none is not found");
    sandbox.run("job create -f job.yaml --dry-run -e none").fails_with(3).says("experiment none is not found");
    sandbox.run("job create -f job.yaml --dry-run -c none").fails_with(3);
    sandbox.run("job run -f job.yaml -n train").succeeds();
    sandbox.run("job create -f job.yaml -n train --dry-run").fails_with(1).says("already exists");
    sandbox.run("job create -f job.yaml -c none -n other --dry-run").fails_with(3).says("cluster none is not found");
    sandbox.file("wrong.yaml", "nodeCount: 1000\ncustomToolkitSettings: {commandLine: echo hi}\n");
    let refused = sandbox.run("job create -f wrong.yaml -n other --dry-run").stderr;
    assert_eq!(refused, sandbox.run("job create -f wrong.yaml -n other").stderr, "the same refusal");
}

#[test]
fn the_planned_environment_is_the_one_that_the_job_gets() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n default").succeeds();
    sandbox.run("cluster create -n c --target 1").succeeds();
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    sandbox.file("job.yaml", ENV);
    let planned = sandbox.run("job create -f job.yaml -n train -c c --dry-run").succeeds();
    assert!(!planned.stdout.contains("hunter2"), "{}", planned.stdout);
    let planned = planned.json();
    assert_eq!(planned["request"]["body"]["properties"]["secrets"], json!([{ "name": "KEY", "value": "***" }]));
    let mut planned = variables(&planned["plan"]["processes"][0]["environment"]);
    assert_eq!(planned.remove("KEY").as_deref(), Some("***"));

    sandbox.run("job run -f job.yaml -n train -c c").succeeds();
    let written = sandbox.run("job file stream -j train -d OUT -f env").succeeds().stdout;
    let mut real: BTreeMap<String, String> = written
        .split('\0')
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(real.remove("KEY").as_deref(), Some("hunter2"));
    // What a shell adds by itself.
    for name in ["_", "SHLVL", "PWD", "OLDPWD"] {
        real.remove(name);
    }
    let run = real["BATCHAI_RUN_ID"].clone();
    let segment = sandbox.job("train")["jobOutputDirectoryPathSegment"].as_str().expect("a segment").to_owned();
    let uuid = segment.rsplit('/').next().expect("a part").to_owned();
    for value in real.values_mut() {
        *value = value.replace(&run, "dry-run").replace(&uuid, "dry-run");
    }
    assert_eq!(planned, real);
    assert!(planned["MODE"].ends_with("/fast") && planned["MODE"].starts_with('/'), "{}", planned["MODE"]);
}

#[test]
fn ranks_are_dealt_to_nodes_and_a_job_that_is_too_large_or_cannot_run_says_so() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n default").succeeds();
    sandbox.run("cluster create -n c --target 1").succeeds();
    let two = "nodeCount: 2\njobPreparation: {commandLine: make}\n\
               pyTorchSettings: {pythonScriptFilePath: t.py, processCount: 4}\n";
    sandbox.file("two.yaml", two);
    let done = sandbox.run("job create -f two.yaml -n t -c c --dry-run").succeeds().says("can never start");
    let plan = &done.json()["plan"];
    assert!(plan["wouldQueue"].as_str().is_some_and(|why| why.contains("fixed at 1 node")), "{plan}");
    let nodes: Vec<&Value> = plan["nodes"].as_array().expect("nodes").iter().map(|node| &node["id"]).collect();
    let ranks: Vec<&Value> = plan["processes"].as_array().expect("ranks").iter().map(|p| &p["node"]).collect();
    assert_eq!(ranks, [nodes[0], nodes[0], nodes[1], nodes[1]]);
    assert_eq!(plan["processes"][3]["rank"], 3);
    assert_eq!(plan["preparation"]["commandLine"], "make");
    assert_ne!(plan["nodes"][0]["address"], plan["nodes"][1]["address"]);

    let table = sandbox.run("job create -f two.yaml -n t -c c --dry-run -o table").succeeds().stdout;
    for word in ["Step", "prepare", "rank 3", "stdout-3.txt"] {
        assert!(table.contains(word), "{word} in\n{table}");
    }
    sandbox.file(
        "other.yaml",
        "containerSettings: {imageSourceRegistry: {image: u}}\ncustomToolkitSettings: {commandLine: a}\n",
    );
    let done = sandbox.run("job create -f other.yaml -n t -c c --dry-run").succeeds();
    let why = done.json()["plan"]["unsupported"].clone();
    assert!(why.is_null() || done.stderr.contains("would fail when it starts"), "{why} {}", done.stderr);
}

fn recipes(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_job = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    files.into_iter().filter(is_job).chain(folders.iter().flat_map(|folder| recipes(folder))).collect()
}

#[test]
fn every_recipe_of_azure_shows_its_request() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n default").succeeds();
    sandbox.run("cluster create -n y --target 0").succeeds();
    let all = recipes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/recipes"));
    assert_eq!(all.len(), 17, "{all:?}");
    for recipe in all {
        let path = recipe.display().to_string();
        let done = sandbox.run_with(["job", "create", "--dry-run", "-n", "x", "-c", "y", "-f", &path]).succeeds();
        let properties = &done.json()["request"]["body"]["properties"];
        let has_toolkit = properties.as_object().expect("properties").keys().any(|key| key.ends_with("Settings"));
        assert!(has_toolkit, "{path}: {properties}");
        assert!(properties["cluster"]["id"].as_str().is_some_and(|id| id.ends_with("/clusters/y")), "{path}");
    }
}

#[test]
fn of_a_cluster_the_request_is_shown_and_nothing_is_made() {
    let sandbox = Sandbox::new();
    let words = "cluster create -n c --min 0 --max 2 --dry-run -u me";
    let done = sandbox.run(&format!("{words} -p hunter2 --use-auto-storage")).succeeds();
    assert!(!done.stdout.contains("hunter2"), "{}", done.stdout);
    let printed = done.json();
    let request = &printed["request"];
    assert_eq!(request["method"], "PUT");
    assert!(request["url"].as_str().is_some_and(|url| url.contains("/clusters/c?api-version=")), "{request}");
    let properties = &request["body"]["properties"];
    assert_eq!(properties["scaleSettings"]["autoScale"]["maximumNodeCount"], 2);
    assert_eq!(properties["userAccountSettings"], json!({ "adminUserName": "me", "adminUserPassword": "***" }));
    let share = &properties["nodeSetup"]["mountVolumes"]["azureFileShares"][0];
    assert_eq!((&share["relativeMountPath"], &share["credentials"]["accountKey"]), (&json!("autoafs"), &json!("***")));
    let storage = [
        "workspace",
        "resource group batchaiautostorage",
        "storage account",
        "file share batchaishare",
        "container batchaicontainer",
    ];
    assert_eq!(printed["plan"]["wouldMake"], json!(storage));

    let keys = sandbox.run(&format!("{words} --generate-ssh-keys")).succeeds().says("first: workspace, SSH key pair.");
    assert_eq!(keys.json()["request"]["body"]["properties"]["userAccountSettings"], json!({ "adminUserName": "me" }));
    assert!(!sandbox.work().parent().expect("a home").join(".ssh").exists(), "no key pair is made");
    sandbox.run(words).fails_with(2).says("Please provide admin user password or ssh key.");
    assert_eq!(sandbox.run("workspace list").succeeds().json(), json!([]));
    sandbox.run("cluster create -w none -n c --target 0 --dry-run").fails_with(3).says("workspace none is not found");
}

#[test]
fn of_what_is_there_a_dry_run_says_so_and_auto_storage_is_found_again() {
    let sandbox = Sandbox::new();
    sandbox.run("cluster create -n c --target 0 --use-auto-storage").succeeds();
    sandbox.run("cluster create -n c --target 0 --dry-run").fails_with(1).says("already exists");
    let planned = sandbox.run("cluster create -n d --target 0 --use-auto-storage --dry-run").succeeds().json();
    assert_eq!(planned["plan"]["wouldMake"], json!([]));
    let account = |cluster: &Value| {
        let volumes = &cluster["nodeSetup"]["mountVolumes"];
        volumes["azureFileShares"][0]["accountName"].as_str().map(str::to_owned)
    };
    let made = sandbox.run("cluster show -n c").succeeds().json();
    assert!(account(&made).is_some() && account(&made) == account(&planned["request"]["body"]["properties"]));
    sandbox.run("cluster show -n d").fails_with(3);
}

#[test]
fn of_a_file_server_the_request_is_shown_and_nothing_is_made() {
    let sandbox = Sandbox::new();
    let words = "file-server create -n nfs --disk-count 2 --disk-size 10 --storage-sku Standard_LRS";
    let done = sandbox.run(&format!("{words} -u me -p hunter2 --dry-run")).succeeds();
    assert!(!done.stdout.contains("hunter2"), "{}", done.stdout);
    let printed = done.json();
    let properties = &printed["request"]["body"]["properties"];
    assert_eq!(properties["dataDisks"]["diskCount"], 2);
    assert_eq!(properties["sshConfiguration"]["userAccountSettings"]["adminUserPassword"], "***");
    assert_eq!(printed["plan"], json!({ "wouldMake": ["workspace"] }));
    sandbox.run(&format!("{words} --dry-run -o table")).succeeds().prints_part("/fileservers/nfs?api-version=");
    assert_eq!(sandbox.run("workspace list").succeeds().json(), json!([]));
    sandbox.run(words).succeeds();
    sandbox.run(&format!("{words} --dry-run")).fails_with(1).says("already exists");
}

#[test]
fn a_reader_may_plan_and_explain_and_may_not_rerun() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    let token = network.token("r", "--role reader");
    let workspace = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w");
    let job = format!("{workspace}/experiments/e/jobs/j");
    let cluster = json!({ "id": format!("{workspace}/clusters/c") });
    let body = json!({ "properties": { "cluster": cluster, "nodeCount": 1, "customToolkitSettings": { "commandLine": "a" } } });
    let made = format!("{job}/plan?wouldMake=workspace,experiment,cluster");
    let plan = network.send(Some(&token), "POST", &made, &body.to_string()).is(200).json();
    assert_eq!(plan["processes"][0]["commandLine"], "a");
    network.send(Some(&token), "POST", &format!("{job}/plan?wouldMake=job"), &body.to_string()).is(400);
    network.send(Some(&token), "GET", &format!("{job}/explanation"), "").is(404);
    network.send(Some(&token), "POST", &format!("{job}/rerun"), "{}").is(403);
}
