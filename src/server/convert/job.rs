//! Jobs.

use super::{FieldErrors, Rules, container, directory, duration, mount, secret, time, toolkit};
use crate::api::id::{Child, ResourceId};
use crate::api::job as wire;
use crate::api::version::ApiVersion;
use crate::api::{BatchAiError, EnvironmentVariable, NameValuePair, ResourceReference};
use crate::domain::cluster::MAX_NODES;
use crate::domain::job::spec::{DEFAULT_WALL_CLOCK_SECONDS, Input, Output};
use crate::domain::job::{Container, Execution, Job, JobError, JobSpec, Outcome, Priority};
use crate::domain::name::{ClusterKey, JobKey, WorkspaceKey};
use crate::domain::secret::SecretVariable;
use crate::domain::snapshot::SnapshotId;
use crate::operations::jobs::{self, JobView};

/// Body to spec.
///
/// # Errors
/// All field errors at once.
pub fn spec(body: &wire::JobCreate, rules: &Rules<'_>) -> Result<JobSpec, FieldErrors> {
    let mut errors = FieldErrors::default();
    let wire = &body.properties;
    let variables = wire.environment_variables.as_deref().unwrap_or_default();
    super::check_variables("properties.environmentVariables", variables, &mut errors);
    let secrets = wire.secrets.as_deref().unwrap_or_default();
    check_counts_and_texts(wire, rules, &mut errors);
    super::check_sizes("properties", wire, &mut errors);
    let cluster = errors.take("properties.cluster.id", cluster_key(&wire.cluster.id));
    let toolkit = toolkit::toolkit(wire, &mut errors);
    let additions = rules.version.is_ours();
    let code = wire.code_snapshot.as_deref().filter(|_| additions).and_then(|text| {
        let id = SnapshotId::parse(text).ok_or("it must be `sha256:` and 64 hexadecimal digits");
        errors.take("properties.codeSnapshot", id)
    });
    let rest = JobParts {
        inputs: directory::inputs(wire.input_directories.as_deref().unwrap_or_default(), &mut errors),
        outputs: directory::outputs(wire.output_directories.as_deref().unwrap_or_default(), rules, &mut errors),
        mounts: mount::mounts("properties.mountVolumes", wire.mount_volumes.as_ref(), rules, &mut errors),
        container: wire
            .container_settings
            .as_ref()
            .and_then(|settings| container::container(settings, rules, &mut errors)),
        secrets: secret::variables("properties.secrets", secrets, variables, rules, &mut errors),
        seconds: wall_clock(wire, &mut errors),
    };
    let spec = cluster.zip(toolkit).map(|(cluster, toolkit)| JobSpec {
        cluster,
        priority: priority(wire.scheduling_priority.unwrap_or_default()),
        node_count: wire.node_count,
        toolkit,
        preparation: wire.job_preparation.as_ref().map(|preparation| preparation.command_line.clone()),
        mounts: rest.mounts,
        std_out_err_prefix: wire.std_out_err_path_prefix.clone(),
        inputs: rest.inputs,
        outputs: rest.outputs,
        environment: variables.iter().map(|v| (v.name.clone(), v.value.clone())).collect(),
        max_wall_clock_seconds: rest.seconds,
        max_retries: max_retries(wire, rules.version),
        code,
        search_path: wire.search_path.clone().filter(|_| additions),
        container: rest.container,
        secrets: rest.secrets,
    });
    errors.finish(spec)
}

struct JobParts {
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    mounts: Vec<crate::domain::mount::Mount>,
    container: Option<Container>,
    secrets: Vec<SecretVariable>,
    seconds: u64,
}

/// Bounds, and what only our version may leave out.
fn check_counts_and_texts(wire: &wire::JobSpec, rules: &Rules<'_>, errors: &mut FieldErrors) {
    if wire.node_count == 0 {
        errors.add("properties.nodeCount", "it must be at least 1");
    } else if wire.node_count > MAX_NODES {
        let message = format!("it is {}, but a cluster has at most {MAX_NODES} nodes", wire.node_count);
        errors.add("properties.nodeCount", message);
    }
    if let Some(preparation) = &wire.job_preparation {
        super::check_filled("properties.jobPreparation.commandLine", &preparation.command_line, errors);
    }
    directory::check_prefix("properties.stdOutErrPathPrefix", wire.std_out_err_path_prefix.as_deref(), rules, errors);
}

