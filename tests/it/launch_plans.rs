//! The launch plans of all published recipes: what runs where, with which variables, into which files.
//!
//! `tests/fixtures/plans/NAME.txt` says what is planned for a recipe without its container.
//! `BATCHAI_TESTS_REFRESH=1 cargo test --test it -- launch_plans` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Done, Sandbox};
use crate::toolkits::fixtures;
use crate::validate::recipes;

/// The name of a recipe's plan: its folder, and its file where the folder has several.
fn name_of(recipe: &Path) -> String {
    let text = |part: Option<&std::ffi::OsStr>| part.and_then(|part| part.to_str()).expect("a name").to_owned();
    let (folder, file) = (text(recipe.parent().and_then(Path::file_name)), text(recipe.file_stem()));
    if file == "job" { folder } else { format!("{folder}-{file}") }
}

fn written_plan(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/plans").join(format!("{name}.txt"))
}

/// A recipe as it is, but for its container.
fn without_container(recipe: &Path) -> Value {
    let text = std::fs::read_to_string(recipe).expect("a recipe");
    let mut job: Value = serde_json::from_str(&text).expect("JSON");
    job["properties"].as_object_mut().expect("properties").remove("containerSettings");
    job
}

/// A cluster `c` of nodes with 4 GPUs, with the volume that the oldest recipes expect of a cluster.
fn with_recipes_cluster(nodes: u32) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.settings("gpus: none");
    let volume = "--afs-name external --afs-mount-path external --storage-account-name acc --storage-account-key a2V5";
    sandbox.run(&format!("cluster create -n c --target {nodes} -s STANDARD_NC24 {volume}")).succeeds();
    sandbox.wait_for_nodes("c", "idleNodeCount", nodes);
    sandbox
}

fn variables(of: &Value) -> BTreeMap<&str, &str> {
    let pairs = of.as_array().expect("variables").iter();
    pairs.map(|pair| (pair["name"].as_str().expect("a name"), pair["value"].as_str().expect("a value"))).collect()
}

/// Only what the toolkit decides: what every node has is the matter of other tests.
fn render(plan: &Value) -> String {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let nodes = plan["nodes"].as_array().expect("nodes");
    let mut told = String::new();
    for process in plan["processes"].as_array().expect("processes") {
        let place = nodes.iter().position(|node| node["id"] == process["node"]).expect("its node");
        let awaited = if process["isAwaited"] == true { "awaited" } else { "not awaited" };
        let rank = process["rank"].as_u64().map(|rank| format!(", rank {rank}")).unwrap_or_default();
        writeln!(told, "{} on node {place}{rank}, {awaited}", text(&process["name"])).expect("a text");
        for line in text(&process["commandLine"]).lines() {
            writeln!(told, "  $ {line}").expect("a text");
        }
        let of_node = variables(&nodes[place]["environment"]);
        for (name, value) in variables(&process["environment"]) {
            if of_node.get(name) != Some(&value) {
                writeln!(told, "  {name}={value}").expect("a text");
            }
        }
        for stream in ["stdout", "stderr"] {
            let path = text(&process[stream]);
            let file = path.rsplit('/').next().expect("a name");
            writeln!(told, "  {stream} > {file}").expect("a text");
        }
    }
    writeln!(told, "exit code: {}", text(&plan["exitCode"])).expect("a text");
    writeln!(told, "host file:\n{}", text(&plan["hostFile"]).trim_end()).expect("a text");
    for (place, node) in nodes.iter().enumerate() {
        told = told.replace(&text(&node["address"]), &format!("10.0.0.{}", 4 + place));
    }
    told
}

