//! What goes beyond `az batchai`, against a server that speaks only 2018-05-01: it works, or says in a sentence what
//! that server cannot do. And that no command that asks a server is missing, here or in `old_server_parity`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::json;

use crate::old_server_parity::{ENDING, JOBS, NODES, RUNNING, SURROUNDINGS, files};
use crate::support::{Done, Gate, Served, process, wait_until};

/// Words, the exit code, and a part of what is printed or said. Run in this order.
const BEYOND: &[(&str, i32, &str)] = &[
    // These work.
    ("job run -n r -e e -c c -f job.json", 3, "out\n"),
    ("job run -n q -e e -c c -f job.json --dry-run", 0, "only the request is shown"),
    ("job run -n q -e e -c c -f job.json --dry-run", 0, "jobs/q?api-version=2018-05-01"),
    ("job create -n q -e e -c c -f job.json --dry-run -o table", 0, "PUT /subscriptions/"),
    ("job show -n q -e e", 3, "job q is not found"),
    ("job create -n w -e e -c c -f job.json --wait", 3, "\"exitCode\": 3"),
    ("job create -n s -e e -c c -f job.json --stream", 3, "out\n"),
    ("job logs r -e e", 0, "out\n"),
    ("job logs r -e e --tail 1", 0, "out\n"),
    ("job logs r -e e -f --since 1h", 0, "out\n"),
    ("job explain r -e e", 0, "it exited with code 3"),
    ("job explain r -e e -o table", 0, "it exited with code 3"),
    ("job rerun r -e e", 0, "\"name\": \"r-2\""),
    ("job rerun r -e e", 0, "\"name\": \"r-3\""),
    ("job rerun r -e e --new-name again", 0, "\"name\": \"again\""),
    ("job rerun r -e e --new-name again", 1, "none for the next free one"),
    ("job wait r r-2 r-3 again -e e", 3, "r-2: Job failed with exit code 3"),
    ("job wait r -e e --for running", 0, "Job state: failed"),
    ("job wait r -e e --for succeeded", 1, "will not be `succeeded` any more"),
    ("job file download -j r -e e --to down", 0, "downloaded"),
    ("job file download -j r -e e --to down", 0, "unchanged"),
    ("job file download -j r -e e -d MODEL -f deep/m.bin --to down", 0, "downloaded"),
    ("job create -n secret -e e -c c -f secret.json --wait", 0, "succeeded"),
    ("job rerun secret -e e", 1, "cannot be run again: it has secrets, which this server does not hand out"),
    ("job delete -e e --all-failed --older-than 1h -y", 0, "nothing to delete"),
    ("job delete -e e --all-failed -y", 0, "to be deleted: 6"),
    ("", 0, "No job is running or waiting at http://"),
    ("login URL", 0, "speaks 2018-05-01, and has nothing of batchai's own"),
    // These say what that server cannot do.
    ("job run -n n -e e -f job.json", 2, "speaks only 2018-05-01, which makes no cluster of its own machine"),
    ("job run -n n -e e -c c -f own.json", 2, "speaks only 2018-05-01, which keeps no output for a job"),
    ("job create -n n -e e -c c -f own.json --dry-run", 2, "hint: give the job `stdOutErrPathPrefix`"),
    ("cluster create -n n -t 0 -s STANDARD_D1 -p x --use-auto-storage", 1, "cannot use auto storage"),
    ("storage upload job.json -s data --account-name acc", 2, "speaks only 2018-05-01, which leaves the files"),
    ("storage download -s data --account-name acc", 2, "hint: use the tools of that account, such as `az storage"),
    ("storage list", 2, "leaves the files of shares and containers to their storage account"),
    ("storage delete -s data --account-name acc -y", 2, "leaves the files of shares"),
    ("storage share create -n data --account-name acc", 2, "leaves the files of shares"),
    ("storage container create -n data --account-name acc", 2, "leaves the files of shares"),
    ("cluster file list -c t", 1, "does not list what set-up tasks wrote"),
    ("cluster node preempt -c t", 1, "takes no nodes away on request"),
    ("server status", 1, "has nothing of batchai's own, such as a status, tokens and key vaults"),
    // The owner of the server is told likewise, in `old_server`.
    ("server token create x --role reader", 4, "its role is contributor"),
    ("server token list", 4, "its role is contributor"),
    ("server token revoke x", 4, "its role is contributor"),
    ("vault set -v demo t -f job.json", 1, "has nothing of batchai's own"),
    ("vault list", 1, "has nothing of batchai's own"),
    ("vault delete -v demo t -y", 1, "has nothing of batchai's own"),
];

