//! The variables by which launchers of MPI reach the virtual nodes of this machine. Pure.
//!
//! Every job has them, because jobs of any toolkit may call `mpirun` themselves (azure-docs `batch-ai`: the host file
//! is there for all jobs). Called by [`super::environment`]. The user's own variables are laid over these.
//!
//! Nodes are addresses of the loopback interface, not machines: launchers start their daemons by the agent of the run
//! directory instead of ssh, ranks of different nodes talk over TCP, and no node takes the cores of the machine for
//! its own.

use std::path::Path;

use super::environment::Variables;

/// What no launcher splits a path at, and no shell takes for anything else.
const HARMLESS: &str = "/._-+@%,=^";

/// The interface that the addresses of all nodes belong to.
const INTERFACE: &str = "lo";

/// For a job on `nodes` nodes whose agent is the program `agent`.
#[must_use]
pub fn variables(agent: &Path, nodes: usize) -> Variables {
    let agent = word(agent);
    let each = open_mpi(&agent).into_iter().chain(hydra(&agent)).chain(intel_mpi(&agent));
    let between: &[(&str, &str)] = if nodes > 1 { &BETWEEN_NODES } else { &[] };
    each.chain(between.iter().copied()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Lets the launchers find the agent in the whole environment of a node, where they are not told its path: the last
/// folder of the search path, whoever has set that. Inside a container the image says what comes before.
pub fn add_to_search_path(agent: &Path, all: &mut Variables) {
    if let Some(folder) = agent.parent().filter(|_| !is_harmless(agent)) {
        let before = all.get("PATH").map_or("$PATH", String::as_str);
        let path = format!("{before}:{}", folder.display());
        all.insert("PATH".into(), path);
    }
}

/// The agent as launchers are told of it. They split it at blanks (Open MPI at colons too) and hand it to shells as it
/// is, so that of a path with anything odd in it only the name is left, to be found on the search path.
fn word(agent: &Path) -> String {
    let name = agent.file_name().filter(|_| !is_harmless(agent));
    name.unwrap_or(agent.as_os_str()).to_string_lossy().into_owned()
}

fn is_harmless(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.chars().all(|c| c.is_alphanumeric() || HARMLESS.contains(c)))
}

/// Open MPI; `PRTE` are the words of its version 5.
fn open_mpi(agent: &str) -> [(&str, &str); 9] {
    [
        ("OMPI_MCA_plm_rsh_agent", agent),
        ("PRTE_MCA_plm_ssh_agent", agent),
        ("OMPI_MCA_oob_tcp_if_include", INTERFACE),
        ("OMPI_MCA_btl_tcp_if_include", INTERFACE),
        ("OMPI_MCA_hwloc_base_binding_policy", "none"),
        ("PRTE_MCA_hwloc_default_binding_policy", "none"),
        // Else Open MPI refuses root, who is the user of most containers.
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        // A rank that waits lets others go on: nodes share the cores.
        ("OMPI_MCA_mpi_yield_when_idle", "1"),
    ]
}

/// MPICH and what has its launcher, Hydra.
fn hydra(agent: &str) -> [(&str, &str); 3] {
    [("HYDRA_LAUNCHER", "ssh"), ("HYDRA_LAUNCHER_EXEC", agent), ("HYDRA_IFACE", INTERFACE)]
}

fn intel_mpi(agent: &str) -> [(&str, &str); 5] {
    [
        ("I_MPI_HYDRA_BOOTSTRAP", "ssh"),
        ("I_MPI_HYDRA_BOOTSTRAP_EXEC", agent),
        ("I_MPI_HYDRA_IFACE", INTERFACE),
        ("I_MPI_PIN", "0"),
        ("FI_TCP_IFACE", INTERFACE),
    ]
}

/// What ranks see of the machine would tell them that shared memory reaches every node, and to Open MPI it does not.
/// `han`, which Open MPI 5 prefers, first gathers within a machine, and waits for ever where nodes share one.
const BETWEEN_NODES: [(&str, &str); 3] =
    [("OMPI_MCA_pml", "ob1"), ("OMPI_MCA_btl", "tcp,self"), ("OMPI_MCA_coll", "^han")];

#[cfg(test)]
mod tests {
    use super::*;

    fn render(nodes: usize) -> String {
        let all = variables(Path::new("/r/agent"), nodes);
        all.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    #[test]
    fn every_launcher_finds_the_agent_and_the_interface() {
        insta::assert_snapshot!(render(1), @r"
        FI_TCP_IFACE=lo
        HYDRA_IFACE=lo
        HYDRA_LAUNCHER=ssh
        HYDRA_LAUNCHER_EXEC=/r/agent
        I_MPI_HYDRA_BOOTSTRAP=ssh
        I_MPI_HYDRA_BOOTSTRAP_EXEC=/r/agent
        I_MPI_HYDRA_IFACE=lo
        I_MPI_PIN=0
        OMPI_ALLOW_RUN_AS_ROOT=1
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
        OMPI_MCA_btl_tcp_if_include=lo
        OMPI_MCA_hwloc_base_binding_policy=none
        OMPI_MCA_mpi_yield_when_idle=1
        OMPI_MCA_oob_tcp_if_include=lo
        OMPI_MCA_plm_rsh_agent=/r/agent
        PRTE_MCA_hwloc_default_binding_policy=none
        PRTE_MCA_plm_ssh_agent=/r/agent
        ");
    }

    #[test]
    fn of_an_agent_in_an_odd_place_launchers_are_told_the_name_and_find_it() {
        let odd = Path::new("/my data's $x/remote/batchai-agent");
        assert_eq!(variables(odd, 2)["OMPI_MCA_plm_rsh_agent"], "batchai-agent");
        assert_eq!(variables(odd, 2)["HYDRA_LAUNCHER_EXEC"], "batchai-agent");
        let search_path = |agent: &Path, before: &[(&str, &str)]| {
            let mut all = before.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            add_to_search_path(agent, &mut all);
            all.get("PATH").cloned()
        };
        assert_eq!(search_path(odd, &[("PATH", "/bin")]).as_deref(), Some("/bin:/my data's $x/remote"));
        assert_eq!(search_path(odd, &[]).as_deref(), Some("$PATH:/my data's $x/remote"));
        assert_eq!(search_path(Path::new("/d/ü-1/agent"), &[]), None);
    }

    #[test]
    fn open_mpi_does_not_share_memory_between_nodes() {
        let (one, two) = (variables(Path::new("/a"), 1), variables(Path::new("/a"), 2));
        let more: Vec<&str> = two.keys().filter(|name| !one.contains_key(*name)).map(String::as_str).collect();
        assert_eq!(more, ["OMPI_MCA_btl", "OMPI_MCA_coll", "OMPI_MCA_pml"]);
    }
}
