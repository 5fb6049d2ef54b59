//! A full disk: a clear error, nothing lost that was acknowledged, and all well again when there is room.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::support::{Sandbox, skipped, wait_for, wait_until};

/// A small disk in a mount namespace of its own, and a sandbox whose data directory lies on it. Nobody else sees the
/// disk, and it goes with the last process of the namespace, whatever happens to the test.
struct SmallDisk {
    // First: its processes end before the namespace does.
    sandbox: Sandbox,
    keeper: Child,
    folder: PathBuf,
    _open: ChildStdin,
}

impl SmallDisk {
    /// `None`, with a word about it, where this user cannot mount anything.
    fn of(megabytes: u32) -> Option<Self> {
        let mut sandbox = Sandbox::new();
        let disk = sandbox.path("disk");
        fs::create_dir(&disk).expect("a folder");
        let mount = format!("mount -t tmpfs -o size={megabytes}m,mode=0700 tmpfs \"$0\" && echo mounted && exec cat");
        // As root; else in a user namespace where that is allowed.
        for (unshare, enter) in [(&["-m"][..], &["-m"][..]), (&["-rm"], &["-m", "-U", "--preserve-credentials"])] {
            let mut command = Command::new("unshare");
            command.args(unshare).args(["sh", "-c", &mount]).arg(&disk);
            let Ok(mut keeper) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
            else {
                continue;
            };
            let open = keeper.stdin.take().expect("its input");
            let mut line = String::new();
            let mut said = BufReader::new(keeper.stdout.take().expect("its output"));
            if said.read_line(&mut line).is_err() || line != "mounted\n" {
                keeper.wait().expect("it has ended");
                continue;
            }
            let folder = PathBuf::from(format!("/proc/{}/root{}", keeper.id(), disk.display()));
            let inside = format!("cd '{}' && exec \"$@\"", sandbox.work().display());
            let target = format!("--target={}", keeper.id());
            let words =
                ["nsenter", &target].into_iter().chain(enter.iter().copied()).chain(["sh", "-c", &inside, "sh"]);
            sandbox.go_through(words.map(OsString::from).collect());
            sandbox.move_home(disk.join("home"));
            return Some(Self { sandbox, keeper, folder, _open: open });
        }
        skipped("this user can mount nothing, not even in a namespace (`unshare -rm`)");
        None
    }

    /// Takes all room but so many bytes.
    fn fill(&self, left: u64) {
        let filling = self.folder.join("filling");
        let mut file = fs::File::create(&filling).expect("a file");
        let filled = std::io::copy(&mut std::io::repeat(b'x'), &mut file);
        assert_eq!(filled.expect_err("the disk is full").kind(), std::io::ErrorKind::StorageFull);
        let length = file.metadata().expect("a file").len();
        file.set_len(length.saturating_sub(left)).expect("a bit of room");
    }

