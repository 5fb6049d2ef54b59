//! Ranks that a launcher inside of one container starts in the containers of all nodes.

use serde_json::json;

use crate::support::podman::IMAGE;
use crate::support::{Podman, Sandbox, is_left_out};

/// Where the launcher of the host is; the image has none.
const OF_HOST: [&str; 5] = ["/usr", "/lib", "/lib64", "/etc/alternatives", "/etc/openmpi"];

#[test]
fn ranks_start_in_the_containers_of_their_nodes() {
    if is_left_out("mpi") {
        return;
    }
    let Some(podman) = Podman::new() else { return };
    let sandbox = Sandbox::new();
    podman.serve_with(&sandbox, &OF_HOST);
    sandbox.cluster("c", 2);
    let rank =
        "[ \"$(cat /prepared)\" = \"$AZ_BATCHAI_JOB_TEMP\" ] && [ \"$(pwd)\" = \"$AZ_BATCH_TASK_WORKING_DIR\" ] &&
        echo rank $OMPI_COMM_WORLD_RANK on $(expr $AZ_BATCHAI_JOB_TEMP : '.*/nodes/\\([0-9]*\\)/') with $TOKEN";
    let job = json!({
        "nodeCount": 2,
        "containerSettings": { "imageSourceRegistry": { "image": IMAGE } },
        "jobPreparation": { "commandLine": "echo $AZ_BATCHAI_JOB_TEMP > /prepared" },
        "secrets": [ { "name": "TOKEN", "value": "hunter2" } ],
        "customMpiSettings": { "commandLine": rank, "processCount": 4 }
    });
    sandbox.spec("job.json", &job);
    let done = sandbox.run("job run -c c -f job.json").succeeds();
    let mut lines: Vec<&str> = done.stdout.lines().collect();
    lines.sort_unstable();
    let expected =
        ["rank 0 on 0", "rank 1 on 0", "rank 2 on 1", "rank 3 on 1"].map(|rank| format!("{rank} with hunter2"));
    assert_eq!(lines, expected, "{}", done.stderr);
    assert_eq!(podman.containers(), [] as [String; 0]);
}