#[test]
fn every_recipe_of_azure_has_its_launch_plan() {
    let sandbox = with_recipes_cluster(2);
    // The paths of plans are the real ones.
    let home = sandbox.home().canonicalize().expect("a home").display().to_string();
    let mut stale = Vec::new();
    for recipe in recipes() {
        let name = name_of(&recipe);
        sandbox.spec("job.json", &without_container(&recipe));
        let printed = sandbox.run("job create -c c -n j -f job.json --dry-run").succeeds().json();
        let plan = &printed["plan"];
        assert!(plan.get("unsupported").is_none(), "{name}: {plan}");
        let planned = render(plan).replace(&home, "$BATCHAI_HOME");
        let path = written_plan(&name);
        if std::env::var_os("BATCHAI_TESTS_REFRESH").is_some() {
            std::fs::write(&path, &planned).expect("a plan");
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != planned {
            stale.push(format!("{}:\n{planned}", path.display()));
        }
    }
    assert!(
        stale.is_empty(),
        "stale; if what is planned is right, refresh: BATCHAI_TESTS_REFRESH=1 cargo test --test it -- \
         launch_plans\n{}",
        stale.join("\n")
    );
    let plans = std::fs::read_dir(written_plan("x").parent().expect("a folder")).expect("plans").count();
    assert_eq!(plans, recipes().len(), "a plan of no recipe");
}

#[test]
fn every_recipe_of_azure_is_taken_as_it_is() {
    let sandbox = with_recipes_cluster(0);
    for recipe in recipes() {
        let (name, path) = (name_of(&recipe), recipe.display().to_string());
        let words = ["job", "create", "-c", "c", "-n", &name, "-f", &path, "--storage-account-name", "acc"];
        let made = sandbox.run_with(words).succeeds().json();
        assert_eq!(made["executionState"], "queued", "{name}");
    }
    assert_eq!(sandbox.run("job list").succeeds().json().as_array().map(Vec::len), Some(17));
}

/// What a job wrote to standard output, file after file.
fn output(sandbox: &Sandbox, job: &str) -> Vec<(String, String)> {
    let listed = sandbox.run(&format!("job file list -j {job} -d stdouterr")).succeeds().json();
    let names = listed.as_array().expect("a list").iter().map(|file| file["name"].as_str().expect("a name").to_owned());
    let stream =
        |name: &String| sandbox.run(&format!("job file stream -j {job} -d stdouterr -f {name}")).succeeds().stdout;
    names.filter(|name| name.starts_with("stdout")).map(|name| (name.clone(), stream(&name))).collect()
}

#[test]
fn every_recipe_of_azure_runs_where_its_programs_are() {
    let sandbox = with_recipes_cluster(2);
    let python = sandbox.file("bin/python3", "#!/bin/sh\necho \"python $1\"\n");
    std::fs::copy(&python, python.with_file_name("python")).expect("a copy");
    for name in ["python3", "python"] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(python.with_file_name(name), mode).expect("permissions");
    }
    let ours = python.parent().expect("a folder").display().to_string();
    let path = format!("{ours}:{}:{}", fixtures().join("bin").display(), std::env::var("PATH").expect("a PATH"));
    for recipe in recipes() {
        let name = name_of(&recipe);
        let mut job = without_container(&recipe);
        // It installs what the stand-ins stand for.
        job["properties"].as_object_mut().expect("properties").remove("jobPreparation");
        sandbox.spec("job.json", &job);
        let mut command =
            sandbox.command(["job", "run", "-c", "c", "-n", &name, "-f", "job.json", "--storage-account-name", "acc"]);
        Done::of(&command.env("PATH", &path).output().expect("the program")).succeeds();
        let written = output(&sandbox, &name);
        let files: Vec<&str> = written.iter().map(|(file, _)| file.as_str()).collect();
        let planned = std::fs::read_to_string(written_plan(&name)).expect("its plan");
        let mut expected: Vec<&str> = planned.lines().filter_map(|line| line.strip_prefix("  stdout > ")).collect();
        expected.sort_unstable();
        assert_eq!(files, expected, "{name}");
        // Others may be ended before they have said anything.
        let awaited = planned.split("not awaited").next().expect("the beginning");
        let is_awaited = |file: &str| awaited.contains(&format!("stdout > {file}\n"));
        for (file, text) in written.iter().filter(|(file, _)| is_awaited(file)) {
            assert!(text.contains("python ") || text.contains("cntk of rank "), "{name}: {file}: {text}");
        }
    }
}
