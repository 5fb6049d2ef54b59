//! `list-usages`, and the regions of workspaces.

use serde_json::{Value, json};

use crate::support::{Done, Sandbox};

fn clusters(usages: &Value) -> &Value {
    let of = usages.as_array().expect("a list").iter().find(|usage| usage["name"]["value"] == "Clusters");
    &of.expect("a usage")["currentValue"]
}

#[test]
fn usages_are_those_of_a_region_however_it_is_written() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sandbox.run_with(["workspace", "create", "east", "-l", "East US"]).succeeds().json()["location"],
        "eastus"
    );
    sandbox.run("cluster create -w east c -t 0").succeeds();
    sandbox.run("cluster create local -t 0").succeeds();
    sandbox.run("cluster create local2 -t 0").succeeds();
    for region in ["eastus", "East US"] {
        assert_eq!(*clusters(&sandbox.run_with(["list-usages", "-l", region]).succeeds().json()), json!(1), "{region}");
    }
    let here = sandbox.run("list-usages").succeeds().json();
    assert_eq!(*clusters(&here), json!(2), "of workspaces for which no region was named");
    let table = sandbox.run("list-usages -o table").succeeds().stdout;
    let words: Vec<&str> = table.lines().next().expect("a line").split_whitespace().collect();
    assert_eq!(words, ["Value", "Usage", "Limit"]);
    assert_eq!(table.lines().count(), here.as_array().expect("a list").len() + 2);
}

#[test]
fn the_configured_region_is_that_of_usages_and_of_new_workspaces() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("the home");
    std::fs::write(sandbox.home().join("config.yaml"), "defaults: {location: North Europe}\n").expect("a file");
    assert_eq!(sandbox.run("workspace create a").succeeds().json()["location"], "northeurope");
    assert_eq!(sandbox.run("workspace create b -l eastus").succeeds().json()["location"], "eastus");
    sandbox.run("cluster create -w a c -t 0").succeeds();
    assert_eq!(*clusters(&sandbox.run("list-usages").succeeds().json()), json!(1));
    let mut command = sandbox.command(["workspace", "create", "c"]);
    let made = Done::of(&command.env("AZURE_DEFAULTS_LOCATION", "West US").output().expect("the program"));
    assert_eq!(made.succeeds().json()["location"], "westus", "the environment wins over the file");
}

#[test]
fn workspaces_and_experiments_are_named_by_argument_or_flag() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run("workspace create ws").succeeds().json()["name"], "ws");
    assert_eq!(sandbox.run("workspace create --workspace ws ws").succeeds().json()["name"], "ws");
    assert_eq!(sandbox.run("experiment create -w ws exp").succeeds().json()["name"], "exp");
    for (words, why) in [
        ("workspace create", "no workspace is named: give its name as an argument or with -n"),
        ("workspace create a -n b", "two names are given for one workspace: `a`, and `b` with -n"),
        ("experiment create -w ws", "no experiment is named: give its name as an argument or with -n"),
        ("experiment create -w ws a -n b", "two names are given for one experiment: `a`, and `b` with -n"),
    ] {
        sandbox.run(words).fails_with(2).says(why).prints("");
    }
}
