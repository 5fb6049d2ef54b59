//! Jobs.

use super::{FieldErrors, Rules, container, directory, mount, secret, time, toolkit};
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

fn wall_clock(wire: &wire::JobSpec, errors: &mut FieldErrors) -> u64 {
    let Some(text) = wire.constraints.as_ref().and_then(|c| c.max_wall_clock_time.as_deref()) else {
        return DEFAULT_WALL_CLOCK_SECONDS;
    };
    let span: Option<jiff::Span> = text.parse().ok().filter(|_| text.starts_with('P'));
    // Days are 24 hours here; months and years have no length without a calendar.
    let seconds =
        span.and_then(|span| span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok());
    match seconds {
        Some(seconds) if seconds >= 1.0 => seconds.round() as u64,
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
            execution_info: execution_info(job.execution()),
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
        Execution::Terminating { since, .. } => ("terminating", *since),
        Execution::Ended { at, outcome: Outcome::Succeeded, .. } => ("succeeded", *at),
        Execution::Ended { at, outcome: Outcome::Failed { .. }, .. } => ("failed", *at),
    }
}

fn execution_info(execution: &Execution) -> Option<wire::ExecutionInfo> {
    let begun = |started| wire::ExecutionInfo { start_time: time(started), ..Default::default() };
    match execution {
        Execution::Queued { .. } => None,
        Execution::Running { since, .. } => Some(begun(*since)),
        Execution::Terminating { started, .. } => Some(begun(*started)),
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
        constraints: Some(wire::JobConstraints { max_wall_clock_time: Some(duration(*max_wall_clock_seconds)) }),
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

/// ISO 8601, whole days as days (`P7D`), the rest as hours, minutes, seconds.
fn duration(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let mut text = String::from("P");
    if days > 0 {
        text.push_str(&format!("{days}D"));
    }
    if rest > 0 {
        text.push('T');
        for (count, unit) in [(rest / 3600, 'H'), (rest / 60 % 60, 'M'), (rest % 60, 'S')] {
            if count > 0 {
                text.push_str(&format!("{count}{unit}"));
            }
        }
    }
    text
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
