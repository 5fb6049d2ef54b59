//! `job create`, and what becomes of a job before it runs: names, places, refusals, the queue.

use serde_json::{Value, json};

use crate::support::{Gate, Sandbox, timeless, wait_until};

#[test]
fn a_job_is_created_in_the_shape_of_az() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    sandbox.run("experiment create -w ws -n exp").succeeds();
    sandbox.run("cluster create -w ws -n gpu --target 0").succeeds();
    sandbox.file("job.yaml", "cluster: gpu\nname: train\ncustomToolkitSettings: {commandLine: echo hi}\n");
    let created = sandbox.run("job create -w ws -e exp -f job.yaml").succeeds();
    assert_eq!(created.stderr, "");
    insta::assert_snapshot!(timeless(&created.stdout), @r#"
    {
      "caffe2Settings": null,
      "caffeSettings": null,
      "chainerSettings": null,
      "cluster": {
        "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default/providers/Microsoft.BatchAI/workspaces/ws/clusters/gpu",
        "resourceGroup": "default"
      },
      "cntkSettings": null,
      "constraints": {
        "maxWallClockTime": "7 days, 0:00:00"
      },
      "containerSettings": null,
      "creationTime": "TIME",
      "customMpiSettings": null,
      "customToolkitSettings": {
        "commandLine": "echo hi"
      },
      "environmentVariables": null,
      "executionInfo": null,
      "executionState": "queued",
      "executionStateTransitionTime": "TIME",
      "horovodSettings": null,
      "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default/providers/Microsoft.BatchAI/workspaces/ws/experiments/exp/jobs/train",
      "inputDirectories": null,
      "jobOutputDirectoryPathSegment": "00000000-0000-0000-0000-000000000000/default/workspaces/ws/experiments/exp/jobs/train/UUID",
      "jobPreparation": null,
      "mountVolumes": null,
      "name": "train",
      "nodeCount": 1,
      "outputDirectories": null,
      "provisioningState": "succeeded",
      "provisioningStateTransitionTime": "TIME",
      "pyTorchSettings": null,
      "queueReason": "it needs 1 node, and cluster `gpu` is fixed at 0 nodes, so it can never start: submit it with a smaller nodeCount or to a larger cluster; jobs behind it do not wait for it",
      "resourceGroup": "default",
      "schedulingPriority": "normal",
      "secrets": null,
      "stdOutErrPathPrefix": null,
      "tensorFlowSettings": null,
      "toolType": "custom",
      "type": "Microsoft.BatchAI/workspaces/experiments/jobs"
    }
    "#);
}

