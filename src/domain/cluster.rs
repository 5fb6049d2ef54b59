//! Clusters: what was asked for, and how many nodes that means.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::allocation::Allocation;
use super::legacy::Legacy;
use super::mount::Mount;
use super::name::ClusterKey;
use super::provisioning::Provisioning;
use super::quota::Shortage;
use super::secret::{SecretValue, SecretVariable};

/// A cluster as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Which one.
    pub key: ClusterKey,
    /// What was asked for.
    pub spec: ClusterSpec,
    /// When it was made.
    pub created: Timestamp,
    /// Whether its record is there.
    pub provisioning: Provisioning,
    /// Whether it has the nodes it should have.
    pub allocation: Allocation,
    /// Makes the directory of its set-up task its own, also after a cluster of the same name.
    #[serde(default)]
    pub uuid: String,
    /// When its user last changed it; `None`: never since it was made.
    #[serde(default)]
    pub modified: Option<Timestamp>,
    /// Ids of nodes of low priority that are being taken away; each is removed from here when it has gone.
    #[serde(default)]
    pub preempted: BTreeSet<String>,
    /// Why it has fewer nodes than were asked for; empty when it has them, or will without more ado.
    #[serde(default)]
    pub shortages: Vec<Shortage>,
    /// What only the older api-versions know of it.
    #[serde(default)]
    pub legacy: Option<Legacy>,
}

impl Cluster {
    /// A cluster that has just been made. `uuid` is new.
    #[must_use]
    pub fn new(key: ClusterKey, spec: ClusterSpec, uuid: String, at: Timestamp) -> Self {
        Self {
            key,
            spec,
            created: at,
            provisioning: Provisioning::succeeded(at),
            allocation: Allocation::resizing(at),
            uuid,
            modified: None,
            preempted: BTreeSet::new(),
            shortages: Vec::new(),
            legacy: None,
        }
    }

    /// When its user made it or last changed it.
    #[must_use]
    pub fn changed(&self) -> Timestamp {
        self.modified.unwrap_or(self.created)
    }

    /// `<subscription>/<group>/workspaces/<W>/clusters/<C>/<uuid>`: what keeps the output of set-up tasks apart
    /// (recordings of azure-sdk-for-python, June 2018).
    #[must_use]
    pub fn path_segment(&self) -> String {
        let workspace = &self.key.workspace;
        let group = &workspace.group;
        format!(
            "{}/{}/workspaces/{}/clusters/{}/{}",
            group.subscription, group.group, workspace.name, self.key.name, self.uuid
        )
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterSpec {
    /// Upper case, or `local`.
    pub vm_size: String,
    /// Whether its nodes may be taken away.
    pub low_priority: bool,
    /// How many nodes.
    pub scale: Scale,
    /// Volumes on every node.
    pub mounts: Vec<Mount>,
    /// The administrator, where there is one.
    pub admin: Option<Admin>,
    /// The command that makes a node ready, where there is one.
    #[serde(default)]
    pub setup: Option<SetupTask>,
    /// The image of its nodes, echoed: nodes are what the engine has.
    #[serde(default)]
    pub image: Option<Image>,
    /// The network, as an id, echoed.
    #[serde(default)]
    pub subnet: Option<String>,
    /// The id of an Application Insights component, echoed: no counters are sent.
    #[serde(default)]
    pub counters: Option<String>,
}

/// A command that runs once on every node, before the node takes jobs. Its output is at
/// `<prefix>/<path segment of the cluster>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupTask {
    /// Shell text.
    pub command_line: String,
    /// Its variables, in order.
    pub environment: Vec<(String, String)>,
    /// Its secret variables.
    pub secrets: Vec<SecretVariable>,
    /// Where its output goes; may begin with a variable.
    pub std_out_err_prefix: String,
}

/// An image of the Azure marketplace, or a custom one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Publisher.
    pub publisher: String,
    /// Offer.
    pub offer: String,
    /// SKU.
    pub sku: String,
    /// Version, or `latest`.
    pub version: String,
    /// The id of a custom image.
    pub custom: Option<String>,
}

