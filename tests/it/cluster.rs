//! `cluster create | show | list | delete`, and the nodes behind them.

use serde_json::json;

use crate::support::{Gate, Sandbox, timeless, wait_until};

#[test]
fn a_cluster_is_created_in_the_shape_of_az_and_its_nodes_come_at_once() {
    let sandbox = Sandbox::new();
    sandbox.settings("gpus: [GPU-a, GPU-b]");
    sandbox.run("workspace create -n ws -g Research").succeeds();
    let created = sandbox.run("cluster create -w ws -g Research -n gpu --target 2 --vm-size Standard_NC6").succeeds();
    insta::assert_snapshot!(timeless(&created.stdout), @r#"
    {
      "allocationState": "resizing",
      "allocationStateTransitionTime": "TIME",
      "creationTime": "TIME",
      "currentNodeCount": 0,
      "errors": null,
      "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/research/providers/Microsoft.BatchAI/workspaces/ws/clusters/gpu",
      "name": "gpu",
      "nodeSetup": null,
      "nodeStateCounts": {
        "idleNodeCount": 0,
        "leavingNodeCount": 0,
        "preparingNodeCount": 0,
        "runningNodeCount": 0,
        "unusableNodeCount": 0
      },
      "provisioningState": "succeeded",
      "provisioningStateTransitionTime": "TIME",
      "resourceGroup": "research",
      "scaleSettings": {
        "autoScale": null,
        "manual": {
          "nodeDeallocationOption": "requeue",
          "targetNodeCount": 2
        }
      },
      "subnet": null,
      "type": "Microsoft.BatchAI/workspaces/clusters",
      "userAccountSettings": null,
      "virtualMachineConfiguration": {
        "imageReference": {
          "offer": "UbuntuServer",
          "publisher": "Canonical",
          "sku": "16.04-LTS",
          "version": "latest",
          "virtualMachineImageId": null
        }
      },
      "vmPriority": "dedicated",
      "vmSize": "STANDARD_NC6"
    }
    "#);
    wait_until("the cluster is steady with two idle nodes", || {
        let shown = sandbox.run("cluster show -w ws -g research -n gpu").succeeds().json();
        shown["allocationState"] == "steady"
            && shown["currentNodeCount"] == 2
            && shown["nodeStateCounts"]["idleNodeCount"] == 2
    });
}

#[test]
fn clusters_are_tabulated_as_az_did_it() {
    let sandbox = Sandbox::new();
    sandbox.cluster("gpu", 2);
    sandbox.cluster("none", 0);
    wait_until("both are steady", || {
        let list = sandbox.run("cluster list").succeeds().json();
        list.as_array().expect("a list").iter().all(|cluster| cluster["allocationState"] == "steady")
    });
    insta::assert_snapshot!(sandbox.run("cluster list -o table").succeeds().stdout, @r"
    Name    Resource Group    Workspace    VM Size    State    Idle    Running    Preparing    Leaving    Unusable
    ------  ----------------  -----------  ---------  -------  ------  ---------  -----------  ---------  ----------
    gpu     default           default      local      steady   2       0          0            0          0
    none    default           default      local      steady   0       0          0            0          0
    ");
}

#[test]
fn the_number_of_nodes_comes_from_flags_as_in_az() {
    let sandbox = Sandbox::new();
    let scale = |words: &str| {
        let created = sandbox.run(&format!("cluster create {words}")).succeeds().json();
        created["scaleSettings"].clone()
    };
    let manual = |nodes: u32| json!({ "autoScale": null, "manual": { "nodeDeallocationOption": "requeue", "targetNodeCount": nodes } });
    let auto = |minimum: u32, maximum: u32, initial: u32| json!({ "autoScale": { "initialNodeCount": initial, "maximumNodeCount": maximum, "minimumNodeCount": minimum }, "manual": null });
    assert_eq!(scale("-n a --target 0"), manual(0));
    assert_eq!(scale("-n b --min 1 --max 1"), manual(1));
    assert_eq!(scale("-n c --min 1 --max 1 --target 1"), manual(1));
    assert_eq!(scale("-n d --min 0 --max 2"), auto(0, 2, 0));
    assert_eq!(scale("-n e --min 0 --max 2 --target 1"), auto(0, 2, 1));
    for (words, why) in [
        ("-n x", "Please provide scale setting for the cluster via command line or configuration file"),
        ("-n x --min 1", "You need to either provide both min and max node counts or not provide any of them"),
        ("-n x --max 1 --target 1", "You need to either provide both min and max"),
        ("-n x --min 2 --max 1", "Maximum nodes count must be greater or equal to minimum nodes count"),
        ("--target 1", "the cluster has no name: give one with -n, or with `name` in the file"),
        ("-n x --target many", "invalid value 'many' for '--target <NODES>'"),
    ] {
        sandbox.run(&format!("cluster create {words}")).fails_with(2).says(why).prints("");
    }
    sandbox
        .run("cluster create -n x --target 101")
        .fails_with(1)
        .says("properties.scaleSettings.manual.targetNodeCount: a cluster has at most 100 nodes, 101 are asked for");
}

#[test]
fn a_cluster_comes_from_a_file_and_flags_win() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    let file = "name: gpu\nworkspace: ws\nvmSize: standard_d1\nvmPriority: lowpriority\nscaleSettings:\n  manual: {targetNodeCount: 1}\n\
                userAccountSettings: {adminUserName: me, adminUserPassword: hunter2}\n";
    sandbox.file("cluster.yaml", file);
    let created = sandbox.run("cluster create -f cluster.yaml").succeeds();
    assert!(!created.stdout.contains("hunter2"), "a password is never shown: {}", created.stdout);
    let created = created.json();
    assert_eq!((&created["name"], &created["vmSize"]), (&json!("gpu"), &json!("STANDARD_D1")));
    assert_eq!(created["vmPriority"], "lowpriority");
    assert_eq!(
        created["userAccountSettings"],
        json!({ "adminUserName": "me", "adminUserPassword": null, "adminUserSshPublicKey": null })
    );
    let fed = sandbox.run_fed("cluster create -f - -n other --target 3 --vm-size local", file).succeeds().json();
    assert_eq!((&fed["name"], &fed["vmSize"]), (&json!("other"), &json!("local")));
    assert_eq!(fed["scaleSettings"]["manual"]["targetNodeCount"], 3);
    let arm = json!({ "properties": { "vmSize": "local", "scaleSettings": { "autoScale": { "minimumNodeCount": 0, "maximumNodeCount": 1 } } } });
    sandbox.spec("arm.json", &arm);
    let created = sandbox.run("cluster create -w ws -n arm -f arm.json").succeeds().json();
    assert_eq!(created["scaleSettings"]["autoScale"]["maximumNodeCount"], 1);
}

#[test]
fn a_missing_cluster_is_named_with_the_command_that_creates_it() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    sandbox
        .run("cluster show -w ws -n nope")
        .fails_with(3)
        .says("error: The specified cluster nope is not found\n")
        .says("hint: `batchai cluster create -w WORKSPACE -n NAME --min 0 --max 4` creates one");
    sandbox.run("cluster delete -w ws -n nope -y").succeeds().prints("");
}

