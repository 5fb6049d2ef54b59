//! The code folder that travels with a job.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::Sandbox;

/// Archives that the server has.
fn archives(sandbox: &Sandbox) -> Vec<String> {
    let entries = std::fs::read_dir(sandbox.home().join("snapshots")).into_iter().flatten();
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn job(sandbox: &Sandbox, command: &str) {
    sandbox.spec("job.json", &json!({ "code": "code", "customToolkitSettings": { "commandLine": command } }));
}

#[test]
fn a_job_works_in_a_private_copy_of_its_code() {
    let sandbox = Sandbox::new();
    sandbox.file("code/train.txt", "original\n");
    job(&sandbox, "cat train.txt; echo changed > train.txt; echo new > new.txt; cat train.txt");
    for _ in 0..2 {
        sandbox.run("job run -f job.json").succeeds().prints("original\nchanged\n");
    }
    let folder = sandbox.work().join("code");
    assert_eq!(std::fs::read_to_string(folder.join("train.txt")).expect("the file"), "original\n");
    assert!(!folder.join("new.txt").exists(), "the user's folder was written to");
}

#[test]
fn every_node_has_a_copy_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    sandbox.file("code/rank.sh", "mkdir mine && touch mine/$AZ_BATCHAI_TASK_INDEX && ls mine && pwd");
    let spec = json!({
        "nodeCount": 2, "code": "code",
        "pyTorchSettings": { "pythonScriptFilePath": "rank.sh", "pythonInterpreterPath": "/bin/sh" }
    });
    sandbox.spec("job.json", &spec);
    sandbox.run("job run -c c -f job.json -n ranks").succeeds();
    let output = |rank: u32| sandbox.run(&format!("job file stream -j ranks -f stdout-{rank}.txt")).succeeds().stdout;
    let (first, second) = (output(0), output(1));
    assert!(first.starts_with("0\n") && second.starts_with("1\n"), "{first}{second}");
    assert_ne!(first.lines().last(), second.lines().last(), "both work in one folder");
}

#[test]
fn an_unchanged_folder_is_sent_once_and_a_changed_one_again() {
    let sandbox = Sandbox::new();
    sandbox.file("code/a.txt", "1\n");
    job(&sandbox, "cat a.txt");
    sandbox.run("job run -f job.json -n one").succeeds().prints("1\n");
    let first = archives(&sandbox);
    assert_eq!(first.len(), 1, "{first:?}");
    // Only its content counts: neither times nor another place.
    sandbox.file("code/a.txt", "1\n");
    sandbox.run("job run -f job.json -n two").succeeds();
    sandbox.file("elsewhere/code/a.txt", "1\n");
    std::fs::copy(sandbox.work().join("job.json"), sandbox.work().join("elsewhere/job.json")).expect("a copy");
    sandbox.run("job run -f elsewhere/job.json -n three").succeeds().prints("1\n");
    assert_eq!(archives(&sandbox), first);
    sandbox.file("code/a.txt", "2\n");
    sandbox.run("job run -f job.json -n four").succeeds().prints("2\n");
    assert_eq!(archives(&sandbox).len(), 2);
    for name in ["one", "two", "three"] {
        assert_eq!(archives(&sandbox).len(), 2, "a job still needs it");
        sandbox.run(&format!("job delete -n {name} -y")).succeeds();
    }
    assert_eq!(archives(&sandbox).len(), 1, "nobody needs the first any more");
    sandbox.run("job delete -n four -y").succeeds();
    assert_eq!(archives(&sandbox), [""; 0]);
}

#[test]
fn what_the_ignore_files_name_and_git_itself_stay_at_home() {
    let sandbox = Sandbox::new();
    for name in
        [".git/config", "keep.py", "data/big.bin", "notes.md", "weights.bin", ".hidden", "sub/skip.log", "sub/keep.txt"]
    {
        sandbox.file(&format!("code/{name}"), "x");
    }
    sandbox.file("code/.gitignore", "*.bin\n*.log\n");
    sandbox.file("code/.batchaiignore", "notes.md\n!weights.bin\n");
    job(&sandbox, "find . -type f | LC_ALL=C sort");
    let expected = "./.batchaiignore\n./.gitignore\n./.hidden\n./keep.py\n./sub/keep.txt\n./weights.bin\n";
    sandbox.run("job run -f job.json").succeeds().prints(expected);
}

#[test]
fn executable_files_stay_executable_and_links_stay_links() {
    let sandbox = Sandbox::new();
    let script = sandbox.file("code/bin/run.sh", "#!/bin/sh\necho ran\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    sandbox.file("code/plain.sh", "#!/bin/sh\necho never\n");
    std::os::unix::fs::symlink("bin/run.sh", sandbox.work().join("code/link")).expect("a link");
    std::fs::create_dir(sandbox.work().join("code/empty")).expect("a folder");
    job(&sandbox, "./link; readlink link; [ -x plain.sh ] && echo executable; ls -d empty");
    sandbox.run("job run -f job.json").succeeds().prints("ran\nbin/run.sh\nempty\n");
}

#[test]
fn a_folder_that_is_too_large_says_what_is_large_in_it_and_is_not_sent() {
    let sandbox = Sandbox::new();
    sandbox.file("code/small.txt", "x");
    let large = sandbox.file("code/data/large.bin", "");
    std::fs::File::options().write(true).open(large).expect("a file").set_len((512 << 20) + 1).expect("a length");
    job(&sandbox, "true");
    sandbox
        .run("job run -f job.json")
        .fails_with(2)
        .says("error: the code folder ./code is too large to be sent: 512.0 MiB so far, the limit is 512.0 MiB; the largest in it:\n")
        .says("512.0 MiB  data")
        .says("hint: add what the job does not need to a .batchaiignore file in the folder\n")
        .prints("");
    sandbox.file("code/.batchaiignore", "data\n");
    sandbox.run("job run -f job.json").succeeds();
}

#[test]
fn a_link_that_leads_out_of_the_folder_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.file("code/a.txt", "x");
    std::os::unix::fs::symlink("/etc/passwd", sandbox.work().join("code/link")).expect("a link");
    job(&sandbox, "true");
    sandbox.run("job run -f job.json").fails_with(2).says("it points outside the code folder, to /etc/passwd").says(
        "hint: put a copy in its place, let the job read it from a mounted volume, or add the link to .batchaiignore\n",
    );
    assert_eq!(archives(&sandbox), [""; 0]);
}
