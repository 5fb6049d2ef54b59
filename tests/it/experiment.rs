//! `experiment create | show | list | delete`.

use serde_json::json;

use crate::support::{Sandbox, timeless, wait_until};

#[test]
fn an_experiment_is_created_and_shown_in_the_shape_of_az() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws -g Research").succeeds();
    let created = sandbox.run("experiment create -w ws -n exp -g Research").succeeds();
    insta::assert_snapshot!(timeless(&created.stdout), @r#"
    {
      "creationTime": "TIME",
      "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/research/providers/Microsoft.BatchAI/workspaces/ws/experiments/exp",
      "name": "exp",
      "provisioningState": "succeeded",
      "provisioningStateTransitionTime": "TIME",
      "resourceGroup": "research",
      "type": "Microsoft.BatchAI/workspaces/experiments"
    }
    "#);
    sandbox.run("experiment show -w ws -n exp -g research").succeeds().prints(&created.stdout);
    sandbox.run("experiment create -w ws -n exp -g research").succeeds().prints(&created.stdout);
    assert_eq!(sandbox.run("experiment list -w ws -g research").succeeds().json(), json!([created.json()]));
}

#[test]
fn experiments_are_tabulated_as_az_did_it() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    for name in ["exp", "second-experiment"] {
        sandbox.run(&format!("experiment create -w ws -n {name}")).succeeds();
    }
    insta::assert_snapshot!(sandbox.run("experiment list -w ws -o table").succeeds().stdout, @r"
    Name               Resource Group    Workspace    State
    -----------------  ----------------  -----------  ---------
    exp                default           ws           succeeded
    second-experiment  default           ws           succeeded
    ");
}

#[test]
fn the_workspace_that_nobody_named_is_made_and_the_one_that_was_named_is_not() {
    let sandbox = Sandbox::new();
    sandbox
        .run("experiment create -w mine -n exp")
        .fails_with(3)
        .says("The specified workspace mine is not found")
        .says("`batchai workspace create -n NAME` creates one");
    sandbox.run("workspace list").succeeds().prints("[]\n");
    let made = sandbox.run("experiment create -n exp").succeeds().json();
    assert!(made["id"].as_str().expect("an id").contains("/workspaces/default/experiments/exp"), "{made}");
}

#[test]
fn a_missing_experiment_is_named_with_the_command_that_creates_it() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    for words in ["experiment show -w ws -n nope", "job list -w ws -e nope", "job show -w ws -e nope -n train"] {
        sandbox
            .run(words)
            .fails_with(3)
            .says("error: The specified experiment nope is not found\n")
            .says("hint: `batchai experiment create -w WORKSPACE -n NAME` creates one")
            .prints("");
    }
    sandbox.run("experiment delete -w ws -n nope -y").succeeds().prints("");
}

#[test]
fn an_experiment_goes_with_its_running_jobs_and_leaves_its_neighbours_alone() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    for name in ["goes", "stays"] {
        sandbox.run(&format!("experiment create -n {name}")).succeeds();
    }
    sandbox.job_file("true");
    sandbox.run("job run -e stays -c c -n before -f job.json").succeeds();
    sandbox.job_file("sleep 1000");
    sandbox.run("job create -e goes -c c -n runs -f job.json").succeeds();
    sandbox.wait_for_nodes("c", "runningNodeCount", 1);
    sandbox.run("job create -e goes -c c -n waits -f job.json").succeeds();

    sandbox.run("experiment delete -n goes").fails_with(1).says("Operation cancelled.");
    sandbox.run("experiment delete -n goes -y").succeeds().prints("");

    sandbox.run("experiment show -n goes").fails_with(3);
    assert_eq!(sandbox.processes(), [sandbox.server()], "only the server is left");
    let jobs = sandbox.run("job list -e stays").succeeds().json();
    assert_eq!((jobs[0]["name"].as_str(), jobs[0]["executionState"].as_str()), (Some("before"), Some("succeeded")));
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
}

#[test]
fn without_waiting_an_experiment_goes_a_little_later() {
    let sandbox = Sandbox::new();
    sandbox.run("experiment create -n exp").succeeds();
    sandbox.run("experiment delete -n exp -y --no-wait").succeeds().prints("");
    wait_until("the experiment is gone", || sandbox.run("experiment show -n exp").code == 3);
}
