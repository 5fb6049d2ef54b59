//! What fails before a job's command begins, and what is said of it.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::{error, job, sandbox, submit, wait_inside};
use crate::support::{Done, Podman, Sandbox, wait_until};

#[test]
fn a_failed_preparation_fails_the_job_with_its_exit_code() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let mut spec = job("echo never");
    spec["jobPreparation"] = json!({ "commandLine": "exit 4" });
    submit(&sandbox, "a", &spec);
    sandbox.run("job wait -n a").fails_with(4);
    assert_eq!(error(&sandbox, "a")["code"], "JobPreparationFailed");
    assert_eq!(podman.containers(), [] as [&str; 0]);
}

#[test]
fn an_image_that_is_nowhere_fails_the_job_by_its_name() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let mut spec = job("true");
    spec["containerSettings"]["imageSourceRegistry"]["image"] = "localhost:1/nowhere/image:2".into();
    submit(&sandbox, "a", &spec);
    sandbox.run("job wait -n a").fails_with(255).says("cannot pull image localhost:1/nowhere/image:2");
    let error = error(&sandbox, "a");
    assert_eq!(error["code"], "FailedStartingContainer", "{error}");
    assert_eq!(error["details"], json!([{ "name": "imageName", "value": "localhost:1/nowhere/image:2" }]));
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("connection refused") && message.contains("check its name"), "{message}");
    assert_eq!(podman.containers(), [] as [&str; 0]);
}

#[test]
fn a_pull_that_takes_for_ever_ends_when_the_job_is_terminated() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    // Connections are taken, and nothing is ever said.
    let registry = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let image = format!("{}/image", registry.local_addr().expect("an address"));
    let mut spec = job("true");
    spec["containerSettings"]["imageSourceRegistry"]["image"] = image.clone().into();
    submit(&sandbox, "a", &spec);
    registry.accept().expect("somebody who pulls");
    sandbox.run("job terminate -n a -y").succeeds();
    assert_eq!(error(&sandbox, "a")["code"], "JobTerminated");
    let log = sandbox.run("job file stream -j a -f execution.log").succeeds().stdout;
    assert!(log.contains(&format!("pulling image {image}")), "{log}");
    wait_until("nothing of the job is left", || sandbox.job_processes().is_empty());
}

#[test]
fn an_image_without_a_shell_fails_the_job_in_the_words_of_the_engine() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    let file = sandbox.file("hello", "no program");
    let archive = sandbox.path("empty.tar");
    let mut tar = tar::Builder::new(std::fs::File::create(&archive).expect("a file"));
    tar.append_path_with_name(file, "hello").and_then(|()| tar.finish()).expect("an archive");
    podman.run(&format!("import {} localhost/empty", archive.display())).succeeds();
    let mut spec = job("true");
    spec["containerSettings"]["imageSourceRegistry"]["image"] = "localhost/empty".into();
    submit(&sandbox, "a", &spec);
    sandbox
        .run("job wait -n a")
        .fails_with(255)
        .says("cannot start a container from image localhost/empty")
        .says("/bin/sh");
    assert_eq!(error(&sandbox, "a")["code"], "FailedStartingContainer");
    assert_eq!(podman.containers(), [] as [&str; 0]);
}

#[test]
fn a_container_that_somebody_removes_fails_its_job() {
    let Some(podman) = Podman::new() else { return };
    let sandbox = sandbox(&podman);
    submit(&sandbox, "a", &job(&format!("echo begun; {}", wait_inside())));
    sandbox.start("job file stream -j a -f stdout.txt").prints("begun\n");
    podman.run("rm --all --force --time 0").succeeds();
    sandbox.run("job wait -n a").fails_with(255).says("was gone before its command had ended");
    assert_eq!(error(&sandbox, "a")["code"], "FailedStartingContainer");
}

/// A server whose PATH holds these scripts, and nothing else but what they need.
fn with_engines(engines: &[(&str, &str)]) -> (Sandbox, Done) {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("bin");
    std::fs::create_dir(&folder).expect("a folder");
    for (name, text) in engines {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    }
    sandbox.spec("job.json", &job("true"));
    let mut command = sandbox.command("job run -f job.json -n a".split(' '));
    let done = Done::of(&command.env("PATH", &folder).output().expect("the program"));
    (sandbox, done)
}

#[test]
fn without_an_engine_a_job_fails_and_says_what_to_install() {
    let (sandbox, done) = with_engines(&[]);
    done.fails_with(255).says("is not on the PATH of the server: install Docker or Podman");
    assert_eq!(error(&sandbox, "a")["code"], "FailedStartingContainer");
    assert_eq!(error(&sandbox, "a")["details"][0]["name"], "imageName");
}

#[test]
fn an_engine_whose_daemon_is_down_is_quoted_and_one_that_works_is_preferred() {
    let down = "echo 'Cannot connect to the Docker daemon. Is it running?' >&2; exit 1";
    let (sandbox, done) = with_engines(&[("docker", down)]);
    done.fails_with(255).says("cannot pull image").says("Cannot connect to the Docker daemon");
    assert_eq!(error(&sandbox, "a")["code"], "FailedStartingContainer");
    let (sandbox, done) = with_engines(&[("docker", down), ("podman", "echo 'from podman' >&2; exit 125")]);
    done.fails_with(255).says("from podman");
    assert_eq!(error(&sandbox, "a")["code"], "FailedStartingContainer");
}