fn cluster_key(id: &str) -> Result<ClusterKey, String> {
    let parsed = ResourceId::parse(id);
    let Some(ResourceId { subscription, group, workspace, child: Child::Cluster(name) }) = parsed else {
        return Err(format!("`{id}` is not the id of a cluster"));
    };
    Ok(ClusterKey {
        workspace: WorkspaceKey {
            group: super::group(&subscription, &group)?,
            name: super::name("workspace", &workspace)?,
        },
        name: super::name_in(&workspace, "cluster", &name)?,
    })
}

/// The preview had it (azure-cli recordings, 2017), without a word of what it counted; the versions after it dropped it.
fn max_retries(wire: &wire::JobSpec, version: ApiVersion) -> u32 {
    let count = wire.constraints.as_ref().and_then(|constraints| constraints.max_retry_count);
    count.filter(|_| has_retries(version)).unwrap_or(0)
}

fn has_retries(version: ApiVersion) -> bool {
    version.is_ours() || version == ApiVersion::Preview2017
}

fn wall_clock(wire: &wire::JobSpec, errors: &mut FieldErrors) -> u64 {
    let Some(text) = wire.constraints.as_ref().and_then(|c| c.max_wall_clock_time.as_deref()) else {
        return DEFAULT_WALL_CLOCK_SECONDS;
    };
    match duration::seconds(text) {
        Some(seconds) if seconds >= 1 => seconds,
        Some(_) | None => {
            let message = format!("`{text}` must be an ISO 8601 duration of at least a second, such as PT2H or P7D");
            errors.add("properties.constraints.maxWallClockTime", message);
            DEFAULT_WALL_CLOCK_SECONDS
        }
    }
}

fn priority(wire: wire::Priority) -> Priority {
    match wire {
        wire::Priority::Low => Priority::Low,
        wire::Priority::Normal => Priority::Normal,
        wire::Priority::High => Priority::High,
    }
}

/// The id of a job.
#[must_use]
pub fn id(key: &JobKey) -> ResourceId {
    let experiment = &key.experiment;
    super::workspace::id(&experiment.workspace, Child::Job(experiment.name.to_string(), key.name.to_string()))
}

/// A job as answered.
#[must_use]
pub fn job(view: &JobView, version: ApiVersion) -> wire::Job {
    let JobView { job: stored, queue_reason, node_ids } = view;
    let job = &stored.value;
    let name = job.key.name.to_string();
    let experiment = &job.key.experiment;
    let (state, since) = state(job.execution());
    let streams = jobs::output_streams(&job.spec, node_ids).into_iter().map(|stream| wire::OutputStream {
        file_name: stream.file_name,
        source: stream.source,
        stream: stream.stream.into(),
    });
    wire::Job {
        id: id(&job.key).to_string(),
        name,
        kind: "Microsoft.BatchAI/workspaces/experiments/jobs".into(),
        properties: wire::JobProperties {
            experiment_name: Some(experiment.name.to_string()),
            provisioning_state: super::provisioning_state(job.provisioning.state),
            provisioning_state_transition_time: time(job.provisioning.since),
            creation_time: time(job.created),
            execution_state: state.into(),
            execution_state_transition_time: time(since),
            execution_info: execution_info(job, version),
            tool_type: job.spec.toolkit.tool_type().into(),
            job_output_directory_path_segment: job.path_segment(),
            queue_reason: queue_reason.clone().filter(|_| version.is_ours()),
            output_streams: version.is_ours().then(|| streams.collect()),
            generation: version.is_ours().then_some(stored.generation),
            spec: spec_back(job, version),
        },
    }
}

