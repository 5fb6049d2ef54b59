//! `job create | run --dry-run`: the request as it would be sent, and the server's plan for it. Nothing is made.

use serde_json::{Map, Value, json};

use super::submit::{Prepared, SubmitArgs, prepare};
use crate::api::plan::JobPlan;
use crate::cli::Outcome;
use crate::cli::dry_run::request;
use crate::cli::output::rows::Row;
use crate::cli::output::{Format, Output};
use crate::cli::session::Session;

/// What is printed.
struct DryRun {
    request: Value,
    plan: Option<JobPlan>,
}

/// Prints what the job of a file would do.
///
/// # Errors
/// As of a job that is submitted.
pub async fn run(args: &SubmitArgs, session: &Session) -> Outcome {
    let prepared = prepare(args, session)?;
    let plan = session.client.plan_job(&prepared.id, &prepared.body, &would_make(&prepared)).await?;
    let (body, version) = session.client.job_as_sent(&prepared.body)?;
    let dry_run = DryRun { request: request(&prepared.id, &body, version)?, plan };
    if dry_run.plan.is_none() {
        session.report.note("This server cannot say what the job would do: only the request is shown.");
    }
    tell(session, dry_run.plan.as_ref());
    if session.printer.format == Format::Table {
        return session.print(&Output::list(&dry_run.steps()));
    }
    session.print(&Output::one(&dry_run))
}

/// What nobody named, and would be made first.
fn would_make(prepared: &Prepared) -> Vec<&'static str> {
    let around = &prepared.around;
    [
        ("workspace", around.workspace.is_given),
        ("experiment", around.experiment.is_given),
        ("cluster", around.cluster.1),
    ]
    .into_iter()
    .filter_map(|(word, is_given)| (!is_given).then_some(word))
    .collect()
}

/// Says what stands in the way, which a table has no room for.
fn tell(session: &Session, plan: Option<&JobPlan>) {
    let Some(plan) = plan else { return };
    if let Some(why) = &plan.unsupported {
        session.report.warn(&format!("the job would fail when it starts: {why}"));
    }
    if let Some(why) = &plan.would_queue {
        session.report.note(&format!("The job would wait: {why}."));
    }
    if !plan.would_make.is_empty() {
        session.report.note(&format!("Would be made first: {}.", plan.would_make.join(", ")));
    }
}

impl Row for DryRun {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        Ok(json!({ "request": self.request, "plan": serde_json::to_value(&self.plan)? }))
    }

    /// A request is shown as it is sent, not in the shape of an answer.
    fn printed(&self) -> Result<Value, serde_json::Error> {
        self.wire()
    }

    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }

    fn cells(&self) -> Vec<String> {
        vec![String::new(); COLUMNS.len()]
    }
}

const COLUMNS: &[&str] = &["Step", "Node", "Process", "Command", "Variables", "Output"];

/// A line of the table.
struct Step(Vec<String>);

impl Row for Step {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        let pairs = COLUMNS.iter().zip(&self.0).map(|(name, cell)| ((*name).to_owned(), Value::from(cell.clone())));
        Ok(Value::Object(pairs.collect::<Map<_, _>>()))
    }

    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }

    fn cells(&self) -> Vec<String> {
        self.0.clone()
    }
}

impl DryRun {
    /// The plan in the order in which things happen; the request alone where there is no plan.
    fn steps(&self) -> Vec<Step> {
        let Some(plan) = &self.plan else {
            let url = self.request["url"].as_str().unwrap_or_default();
            return vec![step("request", "", "", &format!("PUT {url}"), "", "")];
        };
        let mut steps = Vec::new();
        for node in &plan.nodes {
            for mount in &node.mounts {
                let how = mount.command_line.as_ref().or(mount.directory.as_ref()).map_or("", String::as_str);
                steps.push(step("mount", &node.id, "", how, "", &mount.path));
            }
        }
        if let Some(preparation) = &plan.preparation {
            for (node, stdout) in plan.nodes.iter().zip(&preparation.stdout) {
                let count = node.environment.len().to_string();
                steps.push(step("prepare", &node.id, "", &preparation.command_line, &count, stdout));
            }
        }
        for process in &plan.processes {
            let count = process.environment.len().to_string();
            steps.push(step("run", &process.node, &process.name, &process.command_line, &count, &process.stdout));
        }
        steps
    }
}

fn step(what: &str, node: &str, process: &str, command: &str, variables: &str, output: &str) -> Step {
    // A table has one line per step.
    let command = command.lines().map(str::trim).collect::<Vec<_>>().join("; ");
    Step([what, node, process, &command, variables, output].map(str::to_owned).to_vec())
}
