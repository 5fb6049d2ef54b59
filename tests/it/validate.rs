//! `validate`, `--set`, and files of older times, as users have them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::Sandbox;

/// The job files of Azure/BatchAI, and how many there are.
pub fn recipes() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/recipes");
    let folders = std::fs::read_dir(folder).expect("the recipes").map(|entry| entry.expect("an entry").path());
    let files = folders.filter(|path| path.is_dir()).flat_map(|path| std::fs::read_dir(path).expect("a recipe"));
    let files: Vec<PathBuf> = files.map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(files.len(), 17);
    files
}

#[test]
fn every_recipe_is_right_without_an_account_and_nothing_is_started() {
    let sandbox = Sandbox::new();
    let files: Vec<String> = recipes().iter().map(|path| path.display().to_string()).collect();
    let words = || std::iter::once("validate").chain(files.iter().map(String::as_str));
    let told = sandbox.run_with(words()).succeeds().prints("");
    assert_eq!(told.stderr.matches(": no problems in this job file\n").count(), 17, "{}", told.stderr);
    assert!(!told.stderr.contains("warning:"), "{}", told.stderr);
    assert!(!sandbox.home().exists(), "to look at a file needs nothing and leaves nothing behind");
    let listed = sandbox.run_with(words().chain(["-o", "json"])).succeeds().json();
    let listed = listed.as_array().expect("a list");
    assert!(listed.iter().all(|found| found["severity"] == "note" && found["kind"] == "job"), "{listed:?}");
    sandbox.run("server status").fails_with(4);
}

