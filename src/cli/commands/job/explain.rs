//! `job explain`: why a job waits, what it does, or how it ended; text for people unless a format is asked for.

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::submit::flags;
use crate::api::explanation::{EndingExplanation, JobExplanation, QueueExplanation, RunExplanation};
use crate::api::id::{Child, ResourceId};
use crate::api::job::{ExecutionInfo, Job};
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::rows::Row;
use crate::cli::output::screen::Screen;
use crate::cli::output::{self, Output};
use crate::cli::report::Failure;
use crate::cli::session::{DEFAULT, Session};
use crate::cli::targets::{JobTargets, each};

/// Arguments of `job explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub targets: JobTargets,
}

/// Prints an explanation of each.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &ExplainArgs, session: &Session) -> Outcome {
    let ids = args.targets.resolve(session)?;
    let found: Vec<(ResourceId, JobExplanation)> = each(session, &ids, async |id| {
        let explanation = explanation(session, &id).await?;
        Ok((id, explanation))
    })
    .await?;
    if !session.is_format_given {
        let now = Timestamp::now();
        let screen = Screen::of_stdout();
        let texts: Vec<String> = found.iter().map(|(id, explanation)| text(explanation, id, now, &screen)).collect();
        output::raw(texts.join("\n").as_bytes())?;
        return Ok(ExitCode::Ok.value());
    }
    let explanations: Vec<JobExplanation> = found.into_iter().map(|(_, explanation)| explanation).collect();
    match explanations.as_slice() {
        [only] if ids.len() == 1 => session.print(&Output::one(only)),
        all => session.print(&Output::list(all)),
    }
}

async fn explanation(session: &Session, id: &ResourceId) -> Result<JobExplanation, Failure> {
    match session.client.explain_job(id).await? {
        Some(explanation) => Ok(explanation),
        None => Ok(from_job(session.client.get(id).await?)),
    }
}

/// What a job itself tells, for servers that explain nothing.
fn from_job(job: Job) -> JobExplanation {
    let properties = job.properties;
    let info = properties.execution_info.unwrap_or_default();
    let state = properties.execution_state;
    let summary = match state.as_str() {
        "queued" => properties.queue_reason.unwrap_or_else(|| {
            format!(
                "it waits for nodes of cluster `{}`",
                properties.spec.cluster.id.rsplit('/').next().unwrap_or_default()
            )
        }),
        "running" => "it runs".into(),
        "terminating" => "it is being stopped".into(),
        "succeeded" => "it succeeded".into(),
        _ => failure(&info),
    };
    let ending = info.end_time.clone().map(|ended| EndingExplanation {
        started: info.start_time.clone(),
        ended,
        exit_code: info.exit_code,
        error: info.errors.iter().flatten().next().map(|error| error.code.clone()),
        ..EndingExplanation::default()
    });
    JobExplanation { id: job.id, name: job.name, execution_state: state, summary, ending, ..JobExplanation::default() }
}

fn failure(info: &ExecutionInfo) -> String {
    let said: Vec<&str> = info.errors.iter().flatten().map(|error| error.message.as_str()).collect();
    match (info.exit_code, said.is_empty()) {
        (Some(code), true) => format!("it exited with code {code}"),
        (Some(code), false) => format!("it exited with code {code}: {}", said.join("; ")),
        (None, false) => format!("it failed: {}", said.join("; ")),
        (None, true) => "it failed, and the server does not say why".into(),
    }
}

/// The explanation of the job of this id, as people read it.
fn text(explanation: &JobExplanation, id: &ResourceId, now: Timestamp, screen: &Screen) -> String {
    let JobExplanation { name, execution_state, summary, remedies, attempts, queue, run, ending, .. } = explanation;
    let verb = if ending.is_some() { "has" } else { "is" };
    let state = screen.state(execution_state);
    // Of a good end there is no more to say than that.
    let why = if execution_state == "succeeded" { String::new() } else { format!(": {summary}") };
    let mut lines = vec![format!("Job {name} {verb} {state}{why}.")];
    lines.extend(attempts.iter().map(|attempts| format!("  earlier       {}", attempts.summary)));
    lines.extend(queue.iter().flat_map(|queue| queued(queue, now)));
    lines.extend(run.iter().flat_map(|run| running(run, now)));
    lines.extend(ending.iter().flat_map(|ending| ended(ending, screen)));
    if !remedies.is_empty() {
        lines.extend([String::new(), "What helps:".into()]);
        lines.extend(remedies.iter().map(|remedy| format!("  - {remedy}")));
    }
    lines.extend([String::new(), "Next:".into()]);
    lines.extend(next(execution_state, id).into_iter().map(|command| format!("  {command}")));
    lines.join("\n") + "\n"
}

