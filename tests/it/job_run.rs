//! `job run`, and what a job finds when it runs: environment, directories, preparation, limits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Sandbox, process, wait_until};

#[test]
fn a_job_runs_with_its_output_and_its_exit_code() {
    let sandbox = Sandbox::new();
    sandbox.job_file("echo out; echo err >&2; exit 3");
    sandbox.run("job run -f job.json").fails_with(3).prints("out\n").says("err\n");
}

#[test]
fn a_run_tells_where_the_job_went_and_how_it_ended() {
    let sandbox = Sandbox::new();
    sandbox.job_file("true");
    let run = sandbox.run("job run -f job.json -n train").succeeds().prints("");
    let said: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(said[0], "Job train submitted to cluster local (workspace default, experiment default).");
    assert!(said[1].starts_with("Job train succeeded after 0:0"), "{}", run.stderr);
    assert_eq!(said.len(), 2);
    sandbox.job_file("exit 7");
    let run = sandbox.run("job run -f job.json -n fails").fails_with(7);
    let said: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(said[1], "The job \"fails\" in resource group \"default\" failed.");
    assert!(said[2].starts_with("Job failed with exit code 7 at 20"), "{}", run.stderr);
    assert_eq!(said[3], "Error message: Job failed with non-zero exit code");
    assert_eq!(sandbox.job("fails")["executionInfo"]["errors"][0]["code"], "JobFailed");
}

#[test]
fn waiting_tells_every_change_in_the_words_of_az_and_exits_with_the_jobs_code() {
    let sandbox = Sandbox::new();
    sandbox.job_file("exit 4");
    sandbox.run("job create -f job.json -n fails").succeeds();
    let waited = sandbox.run("job wait -n fails --interval 1").fails_with(4).prints("");
    for text in [
        "Job submitted at 20",
        "Job started execution at 20",
        "Job state: failed\n",
        "The job \"fails\" in resource group \"default\" failed.\nJob failed with exit code 4 at 20",
        "; execution took 0:0",
        "Error message: Job failed with non-zero exit code\nDetails:\n",
    ] {
        assert!(waited.stderr.contains(text), "{text:?} is not in {}", waited.stderr);
    }
    sandbox.job_file("true");
    sandbox.run("job create -f job.json -n works").succeeds();
    sandbox.run("job wait -n works").succeeds().says("Job completed at 20").says("; execution took 0:0");
}

