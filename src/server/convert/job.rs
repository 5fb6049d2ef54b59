//! Jobs.

use super::{FieldErrors, mount, time};
use crate::api::id::{Child, ResourceId};
use crate::api::job as wire;
use crate::api::toolkit::{CustomToolkitSettings, PyTorchSettings};
use crate::api::{BatchAiError, EnvironmentVariable, NameValuePair, ResourceReference};
use crate::domain::job::spec::{DEFAULT_WALL_CLOCK_SECONDS, Input, Output};
use crate::domain::job::{Execution, Job, JobError, JobSpec, Outcome, Priority, Toolkit};
use crate::domain::mount::relative_path;
use crate::domain::name::{ClusterKey, JobKey, WorkspaceKey};
use crate::domain::snapshot::SnapshotId;
use crate::operations::jobs::{self, JobView};

/// Body to spec.
///
/// # Errors
/// All field errors at once.
pub fn spec(body: &wire::JobCreate) -> Result<JobSpec, FieldErrors> {
    let mut errors = FieldErrors::default();
    let wire = &body.properties;
    refuse_what_is_missing(wire, &mut errors);
    let variables = wire.environment_variables.as_deref().unwrap_or_default();
    super::check_variables("properties.environmentVariables", variables, &mut errors);
    if wire.node_count == 0 {
        errors.add("properties.nodeCount", "it must be at least 1");
    }
    let cluster = errors.take("properties.cluster.id", cluster_key(&wire.cluster.id));
    let toolkit = toolkit(wire, &mut errors);
    let code = wire.code_snapshot.as_deref().and_then(|text| {
        let id = SnapshotId::parse(text).ok_or("it must be `sha256:` and 64 hexadecimal digits");
        errors.take("properties.codeSnapshot", id)
    });
    let rest = JobParts {
        inputs: inputs(wire, &mut errors),
        outputs: outputs(wire, &mut errors),
        mounts: mount::mounts("properties.mountVolumes", wire.mount_volumes.as_ref(), &mut errors),
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
        search_path: wire.search_path.clone(),
    });
    errors.finish(spec)
}

struct JobParts {
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    mounts: Vec<crate::domain::mount::Mount>,
    seconds: u64,
}

fn refuse_what_is_missing(wire: &wire::JobSpec, errors: &mut FieldErrors) {
    if wire.container_settings.is_some() {
        errors.add(
            "properties.containerSettings",
            "this server does not run containers yet: leave it out to run on the host",
        );
    }
    if wire.secrets.as_ref().is_some_and(|secrets| !secrets.is_empty()) {
        errors.add("properties.secrets", "this server does not keep secrets yet");
    }
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
        name: super::name("cluster", &name)?,
    })
}

/// The wire names of the toolkits that are given, in the order of the Swagger document.
fn given(wire: &wire::JobSpec) -> Vec<&'static str> {
    [
        ("cntkSettings", wire.cntk_settings.is_some()),
        ("pyTorchSettings", wire.py_torch_settings.is_some()),
        ("tensorFlowSettings", wire.tensor_flow_settings.is_some()),
        ("caffeSettings", wire.caffe_settings.is_some()),
        ("caffe2Settings", wire.caffe2_settings.is_some()),
        ("chainerSettings", wire.chainer_settings.is_some()),
        ("customToolkitSettings", wire.custom_toolkit_settings.is_some()),
        ("customMpiSettings", wire.custom_mpi_settings.is_some()),
        ("horovodSettings", wire.horovod_settings.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, is_given)| is_given.then_some(name))
    .collect()
}

fn toolkit(wire: &wire::JobSpec, errors: &mut FieldErrors) -> Option<Toolkit> {
    let given = given(wire);
    let [name] = given.as_slice() else {
        let message = match given.as_slice() {
            [] => "a job needs the settings of one toolkit, such as customToolkitSettings with a commandLine".into(),
            several => format!("a job has exactly one toolkit, this one has {}", several.join(" and ")),
        };
        errors.add("properties", message);
        return None;
    };
    if let Some(settings) = &wire.custom_toolkit_settings {
        return custom(settings, errors);
    }
    if let Some(settings) = &wire.py_torch_settings {
        return py_torch(settings, wire.node_count, errors);
    }
    let message = "this server does not run this toolkit yet; it runs customToolkitSettings and pyTorchSettings";
    errors.add(format!("properties.{name}"), message);
    None
}

fn custom(settings: &CustomToolkitSettings, errors: &mut FieldErrors) -> Option<Toolkit> {
    match settings.command_line.as_deref() {
        Some(command_line) if !command_line.trim().is_empty() => {
            Some(Toolkit::Custom { command_line: command_line.to_owned() })
        }
        Some(_) | None => {
            errors.add("properties.customToolkitSettings.commandLine", "it must not be empty");
            None
        }
    }
}