#[test]
fn jobs_are_tabulated_as_az_did_it() {
    let sandbox = Sandbox::new();
    sandbox.cluster("gpu", 1);
    sandbox.job_file("exit 3");
    sandbox.run("job run -c gpu -n fails -f job.json").fails_with(3);
    sandbox.job_file("true");
    sandbox.run("job run -c gpu -n works -f job.json").succeeds();
    sandbox.spec("wide.json", &json!({ "nodeCount": 9, "customToolkitSettings": { "commandLine": "true" } }));
    sandbox.run("job create -c gpu -n wide -f wide.json").succeeds();
    insta::assert_snapshot!(sandbox.run("job list -o table").succeeds().stdout, @r"
    Name    Cluster    Cluster RG    Cluster Workspace    Tool    Nodes    State      Exit code
    ------  ---------  ------------  -------------------  ------  -------  ---------  -----------
    fails   gpu        default       default              custom  1        failed     3
    works   gpu        default       default              custom  1        succeeded  0
    wide    gpu        default       default              custom  9        queued
    ");
}

#[test]
fn names_come_from_the_file_from_flags_or_are_made_up() {
    let sandbox = Sandbox::new();
    for name in ["filed", "flagged"] {
        sandbox.run(&format!("workspace create -n {name}")).succeeds();
        sandbox.run(&format!("experiment create -w {name} -n {name}")).succeeds();
        sandbox.run(&format!("cluster create -w {name} -n {name} --target 0")).succeeds();
    }
    let tail = "customToolkitSettings: {commandLine: 'true'}\n";
    sandbox.file("full.yaml", &format!("name: filed\nworkspace: filed\nexperiment: filed\ncluster: filed\n{tail}"));
    sandbox.file("my-net.yaml", tail);
    let place = |words: &str| {
        let job = sandbox.run(&format!("job create {words}")).succeeds().json();
        let (id, cluster) = (job["id"].as_str().expect("an id"), job["cluster"]["id"].as_str().expect("an id"));
        let names = |id: &str| id.split("/workspaces/").nth(1).expect("a workspace").to_owned();
        (names(id), names(cluster))
    };
    let at = |id: &str, cluster: &str| (id.to_owned(), cluster.to_owned());
    assert_eq!(place("-f full.yaml"), at("filed/experiments/filed/jobs/filed", "filed/clusters/filed"));
    assert_eq!(
        place("-f full.yaml -w flagged -e flagged -c flagged -n flagged"),
        at("flagged/experiments/flagged/jobs/flagged", "flagged/clusters/flagged")
    );
    let (id, cluster) = place("-f my-net.yaml");
    assert!(id.starts_with("default/experiments/default/jobs/my-net-"), "{id}");
    assert_eq!(cluster, "default/clusters/local");
    let local = sandbox.run("cluster show -n local").succeeds().json();
    assert_eq!(local["scaleSettings"]["autoScale"]["minimumNodeCount"], 0);
    assert!(local["scaleSettings"]["autoScale"]["maximumNodeCount"].as_u64() >= Some(4), "{local}");
}

#[test]
fn what_the_user_named_and_is_missing_is_an_error_that_says_which_command_creates_it() {
    let sandbox = Sandbox::new();
    sandbox.job_file("true");
    let missing = |words: &str, what: &str, hint: &str| {
        let command = format!("job create -f job.json -n train {words}");
        sandbox
            .run(&command)
            .fails_with(3)
            .says(&format!("error: The specified {what} is not found\n"))
            .says(hint)
            .prints("");
    };
    missing("-w ws -e exp", "workspace ws", "hint: `batchai workspace create -n NAME` creates one");
    sandbox.run("workspace create -n ws").succeeds();
    missing("-w ws -e exp", "experiment exp", "hint: `batchai experiment create -w WORKSPACE -n NAME` creates one");
    sandbox.run("experiment create -w ws -n exp").succeeds();
    missing(
        "-w ws -e exp -c gpu",
        "cluster gpu",
        "hint: `batchai cluster create -w WORKSPACE -n NAME --min 0 --max 4` creates one",
    );
    sandbox.run("job list -w ws -e exp").succeeds().prints("[]\n");
    sandbox.run("cluster create -w ws -n gpu --target 1").succeeds();
    sandbox.run("job create -f job.json -n train -w ws -e exp -c gpu").succeeds();
    sandbox.run("job wait -w ws -e exp -n train").succeeds();
}

#[test]
fn a_second_job_of_a_name_is_an_error_that_says_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws -g research").succeeds();
    sandbox.run("experiment create -w ws -n exp -g research").succeeds();
    let create = "job create -g research -w ws -e exp -n train -f job.json";
    sandbox.job_file("echo first");
    let first = sandbox.run(create).succeeds().json();
    sandbox
        .run(create)
        .fails_with(1)
        .says("error: The job train already exists\n")
        .says("hint: give another name with -n, or delete the job first: `batchai job delete -g research -w ws -e exp -n train`")
        .prints("");
    sandbox.job_file("echo other");
    sandbox
        .run(create)
        .fails_with(1)
        .says("error: The job train already exists with other parameters\n")
        .says("hint: give another name");
    sandbox
        .run("job run -g research -w ws -e exp -n train -f job.json")
        .fails_with(1)
        .says("already exists")
        .prints("");
    let still = sandbox.run("job show -g research -w ws -e exp -n train").succeeds().json();
    assert_eq!(still["jobOutputDirectoryPathSegment"], first["jobOutputDirectoryPathSegment"]);
    // What the hint says works, and the new run has another place for its files.
    sandbox.run("job delete -g research -w ws -e exp -n train -y").succeeds();
    let second = sandbox.run(create).succeeds().json();
    assert_ne!(second["jobOutputDirectoryPathSegment"], first["jobOutputDirectoryPathSegment"]);
}

#[test]
fn a_job_file_is_read_from_standard_input_with_code_from_the_current_folder() {
    let sandbox = Sandbox::new();
    sandbox.file("code/hello.txt", "hello\n");
    let fed =
        sandbox.run_fed("job run -f - -n fed", "code: code\ncustomToolkitSettings: {commandLine: cat hello.txt}\n");
    fed.succeeds().prints("hello\n");
    let arm = json!({ "properties": { "nodeCount": 1, "customToolkitSettings": { "commandLine": "echo arm" } } });
    sandbox.run_fed("job run -f -", &arm.to_string()).succeeds().prints("arm\n");
}

