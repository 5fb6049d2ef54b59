//! The commands against a server that speaks nothing but 2018-05-01, over the network: as if it were somebody else's.

use std::io::Read;
use std::ops::Deref;

use serde_json::{Value, json};

use crate::support::{Done, Gate, Rest, SUBSCRIPTION, Sandbox, Served};

struct Old(Served);

impl Deref for Old {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

impl Old {
    #[track_caller]
    fn start() -> Self {
        Self(Served::old())
    }

    /// A cluster with all that this version wants.
    #[track_caller]
    fn cluster(&self, name: &str) {
        let spec = json!({
            "vmSize": "STANDARD_NC6", "scaleSettings": { "manual": { "targetNodeCount": 1 } },
            "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "secret-pw-1" },
        });
        self.user.spec("cluster.json", &spec);
        self.run("workspace create -n default -l eastus").succeeds();
        let made = self.run(&format!("cluster create -n {name} -f cluster.json")).succeeds().json();
        assert_eq!((&made["vmSize"], &made["name"]), (&json!("STANDARD_NC6"), &json!(name)));
    }

    /// A job file whose output lies in a folder that the server lists.
    fn job_file(&self, command: &str) {
        let prefix = self.server.work().display().to_string();
        let spec = json!({
            "stdOutErrPathPrefix": prefix, "customToolkitSettings": { "commandLine": command },
            "outputDirectories": [{ "id": "MODEL", "pathPrefix": prefix, "pathSuffix": "m" }],
        });
        self.user.spec("job.json", &spec);
    }

