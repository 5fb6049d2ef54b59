//! Clusters.

use super::{FieldErrors, Rules, duration, machine, mount, node_setup, time};
use crate::api::cluster as wire;
use crate::api::id::Child;
use crate::api::version::ApiVersion;
use crate::api::{BatchAiError, NameValuePair, ResourceReference};
use crate::domain::cluster::{Admin, Cluster, ClusterSpec, Deallocation, MAX_NODES, Scale};
use crate::domain::mount::MountFailure;
use crate::domain::node::{Node, NodeState};
use crate::domain::quota::Shortage;
use crate::operations::clusters::ClusterView;

/// Body to spec.
///
/// # Errors
/// All field errors at once.
pub fn spec(body: &wire::ClusterCreate, rules: &Rules<'_>) -> Result<ClusterSpec, FieldErrors> {
    let mut errors = FieldErrors::default();
    let wire = &body.properties;
    let scale = first_scale(wire.scale_settings.as_ref(), rules.version, &mut errors);
    let vm_size = machine::vm_size("properties.vmSize", wire.vm_size.as_deref(), rules.version, &mut errors);
    let image = machine::image(wire.virtual_machine_configuration.as_ref(), &vm_size, &mut errors);
    let setup = wire.node_setup.as_ref();
    let volumes = setup.and_then(|setup| setup.mount_volumes.as_ref());
    let mounts = mount::mounts("properties.nodeSetup.mountVolumes", volumes, rules, &mut errors);
    if let Some(setup) = setup {
        super::check_sizes("properties.nodeSetup", setup, &mut errors);
    }
    let task = setup.and_then(|setup| setup.setup_task.as_ref());
    let counters = setup.and_then(|setup| setup.performance_counters_settings.as_ref());
    let spec = ClusterSpec {
        vm_size,
        low_priority: wire.vm_priority == Some(wire::VmPriority::LowPriority),
        scale: scale.unwrap_or(NOTHING),
        mounts,
        admin: admin(wire.user_account_settings.as_ref(), rules, &mut errors),
        setup: task.map(|task| node_setup::setup_task(task, rules, &mut errors)),
        image,
        subnet: wire.subnet.as_ref().map(|subnet| subnet_id(subnet, &mut errors)),
        counters: counters.map(|settings| node_setup::counters(settings, rules, &mut errors)),
    };
    errors.finish(Some(spec))
}

/// Stands in for a scale with an error, which has been noted.
const NOTHING: Scale = Scale::Manual { target: 0, deallocation: Deallocation::Requeue };

fn subnet_id(subnet: &ResourceReference, errors: &mut FieldErrors) -> String {
    super::check_filled("properties.subnet.id", &subnet.id, errors);
    subnet.id.clone()
}

fn admin(account: Option<&wire::UserAccountSettings>, rules: &Rules<'_>, errors: &mut FieldErrors) -> Option<Admin> {
    const TARGET: &str = "properties.userAccountSettings";
    if account.is_none() && !rules.version.is_ours() {
        errors.add(TARGET, "it is required");
    }
    account.map(|account| machine::admin(TARGET, account, rules, errors))
}

/// Body of an update to the scale from now on. An initial number of nodes means nothing any more, and is 0
/// (azure-sdk-for-python recordings, June 2018).
///
/// # Errors
/// All field errors at once.
pub fn new_scale(body: &wire::ClusterUpdate, version: ApiVersion) -> Result<Scale, FieldErrors> {
    let mut errors = FieldErrors::default();
    let scale = scale(body.properties.scale_settings.as_ref(), version, &mut errors).map(|scale| match scale {
        Scale::Auto { minimum, maximum, initial: _, idle } => Scale::Auto { minimum, maximum, initial: 0, idle },
        manual @ Scale::Manual { .. } => manual,
    });
    errors.finish(scale)
}

const SCALE: &str = "properties.scaleSettings";

/// The scale of a new cluster. The versions of the service may leave it out: no nodes (Swagger 2018-05-01, where it is
/// not required, and `targetNodeCount` is 0 by default).
fn first_scale(settings: Option<&wire::ScaleSettings>, version: ApiVersion, errors: &mut FieldErrors) -> Option<Scale> {
    if settings.is_none() && !version.is_ours() {
        return Some(NOTHING);
    }
    let scale = scale(settings, version, errors);
    if let Some(Scale::Auto { maximum, initial, .. }) = scale
        && initial > maximum
    {
        let message = format!("it is {initial}, but must be at most maximumNodeCount, which is {maximum}");
        errors.add(format!("{SCALE}.autoScale.initialNodeCount"), message);
    }
    scale
}

fn scale(settings: Option<&wire::ScaleSettings>, version: ApiVersion, errors: &mut FieldErrors) -> Option<Scale> {
    let (manual, auto) = settings.map_or((None, None), |s| (s.manual.as_ref(), s.auto_scale.as_ref()));
    match (manual, auto) {
        (Some(manual), None) => Some(manual_scale(manual, errors)),
        (None, Some(auto)) => Some(auto_scale(auto, version, errors)),
        (None, None) => {
            errors.add(SCALE, "either manual or autoScale must be given");
            None
        }
        (Some(_), Some(_)) => {
            errors.add(SCALE, "manual and autoScale exclude each other");
            None
        }
    }
}

fn manual_scale(manual: &wire::ManualScale, errors: &mut FieldErrors) -> Scale {
    check_most("manual.targetNodeCount", manual.target_node_count, errors);
    Scale::Manual {
        target: manual.target_node_count,
        deallocation: match manual.node_deallocation_option.unwrap_or_default() {
            wire::DeallocationOption::Requeue => Deallocation::Requeue,
            wire::DeallocationOption::Terminate => Deallocation::Terminate,
            wire::DeallocationOption::WaitForJobCompletion => Deallocation::WaitForJobCompletion,
        },
    }
}

