//! What a machine has that nodes share, and what the maker of a cluster should know who asks it for much more.
//!
//! Virtual nodes have the cores and the memory of their VM size on paper only, which is what makes old clusters run
//! anywhere; nobody is told of that. Operations ask here; nothing is refused.

use super::cluster::ClusterSpec;
use super::vm_size::{self, VmSize};

/// From this many times what the machine has on, a cluster is told so: recipes for two or four of the largest nodes with
/// GPUs stay quiet on a laptop, a mistyped number of nodes does not.
const GROSSLY: u64 = 32;

/// What all nodes together have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Processor cores.
    pub cores: u32,
    /// Memory in bytes; 0: nobody knows.
    pub memory: u64,
    /// GPUs.
    pub gpus: u32,
}

/// What is likely to surprise the maker of this cluster, a sentence each. Sizes that are not in the table say nothing.
/// `machine` is asked only when it matters.
#[must_use]
pub fn warnings(spec: &ClusterSpec, machine: impl FnOnce() -> Machine) -> Vec<String> {
    let Some(size) = vm_size::find(&spec.vm_size) else { return Vec::new() };
    let (machine, nodes) = (machine(), spec.scale.most());
    [without_gpus(size, machine), too_many_cores(size, nodes, machine), too_much_memory(size, nodes, machine)]
        .into_iter()
        .flatten()
        .collect()
}

fn without_gpus(size: &VmSize, machine: Machine) -> Option<String> {
    let VmSize { name, gpus, .. } = size;
    let plural = if *gpus == 1 { "a GPU" } else { "GPUs" };
    (*gpus > 0 && machine.gpus == 0).then(|| {
        format!(
            "nodes of {name} have {plural}, and this machine has none that nodes may have: jobs compute on its processors, \
             while AZ_BATCHAI_NUM_GPUS is {gpus} as on Azure"
        )
    })
}

fn too_many_cores(size: &VmSize, nodes: u32, machine: Machine) -> Option<String> {
    let all = u64::from(size.cores) * u64::from(nodes);
    (all > GROSSLY * u64::from(machine.cores)).then(|| {
        format!(
            "{nodes} nodes of {} have {all} cores together, more than {GROSSLY} times the {} of this machine: jobs on all \
             of them at once are slow",
            size.name, machine.cores
        )
    })
}

fn too_much_memory(size: &VmSize, nodes: u32, machine: Machine) -> Option<String> {
    let all = u64::from(size.memory_mib) * u64::from(nodes);
    let own = machine.memory >> 20;
    (own > 0 && all > GROSSLY * own).then(|| {
        format!(
            "{nodes} nodes of {} have {} GiB of memory together, more than {GROSSLY} times the {} GiB of this machine: \
             jobs that use it all do not fit",
            size.name,
            all >> 10,
            own >> 10
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cluster::{Deallocation, Scale};

    fn told(vm_size: &str, nodes: u32, gpus: u32) -> Vec<String> {
        let scale = Scale::Manual { target: nodes, deallocation: Deallocation::Requeue };
        let spec = ClusterSpec { vm_size: vm_size.into(), ..ClusterSpec::local(scale) };
        warnings(&spec, || Machine { cores: 4, memory: 16 << 30, gpus })
    }

    #[test]
    fn ordinary_clusters_are_told_nothing() {
        for (vm_size, nodes) in [("local", 100), ("STANDARD_X99", 100), ("STANDARD_D2", 64), ("STANDARD_D14_V2", 4)] {
            assert_eq!(told(vm_size, nodes, 0), [] as [&str; 0], "{nodes} of {vm_size}");
        }
        assert_eq!(told("STANDARD_NC24", 2, 4), [] as [&str; 0]);
    }

    #[test]
    fn what_is_grossly_more_than_the_machine_has_is_said() {
        insta::assert_snapshot!(told("STANDARD_NC6", 2, 0).join("\n"), @"nodes of STANDARD_NC6 have a GPU, and this machine has none that nodes may have: jobs compute on its processors, while AZ_BATCHAI_NUM_GPUS is 1 as on Azure");
        insta::assert_snapshot!(told("STANDARD_E64_V3", 3, 0).join("\n"), @r"
        3 nodes of STANDARD_E64_V3 have 192 cores together, more than 32 times the 4 of this machine: jobs on all of them at once are slow
        3 nodes of STANDARD_E64_V3 have 1296 GiB of memory together, more than 32 times the 16 GiB of this machine: jobs that use it all do not fit
        ");
        assert_eq!(told("STANDARD_D2", 65, 0).len(), 1, "130 cores are more than 128");
    }
}