#[test]
fn a_cluster_of_another_workspace_is_given_by_its_id() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n owners -g other").succeeds();
    let cluster = sandbox.run("cluster create -w owners -g other -n gpu --target 1").succeeds().json();
    let id = cluster["id"].as_str().expect("an id");
    sandbox.job_file("echo there");
    sandbox.run(&format!("job run -f job.json -n flag -c {id}")).succeeds().prints("there\n");
    assert_eq!(sandbox.job("flag")["cluster"], json!({ "id": id, "resourceGroup": "other" }));
    sandbox
        .spec("file.json", &json!({ "cluster": { "id": id }, "customToolkitSettings": { "commandLine": "echo too" } }));
    sandbox.run("job run -f file.json").succeeds().prints("too\n");
    sandbox
        .run("job create -f job.json -c /subscriptions/x/clusters/gpu")
        .fails_with(2)
        .says("error: `/subscriptions/x/clusters/gpu` is neither the name nor the id of a cluster\n");
}

#[test]
fn a_job_whose_program_is_missing_is_created_like_any_other_and_shows_why_it_failed() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    let settings = json!({ "pythonScriptFilePath": "train.py" });
    let nowhere = json!([{ "name": "PATH", "value": "/nowhere" }]);
    let job = json!({ "nodeCount": 1, "horovodSettings": settings, "environmentVariables": nowhere });
    sandbox.spec("job.json", &job);
    let created = sandbox.run("job create -c c -f job.json -n h").succeeds().json();
    assert_eq!((&created["toolType"], &created["horovodSettings"]["processCount"]), (&json!("horovod"), &json!(1)));
    sandbox.wait_for_state("h", "failed");
    assert_eq!(sandbox.job("h")["executionInfo"]["exitCode"], 127);
    sandbox.run("job logs h").succeeds().says("apt-get install -y openmpi-bin in jobPreparation");
}

#[test]
fn a_job_that_can_never_start_says_why_and_holds_up_nobody() {
    let sandbox = Sandbox::new();
    sandbox.cluster("fixed", 1);
    sandbox.run("cluster create -n auto --min 0 --max 2").succeeds();
    sandbox.spec("wide.json", &json!({ "nodeCount": 3, "customToolkitSettings": { "commandLine": "true" } }));
    sandbox.job_file("echo later");
    for (cluster, has) in [("fixed", "is fixed at 1 node"), ("auto", "has at most 2 nodes")] {
        sandbox.run(&format!("job create -c {cluster} -n wide-{cluster} -f wide.json")).succeeds();
        let reason = format!(
            "it needs 3 nodes, and cluster `{cluster}` {has}, so it can never start: submit it with a smaller nodeCount \
             or to a larger cluster; jobs behind it do not wait for it"
        );
        assert_eq!(sandbox.job(&format!("wide-{cluster}"))["queueReason"], reason);
        sandbox.run(&format!("job run -c {cluster} -f job.json")).succeeds().prints("later\n");
        assert_eq!(sandbox.job(&format!("wide-{cluster}"))["executionState"], "queued");
    }
    let follow = sandbox.run("job terminate -n wide-fixed -y").succeeds();
    assert_eq!((follow.stdout.as_str(), follow.stderr.as_str()), ("", ""));
    let job = sandbox.job("wide-fixed");
    assert_eq!(job["executionInfo"]["errors"][0]["code"], "JobTerminated");
    assert_eq!(job["executionInfo"]["exitCode"], Value::Null);
    assert_eq!(job.get("queueReason"), None, "it waits no more");
}

#[test]
fn higher_priorities_go_first_and_older_jobs_before_newer_ones() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    let gate = Gate::new(&sandbox, "go");
    sandbox.job_file(&gate.wait());
    sandbox.run("job create -c c -n blocker -f job.json").succeeds();
    sandbox.wait_for_state("blocker", "running");
    let order = sandbox.work().join("order");
    for (name, priority) in
        [("low", "low"), ("normal-1", "normal"), ("high-1", "high"), ("normal-2", "normal"), ("high-2", "high")]
    {
        let command = format!("echo {name} >> '{}'", order.display());
        sandbox.spec(
            "p.json",
            &json!({ "schedulingPriority": priority, "customToolkitSettings": { "commandLine": command } }),
        );
        let job = sandbox.run(&format!("job create -c c -n {name} -f p.json")).succeeds().json();
        assert_eq!(job["schedulingPriority"], priority);
    }
    assert_eq!(sandbox.job("normal-1")["queueReason"], "2 jobs go before it on cluster `c`");
    assert_eq!(sandbox.job("low")["queueReason"], "4 jobs go before it on cluster `c`");
    gate.open();
    sandbox.run("job wait -n low").succeeds();
    let order = std::fs::read_to_string(order).expect("what ran");
    assert_eq!(order, "high-1\nhigh-2\nnormal-1\nnormal-2\nlow\n");
}

