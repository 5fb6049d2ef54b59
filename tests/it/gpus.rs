//! GPUs that are dealt to nodes: `gpus` of server.yaml stands for those of the machine, of which most have none.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::support::podman::IMAGE;
use crate::support::{Podman, Sandbox, wait_until};

/// A sandbox whose server has these GPUs, as server.yaml says it.
fn with_gpus(gpus: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.settings(&format!("gpus: {gpus}\n"));
    sandbox
}

const FOUR: &str = "[GPU-a, GPU-b, GPU-c, GPU-d]";

/// A cluster of so many nodes of a size, which has `there` of them.
#[track_caller]
fn cluster(sandbox: &Sandbox, name: &str, vm_size: &str, nodes: u32, there: u32) {
    sandbox.run(&format!("cluster create -n {name} -s {vm_size} --target {nodes}")).succeeds();
    wait_until(&format!("{name} has {there} nodes"), || {
        let shown = shown(sandbox, name);
        shown["nodeStateCounts"]["idleNodeCount"] == there && shown["allocationState"] == "steady"
    });
}

fn shown(sandbox: &Sandbox, name: &str) -> Value {
    sandbox.run(&format!("cluster show -n {name}")).succeeds().json()
}

/// What commands see of the GPUs.
const SHOW: &str = "echo ${CUDA_VISIBLE_DEVICES-unset} ${NVIDIA_VISIBLE_DEVICES-unset} $AZ_BATCHAI_NUM_GPUS";

/// Each job has a name of its own.
static JOBS: AtomicU32 = AtomicU32::new(0);