fn py_torch(settings: &PyTorchSettings, node_count: u32, errors: &mut FieldErrors) -> Option<Toolkit> {
    const TARGET: &str = "properties.pyTorchSettings";
    let before = errors.0.len();
    if settings.python_script_file_path.trim().is_empty() {
        errors.add(format!("{TARGET}.pythonScriptFilePath"), "it must not be empty");
    }
    let process_count = settings.process_count.unwrap_or(node_count);
    if process_count < node_count {
        let message = format!("it is {process_count}, but must be at least nodeCount, which is {node_count}");
        errors.add(format!("{TARGET}.processCount"), message);
    }
    if process_count > node_count.saturating_mul(MAX_PROCESSES_PER_NODE) {
        let message = format!("it is {process_count}, but at most {MAX_PROCESSES_PER_NODE} per node are possible");
        errors.add(format!("{TARGET}.processCount"), message);
    }
    match settings.communication_backend.as_deref().map(str::to_lowercase).as_deref() {
        None | Some("tcp" | "gloo") => {}
        Some("mpi") => {
            errors.add(format!("{TARGET}.communicationBackend"), "this server does not run MPI yet: use TCP or Gloo");
        }
        Some(other) => {
            errors.add(format!("{TARGET}.communicationBackend"), format!("`{other}` must be TCP, Gloo or MPI"));
        }
    }
    (errors.0.len() == before).then(|| Toolkit::PyTorch {
        script: settings.python_script_file_path.clone(),
        interpreter: settings.python_interpreter_path.clone(),
        arguments: settings.command_line_args.clone(),
        process_count,
        backend: settings.communication_backend.clone(),
    })
}

/// A bound against slips of the keyboard; the VM-size table has the real limits.
const MAX_PROCESSES_PER_NODE: u32 = 64;

fn inputs(wire: &wire::JobSpec, errors: &mut FieldErrors) -> Vec<Input> {
    let inputs = wire.input_directories.as_deref().unwrap_or_default();
    check_ids("properties.inputDirectories", inputs.iter().map(|input| input.id.as_str()), errors);
    inputs.iter().map(|input| Input { id: input.id.clone(), path: input.path.clone() }).collect()
}

fn outputs(wire: &wire::JobSpec, errors: &mut FieldErrors) -> Vec<Output> {
    const TARGET: &str = "properties.outputDirectories";
    let outputs = wire.output_directories.as_deref().unwrap_or_default();
    check_ids(TARGET, outputs.iter().map(|output| output.id.as_str()), errors);
    let mut found = Vec::new();
    for (at, output) in outputs.iter().enumerate() {
        let suffix = output.path_suffix.as_deref().filter(|suffix| !suffix.is_empty());
        let path_suffix = suffix.and_then(|suffix| {
            let path = relative_path(suffix).ok_or_else(|| format!("`{suffix}` must be a relative path without `..`"));
            errors.take(&format!("{TARGET}[{at}].pathSuffix"), path)
        });
        found.push(Output { id: output.id.clone(), path_prefix: output.path_prefix.clone(), path_suffix });
    }
    found
}

/// Ids become parts of variable names, and are the names of directories to clients.
fn check_ids<'a>(target: &str, ids: impl Iterator<Item = &'a str>, errors: &mut FieldErrors) {
    let mut seen: Vec<&str> = Vec::new();
    for (at, id) in ids.enumerate() {
        let target = format!("{target}[{at}].id");
        let is_word = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_word {
            errors.add(target, format!("`{id}` must be letters, digits and `_`: it becomes part of a variable's name"));
        } else if id.eq_ignore_ascii_case(crate::api::file::STDOUTERR) {
            errors.add(target, format!("`{id}` is the id of the standard output directory: choose another"));
        } else if seen.contains(&id) {
            errors.add(target, format!("`{id}` is used twice"));
        }
        seen.push(id);
    }
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
pub fn job(view: &JobView) -> wire::Job {
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
            tool_type: tool_type(&job.spec.toolkit).into(),
            job_output_directory_path_segment: job.path_segment(),
            queue_reason: queue_reason.clone(),
            output_streams: Some(streams.collect()),
            generation: Some(stored.generation),
            spec: spec_back(job),
        },
    }
}

fn state(execution: &Execution) -> (&'static str, crate::domain::Timestamp) {
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

fn tool_type(toolkit: &Toolkit) -> &'static str {
    match toolkit {
        Toolkit::Custom { .. } => "custom",
        Toolkit::PyTorch { .. } => "pytorch",
    }
}

