//! Jobs in containers, with a real Podman: what they find, how they end, and that no container outlives them.

mod failures;
mod mpi;
mod registry;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::leaks::{holders, shows};
use crate::support::podman::IMAGE;
use crate::support::{Podman, Sandbox, process, wait_for, wait_until};

/// A sandbox whose server has this Podman, with a cluster `c` of two nodes.
fn sandbox(podman: &Podman) -> Sandbox {
    let sandbox = Sandbox::new();
    podman.serve(&sandbox);
    sandbox.cluster("c", 2);
    sandbox
}

fn job(command: &str) -> Value {
    json!({
        "containerSettings": { "imageSourceRegistry": { "image": IMAGE } },
        "customToolkitSettings": { "commandLine": command }
    })
}

fn submit(sandbox: &Sandbox, name: &str, job: &Value) {
    sandbox.spec("job.json", job);
    sandbox.run(&format!("job create -c c -f job.json -n {name}")).succeeds();
}

/// Shell text that ends when a gate opens whose file lies in the job's temporary directory.
fn wait_inside() -> &'static str {
    "until [ -e $AZ_BATCHAI_SHARED_JOB_TEMP/go ]; do sleep 0.05; done"
}

/// The shared temporary directory of the only run.
fn shared(sandbox: &Sandbox) -> std::path::PathBuf {
    // A job is running before its run has a directory.
    let run = || std::fs::read_dir(sandbox.home().join("runs")).ok()?.flatten().next();
    wait_for("a run", run).path().join("shared")
}

fn open(sandbox: &Sandbox) {
    std::fs::write(shared(sandbox).join("go"), "").expect("a file");
}

fn error(sandbox: &Sandbox, name: &str) -> Value {
    sandbox.job(name)["executionInfo"]["errors"][0].clone()
}

#[test]
fn preparation_and_job_share_a_container_that_has_the_paths_and_variables_of_the_host() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let show = "env; tr '\\0' '\\n' < /proc/$$/environ; cat /prepared; df -k /dev/shm | tail -1; pwd; cat given.txt; ls $AZ_BATCHAI_INPUT_DATA; echo err >&2; \
                echo weights > $AZ_BATCHAI_OUTPUT_MODEL/w; exit 7";
    let mut spec = job(show);
    spec["containerSettings"]["shmSize"] = "123m".into();
    spec["jobPreparation"] = json!({ "commandLine": "echo by the preparation > /prepared; echo ready" });
    spec["outputDirectories"] = json!([{ "id": "MODEL" }]);
    let data = sandbox.path("data");
    std::fs::create_dir(&data).and_then(|()| std::fs::write(data.join("input.bin"), "")).expect("an input");
    spec["inputDirectories"] = json!([{ "id": "DATA", "path": data }]);
    spec["environmentVariables"] =
        json!([{ "name": "PATH", "value": "/opt/mine:$PATH" }, { "name": "odd.name", "value": "it's" }]);
    sandbox.file("code/given.txt", "of the code\n");
    spec["code"] = "code".into();
    sandbox.spec("job.json", &spec);
    let run = sandbox.run("job run -c c -f job.json -n a").fails_with(7).says("err\n");
    let variables: BTreeMap<&str, &str> = run.stdout.lines().filter_map(|line| line.split_once('=')).collect();

    assert_eq!(variables["OF_IMAGE"], "yes");
    assert_eq!(variables["HOME"], "/root", "the image's, not the host's");
    let (first, rest) = variables["PATH"].split_once(':').expect("folders");
    assert!(first.ends_with("/remote/bin/0") && rest.starts_with("/opt/mine:/usr/local/sbin:"), "{first}:{rest}");
    assert_eq!(variables["odd.name"], "it's");
    let home = sandbox.home().display().to_string();
    for name in ["AZ_BATCHAI_MOUNT_ROOT", "AZ_BATCHAI_JOB_TEMP", "AZ_BATCHAI_STDOUTERR_DIR", "AZ_BATCHAI_OUTPUT_MODEL"]
    {
        assert!(variables[name].starts_with(&home), "{name} is {}", variables[name]);
    }
    for text in ["by the preparation\n", "of the code\n", "input.bin\n", " 125952 "] {
        assert!(run.stdout.contains(text), "{text:?} is not in {}", run.stdout);
    }
    assert!(run.stdout.lines().any(|line| line.ends_with("/nodes/0/code")), "{}", run.stdout);
    sandbox.run("job file stream -j a -f stdout-job_prep.txt").succeeds().prints("ready\n");
    sandbox.run("job file stream -j a -d MODEL -f w").succeeds().prints("weights\n");
    assert_eq!(error(&sandbox, "a")["code"], "JobFailed");
    let log = sandbox.run("job file stream -j a -f execution.log").succeeds().stdout;
    assert!(log.contains("started from image localhost/batchai-test:1") && log.contains("containers removed"), "{log}");
    assert_eq!(podman.containers(), [] as [&str; 0]);
    wait_until("nothing of the job is left", || sandbox.job_processes().is_empty());
}