/// What a job of so many nodes of a cluster sees on each of them, in order.
#[track_caller]
fn seen(sandbox: &Sandbox, cluster: &str, nodes: u32) -> Vec<String> {
    let command = format!("for node in $(echo $AZ_BATCH_HOST_LIST | tr , ' '); do ssh $node '{SHOW}'; done");
    sandbox.spec("job.json", &json!({ "nodeCount": nodes, "customToolkitSettings": { "commandLine": command } }));
    let name = format!("job-{}", JOBS.fetch_add(1, Ordering::Relaxed));
    let done = sandbox.run(&format!("job run -c {cluster} -f job.json -n {name}")).succeeds();
    done.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn clusters_have_different_gpus_also_after_a_restart_and_free_ones_go_to_who_waits() {
    let sandbox = with_gpus(FOUR);
    cluster(&sandbox, "two", "STANDARD_NC12", 1, 1);
    cluster(&sandbox, "one", "STANDARD_NC6", 1, 1);
    let two = "GPU-a,GPU-b GPU-a,GPU-b 2";
    assert_eq!((seen(&sandbox, "two", 1), seen(&sandbox, "one", 1)), (vec![two.into()], vec!["GPU-c GPU-c 1".into()]));

    cluster(&sandbox, "more", "STANDARD_NC6", 2, 1);
    let says = "nodes have 4 of the 4 GPUs of this machine, and 1 more are needed";
    wait_until("it says what it lacks", || {
        let error = shown(&sandbox, "more")["errors"][0].clone();
        error["code"] == "AllocationFailed"
            && error["message"].as_str().is_some_and(|message| message.starts_with(says))
    });
    assert_eq!(seen(&sandbox, "more", 1), ["GPU-d GPU-d 1"]);

    sandbox.kill_server();
    for (name, expected) in [("two", two), ("one", "GPU-c GPU-c 1"), ("more", "GPU-d GPU-d 1")] {
        assert_eq!(seen(&sandbox, name, 1), [expected], "{name} keeps what it has");
    }

    sandbox.run("cluster delete -n two -y").succeeds();
    sandbox.wait_for_nodes("more", "idleNodeCount", 2);
    wait_until("nothing is missing", || shown(&sandbox, "more")["errors"].is_null());
    assert_eq!(seen(&sandbox, "more", 2), ["GPU-d GPU-d 1", "GPU-a GPU-a 1"]);
    assert_eq!(shown(&sandbox, "one")["warnings"], Value::Null);
}

#[test]
fn a_job_that_waits_for_gpus_is_told_so_and_starts_when_there_are_some() {
    let sandbox = with_gpus("[GPU-a]");
    cluster(&sandbox, "first", "STANDARD_NC6", 1, 1);
    sandbox.run("cluster create -n second -s STANDARD_NC6 --min 0 --max 2").succeeds();
    sandbox.job_file(SHOW);
    sandbox.run("job create -c second -f job.json -n waits").succeeds();
    wait_until("why it waits is known", || {
        sandbox.run("job explain -n waits").succeeds().stdout.contains("the number of GPUs of this machine")
    });
    sandbox.run("cluster resize -n first --target 0").succeeds();
    sandbox.run("job wait -n waits").succeeds();
    sandbox.run("job file stream -j waits -f stdout.txt").succeeds().prints("GPU-a GPU-a 1\n");

    let two = json!({ "nodeCount": 2, "customToolkitSettings": { "commandLine": "true" } });
    sandbox.spec("two.json", &two);
    sandbox.run("job create -c second -f two.json -n never").succeeds();
    wait_until("it is known that it never starts", || {
        sandbox.run("job explain -n never").succeeds().stdout.contains("it can never start")
    });
}

#[test]
fn nodes_of_this_machine_share_its_gpus_and_those_without_see_none() {
    let sandbox = with_gpus(FOUR);
    cluster(&sandbox, "part", "local", 2, 2);
    assert_eq!(seen(&sandbox, "part", 2), ["GPU-a,GPU-b GPU-a,GPU-b 2", "GPU-c,GPU-d GPU-c,GPU-d 2"]);
    cluster(&sandbox, "late", "local", 1, 1);
    cluster(&sandbox, "without", "STANDARD_D2", 1, 1);
    assert_eq!([seen(&sandbox, "late", 1), seen(&sandbox, "without", 1)], [["void 0"], ["void 0"]]);
    let hosts = "cat $AZ_BATCHAI_MPI_HOST_FILE; CUDA_VISIBLE_DEVICES=$CUDA_VISIBLE_DEVICES; echo $CUDA_VISIBLE_DEVICES";
    let mut job = json!({ "nodeCount": 2, "customToolkitSettings": { "commandLine": hosts } });
    job["environmentVariables"] = json!([{ "name": "CUDA_VISIBLE_DEVICES", "value": "GPU-b" }]);
    sandbox.spec("job.json", &job);
    let printed = sandbox.run("job run -c part -f job.json -n hosts").succeeds().stdout;
    assert_eq!(printed.matches("slots=2 max_slots=2").count(), 2, "{printed}");
    assert!(printed.ends_with("\nGPU-b\n"), "a user may narrow what his programs see: {printed}");
}

#[test]
fn a_set_up_task_sees_the_gpus_of_its_node() {
    let sandbox = with_gpus(FOUR);
    let seen = sandbox.path("seen");
    let task = format!("{SHOW} >> {}", seen.display());
    sandbox.spec(
        "cluster.json",
        &json!({
            "vmSize": "STANDARD_NC12", "scaleSettings": { "manual": { "targetNodeCount": 2 } },
            "nodeSetup": { "setupTask": { "commandLine": task, "stdOutErrPathPrefix": sandbox.path("logs") } }
        }),
    );
    sandbox.run("cluster create -n c -f cluster.json").succeeds();
    sandbox.wait_for_nodes("c", "idleNodeCount", 2);
    let mut lines: Vec<String> =
        std::fs::read_to_string(seen).expect("what it saw").lines().map(|line| line.trim().to_owned()).collect();
    lines.sort();
    assert_eq!(lines, ["GPU-a,GPU-b GPU-a,GPU-b", "GPU-c,GPU-d GPU-c,GPU-d"]);
}

#[test]
fn on_a_machine_without_gpus_a_cluster_of_such_a_size_is_made_with_a_warning() {
    let sandbox = with_gpus("none");
    let warning = "nodes of STANDARD_NC24 have GPUs, and this machine has none that nodes may have: jobs compute on its \
                   processors, while AZ_BATCHAI_NUM_GPUS is 4 as on Azure";
    let created = sandbox.run("cluster create -n c -s STANDARD_NC24 --target 1").succeeds();
    created.says(&format!("warning: {warning}\n"));
    sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    assert_eq!(shown(&sandbox, "c")["warnings"], json!([warning]));
    assert_eq!(seen(&sandbox, "c", 1), ["unset unset 4"], "as many as the host file has slots");
    sandbox.run("cluster create -n d -s STANDARD_NC24 --target 1 --only-show-errors").succeeds().says("");
    let cluster = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default/providers/Microsoft.BatchAI/\
                   workspaces/default/clusters/c";
    assert!(shown(&sandbox, "c")["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(cluster)));

    // The driver comes later: nodes that are there get theirs.
    sandbox.run("server stop").succeeds();
    sandbox.settings(&format!("gpus: {FOUR}\n"));
    wait_until("the node has its GPUs", || {
        seen(&sandbox, "c", 1) == ["GPU-a,GPU-b,GPU-c,GPU-d GPU-a,GPU-b,GPU-c,GPU-d 4"]
    });
    assert_eq!(shown(&sandbox, "c")["warnings"], Value::Null);
}

#[test]
fn settings_that_name_no_gpus_keep_the_server_from_starting_and_say_why() {
    for gpus in ["some", "[GPU-a, GPU-a]", "['a,b']"] {
        let sandbox = with_gpus(gpus);
        let failed = sandbox.run("server run");
        assert!(
            failed.code != 0 && failed.stderr.contains("`gpus` must be `all`, `none`, or a list"),
            "{}",
            failed.stderr
        );
    }
}

#[test]
fn a_container_is_told_of_the_gpus_of_its_node_only() {
    let sandbox = Sandbox::new();
    for (engine, expected) in [
        ("docker", "--gpus \"device=GPU-a,GPU-b\" "),
        ("podman", "--device nvidia.com/gpu=GPU-a --device nvidia.com/gpu=GPU-b "),
    ] {
        sandbox.settings(&format!("gpus: {FOUR}\ncontainers: {{ engine: {engine} }}\n"));
        cluster(&sandbox, engine, "STANDARD_NC12", 1, 1);
        let container = json!({ "imageSourceRegistry": { "image": "ubuntu" } });
        sandbox.spec(
            "job.json",
            &json!({ "containerSettings": container, "customToolkitSettings": { "commandLine": "x" } }),
        );
        let plan = sandbox.run(&format!("job create -c {engine} -f job.json -n j --dry-run -o json")).succeeds().json();
        let words: Vec<&str> = plan["plan"]["nodes"][0]["container"]["arguments"]
            .as_array()
            .unwrap_or_else(|| panic!("{plan:#}"))
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert!(words.join(" ").contains(expected), "{words:?}");
        sandbox.run(&format!("cluster delete -n {engine} -y")).succeeds();
        sandbox.run("server stop").succeeds();
    }
}

#[test]
fn a_container_on_a_node_without_gpus_runs_and_sees_none() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = Sandbox::new();
    podman.serve(&sandbox);
    let settings = std::fs::read_to_string(sandbox.home().join("server.yaml")).expect("settings");
    let mut settings: Value = serde_json::from_str(&settings).expect("JSON");
    settings["gpus"] = json!(["GPU-a"]);
    sandbox.settings(&settings.to_string());
    cluster(&sandbox, "c", "STANDARD_D2", 1, 1);
    let show = format!("{SHOW}; tr '\\0' '\\n' < /proc/1/environ | grep NVIDIA");
    sandbox.spec(
        "job.json",
        &json!({ "containerSettings": { "imageSourceRegistry": { "image": IMAGE } },
            "customToolkitSettings": { "commandLine": show } }),
    );
    let done = sandbox.run("job run -c c -f job.json -n a").succeeds();
    assert_eq!(done.stdout, "void 0\nNVIDIA_VISIBLE_DEVICES=void\n");
}