fn queued(queue: &QueueExplanation, now: Timestamp) -> Vec<String> {
    let mut lines = vec![format!("  waiting for   {}", since(&queue.since, now))];
    if let Some(cluster) = &queue.cluster {
        let QueueExplanation { needs, most, idle, running, preparing, unusable, .. } = queue;
        lines.push(format!(
            "  nodes         needs {needs}; cluster {cluster} has at most {most}: {idle} idle, {running} running, \
             {preparing} preparing, {unusable} unusable"
        ));
    }
    for (at, job) in queue.before_it.iter().enumerate() {
        let label = if at == 0 { "before it" } else { "" };
        let count = if job.node_count == 1 { "1 node".to_owned() } else { format!("{} nodes", job.node_count) };
        let (name, state, priority) = (&job.name, &job.execution_state, &job.priority);
        lines.push(format!("  {label:<13} {name} ({state}, priority {priority}, {count})"));
    }
    lines
}

fn running(run: &RunExplanation, now: Timestamp) -> Vec<String> {
    let mut lines = vec![format!("  running for   {}", since(&run.since, now))];
    for (at, node) in run.nodes.iter().enumerate() {
        let label = if at == 0 { "nodes" } else { "" };
        lines.push(format!("  {label:<13} {node}"));
    }
    if let Some(ranks) = run.ranks {
        lines.push(format!("  ranks         {ranks}"));
    }
    lines.push(format!("  time left     {}", lasting(i64::try_from(run.seconds_left).unwrap_or(i64::MAX))));
    let last = run.last_output_time.as_ref();
    let last = last.map_or_else(|| "none so far".into(), |at| format!("{} ago", since(at, now)));
    lines.push(format!("  last output   {last}"));
    lines
}

fn ended(ending: &EndingExplanation, screen: &Screen) -> Vec<String> {
    let moment = |text: &str| text.parse::<Timestamp>().ok();
    let ran = moment(&ending.started).zip(moment(&ending.ended)).map(|(from, to)| to.duration_since(from).as_secs());
    let mut lines = vec![format!("  ended         {}", screen.moment(&ending.ended))];
    lines.extend(ran.map(|seconds| format!("  ran for       {}", lasting(seconds))));
    let signal = ending.signal.as_ref().map_or_else(String::new, |signal| format!(" ({signal})"));
    lines.extend(ending.exit_code.map(|code| format!("  exit code     {code}{signal}")));
    lines.extend(ending.error.iter().map(|error| format!("  error         {error}")));
    if let Some(output) = &ending.output {
        lines.extend([String::new(), format!("The end of {}:", output.file_name)]);
        lines.extend(output.lines.iter().map(|line| format!("  {}", harmless(line))));
    }
    lines
}

/// Output of a job must not act on the terminal.
fn harmless(line: &str) -> String {
    line.chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

fn next(state: &str, id: &ResourceId) -> Vec<String> {
    let named = flags_of(id);
    let output = format!("batchai job logs{named}");
    match state {
        "queued" => vec![format!("batchai job wait{named}"), format!("batchai job terminate{named}")],
        "running" => vec![format!("{output} -f"), format!("batchai job terminate{named}")],
        "terminating" => vec![format!("batchai job wait{named}")],
        _ => vec![output, format!("batchai job rerun{named}")],
    }
}

/// The flags that name the job, without what is default.
fn flags_of(id: &ResourceId) -> String {
    match &id.child {
        Child::Job(experiment, name) if id.group == DEFAULT && id.workspace == DEFAULT && experiment == DEFAULT => {
            format!(" -n {name}")
        }
        _ => flags(id),
    }
}

fn since(moment: &str, now: Timestamp) -> String {
    moment
        .parse::<Timestamp>()
        .map_or_else(|_| "an unknown time".into(), |at| lasting(now.duration_since(at).as_secs()))
}

/// `2 d 3 h`, `5 min 2 s`: the two largest units.
fn lasting(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds % 60, "s")];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = parts[first..].iter().take(2).filter(|(count, _)| *count > 0 || seconds == 0);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

impl Row for JobExplanation {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Name", "State", "Explanation"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), self.execution_state.clone(), self.summary.clone()]
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
