//! Which GPUs of a machine a node gets, and how its commands learn of them. Pure.
//!
//! GPUs are dealt to nodes without overlap, for as long as a node is there. They are named as the driver names them, by
//! UUID, so that a name means the same device in every process and after every restart. Called by engines that have GPUs,
//! and by whoever counts them; which ones there are is found out elsewhere.

use std::collections::BTreeSet;

use super::environment::Variables;
use crate::domain::cluster::ClusterSpec;
use crate::domain::vm_size;

/// How many GPUs a node is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Those of its VM size.
    Exactly(u32),
    /// Its part of the machine, when this many nodes share that: at least one while there are any.
    Part(u32),
}

/// How many GPUs of `needed` a node does not get: the machine has too few that no other node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFew {
    /// How many the node needs.
    pub needed: u32,
    /// How many the machine has.
    pub of_machine: u32,
    /// How many of those no node has.
    pub free: u32,
}

impl TooFew {
    /// A sentence for people.
    #[must_use]
    pub fn sentence(self) -> String {
        let Self { needed, of_machine, free } = self;
        format!("a node of this VM size has {needed} GPUs; of the {of_machine} of this machine, {free} are free")
    }
}

/// What a node of a cluster is to have. A node of a size that nobody knows is a part of this machine.
#[must_use]
pub fn wish(cluster: &ClusterSpec) -> Wish {
    let part = || Wish::Part(cluster.scale.most().max(1));
    vm_size::find(&cluster.vm_size).map_or_else(part, |size| Wish::Exactly(size.gpus))
}

/// The GPUs of a new node: the first of `all` that are not `taken`. None at all where the machine has none: then
/// programs compute on processors.
///
/// # Errors
/// When it would have fewer than its VM size says.
pub fn deal(all: &[String], taken: &BTreeSet<&str>, wish: Wish) -> Result<Vec<String>, TooFew> {
    let free = || all.iter().filter(|gpu| !taken.contains(gpu.as_str()));
    let most = match wish {
        Wish::Exactly(needed) => {
            let (of_machine, free) = (count(all.len()), count(free().count()));
            if needed > free && of_machine > 0 {
                return Err(TooFew { needed, of_machine, free });
            }
            needed
        }
        Wish::Part(nodes) => part(count(all.len()), nodes),
    };
    Ok(free().take(usize::try_from(most).unwrap_or(usize::MAX)).cloned().collect())
}

/// How many of the GPUs of a machine a node gets that shares it with others, when there are `nodes`: at least one.
#[must_use]
pub fn part(of_machine: u32, nodes: u32) -> u32 {
    (of_machine / nodes.max(1)).max(1)
}

/// How many GPUs programs of a node are to reckon with, so that they start as many processes as its VM size has GPUs also
/// where the machine has none.
#[must_use]
pub fn counted(own: &[String], vm_size: &str) -> u32 {
    if own.is_empty() { vm_size::find(vm_size).map_or(0, |size| size.gpus) } else { count(own.len()) }
}

