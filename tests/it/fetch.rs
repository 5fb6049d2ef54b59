//! `job file download`: files of a job on this machine, whole and once.

use std::os::unix::fs::symlink;

use crate::support::{Network, Sandbox, wait_until};

/// A job that has left two files in an output directory.
fn trained(sandbox: &Sandbox) {
    sandbox.file(
        "job.yaml",
        "outputDirectories: [{id: MODEL, pathPrefix: $AZ_BATCHAI_JOB_MOUNT_ROOT/out}]\n\
         mountVolumes: {azureFileShares: [{accountName: a, azureFileUrl: 'https://a.file.core.windows.net/s', \
         relativeMountPath: out}]}\n\
         customToolkitSettings:\n  commandLine: >-\n    mkdir -p $AZ_BATCHAI_OUTPUT_MODEL/deep/er; \
         seq 1 100000 > $AZ_BATCHAI_OUTPUT_MODEL/weights.txt; echo note > $AZ_BATCHAI_OUTPUT_MODEL/deep/er/note; echo trained\n",
    );
    sandbox.run("job run -f job.yaml -n train").succeeds();
}

fn numbers() -> String {
    (1..=100_000).map(|number| format!("{number}\n")).collect()
}

#[test]
fn a_directory_comes_with_all_that_is_in_it_and_once_only() {
    let sandbox = Sandbox::new();
    trained(&sandbox);
    let fetched = sandbox.run("job file download -j train -d MODEL --to results").succeeds().json();
    let names: Vec<_> = fetched.as_array().expect("a list").iter().map(|file| file["name"].clone()).collect();
    assert_eq!(names, ["deep/er/note", "weights.txt"]);
    let weights = sandbox.path("results/weights.txt");
    assert_eq!(std::fs::read_to_string(&weights).expect("a file"), numbers());
    assert_eq!(std::fs::read_to_string(sandbox.path("results/deep/er/note")).expect("a file"), "note\n");
    let again = sandbox.run("job file download -j train -d MODEL --to results -o table").succeeds().stdout;
    assert_eq!(again.matches("unchanged").count(), 2, "{again}");

    std::fs::write(&weights, "mine").expect("a file");
    let refused = sandbox.run("job file download -j train -d MODEL --to results").fails_with(1);
    refused.says("another file is at results/weights.txt").says("--force replaces it");
    assert_eq!(std::fs::read_to_string(&weights).expect("a file"), "mine");
    sandbox.run("job file download -j train -d MODEL --to results --force").succeeds();
    assert_eq!(std::fs::read_to_string(&weights).expect("a file"), numbers());
}

#[test]
fn one_file_comes_alone_and_the_folder_is_called_like_the_job_otherwise() {
    let sandbox = Sandbox::new();
    trained(&sandbox);
    sandbox.run("job file download -j train -d MODEL -p deep -f er/note").succeeds();
    assert_eq!(std::fs::read_to_string(sandbox.path("er/note")).expect("a file"), "note\n");
    sandbox.run("job file download -j train").succeeds();
    assert_eq!(std::fs::read_to_string(sandbox.path("train/stdout.txt")).expect("a file"), "trained\n");
    sandbox.run("job file download -j train -f nowhere.txt").fails_with(3).says("`batchai job file list train`");
    sandbox.run("job file download -j train -d NOTHING").fails_with(1).says("NOTHING");
    sandbox.run("job file download -j nobody").fails_with(3);
}

#[test]
fn what_was_broken_off_goes_on_where_it_ended() {
    let sandbox = Sandbox::new();
    trained(&sandbox);
    sandbox.run("job file download -j train -d MODEL --to whole").succeeds();
    let whole = std::fs::read(sandbox.path("whole/weights.txt")).expect("a file");
    let modified = std::fs::metadata(sandbox.path("whole/weights.txt")).expect("a file").modified().expect("a time");
    let milliseconds = modified.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    let part = format!("again/.weights.txt.{milliseconds:x}-{:x}.part", whole.len());
    std::fs::create_dir(sandbox.path("again")).expect("a folder");
    // Other bytes than those of the file show what was not fetched a second time.
    std::fs::write(sandbox.path(&part), "X".repeat(1000)).expect("a file");
    let fetched = sandbox.run("job file download -j train -d MODEL -f weights.txt --to again").succeeds().json();
    assert_eq!(fetched[0]["status"], "resumed");
    let resumed = std::fs::read(sandbox.path("again/weights.txt")).expect("a file");
    assert_eq!((&resumed[..1000], &resumed[1000..]), ("X".repeat(1000).as_bytes(), &whole[1000..]));
    assert!(!sandbox.path(&part).exists());
}