#[test]
fn the_jobs_of_a_deleted_cluster_end_and_their_records_stay() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    sandbox.job_file("echo begun; sleep 1000");
    sandbox.run("job create -c c -n runs -f job.json").succeeds();
    sandbox.run("job create -c c -n waits -f job.json").succeeds();
    sandbox.wait_for_state("runs", "running");

    sandbox.run("cluster delete -n c").fails_with(1).says("Operation cancelled.");
    sandbox.run("cluster delete -n c -y").succeeds().prints("");

    sandbox.run("cluster show -n c").fails_with(3);
    assert_eq!(sandbox.processes(), [sandbox.server()], "only the server is left");
    for (name, code) in [("runs", "JobTerminated"), ("waits", "ClusterDeleted")] {
        let job = sandbox.job(name);
        assert_eq!(job["executionState"], "failed", "{name}");
        assert_eq!(job["executionInfo"]["errors"][0]["code"], code, "{name}");
        sandbox.run(&format!("job delete -n {name} -y")).succeeds();
    }
    assert!(std::fs::read_dir(sandbox.home().join("nodes")).map_or(0, Iterator::count) == 0, "nodes are left");
}

#[test]
fn an_auto_scale_cluster_grows_with_its_queue_up_to_its_maximum() {
    let sandbox = Sandbox::new();
    let gate = Gate::new(&sandbox, "end");
    let created = sandbox.run("cluster create -n auto --min 0 --max 2").succeeds().json();
    assert_eq!(created["currentNodeCount"], 0);
    sandbox.job_file(&gate.wait());
    for name in ["a", "b", "c"] {
        sandbox.run(&format!("job create -c auto -n {name} -f job.json")).succeeds();
    }
    sandbox.wait_for_nodes("auto", "runningNodeCount", 2);
    let shown = sandbox.run("cluster show -n auto").succeeds().json();
    assert_eq!(shown["currentNodeCount"], 2, "the maximum");
    let waits = sandbox.job("c");
    assert_eq!(waits["executionState"], "queued");
    assert_eq!(waits["queueReason"], "it waits for 1 node of cluster `auto`; idle now: 0");
    gate.open();
    for name in ["a", "b", "c"] {
        sandbox.run(&format!("job wait -n {name}")).succeeds();
    }
    sandbox.wait_for_nodes("auto", "idleNodeCount", 2);
}

#[test]
fn a_node_whose_mount_command_fails_is_unusable_and_says_why() {
    let sandbox = Sandbox::new();
    let setup = json!({
        "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "nodeSetup": { "mountVolumes": { "unmanagedFileSystems": [
            { "mountCommand": "echo no such server; false", "relativeMountPath": "gfs" } ] } }
    });
    sandbox.spec("cluster.json", &setup);
    sandbox.run("cluster create -n c -f cluster.json").succeeds();
    sandbox.wait_for_nodes("c", "unusableNodeCount", 1);
    let error = &sandbox.run("cluster show -n c").succeeds().json()["errors"][0];
    assert_eq!(error["code"], "NodePreparationFailed");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("gfs: the mount command exited with code 1: no such server"), "{message}");
    assert_eq!(error["details"][0]["name"], "nodeId");
    sandbox.job_file("true");
    let job = sandbox.run("job create -c c -n waits -f job.json").succeeds().json();
    let reason =
        "it waits for 1 node of cluster `c`; idle now: 0; 1 node unusable: `batchai cluster show -n c` says why";
    assert_eq!(job["queueReason"], reason);
}