fn auto_scale(auto: &wire::AutoScale, version: ApiVersion, errors: &mut FieldErrors) -> Scale {
    let (minimum, maximum) = (auto.minimum_node_count, auto.maximum_node_count);
    if minimum > maximum {
        let message = format!("it is {maximum}, but must be at least minimumNodeCount, which is {minimum}");
        errors.add(format!("{SCALE}.autoScale.maximumNodeCount"), message);
    }
    check_most("autoScale.maximumNodeCount", maximum, errors);
    let idle = auto.idle_time_before_scale_down.as_deref().filter(|_| version.is_ours());
    let idle = idle.and_then(|text| {
        let seconds = duration::seconds(text).and_then(|seconds| u32::try_from(seconds).ok());
        let wrong = || format!("`{text}` must be an ISO 8601 duration, such as PT5M or PT0S");
        errors.take(&format!("{SCALE}.autoScale.idleTimeBeforeScaleDown"), seconds.ok_or_else(wrong))
    });
    Scale::Auto { minimum, maximum, initial: auto.initial_node_count.unwrap_or(0), idle }
}

fn check_most(property: &str, count: u32, errors: &mut FieldErrors) {
    if count > MAX_NODES {
        let message = format!("a cluster has at most {MAX_NODES} nodes, {count} are asked for");
        errors.add(format!("{SCALE}.{property}"), message);
    }
}

/// A cluster as answered.
#[must_use]
pub fn cluster(view: &ClusterView, version: ApiVersion) -> wire::Cluster {
    let Cluster {
        key,
        spec: _,
        created,
        provisioning,
        allocation,
        uuid: _,
        modified: _,
        preempted: _,
        shortages,
        legacy: _,
    } = &view.cluster.value;
    wire::Cluster {
        id: super::workspace::id(&key.workspace, Child::Cluster(key.name.to_string())).to_string(),
        name: key.name.to_string(),
        kind: "Microsoft.BatchAI/workspaces/clusters".into(),
        properties: wire::ClusterProperties {
            provisioning_state: super::provisioning_state(provisioning.state),
            provisioning_state_transition_time: time(provisioning.since),
            creation_time: time(*created),
            allocation_state: allocation.state.word().into(),
            allocation_state_transition_time: time(allocation.since),
            current_node_count: u32::try_from(view.nodes.len()).unwrap_or(u32::MAX),
            node_state_counts: counts(&view.nodes, &view.busy),
            errors: errors(&view.nodes, shortages),
            warnings: None,
            generation: version.is_ours().then_some(view.cluster.generation),
            spec: spec_back(&view.cluster.value, version),
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

/// What is wrong with nodes, and why there are fewer of them than were asked for.
fn errors(nodes: &[Node], shortages: &[Shortage]) -> Option<Vec<BatchAiError>> {
    let mut errors = node_errors(nodes);
    errors.extend(shortages.iter().map(|shortage| {
        let pair = |(name, value): (&str, String)| NameValuePair { name: name.into(), value };
        BatchAiError {
            code: shortage.code().into(),
            message: shortage.sentence(),
            details: Some(shortage.details().into_iter().map(pair).collect()),
        }
    }));
    (!errors.is_empty()).then_some(errors)
}

fn node_errors(nodes: &[Node]) -> Vec<BatchAiError> {
    nodes
        .iter()
        .filter_map(|node| match &node.state {
            NodeState::Unusable { reason } => Some(BatchAiError {
                code: MountFailure::of_reason(reason).map_or("NodePreparationFailed", MountFailure::code).into(),
                message: reason.clone(),
                details: Some(vec![NameValuePair { name: "nodeId".into(), value: node.id.clone() }]),
            }),
            NodeState::Preparing | NodeState::Ready | NodeState::Leaving => None,
        })
        .collect()
}

fn spec_back(cluster: &Cluster, version: ApiVersion) -> wire::ClusterSpec {
    let ClusterSpec { vm_size, low_priority, scale, mounts, admin, setup, image, subnet, counters } = &cluster.spec;
    let node_setup = wire::NodeSetup {
        setup_task: setup.as_ref().map(|task| node_setup::setup_task_back(task, cluster.path_segment())),
        mount_volumes: mount::volumes(mounts),
        performance_counters_settings: counters.as_deref().map(node_setup::counters_back),
    };
    wire::ClusterSpec {
        vm_size: Some(vm_size.clone()),
        vm_priority: Some(if *low_priority { wire::VmPriority::LowPriority } else { wire::VmPriority::Dedicated }),
        scale_settings: Some(scale_back(*scale, version)),
        virtual_machine_configuration: image.as_ref().map(machine::image_back),
        node_setup: (node_setup != wire::NodeSetup::default()).then_some(node_setup),
        user_account_settings: admin.as_ref().map(machine::admin_back),
        subnet: subnet.as_ref().map(|id| ResourceReference { id: id.clone() }),
    }
}

fn scale_back(scale: Scale, version: ApiVersion) -> wire::ScaleSettings {
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
        Scale::Auto { minimum, maximum, initial, idle } => wire::ScaleSettings {
            manual: None,
            auto_scale: Some(wire::AutoScale {
                minimum_node_count: minimum,
                maximum_node_count: maximum,
                initial_node_count: Some(initial),
                idle_time_before_scale_down: idle
                    .filter(|_| version.is_ours())
                    .map(|seconds| duration::text(seconds.into())),
            }),
        },
    }
}

#[cfg(test)]
#[path = "cluster_tests.rs"]
mod tests;
