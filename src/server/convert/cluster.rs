//! Clusters.

use super::{FieldErrors, Rules, mount, time};
use crate::api::cluster as wire;
use crate::api::id::Child;
use crate::api::version::ApiVersion;
use crate::api::{BatchAiError, NameValuePair};
use crate::domain::allocation::AllocationState;
use crate::domain::cluster::{Admin, Cluster, ClusterSpec, Deallocation, MAX_NODES, Scale};
use crate::domain::node::{Node, NodeState};
use crate::operations::clusters::ClusterView;

/// The VM size of a cluster whose creator named none: this machine.
pub const LOCAL_SIZE: &str = "local";

/// Body to spec.
///
/// # Errors
/// All field errors at once.
pub fn spec(body: &wire::ClusterCreate, _rules: &Rules<'_>) -> Result<ClusterSpec, FieldErrors> {
    let mut errors = FieldErrors::default();
    let wire = &body.properties;
    refuse_what_is_missing(wire, &mut errors);
    let scale = scale(wire.scale_settings.as_ref(), &mut errors);
    let setup = wire.node_setup.as_ref();
    let mounts =
        mount::mounts("properties.nodeSetup.mountVolumes", setup.and_then(|s| s.mount_volumes.as_ref()), &mut errors);
    let admin = wire.user_account_settings.as_ref().map(|account| {
        if account.admin_user_name.is_empty() {
            errors.add("properties.userAccountSettings.adminUserName", "it must not be empty");
        }
        Admin { name: account.admin_user_name.clone(), ssh_public_key: account.admin_user_ssh_public_key.clone() }
    });
    let spec = scale.map(|scale| ClusterSpec {
        vm_size: vm_size(wire.vm_size.as_deref()),
        low_priority: wire.vm_priority == Some(wire::VmPriority::LowPriority),
        mounts,
        admin,
        ..ClusterSpec::local(scale)
    });
    errors.finish(spec)
}

/// Body of an update to the scale from now on. An initial number of nodes means nothing any more, and is 0
/// (azure-sdk-for-python recordings, June 2018).
///
/// # Errors
/// All field errors at once.
pub fn new_scale(body: &wire::ClusterUpdate) -> Result<Scale, FieldErrors> {
    let mut errors = FieldErrors::default();
    let scale = scale(body.properties.scale_settings.as_ref(), &mut errors).map(|scale| match scale {
        Scale::Auto { minimum, maximum, initial: _ } => Scale::Auto { minimum, maximum, initial: 0 },
        manual @ Scale::Manual { .. } => manual,
    });
    errors.finish(scale)
}

/// Upper case, as the service answered it, except for our own word.
fn vm_size(size: Option<&str>) -> String {
    match size {
        None => LOCAL_SIZE.into(),
        Some(size) if size.eq_ignore_ascii_case(LOCAL_SIZE) => LOCAL_SIZE.into(),
        Some(size) => size.to_uppercase(),
    }
}

fn refuse_what_is_missing(wire: &wire::ClusterSpec, errors: &mut FieldErrors) {
    if let Some(setup) = &wire.node_setup {
        if setup.setup_task.is_some() {
            errors.add("properties.nodeSetup.setupTask", "this server does not run set-up tasks yet");
        }
        if setup.performance_counters_settings.is_some() {
            let target = "properties.nodeSetup.performanceCountersSettings";
            errors.add(target, "this server does not send performance counters");
        }
    }
}

fn scale(settings: Option<&wire::ScaleSettings>, errors: &mut FieldErrors) -> Option<Scale> {
    const TARGET: &str = "properties.scaleSettings";
    let (manual, auto) = settings.map_or((None, None), |s| (s.manual.as_ref(), s.auto_scale.as_ref()));
    let scale = match (manual, auto) {
        (Some(manual), None) => Scale::Manual {
            target: manual.target_node_count,
            deallocation: match manual.node_deallocation_option.unwrap_or_default() {
                wire::DeallocationOption::Requeue => Deallocation::Requeue,
                wire::DeallocationOption::Terminate => Deallocation::Terminate,
                wire::DeallocationOption::WaitForJobCompletion => Deallocation::WaitForJobCompletion,
            },
        },
        (None, Some(auto)) => {
            let (minimum, maximum) = (auto.minimum_node_count, auto.maximum_node_count);
            if minimum > maximum {
                errors.add(
                    format!("{TARGET}.autoScale.maximumNodeCount"),
                    format!("it is {maximum}, but must be at least minimumNodeCount, which is {minimum}"),
                );
            }
            Scale::Auto { minimum, maximum, initial: auto.initial_node_count.unwrap_or(0) }
        }
        (None, None) => {
            errors.add(TARGET, "either manual or autoScale must be given");
            return None;
        }
        (Some(_), Some(_)) => {
            errors.add(TARGET, "manual and autoScale exclude each other");
            return None;
        }
    };
    if scale.most() > MAX_NODES {
        errors.add(TARGET, format!("a cluster has at most {MAX_NODES} nodes, {} are asked for", scale.most()));
    }
    Some(scale)
}

