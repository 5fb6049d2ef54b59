//! Jobs of every toolkit, with small programs in place of the frameworks: they meet, listen, connect and block as
//! those do.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Done, Rest, SUBSCRIPTION, Sandbox, is_left_out, wait_until};

/// Programs that stand in for frameworks; `bin` has those that are found on the PATH.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/toolkits")
}

fn fixture(name: &str) -> String {
    fixtures().join(name).display().to_string()
}

/// Runs `batchai job run` on cluster `c` with the stand-ins first on the PATH.
fn run(sandbox: &Sandbox, name: &str, job: &Value) -> Done {
    sandbox.spec("job.json", job);
    let path = format!("{}:{}", fixture("bin"), std::env::var("PATH").expect("a PATH"));
    let mut command = sandbox.command(["job", "run", "-c", "c", "-f", "job.json", "-n", name]);
    Done::of(&command.env("PATH", path).output().expect("the program"))
}

/// What a process of a job wrote.
#[track_caller]
fn file(sandbox: &Sandbox, job: &str, name: &str) -> String {
    sandbox.run(&format!("job file stream -j {job} -d stdouterr -f {name}")).succeeds().stdout
}

fn with_nodes(nodes: u32) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", nodes);
    sandbox
}

fn ranks(url: &str, backend: &str) -> Value {
    json!({
        "nodeCount": 2,
        "pyTorchSettings": {
            "pythonScriptFilePath": fixture("ranks.py"),
            "commandLineArgs": format!(
                "--rank $AZ_BATCHAI_TASK_INDEX --world-size 3 --dist-url {url} --dist-backend $AZ_BATCHAI_PYTORCH_BACKEND"
            ),
            "communicationBackend": backend,
            "processCount": 3,
        }
    })
}

#[test]
fn ranks_of_pytorch_meet_by_the_file_that_they_are_given_and_by_the_address_of_the_master() {
    if is_left_out("python3") {
        return;
    }
    let sandbox = with_nodes(2);
    for (name, url, backend) in
        [("file", "$AZ_BATCHAI_PYTORCH_INIT_METHOD", "Gloo"), ("tcp", "tcp://${AZ_BATCH_HOST_LIST%%,*}:23456", "TCP")]
    {
        run(&sandbox, name, &ranks(url, backend)).succeeds();
        for rank in 0..3 {
            let expected = format!("rank {rank} met [0, 1, 2] by {}\n", backend.to_lowercase());
            assert_eq!(file(&sandbox, name, &format!("stdout-{rank}.txt")), expected);
        }
    }
}

#[test]
fn ranks_of_pytorch_under_mpi_have_their_index_and_their_files_and_the_launcher_its_own() {
    if is_left_out("python3") {
        return;
    }
    let sandbox = with_nodes(2);
    // These ranks start one after the other, so that none may wait for another.
    let mut job = ranks("$AZ_BATCHAI_PYTORCH_INIT_METHOD-$AZ_BATCHAI_TASK_INDEX", "MPI");
    let arguments = job["pyTorchSettings"]["commandLineArgs"].as_str().expect("arguments").replace("size 3", "size 1");
    job["pyTorchSettings"]["commandLineArgs"] = arguments.into();
    let shown = run(&sandbox, "mpi", &job).succeeds();
    for rank in 0..3 {
        let expected = format!("rank {rank} met [{rank}] by mpi\n");
        assert_eq!(file(&sandbox, "mpi", &format!("stdout-{rank}.txt")), expected);
        assert!(shown.stdout.contains(&format!("[{rank}] {expected}")), "{}", shown.stdout);
    }
    let launcher = "3 ranks: slots=2 max_slots=2; slots=1 max_slots=1;\n";
    assert_eq!(file(&sandbox, "mpi", "stderr.txt"), launcher);
    shown.says(launcher);
}

/// A job of TensorFlow as the recipe writes it.
fn tasks(workers: u32, more: &str) -> Value {
    let arguments = |kind: &str| {
        format!(
            "--job_name={kind} --task_index=$AZ_BATCHAI_TASK_INDEX --ps_hosts=$AZ_BATCHAI_PS_HOSTS \
             --worker_hosts=$AZ_BATCHAI_WORKER_HOSTS {more}"
        )
    };
    json!({
        "nodeCount": 2,
        "tensorFlowSettings": {
            "pythonScriptFilePath": fixture("tasks.py"),
            "masterCommandLineArgs": arguments("worker"),
            "workerCommandLineArgs": arguments("worker"),
            "parameterServerCommandLineArgs": arguments("ps"),
            "workerCount": workers,
            "parameterServerCount": 2,
        }
    })
}