/// What `env` printed, by name.
fn variables(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_job_on_two_nodes_finds_every_documented_variable() {
    let sandbox = Sandbox::new();
    sandbox.settings("gpus: none");
    sandbox.cluster("c", 2);
    let show = "env; cat $AZ_BATCHAI_MPI_HOST_FILE > $AZ_BATCHAI_OUTPUT_OUT/hostfile; pwd > $AZ_BATCHAI_OUTPUT_OUT/pwd";
    let job = json!({
        "nodeCount": 2,
        "inputDirectories": [{ "id": "DATA", "path": "$AZ_BATCHAI_MOUNT_ROOT/none" }],
        "outputDirectories": [{ "id": "OUT" }, { "id": "DEEP", "pathSuffix": "a/b" }],
        "environmentVariables": [
            { "name": "MODEL", "value": "$AZ_BATCHAI_OUTPUT_OUT/model" }, { "name": "PATH", "value": "/opt/bin:$PATH" } ],
        "jobPreparation": { "commandLine": "env > $AZ_BATCHAI_SHARED_JOB_TEMP/prepared-$$" },
        "customToolkitSettings": {
            "commandLine": format!("{show}; cat $AZ_BATCHAI_SHARED_JOB_TEMP/prepared-* > $AZ_BATCHAI_OUTPUT_OUT/prepared; exit 0") }
    });
    sandbox.spec("job.json", &job);
    let mut command = sandbox.command("job run -c c -f job.json -n envy".split(' '));
    command.env("PATH", "/usr/bin:/bin").env("LEAKED", "from the client").env("OLDPWD", "/nowhere");
    let run = crate::support::Done::of(&command.output().expect("the program")).succeeds();
    let job = variables(&run.stdout);
    let get = |name: &str| job.get(name).unwrap_or_else(|| panic!("{name} is not set:\n{}", run.stdout)).as_str();

    assert_eq!(get("AZ_BATCHAI_NUM_GPUS"), "0");
    assert_eq!(get("AZ_BATCHAI_INPUT_DATA"), format!("{}/none", get("AZ_BATCHAI_MOUNT_ROOT")));
    assert_eq!(get("MODEL"), format!("{}/model", get("AZ_BATCHAI_OUTPUT_OUT")));
    let (ssh, path) = get("PATH").split_once(':').expect("folders");
    assert_eq!(path, "/opt/bin:/usr/bin:/bin", "the submitter's, under the user's own");
    assert!(ssh.ends_with("/remote/bin/0"), "{ssh}");
    assert_eq!(get("AZ_BATCHAI_JOB_TEMP"), get("AZ_BATCHAI_JOB_TEMP_DIR"));
    assert_eq!(get("TMPDIR"), get("AZ_BATCHAI_JOB_TEMP"));
    let segment = sandbox.job("envy")["jobOutputDirectoryPathSegment"].as_str().expect("a segment").to_owned();
    for (name, end) in [
        ("AZ_BATCHAI_STDOUTERR_DIR", "stdouterr"),
        ("AZ_BATCHAI_OUTPUT_OUT", "outputs"),
        ("AZ_BATCHAI_OUTPUT_DEEP", "outputs/a/b"),
    ] {
        assert!(get(name).ends_with(&format!("/{segment}/{end}")), "{name} is {}", get(name));
    }
    assert!(!job.contains_key("LEAKED") && !job.contains_key("BATCHAI_HOME"), "inherited: {}", run.stdout);
    for name in ["HOME", "USER", "LOGNAME", "SHELL", "LANG", "AZ_BATCHAI_JOB_MOUNT_ROOT", "BATCHAI_RUN_ID"] {
        assert!(!get(name).is_empty(), "{name}");
    }

    let addresses: Vec<&str> = get("AZ_BATCH_HOST_LIST").split(',').collect();
    let distinct: BTreeSet<&&str> = addresses.iter().collect();
    assert_eq!((addresses.len(), distinct.len()), (2, 2), "{addresses:?}");
    assert!(addresses.iter().all(|address| address.starts_with("127.")), "{addresses:?}");
    let hosts = sandbox.run("job file stream -j envy -d OUT -f hostfile").succeeds().stdout;
    let cores = std::thread::available_parallelism().expect("a number of cores");
    let line = |address: &&str| format!("{address} slots={cores} max_slots={cores}\n");
    assert_eq!(hosts, addresses.iter().map(line).collect::<String>());
    let folder = sandbox.run("job file stream -j envy -d OUT -f pwd").succeeds().stdout;
    assert_eq!(folder.trim_end(), get("AZ_BATCH_TASK_WORKING_DIR"), "ranks of launchers begin there");
    assert_eq!(
        folder.trim_end(),
        get("AZ_BATCHAI_JOB_TEMP"),
        "without code a job begins in its own temporary directory"
    );

    let prepared = sandbox.run("job file stream -j envy -d OUT -f prepared").succeeds().stdout;
    let all = |name: &str| -> BTreeSet<&str> {
        prepared.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
    };
    assert_eq!(all("AZ_BATCHAI_SHARED_JOB_TEMP"), BTreeSet::from([get("AZ_BATCHAI_SHARED_JOB_TEMP")]), "it is shared");
    assert_eq!(all("AZ_BATCHAI_JOB_TEMP").len(), 2, "every node has its own: {prepared}");
    assert_eq!(all("AZ_BATCHAI_MOUNT_ROOT").len(), 2, "{prepared}");
    assert_eq!(all("MODEL").len(), 1, "the preparation has the user's variables");
}

#[test]
fn a_custom_job_runs_once_on_the_master_and_its_preparation_everywhere() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 3);
    let job = json!({
        "nodeCount": 3,
        "jobPreparation": { "commandLine": "echo x >> $AZ_BATCHAI_SHARED_JOB_TEMP/prepared; echo here > $AZ_BATCHAI_JOB_TEMP/mine" },
        "customToolkitSettings": {
            "commandLine": "cat $AZ_BATCHAI_JOB_TEMP/mine; wc -l < $AZ_BATCHAI_SHARED_JOB_TEMP/prepared" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -c c -f job.json").succeeds().prints("here\n3\n");
}

#[test]
fn a_preparation_that_fails_fails_the_job_with_its_code_and_the_job_never_begins() {
    let sandbox = Sandbox::new();
    let job = json!({
        "jobPreparation": { "commandLine": "echo preparing; echo bad >&2; exit 9" },
        "customToolkitSettings": { "commandLine": "echo begun" }
    });
    sandbox.spec("job.json", &job);
    sandbox
        .run("job run -f job.json -n fails")
        .fails_with(9)
        .prints("")
        .says("preparing\n")
        .says("bad\n")
        .says("Error message: Job preparation task failed with non-zero exit code\n")
        .says("Info: the preparation exited with code 9 on node tvm-");
    let info = &sandbox.job("fails")["executionInfo"];
    assert_eq!((&info["exitCode"], &info["errors"][0]["code"]), (&json!(9), &json!("JobPreparationFailed")));
    sandbox.run("job file stream -j fails -f stderr-job_prep.txt").succeeds().prints("bad\n");
    sandbox.run("job file stream -j fails -f stdout.txt").fails_with(3);
}

#[test]
fn one_failing_preparation_of_several_is_enough() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    let job = json!({
        "nodeCount": 2,
        "jobPreparation": { "commandLine": "if mkdir $AZ_BATCHAI_SHARED_JOB_TEMP/first 2>/dev/null; then exit 5; fi" },
        "customToolkitSettings": { "commandLine": "echo begun" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -c c -f job.json").fails_with(5).prints("");
}

#[test]
fn a_job_beyond_its_wall_clock_time_ends_with_all_its_processes() {
    let sandbox = Sandbox::new();
    let job = json!({
        "constraints": { "maxWallClockTime": "PT1S" },
        "customToolkitSettings": { "commandLine": "echo begun; (setsid sleep 1000 &); sleep 1000" }
    });
    sandbox.spec("job.json", &job);
    sandbox
        .run("job run -f job.json -n slow")
        .fails_with(255)
        .prints("begun\n")
        .says("Error message: The job was ended because it ran longer than its maxWallClockTime of 1 second\n");
    let job = sandbox.job("slow");
    assert_eq!(job["constraints"]["maxWallClockTime"], "0:00:01");
    assert_eq!(job["executionInfo"]["exitCode"], Value::Null);
    assert_eq!(job["executionInfo"]["errors"][0]["code"], "JobMaxWallClockTimeExceeded");
    assert_eq!(sandbox.processes(), [sandbox.server()], "only the server is left");
}

#[test]
fn what_a_job_leaves_running_ends_with_it() {
    let sandbox = Sandbox::new();
    let pid = sandbox.work().join("pid");
    sandbox.job_file(&format!("setsid sleep 1000 & echo $! > '{}'; exit 2", pid.display()));
    sandbox.run("job run -f job.json").fails_with(2);
    let pid: i32 = std::fs::read_to_string(pid).expect("a file").trim().parse().expect("a process id");
    assert!(!process::is_running(pid), "process {pid} is left");
}

#[test]
fn times_of_a_job_are_in_order_and_agree() {
    let sandbox = Sandbox::new();
    sandbox.job_file("true");
    sandbox.run("job run -f job.json -n train").succeeds();
    let job = sandbox.job("train");
    let time = |value: &Value| {
        let text = value.as_str().expect("a time").to_owned();
        assert!(text.ends_with("+00:00") && text.as_bytes()[10] == b'T', "{text}");
        text
    };
    let info = &job["executionInfo"];
    let moments = [time(&job["creationTime"]), time(&info["startTime"]), time(&info["endTime"])];
    assert!(moments.is_sorted(), "{moments:?}");
    assert_eq!(job["executionStateTransitionTime"], info["endTime"]);
    assert_eq!(info["errors"], Value::Null);
}

#[test]
fn ranks_learn_who_they_are_and_where_to_meet_and_the_first_failure_decides() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    sandbox.file(
        "code/rank.sh",
        "echo $AZ_BATCHAI_TASK_INDEX $AZ_BATCHAI_PYTORCH_INIT_METHOD $*\n[ $AZ_BATCHAI_TASK_INDEX != 1 ] || exit 6\n",
    );
    let job = json!({
        "nodeCount": 2, "code": "code",
        "pyTorchSettings": {
            "pythonScriptFilePath": "rank.sh", "pythonInterpreterPath": "/bin/sh",
            "commandLineArgs": "--world-size 2 --rank $AZ_BATCHAI_TASK_INDEX", "communicationBackend": "gloo" }
    });
    sandbox.spec("job.json", &job);
    let run = sandbox.run("job run -c c -f job.json -n ranks").fails_with(6);
    let mut lines: Vec<&str> = run.stdout.lines().collect();
    lines.sort_unstable();
    assert!(
        lines[0].starts_with("[0] 0 file:///") && lines[0].ends_with("/pytorch-rendezvous --world-size 2 --rank 0"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("[1] 1 file:///") && lines[1].ends_with("/pytorch-rendezvous --world-size 2 --rank 1"),
        "{lines:?}"
    );
    let shown = sandbox.job("ranks");
    assert_eq!((&shown["toolType"], &shown["pyTorchSettings"]["processCount"]), (&json!("pytorch"), &json!(2)));
}

#[test]
fn programs_on_two_nodes_listen_on_the_same_port() {
    let sandbox = Sandbox::new();
    if crate::support::is_left_out("python3") {
        return;
    }
    sandbox.cluster("c", 2);
    let program = "import os, socket, sys, time\n\
        rank = int(os.environ['AZ_BATCHAI_TASK_INDEX'])\n\
        hosts = os.environ['AZ_BATCH_HOST_LIST'].split(',')\n\
        shared = os.environ['AZ_BATCHAI_SHARED_JOB_TEMP']\n\
        port = None\n\
        if rank == 0:\n\
        \x20   server = socket.create_server((hosts[0], 0))\n\
        \x20   port = server.getsockname()[1]\n\
        \x20   open(shared + '/port.new', 'w').write(str(port))\n\
        \x20   os.rename(shared + '/port.new', shared + '/port')\n\
        else:\n\
        \x20   while not os.path.exists(shared + '/port'): time.sleep(0.01)\n\
        \x20   port = int(open(shared + '/port').read())\n\
        \x20   server = socket.create_server((hosts[1], port))\n\
        \x20   socket.create_connection((hosts[0], port)).sendall(b'hello')\n\
        if rank == 0: print(server.accept()[0].recv(5).decode())\n";
    sandbox.file("code/meet.py", program);
    let job = json!({ "nodeCount": 2, "code": "code", "pyTorchSettings": { "pythonScriptFilePath": "meet.py" } });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -c c -f job.json").succeeds().prints("[0] hello\n");
}

#[test]
fn a_run_that_waits_for_nodes_says_why() {
    let sandbox = Sandbox::new();
    sandbox.run("cluster create -n none --target 0").succeeds();
    sandbox.job_file("true");
    let mut run = sandbox.spawn("job run -c none -n waits -f job.json");
    let mut said = String::new();
    let stderr = run.stderr.take().expect("its errors");
    for line in std::io::BufRead::lines(std::io::BufReader::new(stderr)).take(2) {
        said.push_str(&line.expect("a line"));
    }
    assert!(said.contains("The job is queued: it needs 1 node, and cluster `none` is fixed at 0 nodes"), "{said}");
    sandbox.run("job terminate -n waits -y").succeeds();
    assert_eq!(run.wait().expect("it ends").code(), Some(255));
    wait_until("the job has ended", || sandbox.job("waits")["executionState"] == "failed");
}