/// Commands that ask no server, or only the one of this machine by its own means.
const LOCAL: &[&str] = &[
    "logout",
    "config",
    "configure",
    "doctor",
    "completion",
    "validate",
    "schema",
    "man",
    "server run",
    "server start",
    "server stop",
    "server logs",
];

/// With an experiment `e` and a cluster `c` that has its node.
fn staged() -> Served {
    let old = Served::old();
    files(&old);
    old.run("workspace create -n default -l eastus").succeeds();
    old.run("experiment create e").succeeds();
    old.run("cluster create c -t 1 -s STANDARD_NC6 -p x").succeeds();
    old
}

fn leaves() -> Vec<String> {
    fn below(words: &str, command: &clap::Command, found: &mut Vec<String>) {
        let mut children = command.get_subcommands().filter(|child| !child.is_hide_set()).peekable();
        if children.peek().is_none() {
            found.push(words.to_owned());
        }
        for child in children {
            below(format!("{words} {}", child.get_name()).trim_start(), child, found);
        }
    }
    let mut found = Vec::new();
    below("", &batchai::cli::definition(), &mut found);
    found
}

#[test]
fn no_command_that_asks_a_server_is_missing() {
    let parity = [SURROUNDINGS, NODES, JOBS, RUNNING, ENDING].concat();
    let run: Vec<&str> = parity.into_iter().chain(BEYOND.iter().map(|(words, ..)| *words)).collect();
    let is_of = |words: &str, leaf: &str| words == leaf || words.starts_with(&format!("{leaf} "));
    let is_run = |leaf: &str| run.iter().any(|words| is_of(words, leaf));
    let is_local = |leaf: &str| LOCAL.iter().any(|local| is_of(leaf, local));
    let leaves = leaves();
    let missing: Vec<&String> = leaves.iter().filter(|leaf| !is_run(leaf) && !is_local(leaf)).collect();
    assert!(missing.is_empty(), "add to the tables of old servers: {missing:?}");
    assert!(LOCAL.iter().all(|local| leaves.iter().any(|leaf| is_of(leaf, local))), "a command is gone");
}

#[test]
fn what_goes_beyond_az_batchai_works_or_says_that_this_server_cannot() {
    let old = staged();
    old.user.spec("own.json", &json!({ "customToolkitSettings": { "commandLine": "true" } }));
    let prefix = old.server.work().display().to_string();
    let secrets = json!([{ "name": "KEY", "value": "hunter2" }]);
    let secret = json!({ "stdOutErrPathPrefix": prefix, "customToolkitSettings": { "commandLine": "true" },
                         "secrets": secrets });
    old.user.spec("secret.json", &secret);
    let task = format!("--setup-task true --setup-task-output {}", old.server.work().display());
    old.run(&format!("cluster create t -t 0 -s STANDARD_D1 -p x {task}")).succeeds();
    for (words, code, told) in BEYOND {
        let Done { code: ended, stdout, stderr } = old.run(&words.replace("URL", &old.url));
        assert_eq!(ended, *code, "batchai {words}\n{stdout}{stderr}");
        assert!(
            stdout.contains(told) || stderr.contains(told),
            "batchai {words} does not say {told}\n{stdout}{stderr}"
        );
    }
    assert_eq!(std::fs::read_to_string(old.user.path("down/deep/m.bin")).expect("a file"), "model\n");
}

#[test]
fn a_wait_looks_as_often_as_it_is_told_to() {
    let old = staged();
    old.run("job create -n long -e e -c c -f long.json").succeeds();
    wait_until("it runs", || old.run("job show -n long -e e").json()["executionState"] == "running");
    let looks = |interval: &str| {
        let done = old.run(&format!("job wait long -e e --timeout 2s {interval} --debug")).fails_with(5);
        done.stderr.lines().filter(|line| line.contains("GET ") && line.contains("api-version=2018-05-01")).count()
    };
    assert_eq!(looks("--interval 3600"), 1, "the one before the first pause");
    assert!(looks("") > 1);
    old.run("job terminate long -e e -y").succeeds();
}

