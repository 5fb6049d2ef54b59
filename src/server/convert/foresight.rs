//! Plans and explanations of jobs: domain to wire.

use super::time;
use crate::api::EnvironmentVariable;
use crate::api::explanation as wire;
use crate::api::plan::{JobPlan, PlannedContainer, PlannedMount, PlannedNode, PlannedPreparation, PlannedProcess};
use crate::domain::job::{Execution, Job, Outcome, Priority};
use crate::operations::explanations::{Explanation, Facts};
use crate::operations::plans::{self, Preview, PreviewContainer, PreviewNode, PreviewProcess, WouldMake};

/// The words of `wouldMake`.
///
/// # Errors
/// Names a word that is none of them.
pub fn would_make(text: &str) -> Result<WouldMake, String> {
    let mut made = WouldMake::default();
    for word in text.split(',').filter(|word| !word.is_empty()) {
        match word {
            "workspace" => made.workspace = true,
            "experiment" => made.experiment = true,
            "cluster" => made.cluster = true,
            other => return Err(format!("`{other}` is none of `workspace`, `experiment` and `cluster`")),
        }
    }
    Ok(made)
}

/// A plan as answered.
#[must_use]
pub fn plan(plan: plans::JobPlan) -> JobPlan {
    let plans::JobPlan { preview, unsupported, would_queue, would_make } = plan;
    let made = would_make.into_iter().map(str::to_owned).collect();
    let empty = JobPlan { unsupported, would_queue, would_make: made, ..JobPlan::default() };
    let Some(preview) = preview else { return empty };
    let exit_code = exit_code(&preview);
    let Preview {
        directories,
        nodes,
        preparation,
        processes,
        host_file,
        max_wall_clock_seconds,
        grace_seconds,
        obstacle: _,
    } = preview;
    JobPlan {
        directories,
        preparation: preparation.map(|(command_line, stdout, stderr)| PlannedPreparation {
            command_line,
            stdout,
            stderr,
        }),
        processes: processes.into_iter().map(|process| planned(process, &nodes)).collect(),
        nodes: nodes.into_iter().map(node).collect(),
        exit_code,
        host_file,
        max_wall_clock_seconds,
        grace_seconds,
        ..empty
    }
}

fn exit_code(preview: &Preview) -> String {
    let prepared = if preview.preparation.is_some() { "the preparation when it fails, else " } else { "" };
    match preview.processes.as_slice() {
        [] => String::new(),
        [only] => format!("{prepared}the process `{}`", only.name),
        several => {
            let awaited: Vec<&str> = several.iter().filter(|p| p.is_awaited).map(|p| p.name.as_str()).collect();
            match awaited.as_slice() {
                [one] => {
                    format!("{prepared}the first process that fails; 0 when `{one}` succeeds, which ends the others")
                }
                _ => format!("{prepared}the first process that fails; 0 when all succeed"),
            }
        }
    }
}

fn node(node: PreviewNode) -> PlannedNode {
    let PreviewNode { id, address, working_directory, mounts, environment, execution_log, container } = node;
    let mount = |(path, how): (String, Result<String, String>)| {
        let (directory, command_line) = match how {
            Ok(directory) => (Some(directory), None),
            Err(command) => (None, Some(command)),
        };
        PlannedMount { path, directory, command_line }
    };
    PlannedNode {
        id,
        address,
        working_directory,
        mounts: mounts.into_iter().map(mount).collect(),
        environment: variables(environment),
        execution_log,
        container: container.map(|container| {
            let PreviewContainer { name, image, engine, binds, arguments } = container;
            PlannedContainer { name, image, engine, binds, arguments }
        }),
    }
}

fn planned(process: PreviewProcess, nodes: &[PreviewNode]) -> PlannedProcess {
    let PreviewProcess { name, rank, node, command, environment, is_awaited, stdout, stderr } = process;
    let (node, working_directory) =
        nodes.get(node).map(|node| (node.id.clone(), node.working_directory.clone())).unwrap_or_default();
    PlannedProcess {
        name,
        rank,
        node,
        command_line: command,
        working_directory,
        environment: variables(environment),
        is_awaited,
        stdout,
        stderr,
    }
}

fn variables(all: impl IntoIterator<Item = (String, String)>) -> Vec<EnvironmentVariable> {
    all.into_iter().map(|(name, value)| EnvironmentVariable { name, value }).collect()
}

/// An explanation as answered.
#[must_use]
pub fn explanation(explanation: Explanation) -> wire::JobExplanation {
    let Explanation { job, summary, remedies, facts } = explanation;
    let mut answer = wire::JobExplanation {
        id: super::job::id(&job.key).to_string(),
        name: job.key.name.to_string(),
        execution_state: super::job::state(job.execution()).0.into(),
        summary,
        remedies,
        attempts: attempts(&job),
        ..Default::default()
    };
    match (facts, job.execution()) {
        (Facts::Queued { situation, can_start, before }, execution) => {
            let cluster = situation.cluster.as_ref();
            answer.queue = Some(wire::QueueExplanation {
                since: time(super::job::state(execution).1),
                can_start,
                needs: situation.needs,
                cluster: cluster.map(|cluster| cluster.name.clone()),
                most: cluster.map_or(0, |cluster| cluster.scale.most()),
                idle: cluster.map_or(0, |cluster| cluster.idle),
                running: cluster.map_or(0, |cluster| cluster.busy),
                preparing: cluster.map_or(0, |cluster| cluster.preparing),
                unusable: cluster.map_or(0, |cluster| cluster.unusable),
                jobs_ahead: situation.ahead,
                before_it: before.iter().map(job_before).collect(),
            });
        }
        (Facts::Running { nodes, ranks, seconds_left, last_output }, execution) => {
            let since = match execution {
                Execution::Interrupting { started, .. } | Execution::Terminating { started, .. } => *started,
                other => super::job::state(other).1,
            };
            let (since, last_output_time) = (time(since), last_output.map(time));
            answer.run = Some(wire::RunExplanation { since, nodes, ranks, seconds_left, last_output_time });
        }
        (Facts::Ended { signal, output }, execution) => answer.ending = ending(execution, signal, output),
    }
    answer
}

fn attempts(job: &Job) -> Option<wire::AttemptsExplanation> {
    let attempts = job.attempts();
    Some(wire::AttemptsExplanation {
        retries: attempts.retries,
        interruptions: attempts.interruptions,
        last_time: time(attempts.last.as_ref()?.at),
        summary: attempts.sentence()?,
    })
}

fn ending(
    execution: &Execution,
    signal: Option<&'static str>,
    output: Option<(String, Vec<String>)>,
) -> Option<wire::EndingExplanation> {
    let Execution::Ended { started, at, outcome } = execution else { return None };
    let (exit_code, error) = match outcome {
        Outcome::Succeeded => (Some(0), None),
        Outcome::Failed { exit_code, error } => (*exit_code, Some(error.code.clone())),
    };
    Some(wire::EndingExplanation {
        started: time(*started),
        ended: time(*at),
        exit_code,
        signal: signal.map(str::to_owned),
        error,
        output: output.map(|(file_name, lines)| wire::LastOutput { file_name, lines }),
    })
}

fn job_before(job: &Job) -> wire::JobBefore {
    let priority = match job.spec.priority {
        Priority::Low => "low",
        Priority::Normal => "normal",
        Priority::High => "high",
    };
    wire::JobBefore {
        name: job.key.name.to_string(),
        experiment: job.key.experiment.name.to_string(),
        execution_state: super::job::state(job.execution()).0.into(),
        priority: priority.into(),
        node_count: job.spec.node_count,
    }
}
