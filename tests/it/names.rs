//! Names: what may be one, where they come from, and which of two wins.

use std::process::Command;

use crate::support::{Done, Sandbox};

/// Every command that takes a name, with `NAME` in its place.
const NAMED: [&str; 20] = [
    "workspace create -n NAME",
    "workspace show -n NAME",
    "workspace delete -y -n NAME",
    "experiment create -n NAME",
    "experiment show -n NAME",
    "experiment delete -y -n NAME",
    "experiment list -w NAME",
    "cluster create --target 1 -n NAME",
    "cluster show -n NAME",
    "cluster delete -y -n NAME",
    "cluster list -w NAME",
    "job create -f job.json -n NAME",
    "job run -f job.json -e NAME",
    "job create -f job.json -c NAME",
    "job show -n NAME",
    "job list -e NAME",
    "job delete -y -n NAME",
    "job terminate -y -n NAME",
    "job wait -n NAME",
    "job file list -j NAME",
];

fn words(command: &str, name: &str) -> Vec<String> {
    command.split(' ').map(|word| if word == "NAME" { name.to_owned() } else { word.to_owned() }).collect()
}

#[test]
fn a_name_that_can_be_none_is_refused_by_every_command_before_a_server_is_started() {
    let sandbox = Sandbox::new();
    sandbox.job_file("true");
    let long = "x".repeat(65);
    for command in NAMED {
        for (name, why) in [
            (long.as_str(), "it has 65 characters, at most 64 are allowed"),
            ("", "it must have at least 1 character"),
            ("a.b", "`.` is not allowed: use letters, digits, `-` and `_`"),
            ("größe", "`ö` is not allowed"),
            ("a b", "` ` is not allowed"),
        ] {
            sandbox.run_with(words(command, name)).fails_with(2).says(why).prints("");
        }
    }
    assert!(!sandbox.home().join("server.sock").exists(), "a server was started");
}

#[test]
fn a_name_never_leads_to_another_thing_than_the_one_named() {
    let sandbox = Sandbox::new();
    sandbox.job_file("true");
    sandbox.run("job run -f job.json -n train").succeeds();
    for command in ["experiment delete -y -n default/jobs/train", "workspace delete -y -n default/experiments/default"]
    {
        sandbox.run(command).fails_with(2).says("`/` is not allowed");
    }
    sandbox.run("job delete -y -n train?x").fails_with(2).says("`?` is not allowed");
    sandbox.run("job show -n train").succeeds();
}

#[test]
fn a_resource_group_may_have_dots_and_no_slashes() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws -g my.group-1_x").succeeds();
    for (group, why) in [
        (
            "bad/group",
            "the resource group name `bad/group` cannot be used: `/` is not allowed: use letters, digits, `-`, `_` and `.`",
        ),
        (".hidden", "it must not begin with a dot"),
        (&"g".repeat(91), "it has 91 characters, at most 90 are allowed"),
    ] {
        for command in ["workspace create -n ws", "workspace list", "job list", "cluster show -n c"] {
            sandbox.run(&format!("{command} -g {group}")).fails_with(2).says(why);
        }
    }
}

#[test]
fn the_longest_name_works_everywhere() {
    let sandbox = Sandbox::new();
    let name = "n".repeat(64);
    sandbox.job_file("echo fine");
    sandbox.run(&format!("workspace create -n {name} -g {}", "g".repeat(90))).succeeds();
    sandbox.run(&format!("experiment create -w {name} -n {name} -g {}", "g".repeat(90))).succeeds();
    sandbox.run(&format!("cluster create -w {name} -n {name} -g {} --target 1", "g".repeat(90))).succeeds();
    let job = format!("job run -f job.json -w {name} -e {name} -c {name} -n {name} -g {}", "g".repeat(90));
    sandbox.run(&job).succeeds().prints("fine\n");
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_environment_and_that_over_the_configuration() {
    let sandbox = Sandbox::new();
    for group in ["flag", "file", "variable", "configured"] {
        sandbox.run(&format!("workspace create -n ws -g {group}")).succeeds();
        sandbox.run(&format!("experiment create -w ws -n exp -g {group}")).succeeds();
        sandbox.run(&format!("cluster create -w ws -n c --target 0 -g {group}")).succeeds();
    }
    std::fs::write(
        sandbox.home().join("config.yaml"),
        "defaults: {group: configured, workspace: ws, experiment: exp, cluster: c}\n",
    )
    .expect("a configuration");
    let group = |file: &str, words: &str, variable: bool| {
        sandbox.file("job.yaml", &format!("{file}customToolkitSettings: {{commandLine: 'true'}}\n"));
        let mut command: Command = sandbox.command(format!("job create -f job.yaml {words}").split_whitespace());
        if variable {
            command.env("AZURE_DEFAULTS_GROUP", "variable");
        }
        let job = Done::of(&command.output().expect("the program")).succeeds().json();
        let cluster = job["cluster"]["resourceGroup"].clone();
        assert_eq!(job["resourceGroup"], cluster, "a cluster by name is one of the same group");
        cluster.as_str().expect("a group").to_owned()
    };
    assert_eq!(group("", "", false), "configured");
    assert_eq!(group("", "", true), "variable");
    assert_eq!(group("resourceGroup: file\n", "", true), "file");
    assert_eq!(group("resourceGroup: file\n", "-g flag", true), "flag");
}

#[test]
fn what_the_configuration_names_is_named_by_the_user_and_is_not_made() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("a folder");
    std::fs::write(sandbox.home().join("config.yaml"), "defaults: {workspace: mine}\n").expect("a configuration");
    sandbox.job_file("true");
    sandbox.run("job run -f job.json").fails_with(3).says("The specified workspace mine is not found");
}