#[test]
fn a_container_sees_of_its_run_what_processes_need_and_inputs_only_where_the_host_has_them() {
    let Some(podman) = Podman::new() else { return };
    let mut sandbox = Sandbox::new();
    sandbox.move_home(sandbox.path("my data's $x"));
    podman.serve(&sandbox);
    sandbox.cluster("c", 2);
    // The second node is reached by what both have in common.
    let mut spec = job("ls \"$PWD/../../..\"; $OMPI_MCA_plm_rsh_agent ${AZ_BATCH_HOST_LIST#*,} 'echo over there'; \
         [ -e \"$AZ_BATCHAI_INPUT_DATA\" ] || echo no input");
    spec["nodeCount"] = 2.into();
    spec["inputDirectories"] = json!([{ "id": "DATA", "path": sandbox.path("absent") }]);
    sandbox.spec("job.json", &spec);
    let run = sandbox.run("job run -c c -f job.json -n a").succeeds();
    assert_eq!(run.stdout, "nodes\nremote\nshared\nover there\nno input\n");
    assert!(!sandbox.path("absent").exists(), "nobody makes it");
}

#[test]
fn a_job_that_puts_a_link_where_its_output_is_to_go_changes_nothing_behind_it() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let mut spec = job("echo over it");
    let precious = sandbox.path("precious");
    std::fs::write(&precious, "mine").expect("a file");
    let link = format!("ln -s {} $AZ_BATCHAI_STDOUTERR_DIR/stdout.txt", precious.display());
    spec["jobPreparation"] = json!({ "commandLine": link });
    submit(&sandbox, "a", &spec);
    sandbox.run("job wait -n a").fails_with(255);
    assert_eq!(std::fs::read(&precious).expect("still there"), b"mine");
    let why = sandbox.run("job explain -n a").stdout;
    assert!(why.contains("stdout.txt for the output of job"), "{why}");
}