fn spec_back(job: &Job) -> wire::JobSpec {
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
        job_preparation: preparation.clone().map(|command_line| wire::JobPreparation { command_line }),
        std_out_err_path_prefix: std_out_err_prefix.clone(),
        input_directories: some(
            inputs.iter().map(|Input { id, path }| wire::InputDirectory { id: id.clone(), path: path.clone() }),
        ),
        output_directories: some(outputs.iter().map(|Output { id, path_prefix, path_suffix }| wire::OutputDirectory {
            id: id.clone(),
            path_prefix: path_prefix.clone(),
            path_suffix: path_suffix.clone(),
        })),
        environment_variables: some(
            environment.iter().map(|(name, value)| EnvironmentVariable { name: name.clone(), value: value.clone() }),
        ),
        constraints: Some(wire::JobConstraints { max_wall_clock_time: Some(duration(*max_wall_clock_seconds)) }),
        code_snapshot: code.as_ref().map(ToString::to_string),
        search_path: search_path.clone(),
        ..Default::default()
    };
    match toolkit {
        Toolkit::Custom { command_line } => {
            wire.custom_toolkit_settings = Some(CustomToolkitSettings { command_line: Some(command_line.clone()) });
        }
        Toolkit::PyTorch { script, interpreter, arguments, process_count, backend } => {
            wire.py_torch_settings = Some(PyTorchSettings {
                python_script_file_path: script.clone(),
                python_interpreter_path: interpreter.clone(),
                command_line_args: arguments.clone(),
                process_count: Some(*process_count),
                communication_backend: backend.clone(),
            });
        }
    }
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
mod tests {
    use super::*;

    const CLUSTER: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters/c";

    fn body(properties: &str) -> wire::JobCreate {
        let text = format!(r#"{{"properties":{{"cluster":{{"id":"{CLUSTER}"}},"nodeCount":1,{properties}}}}}"#);
        serde_json::from_str(&text).expect("a body")
    }

    #[test]
    fn all_field_errors_of_a_body_come_at_once() {
        let errors = spec(&body(
            r#""customToolkitSettings":{"commandLine":" "},"constraints":{"maxWallClockTime":"7.00:00:00"},
               "environmentVariables":[{"name":"AZ_BATCHAI_X","value":""}],
               "outputDirectories":[{"id":"A","pathSuffix":"../x"},{"id":"A"},{"id":"b-c"}]"#,
        ))
        .expect_err("errors");
        let text: Vec<String> = errors.0.iter().map(|e| format!("{}: {}", e.target, e.message)).collect();
        insta::assert_snapshot!(text.join("\n"), @r"
        properties.environmentVariables[0].name: `AZ_BATCHAI_X` is set by batchai and cannot be set by a job
        properties.customToolkitSettings.commandLine: it must not be empty
        properties.outputDirectories[1].id: `A` is used twice
        properties.outputDirectories[2].id: `b-c` must be letters, digits and `_`: it becomes part of a variable's name
        properties.outputDirectories[0].pathSuffix: `../x` must be a relative path without `..`
        properties.constraints.maxWallClockTime: `7.00:00:00` must be an ISO 8601 duration of at least a second, such as PT2H or P7D
        ");
    }

    #[test]
    fn a_toolkit_that_cannot_run_here_is_refused_by_name() {
        let errors = spec(&body(r#""horovodSettings":{"pythonScriptFilePath":"a.py"}"#)).expect_err("errors");
        assert_eq!(errors.0[0].target, "properties.horovodSettings");
        assert!(spec(&body(r#""secrets":[]"#)).is_err(), "no toolkit at all");
    }

    #[test]
    fn a_spec_survives_the_way_to_the_domain_and_back() {
        let given = body(
            r#""schedulingPriority":"high","pyTorchSettings":{"pythonScriptFilePath":"a.py","communicationBackend":"gloo"},
               "constraints":{"maxWallClockTime":"PT90M"},"inputDirectories":[{"id":"IN","path":"/data"}],
               "mountVolumes":{"azureFileShares":[{"accountName":"a","azureFileUrl":"https://a.file.core.windows.net/s",
               "credentials":{"accountKey":"hunter2"},"relativeMountPath":"afs"}]}"#,
        );
        let domain = spec(&given).expect("a spec");
        let key = crate::domain::name::JobKey {
            experiment: crate::domain::name::ExperimentKey {
                workspace: domain.cluster.workspace.clone(),
                name: domain.cluster.name.clone(),
            },
            name: domain.cluster.name.clone(),
        };
        let back = spec_back(&Job::submitted(key, domain.clone(), "u".into(), crate::domain::Timestamp::UNIX_EPOCH));
        let text = serde_json::to_string(&back).expect("text");
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("PT1H30M") && text.contains(r#""fileMode":"0777""#), "{text}");
        assert_eq!(spec(&wire::JobCreate { properties: back }).expect("a spec"), domain);
    }

    #[test]
    fn durations_are_iso_8601() {
        assert_eq!([604_800, 90, 86_461].map(duration), ["P7D", "PT1M30S", "P1DT1M1S"].map(String::from));
    }
}