#[test]
fn a_cluster_of_tensorflow_finds_all_its_tasks_and_succeeds_with_its_master_though_the_others_never_end() {
    if is_left_out("python3") {
        return;
    }
    let sandbox = with_nodes(2);
    let job = tasks(3, "");
    run(&sandbox, "tf", &job).succeeds();
    assert_eq!(file(&sandbox, "tf", "stdout-wk-0.txt"), "worker 0 listens\nps 0; ps 1; worker 1; worker 2\n");
    assert_eq!(file(&sandbox, "tf", "stdout-wk-2.txt"), "worker 2 listens\n");
    assert_eq!(file(&sandbox, "tf", "stdout-ps-1.txt"), "ps 1 listens\n");
    assert!(sandbox.job_processes().is_empty(), "the parameter servers are gone");
    sandbox.run("job logs tf").succeeds().prints_part("stdout-ps-0.txt | ps 0 listens");

    let settings = &sandbox.job("tf")["tensorFlowSettings"];
    assert_eq!((&settings["workerCount"], &settings["parameterServerCount"]), (&json!(3), &json!(2)));
    let plan = sandbox.run("job create -c c -f job.json -n next --dry-run").succeeds().json()["plan"].clone();
    assert_eq!(plan["exitCode"], "the first process that fails; 0 when `worker 0` succeeds, which ends the others");
    let awaited: Vec<&Value> =
        plan["processes"].as_array().expect("processes").iter().map(|p| &p["isAwaited"]).collect();
    assert_eq!(awaited, [true, false, false, false, false]);
}

#[test]
fn a_worker_of_tensorflow_that_fails_ends_its_job_with_its_code() {
    if is_left_out("python3") {
        return;
    }
    let sandbox = with_nodes(2);
    run(&sandbox, "tf", &tasks(3, "--fail=1")).fails_with(1);
    assert!(sandbox.job_processes().is_empty(), "all are stopped");
    let explained = sandbox.run("job explain tf").succeeds().prints_part("worker 1 exited with code 1");
    explained.prints_part("The end of stderr-wk-1.txt:\n  worker 1 fails\n");
}

#[test]
fn a_running_job_of_tensorflow_tells_how_many_of_its_processes_write_files() {
    let sandbox = with_nodes(1);
    let settings = json!({ "pythonScriptFilePath": "600", "pythonInterpreterPath": "sleep", "workerCount": 2 });
    sandbox.spec("job.json", &json!({ "tensorFlowSettings": settings }));
    sandbox.run("job create -c c -f job.json -n tf").succeeds();
    sandbox.wait_for_state("tf", "running");
    let explained = sandbox.run("job explain tf -o json").succeeds().json();
    assert_eq!(explained["run"]["ranks"], 3, "two workers and a parameter server");
    sandbox.run("job terminate tf -y").succeeds();
    wait_until("all are stopped", || sandbox.job_processes().is_empty());
}

#[test]
fn a_job_of_tensorflow_that_is_not_distributed_is_one_process_without_a_cluster() {
    let sandbox = with_nodes(1);
    let show = "-c 'echo $AZ_BATCHAI_TASK_INDEX $0 ${TF_CONFIG-none} ${AZ_BATCHAI_WORKER_HOSTS-none}'";
    let settings = json!({
        "pythonScriptFilePath": show, "pythonInterpreterPath": "sh", "masterCommandLineArgs": "master" });
    run(&sandbox, "tf", &json!({ "nodeCount": 1, "tensorFlowSettings": settings }))
        .succeeds()
        .prints("0 master none none\n");
    assert_eq!(file(&sandbox, "tf", "stdout-wk-0.txt"), "0 master none none\n");
    let settings = &sandbox.job("tf")["tensorFlowSettings"];
    assert_eq!((&settings["workerCount"], &settings["parameterServerCount"]), (&Value::Null, &Value::Null));
}

#[test]
fn more_workers_of_tensorflow_than_gpus_are_refused_where_there_are_gpus() {
    let sandbox = Sandbox::new();
    for (name, size) in [("gpu", "STANDARD_NC12"), ("cpu", "STANDARD_D1"), ("c", "local")] {
        sandbox.run(&format!("cluster create -n {name} --target 0 -s {size}")).succeeds();
    }
    sandbox.spec("job.json", &tasks(5, ""));
    let message = "tensorFlowSettings.workerCount is 5, but must be at most 4: nodeCount, which is 2, \
                   times the GPUs of STANDARD_NC12, which are 2";
    for more in ["", " --dry-run"] {
        sandbox.run(&format!("job create -f job.json -n j -c gpu{more}")).fails_with(1).says(message);
    }
    let workspace =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/default/providers/Microsoft.BatchAI/workspaces/default");
    let mut job = tasks(5, "");
    job["cluster"] = json!({ "id": format!("{workspace}/clusters/gpu") });
    job["stdOutErrPathPrefix"] = "$AZ_BATCHAI_JOB_TEMP".into();
    sandbox.run("experiment create -n e").succeeds();
    let path = format!("{workspace}/experiments/e/jobs/j");
    let refused = Rest::new(&sandbox, "2018-05-01").put(&path, &json!({ "properties": job })).is(400);
    assert_eq!(refused.json()["error"]["target"], "properties.tensorFlowSettings.workerCount");
    for cluster in ["cpu", "c"] {
        sandbox.run(&format!("job create -f job.json -n {cluster} -c {cluster}")).succeeds();
    }
    sandbox.spec("job.json", &tasks(4, ""));
    sandbox.run("job create -f job.json -n j -c gpu").succeeds();
}

