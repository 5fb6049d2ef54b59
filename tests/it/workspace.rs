//! `workspace create | show | list | delete`.

use crate::support::{Done, Sandbox, timeless, wait_until};

#[test]
fn a_workspace_is_created_and_shown_in_the_shape_of_az() {
    let sandbox = Sandbox::new();
    let created = sandbox.run("workspace create -n ws -g Research -l eastus").succeeds();
    insta::assert_snapshot!(timeless(&created.stdout), @r#"
    {
      "creationTime": "TIME",
      "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/research/providers/Microsoft.BatchAI/workspaces/ws",
      "location": "eastus",
      "name": "ws",
      "provisioningState": "succeeded",
      "provisioningStateTransitionTime": "TIME",
      "resourceGroup": "research",
      "tags": null,
      "type": "Microsoft.BatchAI/workspaces"
    }
    "#);
    assert_eq!(created.stderr, "");
    sandbox.run("workspace show --workspace ws --resource-group research").succeeds().prints(&created.stdout);
    let list = sandbox.run("workspace list -g RESEARCH").succeeds().json();
    assert_eq!(list, serde_json::json!([created.json()]));
}

#[test]
fn workspaces_are_tabulated_as_az_did_it() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws -l eastus").succeeds();
    sandbox.run("workspace create -n a-longer-name -g research").succeeds();
    insta::assert_snapshot!(sandbox.run("workspace list -o table").succeeds().stdout, @r"
    Name           Resource Group    Location    State
    -------------  ----------------  ----------  ---------
    ws             default           eastus      succeeded
    a-longer-name  research          local       succeeded
    ");
    insta::assert_snapshot!(sandbox.run("workspace show -n ws -o table").succeeds().stdout, @r"
    Name    Resource Group    Location    State
    ------  ----------------  ----------  ---------
    ws      default           eastus      succeeded
    ");
}

#[test]
fn creating_a_workspace_again_answers_the_one_that_is_there() {
    let sandbox = Sandbox::new();
    let first = sandbox.run("workspace create -n ws -l eastus").succeeds();
    sandbox.run("workspace create -n ws -l westus2").succeeds().prints(&first.stdout);
}

#[test]
fn a_list_is_narrowed_by_a_group_or_by_the_configured_one() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n one -g g1 -o none").succeeds().prints("");
    sandbox.run("workspace create -n two -g g2 -o none").succeeds();
    let names = |done: Done| -> Vec<String> {
        let list = done.succeeds().json();
        list.as_array().expect("a list").iter().map(|w| w["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(sandbox.run("workspace list")), ["one", "two"]);
    assert_eq!(names(sandbox.run("workspace list -g g2")), ["two"]);
    let mut configured = sandbox.command(["workspace", "list"]);
    configured.env("AZURE_DEFAULTS_GROUP", "g1");
    assert_eq!(names(Done::of(&configured.output().expect("the program"))), ["one"]);
    assert_eq!(names(sandbox.run("workspace list -g nobody")), [""; 0]);
}

#[test]
fn a_workspace_that_is_missing_is_named_with_the_command_that_creates_it() {
    let sandbox = Sandbox::new();
    for words in
        ["workspace show -n nope", "cluster list -w nope", "experiment list -w nope", "job list -w nope -e exp"]
    {
        sandbox
            .run(words)
            .fails_with(3)
            .says("error: The specified workspace nope is not found\n")
            .says("hint: `batchai workspace create -n NAME` creates one")
            .prints("");
    }
    // As the service answered it: what is not there is deleted.
    sandbox.run("workspace delete -n nope -y").succeeds().prints("");
}

#[test]
fn deleting_asks_first_and_without_a_terminal_does_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    sandbox
        .run("workspace delete -n ws")
        .fails_with(1)
        .says("Unable to prompt for confirmation as no tty available. Use --yes.")
        .says("Operation cancelled.");
    sandbox.run_fed("workspace delete -n ws", "y\n").fails_with(1).says("Operation cancelled.");
    sandbox.run("workspace show -n ws").succeeds();
    let mut configured = sandbox.command(["workspace", "delete", "-n", "ws"]);
    configured.env("AZURE_CORE_DISABLE_CONFIRM_PROMPT", "true");
    Done::of(&configured.output().expect("the program")).succeeds().prints("");
    sandbox.run("workspace show -n ws").fails_with(3);
}

#[test]
fn a_workspace_goes_with_everything_in_it_and_no_process_stays() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    sandbox.run("workspace create -n other").succeeds();
    sandbox.run("experiment create -w ws -n exp").succeeds();
    sandbox.run("cluster create -w ws -n c --target 2").succeeds();
    let up = sandbox.work().join("up");
    sandbox.job_file(&format!("setsid sleep 1000 & (sleep 1000 &); touch '{}'; sleep 1000", up.display()));
    sandbox.run("job create -w ws -e exp -c c -n runs -f job.json").succeeds();
    wait_until("the job runs", || up.exists());
    sandbox
        .spec("wide.json", &serde_json::json!({ "nodeCount": 2, "customToolkitSettings": { "commandLine": "true" } }));
    sandbox.run("job create -w ws -e exp -c c -n waits -f wide.json").succeeds();

    sandbox.run("workspace delete -n ws -y").succeeds().prints("");

    assert_eq!(sandbox.processes(), [sandbox.server()], "only the server is left");
    sandbox.run("workspace show -n ws").fails_with(3);
    sandbox.run("workspace show -n other").succeeds();
    for folder in ["runs", "nodes", "output"] {
        let left = std::fs::read_dir(sandbox.home().join(folder)).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{folder} is not empty");
    }
    sandbox.run("workspace create -n ws").succeeds();
    sandbox.run("cluster list -w ws").succeeds().prints("[]\n");
    sandbox.run("experiment list -w ws").succeeds().prints("[]\n");
}

#[test]
fn without_waiting_a_delete_returns_at_once_and_happens_all_the_same() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    sandbox.run("cluster create -w ws -n c --target 3").succeeds();
    sandbox.run("workspace delete -n ws -y --no-wait").succeeds().prints("");
    wait_until("the workspace is gone", || sandbox.run("workspace show -n ws").code == 3);
}