/// The variables by which CUDA, and what makes containers with GPUs, see those of a node only (NVIDIA's documentation,
/// "CUDA environment variables" and "Container Toolkit"). Where the machine has none, they say nothing.
#[must_use]
pub fn variables(own: &[String], of_machine: u32) -> Variables {
    if own.is_empty() && of_machine == 0 {
        return Variables::new();
    }
    let names = own.join(",");
    let for_containers = if own.is_empty() { "void".into() } else { names.clone() };
    [("CUDA_VISIBLE_DEVICES", names), ("NVIDIA_VISIBLE_DEVICES", for_containers)]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::cluster::{Deallocation, Scale};

    fn gpus(number: usize) -> Vec<String> {
        (0..number).map(|n| format!("GPU-{n}")).collect()
    }

    #[test]
    fn a_node_gets_the_first_free_ones_or_none_at_all() {
        let all = gpus(4);
        let dealt = |taken: &[&str], wish| deal(&all, &taken.iter().copied().collect(), wish);
        assert_eq!(dealt(&[], Wish::Exactly(2)), Ok(vec!["GPU-0".into(), "GPU-1".into()]));
        assert_eq!(dealt(&["GPU-0", "GPU-2"], Wish::Exactly(2)), Ok(vec!["GPU-1".into(), "GPU-3".into()]));
        let short = dealt(&["GPU-0", "GPU-2", "GPU-3"], Wish::Exactly(2)).expect_err("there is one");
        insta::assert_snapshot!(short.sentence(), @"a node of this VM size has 2 GPUs; of the 4 of this machine, 1 are free");
        assert_eq!(dealt(&[], Wish::Exactly(0)), Ok(Vec::new()));
        assert_eq!(deal(&[], &BTreeSet::new(), Wish::Exactly(4)), Ok(Vec::new()), "the machine has none");
    }

    #[test]
    fn nodes_of_the_machine_share_it_and_the_last_ones_get_what_is_left() {
        let all = gpus(4);
        let dealt = |taken: &[&str], nodes| {
            deal(&all, &taken.iter().copied().collect(), Wish::Part(nodes)).expect("some").join(" ")
        };
        assert_eq!([dealt(&[], 1), dealt(&[], 2), dealt(&[], 3)], ["GPU-0 GPU-1 GPU-2 GPU-3", "GPU-0 GPU-1", "GPU-0"]);
        assert_eq!([dealt(&["GPU-0"], 100), dealt(&["GPU-0", "GPU-1", "GPU-2"], 2)], ["GPU-1", "GPU-3"]);
        assert_eq!(dealt(&["GPU-0", "GPU-1", "GPU-2", "GPU-3"], 2), "");
    }

    #[test]
    fn what_a_node_wishes_is_in_its_vm_size() {
        let scale = Scale::Manual { target: 3, deallocation: Deallocation::Requeue };
        let of = |vm_size: &str| wish(&ClusterSpec { vm_size: vm_size.into(), ..ClusterSpec::local(scale) });
        let all = ["STANDARD_NC24", "STANDARD_D2", "local", "STANDARD_X99"].map(of);
        assert_eq!(all, [Wish::Exactly(4), Wish::Exactly(0), Wish::Part(3), Wish::Part(3)]);
    }

    #[test]
    fn programs_count_those_of_the_size_where_there_are_none() {
        assert_eq!(counted(&gpus(2), "local"), 2);
        assert_eq!(["STANDARD_NC24", "STANDARD_D2", "local"].map(|size| counted(&[], size)), [4, 0, 0]);
    }

    #[test]
    fn commands_see_the_gpus_of_their_node_only() {
        let told = |own: &[String], of_machine| -> Vec<String> {
            variables(own, of_machine).into_iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        assert_eq!(told(&gpus(2), 4), ["CUDA_VISIBLE_DEVICES=GPU-0,GPU-1", "NVIDIA_VISIBLE_DEVICES=GPU-0,GPU-1"]);
        assert_eq!(told(&[], 4), ["CUDA_VISIBLE_DEVICES=", "NVIDIA_VISIBLE_DEVICES=void"]);
        assert_eq!(told(&[], 0), [] as [&str; 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Nodes come and go; whatever happens, no two have the same GPU, and none has fewer than its size says.
        #[test]
        fn no_two_nodes_ever_share_a_gpu(
            number in 0_usize..9,
            steps in prop::collection::vec((any::<bool>(), 0_usize..20, 0_u32..5, any::<bool>()), 0..40),
        ) {
            let all = gpus(number);
            let mut nodes: Vec<Vec<String>> = Vec::new();
            for (comes, which, size, is_part) in steps {
                if !comes && !nodes.is_empty() {
                    nodes.remove(which % nodes.len());
                    continue;
                }
                let taken: BTreeSet<&str> = nodes.iter().flatten().map(String::as_str).collect();
                let free = number - taken.len();
                let wish = if is_part { Wish::Part(size) } else { Wish::Exactly(size) };
                match deal(&all, &taken, wish) {
                    Ok(dealt) => {
                        prop_assert!(dealt.iter().all(|gpu| all.contains(gpu) && !taken.contains(gpu.as_str())));
                        match wish {
                            Wish::Exactly(size) => prop_assert!(number == 0 || dealt.len() == size as usize),
                            Wish::Part(_) => prop_assert!(!dealt.is_empty() || free == 0),
                        }
                        nodes.push(dealt);
                    }
                    Err(short) => prop_assert!(!is_part && (short.free as usize) == free && free < size as usize),
                }
                let held: Vec<&String> = nodes.iter().flatten().collect();
                prop_assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len());
            }
        }
    }
}