#[test]
fn shards_of_caffe2_meet_in_the_shared_directory() {
    if is_left_out("python3") {
        return;
    }
    let sandbox = with_nodes(2);
    let arguments = "--num_shards 2 --shard_id $AZ_BATCHAI_TASK_INDEX --file_store_path $AZ_BATCHAI_SHARED_JOB_TEMP";
    let settings = json!({ "pythonScriptFilePath": fixture("shards.py"), "commandLineArgs": arguments });
    run(&sandbox, "shards", &json!({ "nodeCount": 2, "caffe2Settings": settings })).succeeds();
    for shard in 0..2 {
        assert_eq!(file(&sandbox, "shards", &format!("stdout-{shard}.txt")), format!("shard {shard} of 2\n"));
    }
}

#[test]
fn programs_of_toolkits_run_alone_and_as_ranks_of_a_launcher() {
    let sandbox = with_nodes(2);
    let variables = json!([{ "name": "CONF", "value": "/conf" }]);
    let cntk = json!({ "configFilePath": "$CONF/a.cntk", "commandLineArgs": "parallelTrain=true 'a  b'" });
    let caffe = json!({ "configFilePath": "$CONF/solver", "commandLineArgs": "--gpu=all" });
    let script = json!({ "pythonScriptFilePath": "a.py", "pythonInterpreterPath": "caffe" });
    let command = json!({ "commandLine": "caffe \"$CONF\" | tr c C; exit 0" });
    for (settings, given, line) in [
        ("cntkSettings", &cntk, "cntk of rank N: configFile=/conf/a.cntk parallelTrain=true a  b\n"),
        ("caffeSettings", &caffe, "caffe of rank N: train --solver=/conf/solver --gpu=all\n"),
        ("chainerSettings", &script, "caffe of rank N: a.py\n"),
        ("horovodSettings", &script, "caffe of rank N: a.py\n"),
        ("customMpiSettings", &command, "Caffe of rank N: /Conf\n"),
    ] {
        let under_launcher: String = (0..3).map(|rank| line.replace('N', &rank.to_string())).collect();
        let mut several = given.clone();
        several["processCount"] = json!(3);
        let job = json!({ "nodeCount": 2, "environmentVariables": variables, settings: several });
        run(&sandbox, &format!("{settings}-3"), &job).succeeds().prints(&under_launcher);
        let job = json!({ "nodeCount": 1, "environmentVariables": variables, settings: given });
        let is_alone = ["cntkSettings", "caffeSettings"].contains(&settings);
        let alone = line.replace('N', if is_alone { "none" } else { "0" });
        run(&sandbox, &format!("{settings}-1"), &job).succeeds().prints(&alone);
    }
}

#[test]
fn a_toolkit_whose_program_is_missing_says_what_to_do() {
    let sandbox = with_nodes(1);
    let nowhere = json!([{ "name": "PATH", "value": "/nowhere" }]);
    let script = json!({ "pythonScriptFilePath": "a.py" });
    for (settings, given, what) in [
        ("cntkSettings", json!({ "configFilePath": "a" }), "CNTK is needed to run this job, and there is no cntk"),
        ("caffeSettings", json!({ "configFilePath": "a" }), "Caffe is needed to run this job, and there is no caffe"),
        ("tensorFlowSettings", script.clone(), "set tensorFlowSettings.pythonInterpreterPath"),
        ("cntkSettings", script.clone(), "set cntkSettings.pythonInterpreterPath"),
        ("caffe2Settings", script.clone(), "set caffe2Settings.pythonInterpreterPath"),
        ("horovodSettings", script, "MPI is needed to run this job"),
    ] {
        sandbox.spec("job.json", &json!({ "nodeCount": 1, "environmentVariables": nowhere, settings: given }));
        sandbox.run("job run -c c -f job.json").fails_with(127).says(what);
    }
}
