//! Settings: `config` and `configure`, and the environment over the file.

use std::os::unix::fs::PermissionsExt;

use crate::support::Sandbox;
use crate::support::sandbox::Done;

fn run_in(sandbox: &Sandbox, variables: &[(&str, &str)], words: &str) -> Done {
    let mut command = sandbox.command(words.split_whitespace());
    command.envs(variables.iter().copied());
    Done::of(&command.output().expect("the program"))
}

#[test]
fn a_setting_is_set_read_used_and_taken_away() {
    let sandbox = Sandbox::new();
    sandbox.run("config get defaults.workspace").fails_with(3).says("`batchai config set defaults.workspace=VALUE`");
    sandbox.run("config set defaults.workspace=ws core.output=table").succeeds().prints("");
    sandbox.run("config get defaults.workspace").succeeds().prints("ws\n");
    let file = sandbox.home().join("config.yaml");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "defaults:\n  workspace: ws\noutput: table\n");
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(!sandbox.home().join("server.lock").exists(), "no server was asked");

    sandbox.run("workspace create -n ws").succeeds();
    let created = sandbox.run("experiment create -n exp").succeeds().stdout;
    assert!(created.starts_with("Name ") && created.contains(" ws "), "{created}");
    sandbox.run("config unset defaults.workspace output").succeeds();
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "");
    sandbox.run("config get output").fails_with(3);
}

#[test]
fn configure_writes_defaults_as_az_does() {
    let sandbox = Sandbox::new();
    sandbox.run("configure --defaults group=rg workspace=ws location=eastus").succeeds();
    sandbox.run("configure --defaults group= experiment=exp").succeeds();
    let listed = sandbox.run("configure --list-defaults -o json").succeeds().json();
    let value = |name: &str| {
        let entry = listed.as_array().expect("a list").iter().find(|entry| entry["name"] == name);
        entry.unwrap_or_else(|| panic!("{name} is listed"))["value"].clone()
    };
    assert_eq!(value("defaults.group"), serde_json::Value::Null);
    assert_eq!((value("defaults.workspace"), value("defaults.experiment")), ("ws".into(), "exp".into()));
    sandbox.run("configure --defaults grup=x").fails_with(2).says("did you mean `defaults.group`?");
    sandbox.run("configure").fails_with(2).says("--defaults");
}

#[test]
fn every_value_tells_where_it_comes_from() {
    let sandbox = Sandbox::new();
    sandbox.run("config set defaults.group=file storage.key=c2VjcmV0").succeeds();
    let set = [("AZURE_DEFAULTS_GROUP", "variable")];
    let listed = run_in(&sandbox, &set, "config list --show-origin -o table").succeeds().stdout;
    let line = |name: &str| listed.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    let group = line("defaults.group");
    assert!(group.contains(" variable ") && group.ends_with("environment, AZURE_DEFAULTS_GROUP"), "{listed}");
    assert!(line("storage.key").contains("***") && line("storage.key").ends_with("config.yaml"), "{listed}");
    assert!(line("output").ends_with("default"), "{listed}");
    assert!(!listed.contains("c2VjcmV0"));
    let warned = run_in(&sandbox, &set, "config set defaults.group=other").succeeds();
    assert!(warned.stderr.contains("AZURE_DEFAULTS_GROUP is set in the environment, and wins"), "{}", warned.stderr);
    run_in(&sandbox, &set, "config get defaults.group").succeeds().prints("variable\n");
}

#[test]
fn bad_settings_are_refused_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    for (words, why) in [
        ("config set outptu=table", "did you mean `output`?"),
        ("config set output=xml", "use one of json, "),
        ("config set endpoint=gpu:1", "cannot be an endpoint"),
        ("config set defaults.workspace=a/b", "the workspace name `a/b` cannot be used"),
        ("config set disableConfirmPrompt=perhaps", "must be true or false"),
        ("config set defaults.group=ok output=xml", "xml"),
        ("config set output", "write KEY=VALUE"),
    ] {
        sandbox.run(words).fails_with(2).says(why);
    }
    assert!(!sandbox.home().join("config.yaml").exists());
    let flow = "defaults: {group: g}\n";
    std::fs::create_dir_all(sandbox.home()).expect("a home");
    std::fs::write(sandbox.home().join("config.yaml"), flow).expect("a file");
    sandbox.run("config set defaults.workspace=ws").fails_with(1).says("nothing was written");
    assert_eq!(std::fs::read_to_string(sandbox.home().join("config.yaml")).expect("a file"), flow);
}

#[test]
fn settings_that_are_changed_at_once_are_all_kept() {
    let sandbox = Sandbox::new();
    let keys = ["group", "workspace", "experiment", "cluster", "location"];
    let children: Vec<_> = keys.iter().map(|key| sandbox.spawn(&format!("config set defaults.{key}=x"))).collect();
    for child in children {
        assert!(child.wait_with_output().expect("it ends").status.success());
    }
    for key in keys {
        sandbox.run(&format!("config get defaults.{key}")).succeeds().prints("x\n");
    }
}

#[test]
fn names_come_from_the_environment_as_for_az() {
    let sandbox = Sandbox::new();
    let set = [
        ("AZURE_DEFAULTS_GROUP", "rg"),
        ("AZURE_DEFAULTS_WORKSPACE", "ws"),
        ("AZURE_DEFAULTS_EXPERIMENT", "exp"),
        ("AZURE_DEFAULTS_LOCATION", "westus2"),
    ];
    run_in(&sandbox, &set, "workspace create -n ws").succeeds();
    let created = run_in(&sandbox, &set, "experiment create -n exp").succeeds().json();
    assert_eq!(created["resourceGroup"], "rg");
    let subscription = "11111111-2222-3333-4444-555555555555";
    let created =
        run_in(&sandbox, &set, &format!("workspace create -n other --subscription {subscription}")).succeeds();
    let id = created.json()["id"].as_str().expect("an id").to_owned();
    assert!(id.starts_with(&format!("/subscriptions/{subscription}/resourceGroups/rg/")), "{id}");
}

#[test]
fn file_servers_have_a_default_group_of_their_own_as_in_az() {
    let sandbox = Sandbox::new();
    let set = [
        ("AZURE_DEFAULTS_GROUP", "common"),
        ("AZURE_DEFAULTS_DEFAULT_WORKSPACE_RESOURCE_GROUP", "storage"),
        ("AZURE_DEFAULTS_DEFAULT_WORKSPACE_NAME", "ws"),
    ];
    run_in(&sandbox, &set, "workspace create -n ws -g storage").succeeds();
    let words = "file-server create nfs --disk-count 1 --disk-size 1 --storage-sku Standard_LRS";
    let made = run_in(&sandbox, &set, words).succeeds().json();
    assert_eq!(made["resourceGroup"], "storage");
}