#[test]
fn all_files_are_told_at_once_and_each_says_what_it_is() {
    let sandbox = Sandbox::new();
    sandbox.file("good.yaml", "customToolkitSettings: {commandLine: ls}\n");
    sandbox.file("job.yaml", "nodeCout: 1\ncustomToolkitSettings: {commandLine: ls}\n");
    sandbox.file("c.yaml", "vmSize: local\nscaleSettings: {manual: {targetNodeCount: -1}}\n");
    sandbox.file("nfs.json", r#"{"properties": {"dataDisks": {"diskCount": 0}}}"#);
    let told = sandbox.run("validate good.yaml job.yaml c.yaml nfs.json nowhere.yaml").fails_with(2).prints("");
    insta::assert_snapshot!(told.stderr, @r#"
    good.yaml: no problems in this job file
    error: job.yaml:1:1: unknown property `nodeCout`: did you mean `nodeCount`?
        1 | nodeCout: 1
          | ^^^^^^^^
      1 problem in job.yaml
      hint: `batchai validate FILE` looks at a file and sends nothing; `batchai schema job` tells what may be in it
    error: c.yaml:2:43: expected 0 or more, found -1
        2 | scaleSettings: {manual: {targetNodeCount: -1}}
          |                                           ^^
      1 problem in c.yaml
      hint: `batchai validate FILE` looks at a file and sends nothing; `batchai schema job` tells what may be in it
    error: nfs.json:1:44: expected 1 or more, found 0
        1 | {"properties": {"dataDisks": {"diskCount": 0}}}
          |                                            ^
      1 problem in nfs.json
      hint: `batchai validate FILE` looks at a file and sends nothing; `batchai schema job` tells what may be in it
    error: cannot read nowhere.yaml: there is no such file: give the path of a YAML or JSON file, or `-` for standard input
      hint: `batchai schema job` tells what a job file may say
    "#);
    let listed = sandbox.run("validate good.yaml job.yaml c.yaml nfs.json nowhere.yaml -o json").fails_with(2);
    assert_eq!(listed.stderr, "");
    let listed = listed.json();
    assert_eq!(
        listed[0],
        json!({
            "file": "job.yaml", "kind": "job", "line": 1, "column": 1, "endColumn": 9, "severity": "error",
            "message": "unknown property `nodeCout`: did you mean `nodeCount`?", "path": "nodeCout",
        })
    );
    let all: Vec<(&Value, &Value, &Value)> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| (&found["kind"], &found["line"], &found["path"]))
        .collect();
    let null = Value::Null;
    assert_eq!(
        all[1..],
        [
            (&json!("cluster"), &json!(2), &json!("scaleSettings.manual.targetNodeCount")),
            (&json!("file-server"), &json!(1), &json!("properties.dataDisks.diskCount")),
            (&null, &null, &json!("")),
        ]
    );
    let table = sandbox.run("validate c.yaml -o table").fails_with(2).stdout;
    assert!(table.contains("c.yaml  2       43        error       expected 0 or more, found -1"), "{table}");
}

#[test]
fn a_kind_can_be_said_and_a_file_can_come_from_standard_input() {
    let sandbox = Sandbox::new();
    sandbox.run_fed("validate -", "customToolkitSettings: {commandLine: ls}\n").succeeds();
    let wrong = sandbox.run_fed("validate --kind cluster -", "customToolkitSettings: {commandLine: ls}\n");
    wrong.fails_with(2).says("standard input:1:1: unknown property `customToolkitSettings`");
    sandbox.run("validate").fails_with(2);
}

#[test]
fn warnings_are_told_with_their_place_and_are_no_problems() {
    let sandbox = Sandbox::new();
    let old =
        json!({"location": "eastus", "properties": {"priority": 7, "customToolkitSettings": {"commandLine": "ls"}}});
    sandbox.file("job.json", &old.to_string());
    let warning = "warning: job.json:1:36: `priority` is an old property: write `schedulingPriority: high`\n";
    sandbox.run("validate job.json").succeeds().says(warning);
    let listed = sandbox.run("validate job.json -o json").succeeds().json();
    assert_eq!((&listed[0]["severity"], &listed[1]["path"]), (&json!("warning"), &json!("properties.priority")));
    let job = sandbox.run("job create -f job.json -n old").succeeds().says(warning).json();
    assert_eq!(job["schedulingPriority"], "high");
    sandbox.run("job create -f job.json -n quiet --only-show-errors").succeeds();
}

#[test]
fn settings_win_over_the_file_and_their_mistakes_are_told() {
    let sandbox = Sandbox::new();
    sandbox.file("job.yaml", "customToolkitSettings: {commandLine: 'echo one'}\n");
    let command = "customToolkitSettings.commandLine=echo two: $A";
    let variable = "environmentVariables[+]={name: A, value: 3}";
    let run = ["job", "run", "-f", "job.yaml", "-n", "two", "--set", command, "--set", variable];
    sandbox.run_with(run).succeeds().prints("two: 3\n");
    let wrong = sandbox.run("job run -f job.yaml --set nodeCout=4").fails_with(2);
    insta::assert_snapshot!(wrong.stderr, @r"
    error: --set nodeCout=…: unknown property `nodeCout`: did you mean `nodeCount`?
         | nodeCout
         | ^^^^^^^^
      1 problem in job.yaml
      hint: `batchai validate FILE` looks at a file and sends nothing; `batchai schema job` tells what may be in it
    ");
    let listed = sandbox.run("validate job.yaml --set nodeCount=x -o json").fails_with(2).json();
    assert_eq!((&listed[0]["file"], &listed[0]["line"]), (&json!("--set nodeCount"), &Value::Null));
    let cluster = sandbox.run("cluster create -n c --set scaleSettings.manual.targetNodeCount=2").succeeds().json();
    assert_eq!(cluster["scaleSettings"]["manual"]["targetNodeCount"], 2);
}

#[test]
fn the_storage_account_of_a_file_comes_from_the_environment_or_the_configuration() {
    let sandbox = Sandbox::new();
    let share = json!({
        "azureFileUrl": "https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/s", "relativeMountPath": "s",
        "credentials": {"accountKey": "<AZURE_BATCHAI_STORAGE_KEY>"},
    });
    let job = json!({"customToolkitSettings": {"commandLine": "ls"}, "mountVolumes": {"azureFileShares": [share]}});
    sandbox.file("job.json", &job.to_string());
    let missing = sandbox.run("job create -f job.json -n none").fails_with(2);
    missing.says("set AZURE_BATCHAI_STORAGE_ACCOUNT, or write `storage: {account: NAME}` into config.yaml");
    let mut command = sandbox.command(["job", "create", "-f", "job.json", "-n", "variable"]);
    command.env("AZURE_BATCHAI_STORAGE_ACCOUNT", "mine").env("AZURE_BATCHAI_STORAGE_KEY", "hunter2");
    let created = crate::support::Done::of(&command.output().expect("the program")).succeeds();
    assert!(!(created.stdout.clone() + &created.stderr).contains("hunter2"), "{}", created.stdout);
    let account = |job: &Value| job["mountVolumes"]["azureFileShares"][0]["accountName"].clone();
    assert_eq!(account(&created.json()), "mine");
    std::fs::write(sandbox.home().join("config.yaml"), "storage: {account: configured}\n").expect("a file");
    let created = sandbox.run("job create -f job.json -n file").succeeds().says("a server of batchai needs none");
    assert_eq!(account(&created.json()), "configured");
}

#[test]
fn a_file_names_file_servers_of_its_workspace_by_their_names() {
    let sandbox = Sandbox::new();
    let mounts = "mountVolumes: {fileServers: [{relativeMountPath: nfs, fileServer: {id: data}}]}\n";
    sandbox.file("job.yaml", &format!("customToolkitSettings: {{commandLine: ls}}\n{mounts}"));
    sandbox.file(
        "cluster.yaml",
        &format!("scaleSettings: {{manual: {{targetNodeCount: 0}}}}\nnodeSetup: {{{}}}\n", mounts.trim()),
    );
    let missing = "The specified file server data is not found";
    sandbox.run("workspace create -n ws").succeeds();
    for command in ["job create -w ws -f job.yaml -n n", "cluster create -w ws -f cluster.yaml -n c"] {
        sandbox.run(command).fails_with(1).says(missing);
    }
}