#[test]
fn output_is_followed_while_it_is_written_and_a_reader_who_goes_ends_it() {
    let old = staged();
    let (first, second) = (Gate::new(&old.server, "first"), Gate::new(&old.server, "second"));
    let prefix = old.server.work().display().to_string();
    let command = format!("{}; echo one; echo also >&2; {}; echo two", first.wait(), second.wait());
    let spec = json!({ "stdOutErrPathPrefix": prefix, "customToolkitSettings": { "commandLine": command } });
    old.user.spec("gated.json", &spec);
    old.run("job create -n g -e e -c c -f gated.json").succeeds();
    let mut child = old.command("job logs g -e e -f").stdout(Stdio::piped()).spawn().expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map(|line| line.expect("a line"));
    first.open();
    assert_eq!(lines.next().as_deref(), Some("one"));
    let partial = old.run("job file download -j g -e e -f stdout.txt --to part").succeeds();
    partial.says("The job is still running");
    second.open();
    assert_eq!(lines.collect::<Vec<_>>(), ["two"]);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_download_that_was_broken_off_goes_on_where_it_ended() {
    let old = staged();
    let write = "seq 100000 > $AZ_BATCHAI_OUTPUT_MODEL/numbers";
    let prefix = old.server.work().display().to_string();
    let directory = json!([{ "id": "MODEL", "pathPrefix": prefix, "pathSuffix": "m" }]);
    let spec = json!({ "stdOutErrPathPrefix": prefix, "customToolkitSettings": { "commandLine": write },
                       "outputDirectories": directory });
    old.user.spec("numbers.json", &spec);
    old.run("job run -n n -e e -c c -f numbers.json").succeeds();
    old.run("job file download -j n -e e -d MODEL --to whole").succeeds();
    let whole = old.user.path("whole/numbers");
    let (bytes, metadata) = (std::fs::read(&whole).expect("a file"), std::fs::metadata(&whole).expect("a file"));
    let modified = metadata.modified().expect("a time").duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    // Other bytes than those of the file show what was not fetched a second time.
    let part = format!("again/.numbers.{:x}-{:x}.part", modified.as_millis(), bytes.len());
    old.user.file(&part, &"X".repeat(1000));
    let fetched = old.run("job file download -j n -e e -d MODEL --to again").succeeds().json();
    assert_eq!(fetched[0]["status"], "resumed");
    let resumed = std::fs::read(old.user.path("again/numbers")).expect("a file");
    assert!(resumed.starts_with("X".repeat(1000).as_bytes()) && resumed[1000..] == bytes[1000..]);
}

#[test]
fn a_list_is_watched() {
    let old = staged();
    let mut command = old.command("experiment list --query [].name -o yaml --watch 1");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map(|line| line.expect("a line"));
    assert_eq!(lines.next().as_deref(), Some("- e"));
    old.run("experiment create f").succeeds();
    assert_eq!(lines.by_ref().take(3).collect::<Vec<_>>(), ["---", "- e", "- f"]);
    process::signal(i32::try_from(child.id()).expect("a process id"), Signal::TERM);
    Done::of(&child.wait_with_output().expect("the program")).succeeds();
}

#[test]
fn names_that_the_server_knows_are_completed() {
    let old = staged();
    old.run("job create -n train -e e -c c -f long.json").succeeds();
    wait_until("it runs", || old.run("job show -n train -e e").json()["executionState"] == "running");
    let nodes = old.run("cluster node list c -o tsv --query [0].nodeId").succeeds().stdout;
    for (line, expected) in [
        ("batchai workspace show -n ", "default"),
        ("batchai experiment show -n ", "e"),
        ("batchai cluster show -n ", "c"),
        ("batchai job show -e e -n ", "train"),
        ("batchai cluster node exec -c c -n ", nodes.trim_end()),
        ("batchai job file list -e e -j train -d M", "MODEL"),
        ("batchai job file stream -e e -j train -f stdo", "stdout.txt"),
    ] {
        // On a busy machine the first answer may come too late to be given.
        wait_until(&format!("`{line}` is completed to {expected}"), || completed(&old, line) == [expected]);
    }
    old.run("job terminate train -e e -y").succeeds();
}

fn completed(old: &Served, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let index = (words.len() - 1).to_string();
    let mut command = old.user.command(["__complete", "fish", &index].into_iter().chain(words));
    command.env("BATCHAI_ENDPOINT", &old.url).env("BATCHAI_TOKEN", &old.token);
    let done = Done::of(&command.output().expect("the program")).succeeds();
    done.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}