/// A cluster as answered.
#[must_use]
pub fn cluster(view: &ClusterView, version: ApiVersion) -> wire::Cluster {
    let Cluster { key, spec, created, provisioning, allocation, uuid: _, modified: _, legacy: _ } = &view.cluster.value;
    wire::Cluster {
        id: super::workspace::id(&key.workspace, Child::Cluster(key.name.to_string())).to_string(),
        name: key.name.to_string(),
        kind: "Microsoft.BatchAI/workspaces/clusters".into(),
        properties: wire::ClusterProperties {
            provisioning_state: super::provisioning_state(provisioning.state),
            provisioning_state_transition_time: time(provisioning.since),
            creation_time: time(*created),
            allocation_state: match allocation.state {
                AllocationState::Steady => "steady".into(),
                AllocationState::Resizing => "resizing".into(),
            },
            allocation_state_transition_time: time(allocation.since),
            current_node_count: u32::try_from(view.nodes.len()).unwrap_or(u32::MAX),
            node_state_counts: counts(&view.nodes, &view.busy),
            errors: node_errors(&view.nodes),
            generation: version.is_ours().then_some(view.cluster.generation),
            spec: spec_back(spec),
        },
    }
}

fn counts(nodes: &[Node], busy: &[u32]) -> wire::NodeStateCounts {
    let mut counts = wire::NodeStateCounts::default();
    for node in nodes {
        let count = match &node.state {
            NodeState::Preparing => &mut counts.preparing_node_count,
            NodeState::Ready if busy.contains(&node.index) => &mut counts.running_node_count,
            NodeState::Ready => &mut counts.idle_node_count,
            NodeState::Unusable { .. } => &mut counts.unusable_node_count,
            NodeState::Leaving => &mut counts.leaving_node_count,
        };
        *count += 1;
    }
    counts
}

fn node_errors(nodes: &[Node]) -> Option<Vec<BatchAiError>> {
    let errors: Vec<BatchAiError> = nodes
        .iter()
        .filter_map(|node| match &node.state {
            NodeState::Unusable { reason } => Some(BatchAiError {
                code: "NodePreparationFailed".into(),
                message: reason.clone(),
                details: Some(vec![NameValuePair { name: "nodeId".into(), value: node.id.clone() }]),
            }),
            NodeState::Preparing | NodeState::Ready | NodeState::Leaving => None,
        })
        .collect();
    (!errors.is_empty()).then_some(errors)
}

fn spec_back(spec: &ClusterSpec) -> wire::ClusterSpec {
    let ClusterSpec { vm_size, low_priority, scale, mounts, admin, setup: _, image: _, subnet: _, counters: _ } = spec;
    wire::ClusterSpec {
        vm_size: Some(vm_size.clone()),
        vm_priority: Some(if *low_priority { wire::VmPriority::LowPriority } else { wire::VmPriority::Dedicated }),
        scale_settings: Some(scale_back(*scale)),
        virtual_machine_configuration: None,
        node_setup: mount::volumes(mounts)
            .map(|mount_volumes| wire::NodeSetup { mount_volumes: Some(mount_volumes), ..Default::default() }),
        user_account_settings: admin.as_ref().map(|admin| wire::UserAccountSettings {
            admin_user_name: admin.name.clone(),
            admin_user_ssh_public_key: admin.ssh_public_key.clone(),
            admin_user_password: None,
        }),
        subnet: None,
    }
}

fn scale_back(scale: Scale) -> wire::ScaleSettings {
    match scale {
        Scale::Manual { target, deallocation } => wire::ScaleSettings {
            manual: Some(wire::ManualScale {
                target_node_count: target,
                node_deallocation_option: Some(match deallocation {
                    Deallocation::Requeue => wire::DeallocationOption::Requeue,
                    Deallocation::Terminate => wire::DeallocationOption::Terminate,
                    Deallocation::WaitForJobCompletion => wire::DeallocationOption::WaitForJobCompletion,
                }),
            }),
            auto_scale: None,
        },
        Scale::Auto { minimum, maximum, initial } => wire::ScaleSettings {
            manual: None,
            auto_scale: Some(wire::AutoScale {
                minimum_node_count: minimum,
                maximum_node_count: maximum,
                initial_node_count: Some(initial),
            }),
        },
    }
}
