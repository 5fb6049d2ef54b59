//! Secret variables of jobs, from the request to the process and nowhere else.

use std::fs;

use serde_json::{Value, json};

use crate::support::leaks::{holders, shows};
use crate::support::{Sandbox, process, wait_until};

/// Unlike anything else on this machine, and nothing that a shell or we would expand.
fn secret() -> String {
    format!("$HOME-{}", uuid::Uuid::new_v4())
}

fn job(command: &str, value: &str) -> Value {
    json!({ "secrets": [{ "name": "TOKEN", "value": value }], "customToolkitSettings": { "commandLine": command } })
}

#[test]
fn a_secret_is_in_the_environment_of_the_job_and_stands_nowhere_else() {
    let sandbox = Sandbox::new();
    let value = secret();
    let text = format!("printf %s \"$TOKEN\" | wc -c; {}", sandbox.gate("end").wait());
    let mut spec = job(&text, &value);
    spec["jobPreparation"] = json!({ "commandLine": "printf %s \"$TOKEN\" | wc -c" });
    spec["environmentVariables"] = json!([{ "name": "SEEN", "value": "$TOKEN" }]);
    let file = sandbox.spec("job.json", &spec);
    let created = sandbox.run("job create -n a -f job.json").succeeds();
    fs::remove_file(file).expect("the only file that may hold it");
    assert!(!created.stdout.contains(&value) && !created.stderr.contains(&value));
    sandbox.wait_for_state("a", "running");
    let of_job = || sandbox.job_processes().into_iter().filter(|id| shows(*id, "environ", &value)).collect::<Vec<_>>();
    wait_until("the job has it", || !of_job().is_empty());
    let nowhere = |when: &str| {
        assert_eq!(holders(sandbox.home(), &value), [] as [String; 0], "{when}");
        assert_eq!(holders(&sandbox.work(), &value), [] as [String; 0], "{when}");
        for id in sandbox.processes() {
            assert!(!shows(id, "cmdline", &value), "{when}: an argument of process {id}");
        }
        for id in sandbox.servers().into_iter().chain(process::supervisors(sandbox.home())) {
            assert!(!shows(id, "environ", &value), "{when}: the environment of process {id}");
        }
    };
    nowhere("while it runs");
    sandbox.gate("end").open();
    sandbox.run("job wait -n a").succeeds();
    let length = format!("{}\n", value.len());
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints(&length);
    sandbox.run("job file stream -j a -f stdout-job_prep.txt").succeeds().prints(&length);
    let shown = sandbox.job("a");
    assert_eq!(shown["secrets"][0]["name"], "TOKEN");
    assert!(!shown.to_string().contains(&value), "{shown}");
    nowhere("after its end");
}

#[test]
fn a_job_whose_secret_cannot_be_opened_any_more_fails_and_says_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    sandbox.job_file(&sandbox.gate("end").wait());
    sandbox.run("job create -c c -n first -f job.json").succeeds();
    sandbox.wait_for_state("first", "running");
    sandbox.spec("job.json", &job("true", "hunter2"));
    sandbox.run("job create -c c -n second -f job.json").succeeds();
    sandbox.kill_server();
    fs::remove_file(sandbox.home().join("secret.key")).expect("the key");
    sandbox.gate("end").open();
    sandbox.run("job wait -n second").fails_with(255);
    let error = &sandbox.job("second")["executionInfo"]["errors"][0];
    assert_eq!(error["code"], "JobStartFailed");
    let message = error["message"].as_str().expect("a message");
    assert!(message.starts_with("the secret variable `TOKEN` cannot be opened"), "{message}");
    assert_eq!(sandbox.job("first")["executionState"], "succeeded");
}

#[test]
fn every_run_gets_its_own_secret_however_often_the_server_is_killed() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    let names: Vec<String> = (0..12).map(|number| format!("job-{number:02}")).collect();
    let ended = || fs::read_dir(sandbox.path("ran")).map_or(0, Iterator::count);
    fs::create_dir(sandbox.path("ran")).expect("a folder");
    for name in &names {
        let text = format!("touch '{}'/{name}; [ \"$TOKEN\" = 'of {name}' ]", sandbox.path("ran").display());
        sandbox.spec("job.json", &job(&text, &format!("of {name}")));
        sandbox.run(&format!("job create -c c -n {name} -f job.json")).succeeds();
    }
    while ended() < names.len() {
        let before = ended();
        if let Some(server) = sandbox.serving() {
            process::signal(server, rustix::process::Signal::KILL);
        }
        wait_until("another job has run", || {
            sandbox.run("job list").succeeds();
            ended() > before
        });
    }
    for name in &names {
        sandbox.run(&format!("job wait -n {name}")).succeeds();
    }
}
