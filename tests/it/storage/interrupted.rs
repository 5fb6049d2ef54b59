//! Uploads that break off, and two at once: no half of a file is ever there.

use std::io::Write;
use std::process::{Child, Stdio};

use rustix::process::Signal;

use super::{fields, incoming};
use crate::support::{Done, Sandbox, process, wait_until};

/// An upload to `x` of the share, of which half a megabyte has arrived, and which goes on when its input does.
fn half_an_upload(sandbox: &Sandbox) -> Child {
    let before = incoming(sandbox).len();
    let mut command = sandbox.command(["storage", "upload", "-", "-s", "data", "--account-name", "acc", "-p", "x"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    let half = vec![b'a'; 1 << 20];
    child.stdin.as_mut().expect("its input").write_all(&half).expect("somebody reads");
    wait_until("half of it has arrived", || {
        let arriving = incoming(sandbox);
        arriving.len() > before && arriving.iter().any(|length| *length >= 1 << 19)
    });
    child
}

fn finished(mut child: Child) -> Done {
    drop(child.stdin.take());
    Done::of(&child.wait_with_output().expect("the program"))
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    fields(&sandbox.run("storage list -s data --account-name acc").succeeds().json(), "name")
}

#[test]
fn a_server_that_is_killed_leaves_no_half_file_and_nothing_beside_it() {
    let sandbox = Sandbox::new();
    let upload = half_an_upload(&sandbox);
    assert!(names(&sandbox).is_empty());
    sandbox.kill_server();
    let done = finished(upload);
    assert_ne!(done.code, 0, "{}", done.stdout);
    assert!(done.stderr.contains("can be read only once"), "{}", done.stderr);
    assert!(names(&sandbox).is_empty(), "a server runs again");
    assert!(incoming(&sandbox).is_empty(), "what was left is tidied away");
}

#[test]
fn a_file_is_sent_again_to_the_next_server() {
    let sandbox = Sandbox::new();
    sandbox.run("storage share create -n data --account-name acc").succeeds();
    let pipe = sandbox.path("big");
    std::fs::write(&pipe, vec![b'b'; 60 << 20]).expect("a file");
    let upload = sandbox.spawn("storage upload big -s data --account-name acc");
    wait_until("some of it has arrived", || {
        incoming(&sandbox).iter().any(|length| *length > 0) || !names(&sandbox).is_empty()
    });
    sandbox.kill_server();
    finished(upload).succeeds();
    assert_eq!(names(&sandbox), ["big"]);
    let kept = sandbox.home().join("storage/acc/shares/data/big");
    assert_eq!(std::fs::metadata(kept).expect("a file").len(), 60 << 20);
    assert!(incoming(&sandbox).is_empty());
}

#[test]
fn a_user_who_breaks_it_off_leaves_no_half_file() {
    for (signal, code) in [(Signal::INT, 130), (Signal::KILL, 137)] {
        let sandbox = Sandbox::new();
        let mut upload = half_an_upload(&sandbox);
        // It must not take the end of its input for that of the file.
        let input = upload.stdin.take();
        process::signal(i32::try_from(upload.id()).expect("an id"), signal);
        let done = Done::of(&upload.wait_with_output().expect("the program")).fails_with(code);
        drop(input);
        assert_eq!(done.stderr.contains("Broken off."), signal == Signal::INT, "{}", done.stderr);
        wait_until("nothing is left", || incoming(&sandbox).is_empty());
        assert!(names(&sandbox).is_empty());
    }
}

#[test]
fn of_two_uploads_of_one_file_each_is_whole_and_the_last_one_stays() {
    let sandbox = Sandbox::new();
    let slow = half_an_upload(&sandbox);
    sandbox.file("x", "quick");
    sandbox.run("storage upload x -s data --account-name acc").succeeds();
    let kept = sandbox.home().join("storage/acc/shares/data/x");
    assert_eq!(std::fs::read_to_string(&kept).expect("a file"), "quick");
    let done = finished(slow).succeeds().json();
    assert_eq!((fields(&done, "status"), done[0]["size"].as_u64()), (vec!["replaced".into()], Some(1 << 20)));
    assert_eq!(std::fs::read(&kept).expect("a file"), vec![b'a'; 1 << 20]);
    assert!(incoming(&sandbox).is_empty());
}

#[test]
fn the_rest_of_a_file_is_fetched_from_the_next_server() {
    let sandbox = Sandbox::new();
    let content: Vec<u8> = (0..60_u32 << 20).map(|number| number.to_le_bytes()[1]).collect();
    std::fs::write(sandbox.path("big"), &content).expect("a file");
    sandbox.run("storage upload big -s data --account-name acc").succeeds();
    let download = sandbox.spawn("storage download big -s data -d back");
    let arrived = || {
        std::fs::read_dir(sandbox.path("back"))
            .is_ok_and(|entries| entries.flatten().any(|entry| entry.metadata().is_ok_and(|file| file.len() > 0)))
    };
    wait_until("some of it has arrived", arrived);
    sandbox.kill_server();
    finished(download).succeeds();
    assert!(std::fs::read(sandbox.path("back/big")).expect("a file") == content);
}