#[test]
fn links_and_folders_in_the_way_are_left_alone() {
    let sandbox = Sandbox::new();
    trained(&sandbox);
    std::fs::create_dir_all(sandbox.path("results")).expect("a folder");
    std::fs::create_dir_all(sandbox.path("elsewhere")).expect("a folder");
    symlink(sandbox.path("elsewhere"), sandbox.path("results/deep")).expect("a link");
    let words = "job file download -j train -d MODEL --to results --force";
    sandbox.run(words).fails_with(1).says("results/deep is a link");
    assert_eq!(std::fs::read_dir(sandbox.path("elsewhere")).expect("a folder").count(), 0);
    std::fs::remove_file(sandbox.path("results/deep")).expect("a link");
    std::fs::create_dir(sandbox.path("results/weights.txt")).expect("a folder");
    sandbox.run(words).fails_with(1).says("what is at results/weights.txt is no file");
}

#[test]
fn a_job_that_runs_gives_what_there_is_and_a_server_that_dies_is_asked_again() {
    let sandbox = Sandbox::new();
    let go = sandbox.path("go");
    sandbox.job_file(&format!("echo begun; until [ -e {} ]; do sleep 0.05; done; echo done", go.display()));
    sandbox.run("job create -f job.json -n train").succeeds();
    sandbox.wait_for_state("train", "running");
    wait_until("it has written", || sandbox.run("job logs train").stdout == "begun\n");
    sandbox.kill_server();
    let fetched = sandbox.run("job file download -j train -f stdout.txt --to out").succeeds();
    fetched.says("The job is still running");
    assert_eq!(std::fs::read_to_string(sandbox.path("out/stdout.txt")).expect("a file"), "begun\n");
    sandbox.file("go", "");
    sandbox.run("job wait train").succeeds();
    sandbox.run("job file download -j train -f stdout.txt --to out --force").succeeds();
    assert_eq!(std::fs::read_to_string(sandbox.path("out/stdout.txt")).expect("a file"), "begun\ndone\n");
}

#[test]
fn files_come_over_the_network_too() {
    let sandbox = Sandbox::new();
    trained(&sandbox);
    let network = Network::start(&sandbox, "--tls");
    let token = network.token("reader", "--role reader");
    let user = Sandbox::new();
    std::fs::write(user.path("ca.pem"), std::fs::read(sandbox.home().join("tls/ca.pem")).expect("a CA"))
        .expect("a file");
    let mut command = user.command(["job", "file", "download", "-j", "train", "-d", "MODEL"]);
    command.env("BATCHAI_ENDPOINT", &network.url).env("BATCHAI_TOKEN", token).env("BATCHAI_CA_FILE", "ca.pem");
    assert!(command.output().expect("the program").status.success());
    assert_eq!(std::fs::read_to_string(user.path("train/weights.txt")).expect("a file"), numbers());
}

#[test]
fn jobs_and_files_are_named_as_arguments_too() {
    let sandbox = Sandbox::new();
    sandbox.job_file("echo trained");
    sandbox.run("job run -f job.json -n train").succeeds();
    sandbox.run("job file list train -o tsv --query [].name").succeeds().prints_part("stdout.txt\n");
    sandbox.run("job file stream train stdout.txt").succeeds().prints("trained\n");
    sandbox.run("job file stream train -f stdout.txt -j train").succeeds().prints("trained\n");
    sandbox.run("job file download train stdout.txt --to out").succeeds();
    assert_eq!(std::fs::read_to_string(sandbox.path("out/stdout.txt")).expect("a file"), "trained\n");
    sandbox.run("job file list train -j other").fails_with(2).says("two names are given for one job");
    sandbox.run("job file stream train").fails_with(2).says("no file is named");
    sandbox.run("job file list").fails_with(2).says("no job is named");
}