pub(super) fn state(execution: &Execution) -> (&'static str, crate::domain::Timestamp) {
    match execution {
        Execution::Queued { since } => ("queued", *since),
        Execution::Running { since, .. } => ("running", *since),
        // The service had no state for this (Swagger 2018-05-01, `ExecutionState`): a run is a run until it is over.
        Execution::Interrupting { since, why, .. } if why.ending().is_some() => ("terminating", *since),
        Execution::Interrupting { started, .. } => ("running", *started),
        Execution::Terminating { since, .. } => ("terminating", *since),
        Execution::Ended { at, outcome: Outcome::Succeeded, .. } => ("succeeded", *at),
        Execution::Ended { at, outcome: Outcome::Failed { .. }, .. } => ("failed", *at),
    }
}

fn execution_info(job: &Job, version: ApiVersion) -> Option<wire::ExecutionInfo> {
    let happened = |count: u32| Some(count).filter(|count| *count > 0 && version.is_ours());
    let begun = |started| wire::ExecutionInfo {
        start_time: time(started),
        retries: happened(job.attempts().retries),
        interruptions: happened(job.attempts().interruptions),
        ..Default::default()
    };
    match job.execution() {
        Execution::Queued { .. } => None,
        Execution::Running { since, .. } => Some(begun(*since)),
        Execution::Interrupting { started, .. } | Execution::Terminating { started, .. } => Some(begun(*started)),
        Execution::Ended { started, at, outcome } => {
            let (exit_code, errors) = match outcome {
                Outcome::Succeeded => (Some(0), None),
                Outcome::Failed { exit_code, error } => (*exit_code, Some(vec![job_error(error)])),
            };
            Some(wire::ExecutionInfo { end_time: Some(time(*at)), exit_code, errors, ..begun(*started) })
        }
    }
}

fn job_error(error: &JobError) -> BatchAiError {
    let JobError { code, message, details } = error;
    let pair = |(name, value): &(String, String)| NameValuePair { name: name.clone(), value: value.clone() };
    BatchAiError {
        code: code.clone(),
        message: message.clone(),
        details: (!details.is_empty()).then(|| details.iter().map(pair).collect()),
    }
}

fn spec_back(job: &Job, version: ApiVersion) -> wire::JobSpec {
    let JobSpec {
        cluster,
        priority,
        node_count,
        toolkit,
        preparation,
        mounts,
        std_out_err_prefix,
        inputs,
        outputs,
        environment,
        max_wall_clock_seconds,
        max_retries,
        code,
        search_path,
        container,
        secrets,
    } = &job.spec;
    let mut wire = wire::JobSpec {
        scheduling_priority: Some(match priority {
            Priority::Low => wire::Priority::Low,
            Priority::Normal => wire::Priority::Normal,
            Priority::High => wire::Priority::High,
        }),
        cluster: ResourceReference {
            id: super::workspace::id(&cluster.workspace, Child::Cluster(cluster.name.to_string())).to_string(),
        },
        mount_volumes: mount::volumes(mounts),
        node_count: *node_count,
        container_settings: container.as_ref().map(container::back),
        secrets: secret::variables_back(secrets),
        job_preparation: preparation.clone().map(|command_line| wire::JobPreparation { command_line }),
        std_out_err_path_prefix: std_out_err_prefix.clone(),
        input_directories: some(inputs.iter().map(directory::input_back)),
        output_directories: some(outputs.iter().map(directory::output_back)),
        environment_variables: some(
            environment.iter().map(|(name, value)| EnvironmentVariable { name: name.clone(), value: value.clone() }),
        ),
        constraints: Some(wire::JobConstraints {
            max_wall_clock_time: Some(duration::text(*max_wall_clock_seconds)),
            // The preview always said how often; ours does where there is something to say.
            max_retry_count: Some(*max_retries)
                .filter(|count| has_retries(version) && (*count > 0 || !version.is_ours())),
        }),
        code_snapshot: code.as_ref().filter(|_| version.is_ours()).map(ToString::to_string),
        search_path: search_path.clone().filter(|_| version.is_ours()),
        ..Default::default()
    };
    toolkit::settings_back(toolkit, &mut wire);
    wire
}

fn some<T>(items: impl Iterator<Item = T>) -> Option<Vec<T>> {
    let items: Vec<T> = items.collect();
    (!items.is_empty()).then_some(items)
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
