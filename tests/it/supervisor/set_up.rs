//! What comes before the first command: directories, code, output files.

use std::fs::File;

use batchai::supervisor::run_dir::Cause;

use super::sandbox::{Sandbox, outcome};

/// An archive of one entry; its name is written as it is.
fn archive(sandbox: &Sandbox, name: &str, mode: u32, content: &str) {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_mode(mode);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut tar = tar::Builder::new(File::create(sandbox.path("code.tar")).expect("a file"));
    tar.append(&header, content.as_bytes()).expect("written");
    tar.finish().expect("written");
}

#[test]
fn code_is_unpacked_on_every_node_and_can_be_executed() {
    let mut sandbox = Sandbox::with_job("./train.sh");
    sandbox.add_node();
    sandbox.add_process("rank1", "./train.sh");
    archive(&sandbox, "train.sh", 0o755, "#!/bin/sh\npwd\n");
    for place in 0..2 {
        let (archive, code) = (sandbox.path("code.tar"), sandbox.dir().code(place));
        let node = &mut sandbox.launch.nodes[place];
        (node.code, node.working_directory) = (Some(archive), code);
    }
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
    for (place, name) in ["job", "rank1"].into_iter().enumerate() {
        let expected = format!("{}\n", sandbox.dir().code(place).display());
        assert_eq!(sandbox.read(&format!("out/stdout-{name}.txt")), expected);
    }
}

#[test]
fn code_that_would_lie_elsewhere_is_refused() {
    for name in ["../evil", "/tmp/evil-of-batchai"] {
        let mut sandbox = Sandbox::with_job("echo never");
        archive(&sandbox, name, 0o644, "x");
        sandbox.launch.nodes[0].code = Some(sandbox.path("code.tar"));
        let exit = sandbox.finish();
        assert_eq!(outcome(&exit), (Cause::SetUpFailed, None));
        let expected =
            format!("the code archive is refused: `{name}` has a path that could lead outside the working directory");
        assert_eq!(exit.message, Some(expected));
        assert!(!sandbox.path("evil").exists());
        assert!(!sandbox.path("out/stdout-job.txt").exists());
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let mut sandbox = Sandbox::with_job("echo never");
    std::fs::write(sandbox.path("file"), "").expect("written");
    sandbox.launch.directories.push(sandbox.path("file/inside"));
    let exit = sandbox.finish();
    assert_eq!(outcome(&exit), (Cause::SetUpFailed, None));
    let expected =
        format!("cannot make directory {}: Not a directory (os error 20)", sandbox.path("file/inside").display());
    assert_eq!(exit.message, Some(expected));
}

#[test]
fn output_that_has_nowhere_to_go_fails_the_run_and_stops_who_has_started() {
    let mut sandbox = Sandbox::with_job("exec sleep 1000");
    sandbox.add_process("rank1", "echo never");
    sandbox.launch.processes[1].stdout = sandbox.path("absent/stdout.txt");
    let exit = sandbox.finish();
    assert_eq!(outcome(&exit), (Cause::SetUpFailed, None));
    let path = sandbox.path("absent/stdout.txt");
    let expected =
        format!("cannot make {} for the output of rank1: No such file or directory (os error 2)", path.display());
    assert_eq!(exit.message, Some(expected));
}

#[test]
fn a_plan_that_does_not_fit_together_is_an_ending_and_no_crash() {
    let mut sandbox = Sandbox::with_job("echo never");
    sandbox.launch.processes[0].node = 7;
    let exit = sandbox.finish();
    assert_eq!(exit.message.as_deref(), Some("job is to run on node 7 of 1, counted from 0"));

    let mut sandbox = Sandbox::with_job("echo never");
    sandbox.prepare_with("true");
    sandbox.add_node();
    let exit = sandbox.finish();
    assert_eq!(exit.message.as_deref(), Some("the preparation does not have its output files for all of 2 nodes"));
}

#[test]
fn a_command_that_the_system_does_not_take_is_an_ending_and_no_crash() {
    let sandbox = Sandbox::with_job(&"x".repeat(1 << 20));
    let exit = sandbox.finish();
    assert_eq!(outcome(&exit), (Cause::SetUpFailed, None));
    let expected = "cannot start job with /bin/bash: Argument list too long (os error 7)";
    let message = exit.message.expect("it says why");
    // Where there is no bash the other shell runs it.
    assert_eq!(message.replace("/bin/sh", "/bin/bash"), expected);
}
