//! `job rerun`, and `job create` of what `job show` printed.

use serde_json::Value;

use crate::support::Sandbox;

#[test]
fn a_job_runs_again_under_the_next_name_with_its_code_and_its_secrets() {
    let sandbox = Sandbox::new();
    sandbox.file("code/data.txt", "from the folder");
    let yaml = "code: code\ncustomToolkitSettings: {commandLine: 'cat data.txt; echo \" $KEY\"'}\n\
                secrets: [{name: KEY, value: hunter2}]\nconstraints: {maxWallClockTime: PT10M}\n";
    sandbox.file("job.yaml", yaml);
    sandbox.run("job run -f job.yaml -n train").succeeds();
    for expected in ["train-2", "train-3"] {
        let again = sandbox.run("job rerun train").succeeds();
        assert!(!again.stdout.contains("hunter2"), "{}", again.stdout);
        assert_eq!(again.json()["name"], expected);
        sandbox.wait_for_state(expected, "succeeded");
        let output = sandbox.run(&format!("job file stream -j {expected} -f stdout.txt")).succeeds();
        output.prints("from the folder hunter2\n");
    }
    assert_eq!(sandbox.run("job rerun train-2").succeeds().json()["name"], "train-4");
    assert_eq!(sandbox.run("job rerun train --new-name other").succeeds().json()["name"], "other");
    sandbox.run("job rerun train --new-name other").fails_with(1).says("already exists").says("--new-name");
    sandbox.run("job rerun train --new-name a/b").fails_with(2).says("cannot be used");
    sandbox.run("job rerun nothing").fails_with(3);
    sandbox.run("job rerun train other").fails_with(2).says("several jobs are named");
}

#[test]
fn what_show_prints_can_be_submitted_again() {
    let sandbox = Sandbox::new();
    sandbox.file("code/data.txt", "from the folder");
    let yaml = "code: code\nnodeCount: 1\nschedulingPriority: high\nconstraints: {maxWallClockTime: P1DT2H3M}\n\
                customToolkitSettings: {commandLine: cat data.txt}\noutputDirectories: [{id: OUT}]\n\
                environmentVariables: [{name: A, value: '1'}]\n";
    sandbox.file("job.yaml", yaml);
    sandbox.run("job run -f job.yaml -n x").succeeds();
    let shown = sandbox.run("job show x").succeeds();
    sandbox.file("y.json", &shown.stdout);
    sandbox.run("job run -f y.json -n z").succeeds().prints("from the folder");
    let (old, new) = (shown.json(), sandbox.job("z"));
    let asked = ["cluster", "nodeCount", "constraints", "customToolkitSettings", "outputDirectories", "codeSnapshot"];
    for key in asked.iter().chain(&["environmentVariables", "schedulingPriority"]) {
        assert_eq!(old[key], new[key], "{key}");
        assert_ne!(old[key], Value::Null, "{key}");
    }
}