    fn make_room(&self) {
        fs::remove_file(self.folder.join("filling")).expect("it was full");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever still sees the disk is ended by the sandbox.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

#[test]
fn what_was_acknowledged_survives_a_full_disk_and_what_was_not_is_refused_clearly() {
    let Some(disk) = SmallDisk::of(6) else { return };
    let sandbox = &disk.sandbox;
    sandbox.run("workspace create -n before").succeeds();
    let server = sandbox.server();
    disk.fill(0);
    let mut made = vec!["before".to_owned()];
    // What is written in advance takes some changes; then there is no room for another.
    let refused = (0..2000).find_map(|number| {
        let name = format!("n{number}");
        let done = sandbox.run(&format!("workspace create -n {name}"));
        if done.code == 0 {
            made.push(name);
            return None;
        }
        Some((name, done))
    });
    let (name, done) = refused.expect("a full disk takes no 2000 workspaces");
    let done = done.fails_with(1).prints("").says("is full").says("batchai.db");
    done.says("hint: make room on the disk that holds the data directory");
    assert_eq!(sandbox.server(), server, "the server stays up");
    sandbox.run(&format!("workspace show -n {name}")).fails_with(3);
    let names = || {
        let listed = sandbox.run("workspace list").succeeds().json();
        let mut names: Vec<String> =
            listed.as_array().expect("a list").iter().filter_map(|w| Some(w["name"].as_str()?.to_owned())).collect();
        names.sort();
        names
    };
    made.sort();
    assert_eq!(names(), made);

    disk.make_room();
    sandbox.run(&format!("workspace create -n {name}")).succeeds();
    assert_eq!(sandbox.server(), server);
    sandbox.kill_server();
    made.push(name);
    made.sort();
    assert_eq!(names(), made);
}

#[test]
fn a_server_that_finds_no_room_to_start_says_so() {
    let Some(disk) = SmallDisk::of(6) else { return };
    let sandbox = &disk.sandbox;
    disk.fill(0);
    let done = sandbox.run("workspace list").fails_with(4).prints("");
    let done = done.says(&sandbox.home().display().to_string());
    assert!(done.stderr.contains("No space left") || done.stderr.contains("is full"), "{}", done.stderr);
    disk.make_room();
    sandbox.run("workspace create -n w").succeeds();
    sandbox.run("server stop").succeeds();
    disk.fill(0);
    // With or without a server: what was acknowledged is not lost, and the reason is told.
    let done = sandbox.run("workspace show -n w");
    assert!(
        done.code == 0 || done.stderr.contains("No space left") || done.stderr.contains("is full"),
        "{}",
        done.stderr
    );
    disk.make_room();
    sandbox.run("workspace show -n w").succeeds();
}

#[test]
fn a_job_that_fills_the_disk_with_its_files_ends_and_the_server_survives() {
    let Some(disk) = SmallDisk::of(16) else { return };
    let sandbox = &disk.sandbox;
    sandbox.run("workspace create -n default").succeeds();
    let server = sandbox.server();
    // As every program that looks at what its writing comes to.
    sandbox.job_file("head -c 100000000 /dev/zero > $AZ_BATCHAI_STDOUTERR_DIR/model || exit 9");
    sandbox.run("job create -f job.json -n big").succeeds();
    // Some blocks are set aside for saying how it ended, and for freeing what it took.
    sandbox.run("job wait -n big").fails_with(9);
    assert_eq!(sandbox.job("big")["executionInfo"]["exitCode"], 9);
    assert_eq!(sandbox.server(), server, "the server stays up");
    sandbox.run("workspace show -n default").succeeds();
    sandbox.run("job create -f job.json -n more").fails_with(1).says("is full");
    sandbox.run("job delete -n big -y").succeeds();
    sandbox.job_file("echo well again");
    sandbox.run("job run -f job.json").succeeds().prints("well again\n");
    assert_eq!(sandbox.server(), server);
}

#[test]
fn a_job_that_prints_more_than_the_disk_holds_costs_output_and_nobody_else_suffers() {
    let Some(disk) = SmallDisk::of(96) else { return };
    let sandbox = &disk.sandbox;
    sandbox.cluster("c", 2);
    let server = sandbox.server();
    // It goes on printing until the other job has come and gone.
    sandbox.job_file("while [ ! -e $AZ_BATCHAI_STDOUTERR_DIR/stop ]; do head -c 1000000 /dev/zero; done");
    sandbox.run("job create -c c -f job.json -n loud -o none").succeeds();
    let folder = || {
        let listed = sandbox.job("loud");
        let segment = listed["jobOutputDirectoryPathSegment"].as_str()?.to_owned();
        let folder = disk.folder.join("home/output").join(segment).join("stdouterr");
        folder.exists().then_some(folder)
    };
    let folder = wait_for("the folder of its output", folder);
    let full = || fs::metadata(folder.join("stdout.txt")).is_ok_and(|file| file.len() > 20_000_000);
    wait_until("much of the disk to be taken", full);
    sandbox.job_file("echo quiet");
    sandbox.run("job run -c c -f job.json -n quiet").succeeds().prints("quiet\n");
    fs::write(folder.join("stop"), "").expect("there is room for others");
    sandbox.run("job wait -n loud").succeeds();
    let log = fs::read_to_string(folder.join("execution.log")).expect("readable");
    assert!(log.contains(" bytes of stdout.txt were dropped: the disk is almost full"), "{log}");
    assert_eq!(sandbox.server(), server, "the server stays up");
}

#[test]
fn a_job_for_which_there_is_no_room_fails_or_is_refused_and_says_why() {
    let Some(disk) = SmallDisk::of(8) else { return };
    let sandbox = &disk.sandbox;
    sandbox.job_file("echo first");
    sandbox.run("job run -f job.json").succeeds();
    disk.fill(0);
    let done = sandbox.run("job run -f job.json -n a");
    assert_ne!(done.code, 0);
    assert!(done.stderr.contains("No space left") || done.stderr.contains("is full"), "{}", done.stderr);
    disk.make_room();
    assert_eq!(sandbox.servers().len(), 1);
    let shown = sandbox.run("job show -n a");
    assert!(shown.code == 3 || shown.json()["executionState"] == "failed", "{}", shown.stdout);
    sandbox.run("job run -f job.json -n b").succeeds().prints("first\n");
}

#[test]
fn code_for_which_there_is_no_room_is_refused_and_leaves_nothing_behind() {
    let Some(disk) = SmallDisk::of(8) else { return };
    let sandbox = &disk.sandbox;
    sandbox.run("workspace create -n default").succeeds();
    let code = sandbox.path("code");
    fs::create_dir(&code).expect("a folder");
    let large: Vec<u8> = (0..20_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    fs::write(code.join("large"), large).expect("a file");
    sandbox.file("job.json", r#"{ "code": "code", "customToolkitSettings": { "commandLine": "true" } }"#);
    let done = sandbox.run("job run -f job.json -n a");
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(done.stderr.contains("No space left") || done.stderr.contains("is full"), "{}", done.stderr);
    assert!(done.stderr.contains("snapshots"), "{}", done.stderr);
    let left = fs::read_dir(disk.folder.join("home/snapshots")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
    sandbox.run("job show -n a").fails_with(3);
    fs::remove_file(code.join("large")).expect("it goes");
    sandbox.run("job run -f job.json -n a").succeeds();
}

#[test]
fn an_upload_for_which_there_is_no_room_is_refused_and_leaves_nothing_behind() {
    let Some(disk) = SmallDisk::of(8) else { return };
    let sandbox = &disk.sandbox;
    sandbox.file("small", "small");
    fs::write(sandbox.path("large"), vec![b'x'; 20_000_000]).expect("a file");
    sandbox.run("storage upload small -s data --account-name acc").succeeds();
    let server = sandbox.server();
    let done = sandbox.run("storage upload large -s data -p small-not").fails_with(1);
    assert!(done.stderr.contains("No space left") || done.stderr.contains("is full"), "{}", done.stderr);
    let storage = disk.folder.join("home/storage");
    assert_eq!(fs::read_dir(storage.join(".incoming")).expect("a folder").count(), 0);
    assert!(!storage.join("acc/shares/data/small-not/large").exists());
    assert_eq!(sandbox.server(), server, "the server stays up");
    fs::write(sandbox.path("large"), "fits").expect("a file");
    sandbox.run("storage upload large -s data").succeeds();
    sandbox.run("storage download -s data small -d back").succeeds();
    assert_eq!(fs::read_to_string(sandbox.path("back/small")).expect("a file"), "small");
}

#[test]
fn nodes_that_there_is_no_room_for_are_made_when_there_is() {
    let Some(disk) = SmallDisk::of(6) else { return };
    let sandbox = &disk.sandbox;
    let share = serde_json::json!({ "azureFileUrl": "https://acc.file.core.windows.net/data", "relativeMountPath": "afs",
                                    "credentials": { "accountKey": "a2V5" } });
    let spec = serde_json::json!({
        "scaleSettings": { "manual": { "targetNodeCount": 0 } },
        "nodeSetup": {
            "mountVolumes": {
                "azureFileShares": [share],
                "unmanagedFileSystems": [{ "mountCommand": "test -d", "relativeMountPath": "vol" }],
            },
            "setupTask": { "commandLine": "true", "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/afs/logs" },
        },
    });
    sandbox.spec("cluster.json", &spec);
    sandbox.run("cluster create -n c -f cluster.json").succeeds();
    let server = sandbox.server();
    // Just enough to take on something new, and less than so many nodes need.
    for left in [570_000, 640_000] {
        disk.fill(left);
        sandbox.run("cluster resize -n c -t 40").succeeds();
        wait_until("it says what it lacks", || {
            let shown = sandbox.run("cluster show -n c").succeeds().json();
            shown["errors"].to_string().contains("No space left on device")
        });
        disk.make_room();
        assert_eq!(sandbox.server(), server, "the server stays up");
        sandbox.run("cluster resize -n c -t 0").succeeds();
        wait_until("all of them are gone", || {
            sandbox.run("cluster show -n c").succeeds().json()["currentNodeCount"] == 0
        });
        sandbox.run("cluster resize -n c -t 3").succeeds();
        wait_until("three nodes are ready", || {
            let shown = sandbox.run("cluster show -n c").succeeds().json();
            shown["nodeStateCounts"]["idleNodeCount"] == 3 && shown["currentNodeCount"] == 3
        });
        sandbox.run("cluster resize -n c -t 0").succeeds();
        wait_until("they are gone", || sandbox.run("cluster show -n c").succeeds().json()["currentNodeCount"] == 0);
    }
    sandbox.run("cluster delete -n c -y").succeeds();
    assert!(sandbox.job_processes().is_empty());
}
