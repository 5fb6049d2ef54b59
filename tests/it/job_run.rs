//! `job run`.

use crate::support::Sandbox;

#[test]
fn a_job_runs_with_its_output_and_its_exit_code() {
    let sandbox = Sandbox::new();
    sandbox.job_file("echo out; echo err >&2; exit 3");
    sandbox.run("job run -f job.json").fails_with(3).prints("out\n").says("err\n");
}