#[test]
fn a_container_is_on_the_hosts_network_and_sees_the_volumes_of_cluster_and_job() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = Sandbox::new();
    podman.serve(&sandbox);
    let share = |path: &str, share: &str| {
        json!({ "azureFileShares": [{ "azureFileUrl": format!("https://acc.file.core.windows.net/{share}"),
                "accountName": "acc", "relativeMountPath": path, "credentials": { "accountKey": "c2VjcmV0LWtleQ==" } }] })
    };
    let cluster = json!({
        "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "nodeSetup": { "mountVolumes": share("common", "of-cluster") } });
    sandbox.spec("cluster.json", &cluster);
    sandbox.run("cluster create -n c -f cluster.json").succeeds();
    let serve = "cp $AZ_BATCHAI_MOUNT_ROOT/common/page $AZ_BATCHAI_JOB_MOUNT_ROOT/own/page; \
                 echo $AZ_BATCH_HOST_LIST > $AZ_BATCHAI_SHARED_JOB_TEMP/address; \
                 port=$(cat $AZ_BATCHAI_MOUNT_ROOT/common/port); \
                 httpd -f -p $AZ_BATCH_HOST_LIST:$port -h $AZ_BATCHAI_JOB_MOUNT_ROOT/own";
    let mut spec = job(serve);
    spec["mountVolumes"] = share("own", "of-job");
    let storage = sandbox.home().join("storage/acc/shares");
    std::fs::create_dir_all(storage.join("of-cluster")).expect("a share");
    std::fs::write(storage.join("of-cluster/page"), "hello from inside\n").expect("a file");
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port").port();
    std::fs::write(storage.join("of-cluster/port"), free.to_string()).expect("a file");
    submit(&sandbox, "a", &spec);
    sandbox.wait_for_state("a", "running");
    let address = || std::fs::read_to_string(shared(&sandbox).join("address")).unwrap_or_default();
    wait_until("it tells its address", || address().ends_with('\n'));
    let mut page = String::new();
    wait_until("its page is served on the node's address", || {
        let Ok(mut stream) = TcpStream::connect(format!("{}:{free}", address().trim())) else { return false };
        stream.write_all(b"GET /page HTTP/1.0\r\n\r\n").expect("a request");
        stream.read_to_string(&mut page).expect("an answer");
        true
    });
    assert!(page.ends_with("hello from inside\n"), "{page}");
    assert_eq!(std::fs::read_to_string(storage.join("of-job/page")).expect("copied"), "hello from inside\n");
    sandbox.run("job terminate -n a -y").succeeds();
    assert_eq!(podman.containers(), [] as [&str; 0]);
}

#[test]
fn every_node_has_a_container_of_its_own_and_three_jobs_run_at_once() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    sandbox.run("cluster resize -n c --target 4").succeeds();
    sandbox.wait_for_nodes("c", "idleNodeCount", 4);
    let mut spec = job(&format!("until [ -e {0}/go ]; do sleep 0.05; done; cat {0}/who-*", "$AZ_BATCHAI_INPUT_SHARED"));
    spec["nodeCount"] = 2.into();
    let prepare = "[ ! -e /mark ] && echo > /mark && echo $AZ_BATCHAI_JOB_TEMP > $AZ_BATCHAI_INPUT_SHARED/who-$(basename $(dirname $AZ_BATCHAI_JOB_TEMP))";
    spec["jobPreparation"] = json!({ "commandLine": prepare });
    let folder = sandbox.path("meeting");
    std::fs::create_dir(&folder).expect("a folder");
    spec["inputDirectories"] = json!([{ "id": "SHARED", "path": folder }]);
    submit(&sandbox, "two", &spec);
    let single = job(&format!("echo one; until [ -e {}/go ]; do sleep 0.05; done", "$AZ_BATCHAI_INPUT_SHARED"));
    for name in ["x", "y"] {
        let mut single = single.clone();
        single["inputDirectories"] = spec["inputDirectories"].clone();
        submit(&sandbox, name, &single);
    }
    wait_until("four containers run", || podman.run("ps --format {{.Names}}").succeeds().stdout.lines().count() == 4);
    std::fs::write(folder.join("go"), "").expect("a file");
    sandbox.run("job wait -n two").succeeds();
    for name in ["x", "y"] {
        sandbox.run(&format!("job wait -n {name}")).succeeds();
        sandbox.run(&format!("job file stream -j {name} -f stdout.txt")).succeeds().prints("one\n");
    }
    let printed = sandbox.run("job file stream -j two -f stdout.txt").succeeds().stdout;
    assert_eq!(
        printed.lines().count(),
        2,
        "both nodes were prepared, each in a container without the other's file: {printed}"
    );
    assert_eq!(podman.containers(), [] as [&str; 0]);
}

#[test]
fn a_launcher_in_one_container_starts_commands_in_the_others() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let call = "second=${AZ_BATCH_HOST_LIST#*,}; $OMPI_MCA_plm_rsh_agent $second 'cat /mark; echo $MODE; exit 6'; code=$?; \
                cat /mark; exit $code";
    let mut spec = job(call);
    spec["nodeCount"] = 2.into();
    spec["environmentVariables"] = json!([{ "name": "MODE", "value": "fast" }]);
    let mark = "basename $(dirname $AZ_BATCHAI_JOB_TEMP) > /mark";
    spec["jobPreparation"] = json!({ "commandLine": mark });
    submit(&sandbox, "a", &spec);
    sandbox.run("job wait -n a").fails_with(6);
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints("1\nfast\n0\n");
    assert_eq!(podman.containers(), [] as [&str; 0]);
}

