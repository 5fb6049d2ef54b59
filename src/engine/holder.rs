//! The volumes of a node that programs or commands mount -> what the run is to do that holds them.
//!
//! Pure. Called by engines that prepare nodes. Such a run has no processes: it mounts, says so, and stays until the node
//! goes; whatever serves the volumes ends with it.

use std::path::Path;

use super::ClusterPlace;
use super::NodeName;
use super::directories::Layout;
use super::environment::{self, Host};
use super::volumes::{self, Of};
use crate::domain::mount::Mount;
use crate::domain::name::RunId;
use crate::supervisor::run_dir::{Launch, LaunchNode, VERSION};

/// Between the polite and the impolite signal: whoever removes a node waits for it.
const GRACE_SECONDS: u64 = 2;

/// The volumes of a cluster that something has to mount on each node, in order.
#[must_use]
pub fn mounts(layout: &Layout, cluster: &ClusterPlace) -> Vec<Mount> {
    cluster.spec.mounts.iter().filter(|mount| volumes::is_held(layout, mount)).cloned().collect()
}

/// What the supervisor is to do that holds the volumes of this node.
#[must_use]
pub fn plan(layout: &Layout, host: &Host, cluster: &ClusterPlace, node: &NodeName, run: &RunId) -> Launch {
    let run_dir = layout.holder(cluster.number, node.index);
    let root = layout.node_mounts(cluster.number, node.index);
    let working_directory = run_dir.temp(0);
    let launch_mount = |(number, mount): (usize, &Mount)| {
        volumes::launch_mount(layout, Of { root: &root, run_dir: &run_dir, place: 0, number }, mount)
    };
    let held = LaunchNode {
        id: node.id.clone(),
        address: String::new(),
        code: None,
        working_directory: working_directory.clone(),
        mounts: mounts(layout, cluster).iter().enumerate().map(launch_mount).collect(),
        environment: environment::of_node(host, &root, &[]),
        execution_log: log(run_dir.path()),
    };
    Launch {
        version: VERSION,
        run: run.0.clone(),
        directories: vec![working_directory],
        nodes: vec![held],
        preparation: None,
        processes: Vec::new(),
        secrets: Vec::new(),
        // For as long as the node is there.
        max_wall_clock_seconds: u64::MAX,
        grace_seconds: GRACE_SECONDS,
        container: None,
        most_output_bytes: None,
        mounted_directories: Vec::new(),
        holds: true,
        keeps_output: false,
    }
}

fn log(run_dir: &Path) -> std::path::PathBuf {
    run_dir.join("execution.log")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mount::MountSource;
    use crate::engine::launch::tests::{cluster_spec, host, share};

    #[test]
    fn only_what_something_has_to_mount_is_held() {
        let mut spec = cluster_spec();
        let command = MountSource::Unmanaged { command: "mount -t x".into() };
        spec.mounts = vec![Mount::new("afs", share("acc", "data")), Mount::new("gfs", command)];
        let cluster = ClusterPlace { number: 7, spec, path_segment: "s".into() };
        let node = NodeName { index: 3, id: "tvm-7_3".into() };
        let plan = plan(&Layout::at("/d"), &host(), &cluster, &node, &RunId("r".into()));
        let paths: Vec<String> = plan.nodes[0].mounts.iter().map(|mount| mount.path.display().to_string()).collect();
        assert_eq!(paths, ["/d/nodes/7/3/mounts/gfs"]);
        assert!(plan.holds && plan.processes.is_empty());
        assert_eq!(plan.nodes[0].environment["AZ_BATCHAI_MOUNT_ROOT"], "/d/nodes/7/3/mounts");
    }
}