#[test]
fn a_gang_waits_for_all_its_nodes_and_nobody_overtakes_it() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    let (first, gang) = (Gate::new(&sandbox, "first"), Gate::new(&sandbox, "gang"));
    sandbox.job_file(&first.wait());
    sandbox.run("job create -c c -n first -f job.json").succeeds();
    sandbox.wait_for_nodes("c", "runningNodeCount", 1);
    sandbox.spec("gang.json", &json!({ "nodeCount": 2, "customToolkitSettings": { "commandLine": gang.wait() } }));
    sandbox.run("job create -c c -n gang -f gang.json").succeeds();
    sandbox.job_file("true");
    sandbox.run("job create -c c -n small -f job.json").succeeds();
    assert_eq!(sandbox.job("gang")["queueReason"], "it waits for 2 nodes of cluster `c`; idle now: 1");
    assert_eq!(sandbox.job("small")["queueReason"], "1 job goes before it on cluster `c`");
    first.open();
    sandbox.wait_for_state("gang", "running");
    sandbox.wait_for_nodes("c", "runningNodeCount", 2);
    assert_eq!(sandbox.job("small")["executionState"], "queued", "every node runs one job");
    gang.open();
    sandbox.run("job wait -n gang").succeeds();
    sandbox.run("job wait -n small").succeeds();
}

#[test]
fn deleting_a_job_stops_it_and_takes_its_files_in_the_servers_storage_along() {
    let sandbox = Sandbox::new();
    sandbox.job_file("(setsid sleep 1000 &); sleep 1000");
    sandbox.run("job create -f job.json -n goes").succeeds();
    sandbox.wait_for_state("goes", "running");
    sandbox.run("job delete -n goes").fails_with(1).says("Operation cancelled.");
    sandbox.run("job delete -n goes -y").succeeds().prints("");
    sandbox.run("job show -n goes").fails_with(3).says("The specified job goes is not found").says("`batchai job list");
    assert_eq!(sandbox.processes(), [sandbox.server()], "only the server is left");
    assert_eq!(std::fs::read_dir(sandbox.home().join("output")).map_or(0, Iterator::count), 0, "files are left");
    sandbox.run("job create -f job.json -n goes").succeeds();
    sandbox.wait_for_state("goes", "running");
    sandbox.run("job delete -n goes -y --no-wait").succeeds().prints("");
    wait_until("it is gone", || sandbox.run("job show -n goes").code == 3);
    sandbox.run("job delete -n goes -y").succeeds().prints("");
}

#[test]
fn terminating_asks_keeps_the_record_and_is_harmless_for_a_job_that_has_ended() {
    let sandbox = Sandbox::new();
    sandbox.job_file("echo begun; (setsid sleep 1000 &); sleep 1000");
    sandbox.run("job create -f job.json -n stops").succeeds();
    sandbox.wait_for_state("stops", "running");
    sandbox.run("job terminate -n stops").fails_with(1).says("Operation cancelled.");
    assert_eq!(sandbox.job("stops")["executionState"], "running");
    sandbox.run("job terminate -n stops -y").succeeds().prints("");
    let job = sandbox.job("stops");
    assert_eq!(job["executionState"], "failed");
    assert_eq!(job["executionInfo"]["exitCode"], Value::Null);
    assert_eq!(
        job["executionInfo"]["errors"],
        json!([{ "code": "JobTerminated", "details": null, "message": "The specified job has been terminated by the user" }])
    );
    assert_eq!(sandbox.processes(), [sandbox.server()], "only the server is left");
    sandbox.run("job terminate -n stops -y").succeeds().prints("");
    assert_eq!(sandbox.job("stops"), job, "nothing has changed");
    sandbox
        .run("job wait -n stops")
        .fails_with(255)
        .says("Job failed without an exit code at ")
        .says("Error message: The specified job has been terminated by the user\nDetails:\n<none>\n");
    sandbox.job_file("sleep 1000");
    sandbox.run("job create -f job.json -n later").succeeds();
    sandbox.run("job terminate -n later -y --no-wait").succeeds().prints("");
    sandbox.wait_for_state("later", "failed");
}