    fn names(&self, words: &str) -> Vec<String> {
        let listed = self.run(words).succeeds().json();
        let name = |one: &Value| one["name"].as_str().expect("a name").to_owned();
        listed.as_array().expect("a list").iter().map(name).collect()
    }
}

#[test]
fn everything_has_its_whole_life() {
    let old = Old::start();
    old.cluster("c");
    let told = old.run("experiment create -n e --verbose").succeeds();
    told.says("the server does not know our api-version: it is asked in 2018-05-01 now");
    assert_eq!(old.names("workspace list"), ["default"]);
    assert_eq!(old.names("experiment list"), ["e"]);
    assert_eq!(old.run("cluster show -n c").succeeds().json()["vmSize"], "STANDARD_NC6");

    old.job_file("echo trained; echo model > $AZ_BATCHAI_OUTPUT_MODEL/model.bin; exit 3");
    let made = old.run("job create -e e -n j -c c -f job.json").succeeds().json();
    assert_eq!(made["name"], "j");
    old.run("job wait -e e -n j").fails_with(3).says("Job failed with exit code 3");
    assert_eq!(old.run("job show -e e -n j").succeeds().json()["executionInfo"]["exitCode"], 3);
    assert_eq!(old.names("job list -e e"), ["j"]);
    assert_eq!(old.names("job file list -e e -j j"), ["execution.log", "stderr.txt", "stdout.txt"]);
    assert_eq!(old.names("job file list -e e -j j -d MODEL"), ["model.bin"]);
    old.run("job file stream -e e -j j -f stdout.txt").succeeds().prints("trained\n");
    old.run("job file stream -e e -j j -d MODEL -f model.bin").succeeds().prints("model\n");

    old.run("job delete -e e -n j -y").succeeds().prints("");
    old.run("job show -e e -n j").fails_with(3);
    old.run("experiment delete -n e -y").succeeds();
    old.run("cluster delete -n c -y").succeeds();
    old.run("workspace delete -n default -y").succeeds();
    assert!(old.names("workspace list").is_empty());
    assert!(old.user.servers().is_empty(), "a server of the user was started");
}

#[test]
fn a_job_is_run_with_all_of_its_output_and_its_exit_code() {
    let old = Old::start();
    old.cluster("c");
    old.job_file("echo größe; echo oh >&2; seq 100000; exit 7");
    let numbers: String = (1..=100_000).map(|number| format!("{number}\n")).collect();
    let done = old.run("job run -n j -c c -f job.json").fails_with(7).says("oh\n");
    assert_eq!(done.stdout, format!("größe\n{numbers}"));
}

#[test]
fn a_file_is_followed_from_before_it_is_there_until_the_job_has_ended() {
    let old = Old::start();
    old.cluster("c");
    let (first, second) = (Gate::new(&old.server, "first"), Gate::new(&old.server, "second"));
    old.job_file(&format!("{}; echo one; {}; echo two", first.wait(), second.wait()));
    old.run("job create -n j -c c -f job.json").succeeds();
    let mut following = old.command("job file stream -j j -f stdout.txt");
    let mut following = following.stdout(std::process::Stdio::piped()).spawn().expect("the program");
    let mut out = following.stdout.take().expect("its output");
    first.open();
    let mut line = [0; 4];
    out.read_exact(&mut line).expect("the first line");
    assert_eq!(&line, b"one\n");
    second.open();
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("the rest");
    assert_eq!(rest, "two\n");
    assert!(following.wait().expect("it ends").success());
    old.run("job file stream -j j -f missing.txt").fails_with(3).says("not found for the completed job");
}

#[test]
fn a_job_that_runs_is_stopped_and_what_takes_long_is_polled_for() {
    let old = Old::start();
    old.cluster("c");
    // Longer than the server waits before it answers that it goes on: this job does not go at once.
    let ready = old.server.path("ready");
    old.job_file(&format!("trap 'sleep 3; exit 1' TERM; touch {}; while :; do sleep 0.1; done", ready.display()));
    old.run("job create -n j -c c -f job.json").succeeds();
    old.server.wait_for_file("ready");
    let stopped = old.run("job terminate -n j -y --debug").succeeds().prints("");
    stopped.says("202 Accepted").says("/operationresults/").says("\"status\": \"Succeeded\"");
    assert_eq!(old.run("job show -n j").succeeds().json()["executionState"], "failed", "it was not waited for");
    old.run("job terminate -n j -y").succeeds();
    old.run("job wait -n j").fails_with(255).says("terminated");
}

#[test]
fn what_is_there_already_is_not_made_again() {
    let old = Old::start();
    old.cluster("c");
    old.run("cluster create -n c -f cluster.json").fails_with(1).says("\"c\" already exists in \"default\"");
    old.job_file("true");
    old.run("job create -n j -c c -f job.json").succeeds();
    let again = old.run("job create -n j -c c -f job.json").fails_with(1);
    again.says("A job with given name, experiment, workspace and resource group already exists.").says("job delete");
    old.run("workspace create -n default -l eastus").succeeds();
    old.run("job create -n j2 -c missing -f job.json").fails_with(3).says("missing");
}

#[test]
fn what_this_version_cannot_do_is_said_before_anything_is_sent() {
    let old = Old::start();
    old.run("workspace create -n default -l eastus").succeeds();
    let speaks = format!("the server at {} speaks only 2018-05-01, which", old.url);
    old.run("workspace create -n w -g nowhere").fails_with(2).says(&speaks).says("region");
    old.run("cluster create -n c -t 1").fails_with(2).says("Please provide VM size");
    old.user.spec("job.json", &json!({ "customToolkitSettings": { "commandLine": "true" } }));
    old.run("job create -n j -c c -f job.json").fails_with(2).says(&speaks).says("stdOutErrPathPrefix");
    old.user.file("code/train.py", "1\n");
    let spec = json!({ "code": "code", "customToolkitSettings": { "commandLine": "true" } });
    old.user.spec("job.json", &spec);
    old.run("job create -n j -c c -f job.json").fails_with(2).says(&speaks).says("takes no code folder");
    assert!(old.run("job list").code != 0, "the experiment was made for nothing");
}

#[test]
fn what_only_our_own_servers_have_is_named_and_its_owner_still_has_it() {
    let old = Old::start();
    let owner = old.server.run("server token create boss --role owner").succeeds().json();
    for words in ["server status", "server token list", "server token create x --role reader"] {
        let mut command = old.command(words);
        command.env("BATCHAI_TOKEN", owner["token"].as_str().expect("a token"));
        Done::of(&command.output().expect("the program"))
            .fails_with(1)
            .says(&format!("the server at {} has nothing of batchai's own", old.url));
    }
    let login = format!("login {}", old.url);
    let done = Done::of(&old.command(&login).output().expect("the program"));
    done.succeeds().says("Logged in to").says("speaks 2018-05-01, and has nothing of batchai's own");
    let mut wrong = old.command(&login);
    wrong.env("BATCHAI_TOKEN", "bai_wrong");
    Done::of(&wrong.output().expect("the program")).fails_with(4);

    old.server.run("server status").succeeds();
    old.server.run("server token revoke ci").succeeds();
    old.run("workspace list").fails_with(4).says("revoked");
    old.server.run("server stop").succeeds();
}

#[test]
fn its_owner_uses_it_by_its_socket_in_the_same_way() {
    let old = Old::start();
    old.cluster("c");
    old.job_file("echo hello");
    std::fs::copy(old.user.path("job.json"), old.server.path("job.json")).expect("a copy");
    old.server.run("job run -n j -c c -f job.json").succeeds().prints("hello\n");
    old.server.run("job file stream -j j -f stdout.txt").succeeds().prints("hello\n");
}

#[test]
fn a_version_that_is_not_spoken_is_refused_like_one_that_nobody_knows() {
    let old = Old::start();
    let path = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/workspaces");
    let rest = Rest::new(&old.server, "2026-11-01");
    for version in ["2026-11-01", "2018-03-01", "2030-01-01"] {
        let error = rest.speaking(version).get(&path).is(400).json()["error"].clone();
        assert_eq!(error["code"], "NoRegisteredProviderFound");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains(&format!("'{version}'")) && message.ends_with("are '2018-05-01'."), "{message}");
    }
    rest.speaking("2018-05-01").get(&path).is(200);
}

#[test]
fn settings_that_name_no_version_are_an_error_that_names_those_there_are() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("a home");
    std::fs::write(sandbox.home().join("server.yaml"), "apiVersions: [2019-01-01]\n").expect("settings");
    let refused = sandbox.run("server run").fails_with(1);
    refused.says("`2019-01-01`, in `apiVersions` of server.yaml").says("2018-05-01, 2026-11-01");
}