impl ClusterSpec {
    /// Nodes of this machine, and nothing else said of them.
    #[must_use]
    pub fn local(scale: Scale) -> Self {
        Self {
            vm_size: "local".into(),
            low_priority: false,
            scale,
            mounts: Vec::new(),
            admin: None,
            setup: None,
            image: None,
            subnet: None,
            counters: None,
        }
    }
}

/// The administrator of the nodes: who may log in to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admin {
    /// The name.
    pub name: String,
    /// The public key.
    pub ssh_public_key: Option<String>,
    /// The password.
    #[serde(default)]
    pub password: Option<SecretValue>,
}

/// How many nodes a cluster should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// A fixed number.
    Manual {
        /// The number.
        target: u32,
        /// What happens to jobs on nodes that go.
        deallocation: Deallocation,
    },
    /// As many as jobs need, within bounds.
    Auto {
        /// At least.
        minimum: u32,
        /// At most.
        maximum: u32,
        /// Right after creation.
        initial: u32,
        /// Seconds that a node which no job needs stays idle before it goes; `None`: [`IDLE_BEFORE_RELEASE`].
        #[serde(default)]
        idle: Option<u32>,
    },
}

/// What happens to jobs on nodes that go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deallocation {
    /// Stopped, and run again later.
    Requeue,
    /// Stopped for good.
    Terminate,
    /// Allowed to finish.
    WaitForJobCompletion,
}

/// How long a node that auto-scale does not need stays idle before it goes, where nobody says otherwise. The service
/// took about six minutes (azure-sdk-for-python recordings, June 2018), but its nodes took five more to come back; ours
/// are back at once, and a minute is enough not to come and go between two jobs of a script.
pub const IDLE_BEFORE_RELEASE: Duration = Duration::from_secs(60);

/// The most nodes a cluster may have (azure-docs `batch-ai/quota-limits`: 100 nodes per cluster).
pub const MAX_NODES: u32 = 100;

impl Scale {
    /// The most nodes this cluster can ever have; a job that needs more never starts.
    #[must_use]
    pub fn most(&self) -> u32 {
        match *self {
            Self::Manual { target, .. } => target,
            Self::Auto { maximum, .. } => maximum,
        }
    }

    /// How long a node that no job needs stays idle before it goes; `None`: it goes at once.
    #[must_use]
    pub fn idle_before_release(&self) -> Option<Duration> {
        match *self {
            Self::Manual { .. } => None,
            Self::Auto { idle, .. } => {
                Some(idle.map_or(IDLE_BEFORE_RELEASE, |seconds| Duration::from_secs(seconds.into())))
            }
        }
    }

    /// How many nodes there should be now, when jobs need `demand` nodes at once (azure-docs
    /// `batch-ai/clusters`: queued plus running, within the bounds).
    #[must_use]
    pub fn wanted(&self, demand: u32) -> u32 {
        match *self {
            Self::Manual { target, .. } => target,
            Self::Auto { minimum, maximum, .. } => demand.clamp(minimum, maximum.max(minimum)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_of_an_older_server_is_read() {
        let admin: Admin = serde_json::from_str(r#"{"name":"me","ssh_public_key":null}"#).expect("an administrator");
        assert_eq!(admin, Admin { name: "me".into(), ssh_public_key: None, password: None });
    }

    #[test]
    fn auto_scale_follows_demand_within_its_bounds() {
        let scale = Scale::Auto { minimum: 1, maximum: 4, initial: 0, idle: None };
        assert_eq!([0, 1, 3, 9].map(|demand| scale.wanted(demand)), [1, 1, 3, 4]);
        assert_eq!(Scale::Manual { target: 2, deallocation: Deallocation::Requeue }.wanted(9), 2);
    }
}