#[test]
fn secrets_are_in_no_argument_and_in_nothing_that_the_engine_keeps() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let value = format!("$HOME-{}", uuid::Uuid::new_v4());
    let mut spec = job(&format!("printf %s \"$TOKEN\" | wc -c; {}", wait_inside()));
    spec["secrets"] = json!([{ "name": "TOKEN", "value": value }]);
    sandbox.spec("job.json", &spec);
    sandbox.run("job create -c c -f job.json -n a").succeeds();
    std::fs::remove_file(sandbox.path("job.json")).expect("the only file that may hold it");
    sandbox.wait_for_state("a", "running");
    wait_until("the job has it", || all_processes().into_iter().any(|id| shows(id, "environ", &value)));
    for id in all_processes() {
        assert!(!shows(id, "cmdline", &value), "an argument of process {id}");
    }
    let [container] = &podman.containers()[..] else { panic!("one container") };
    let shown = podman.run(&format!("inspect {container}")).succeeds().stdout;
    assert!(shown.contains("batchai.run") && !shown.contains(&value), "{shown}");
    for folder in podman.records() {
        assert_eq!(holders(&folder, &value), [] as [String; 0], "the engine keeps it");
    }
    assert_eq!(holders(sandbox.home(), &value), [] as [String; 0], "we keep it");
    open(&sandbox);
    sandbox.run("job wait -n a").succeeds();
    let length = format!("{}\n", value.len());
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints(&length);
}

fn all_processes() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").expect("processes").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[test]
fn a_job_that_is_terminated_may_clean_up_and_its_container_is_removed() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let clean = "trap 'echo cleaned; exit 0' TERM; setsid sleep 600 & echo begun; while :; do sleep 0.05; done";
    submit(&sandbox, "polite", &job(clean));
    let streaming = sandbox.start("job file stream -j polite -f stdout.txt");
    streaming.prints("begun\n");
    sandbox.run("job terminate -n polite -y").succeeds();
    streaming.ends().succeeds().prints("begun\ncleaned\n");
    assert_eq!(error(&sandbox, "polite")["code"], "JobTerminated");
    assert_eq!(podman.containers(), [] as [&str; 0]);
    assert_eq!(sandbox.job_processes(), [] as [i32; 0]);
}

#[test]
fn what_will_not_hear_of_its_end_ends_with_its_container() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let daemon =
        "(trap '' TERM; setsid sleep 600 &) ; (setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' &); exit 0";
    submit(&sandbox, "leaves", &job(daemon));
    sandbox.run("job wait -n leaves").succeeds();
    assert_eq!(podman.containers(), [] as [&str; 0]);
    assert_eq!(sandbox.job_processes(), [] as [i32; 0]);
}

#[test]
fn the_wall_clock_ends_a_container() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let mut spec = job("sleep 600");
    spec["constraints"] = json!({ "maxWallClockTime": "PT2S" });
    submit(&sandbox, "a", &spec);
    sandbox.run("job wait -n a").fails_with(255);
    assert_eq!(error(&sandbox, "a")["code"], "JobMaxWallClockTimeExceeded");
    assert_eq!(podman.containers(), [] as [&str; 0]);
}

#[test]
fn the_container_of_a_supervisor_that_was_killed_is_removed() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    submit(&sandbox, "a", &job("echo begun; sleep 600"));
    let streaming = sandbox.start("job file stream -j a -f stdout.txt");
    streaming.prints("begun\n");
    let [supervisor] = process::supervisors(sandbox.home())[..] else { panic!("one supervisor") };
    process::signal(supervisor, Signal::KILL);
    sandbox.run("job wait -n a").fails_with(255).says("its supervisor was killed");
    assert_eq!(podman.containers(), [] as [&str; 0]);
    assert_eq!(sandbox.job_processes(), [] as [i32; 0]);
}

#[test]
fn a_container_does_not_notice_that_the_server_was_killed() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    submit(&sandbox, "a", &job(&format!("echo begun; {}; echo ended; exit 5", wait_inside())));
    sandbox.start("job file stream -j a -f stdout.txt").prints("begun\n");
    sandbox.kill_server();
    assert_eq!(podman.containers().len(), 1);
    open(&sandbox);
    sandbox.run("job wait -n a").fails_with(5);
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints("begun\nended\n");
    assert_eq!(podman.containers(), [] as [&str; 0]);
}
