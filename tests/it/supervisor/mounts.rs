//! Volumes of the job: there before its first command, gone after the last.

use batchai::supervisor::run_dir::{Cause, MountHow};
use batchai::supervisor::{identity, orphans, unmount};

use super::sandbox::{Sandbox, SmallDisk, outcome};

fn is_mounted(sandbox: &Sandbox, name: &str) -> bool {
    let path = sandbox.path(&format!("mounts/{name}"));
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("readable");
    mounts.lines().any(|line| line.split(' ').nth(4) == path.to_str())
}

#[test]
fn a_directory_is_there_for_all_commands_and_gone_however_the_run_ends() {
    for (preparation, job, expected) in [
        ("true", "echo data > ../mounts/share/file", (Cause::Exited, Some(0))),
        ("true", "echo data > ../mounts/share/file; exit 3", (Cause::Exited, Some(3))),
        ("echo data > ../mounts/share/file; exit 4", "true", (Cause::PreparationFailed, Some(4))),
    ] {
        let mut sandbox = Sandbox::with_job(job);
        sandbox.prepare_with(preparation);
        std::fs::create_dir(sandbox.path("storage")).expect("made");
        sandbox.mount("share", MountHow::Directory(sandbox.path("storage/share")));
        assert_eq!(outcome(&sandbox.finish()), expected);
        assert!(sandbox.path("mounts/share").symlink_metadata().is_err());
        assert_eq!(sandbox.read("storage/share/file"), "data\n");
    }
}

#[test]
fn a_mount_command_that_fails_ends_the_run_in_its_own_words_and_takes_earlier_mounts_away() {
    let mut sandbox = Sandbox::with_job("echo never");
    sandbox.mount("first", MountHow::Directory(sandbox.path("storage")));
    sandbox.mount("second", MountHow::Command("sh -c 'echo no such server >&2; exit 32' mount".into()));
    let exit = sandbox.finish();
    assert_eq!(outcome(&exit), (Cause::MountFailed, None));
    let path = sandbox.path("mounts/second");
    let expected = format!("cannot mount {}: the mount command exited with code 32: no such server", path.display());
    assert_eq!(exit.message, Some(expected));
    assert!(sandbox.path("mounts/first").symlink_metadata().is_err());
    assert!(!sandbox.path("out/stdout-job.txt").exists());
}

#[test]
fn what_stands_in_the_way_of_a_mount_is_kept() {
    let mut sandbox = Sandbox::with_job("echo never");
    sandbox.mount("share", MountHow::Directory(sandbox.path("storage")));
    std::fs::create_dir_all(sandbox.path("mounts/share")).expect("made");
    std::fs::write(sandbox.path("mounts/share/precious"), "kept").expect("written");
    assert_eq!(outcome(&sandbox.finish()), (Cause::MountFailed, None));
    assert_eq!(sandbox.read("mounts/share/precious"), "kept");
}

#[test]
fn a_mount_command_gets_the_path_as_one_word_and_the_environment_of_the_node() {
    let mut sandbox = Sandbox::with_job("true");
    sandbox.launch.nodes[0].environment.insert("SERVER".into(), "10.0.0.4".into());
    sandbox.mount("it's a share", MountHow::Command("printf '%s|' > ../said \"$SERVER\"".into()));
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
    let expected = format!("10.0.0.4|{}|", sandbox.path("mounts/it's a share").display());
    assert_eq!(sandbox.read("said"), expected);
}

#[test]
fn asking_during_a_mount_command_stops_it() {
    let mut sandbox = Sandbox::with_job("echo never");
    sandbox.mount("share", MountHow::Command("echo up > ../up; exec sleep 1000; true".into()));
    let mut supervisor = sandbox.start();
    sandbox.wait_for("up");
    identity::ask_to_stop(&sandbox.status()).expect("it may be asked");
    supervisor.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Stopped, None));
}

#[test]
fn a_mounted_file_system_is_gone_after_success_and_after_a_stop() {
    if !SmallDisk::is_possible() {
        return;
    }
    for is_asked in [false, true] {
        let wait = if is_asked { "exec sleep 1000" } else { "true" };
        let mut sandbox =
            Sandbox::with_job(&format!("cd ../mounts/share && echo up > file && cp file ../../up; {wait}"));
        sandbox.mount("share", MountHow::Command("mount -t tmpfs none".into()));
        let mut supervisor = sandbox.start();
        sandbox.wait_for("up");
        if is_asked {
            assert!(is_mounted(&sandbox, "share"));
            identity::ask_to_stop(&sandbox.status()).expect("it may be asked");
        }
        supervisor.wait();
        let expected = if is_asked { (Cause::Stopped, None) } else { (Cause::Exited, Some(0)) };
        assert_eq!(outcome(&sandbox.end()), expected);
        assert!(!is_mounted(&sandbox, "share"));
    }
}

#[test]
fn the_server_of_a_volume_outlives_the_job_and_ends_after_the_volume_is_unmounted() {
    if !SmallDisk::is_possible() {
        return;
    }
    let mut sandbox = Sandbox::with_job("until [ -s ../up ]; do sleep 0.02; done; (exec setsid sleep 1000) & exit 0");
    let path = sandbox.path("mounts/share");
    let serve = format!(
        "(setsid sh -c 'until mountpoint -q {0}; do sleep 0.02; done; echo up > ../up; \
            while mountpoint -q {0}; do sleep 0.02; done; echo flushed > ../flushed' &) ; mount -t tmpfs none",
        path.display()
    );
    sandbox.mount("share", MountHow::Command(serve));
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
    assert_eq!(sandbox.read("flushed"), "flushed\n");
    assert!(!is_mounted(&sandbox, "share"));
}

#[test]
fn an_engine_takes_away_what_a_lost_supervisor_had_mounted() {
    let mut sandbox = Sandbox::with_job("echo up; exec sleep 1000");
    sandbox.mount("share", MountHow::Directory(sandbox.path("storage")));
    let mut supervisor = sandbox.start();
    sandbox.wait_for("out/stdout-job.txt");
    supervisor.kill();
    orphans::end_orphans(&sandbox.launch.run, Some(&sandbox.status())).expect("ends");
    assert!(sandbox.path("mounts/share").symlink_metadata().is_ok());
    assert_eq!(unmount::all(&sandbox.launch), [] as [String; 0]);
    assert!(sandbox.path("mounts/share").symlink_metadata().is_err());
}
