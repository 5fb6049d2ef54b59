//! Nodes of low priority that are taken away on request. An operation writes down which; the scheduler stops what runs
//! on it, and the cluster gets another node as soon as that has gone.

use super::clusters::find_open;
use super::{Context, Kind, OperationError};
use crate::domain::cluster::Cluster;
use crate::domain::name::ClusterKey;
use crate::domain::node::{Node, NodeState};

/// A node that is taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preempted {
    /// Its id.
    pub node: String,
    /// The names of the jobs that run on it, which are queued again.
    pub jobs: Vec<String>,
}

/// Takes away the node of this id; without one, the node at the highest place that is not leaving, whether busy or not:
/// whoever tries out what a preemption does should not have to find a busy node first, and a cluster fills up from its
/// lowest place. A node that is being taken away already stays so.
///
/// # Errors
/// When the cluster or the node is not there, the nodes are dedicated, there is none to be taken away, or the store
/// fails.
pub async fn preempt(context: &Context, key: ClusterKey, node: Option<String>) -> Result<Preempted, OperationError> {
    context.store.ensure_room()?;
    context
        .store
        .write(move |tx| {
            let mut cluster = find_open(tx, &key)?;
            let node = chosen(&cluster.value, &tx.nodes(cluster.number)?, node.as_deref())?;
            let running = tx.running_jobs_of(cluster.number)?.into_iter().map(|job| job.value);
            let on_it = running.filter(|job| job.execution().run().is_some_and(|run| run.nodes.contains(&node.index)));
            let jobs = on_it.map(|job| job.key.name.to_string()).collect();
            if cluster.value.preempted.insert(node.id.clone()) {
                tx.update_cluster(cluster.number, &cluster.value)?;
            }
            Ok(Preempted { node: node.id, jobs })
        })
        .await
}

fn chosen(cluster: &Cluster, nodes: &[Node], wanted: Option<&str>) -> Result<Node, OperationError> {
    let name = &cluster.key.name;
    if !cluster.spec.low_priority {
        return Err(OperationError::NotPreemptible(format!(
            "The nodes of the cluster {name} are dedicated, and only nodes of low priority are taken away"
        )));
    }
    let found = match wanted {
        Some(id) => nodes.iter().find(|node| node.id.eq_ignore_ascii_case(id)),
        None => {
            let stays = |node: &&Node| node.state != NodeState::Leaving && !cluster.preempted.contains(&node.id);
            nodes.iter().filter(stays).max_by_key(|node| node.index)
        }
    };
    match (found, wanted) {
        (Some(node), _) => Ok(node.clone()),
        (None, Some(id)) => Err(OperationError::not_found(Kind::Node, id)),
        (None, None) => Err(OperationError::NotPreemptible(format!(
            "The cluster {name} has no node that could be taken away: wait until it has one, or resize it"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::cluster::{ClusterSpec, Deallocation, Scale};
    use crate::domain::name::{GroupKey, Name, WorkspaceKey};

    fn cluster(low_priority: bool) -> Cluster {
        let name = |text| Name::parse(text).expect("a name");
        let workspace = WorkspaceKey { group: GroupKey::parse("s", "g").expect("a group"), name: name("w") };
        let scale = Scale::Manual { target: 2, deallocation: Deallocation::Requeue };
        let spec = ClusterSpec { low_priority, ..ClusterSpec::local(scale) };
        Cluster::new(ClusterKey { workspace, name: name("c") }, spec, "u".into(), Timestamp::UNIX_EPOCH)
    }

    fn node(index: u32, state: NodeState) -> Node {
        let (id, address) = (format!("n{index}"), String::new());
        Node { index, id, address, ssh_port: None, gpus: Vec::new(), state, since: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn the_node_that_is_named_goes_or_else_the_one_at_the_highest_place() {
        let nodes = [node(0, NodeState::Ready), node(1, NodeState::Ready), node(2, NodeState::Leaving)];
        let taken = |cluster: &Cluster, wanted| match chosen(cluster, &nodes, wanted) {
            Ok(node) => node.id,
            Err(error) => error.to_string(),
        };
        let mut low = cluster(true);
        assert_eq!((taken(&low, Some("N0")).as_str(), taken(&low, None).as_str()), ("n0", "n1"));
        low.preempted.insert("n1".into());
        assert_eq!((taken(&low, None).as_str(), taken(&low, Some("n1")).as_str()), ("n0", "n1"));
        low.preempted.insert("n0".into());
        assert!(taken(&low, None).contains("has no node that could be taken away"));
        assert_eq!(taken(&low, Some("x")), "The specified node x is not found");
        assert!(taken(&cluster(false), None).contains("are dedicated, and only nodes of low priority"));
    }
}
