//! `batchai` alone: what is running, and what to type next. Starts no server.

use std::fmt::Write as _;

use jiff::{SpanRound, Timestamp, Unit};

use crate::api::id::{Child, ResourceId};
use crate::api::job::Job;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::{self, Output};
use crate::cli::report::{Failure, Report};
use crate::cli::session::{Session, with_session};
use crate::cli::{Global, Outcome};
use crate::client::ClientError;

/// So many jobs are shown.
const MOST: usize = 10;

/// Shows what is running: as text, or as the format that was asked for.
///
/// # Errors
/// When a server that was chosen does not answer.
pub fn run(global: &Global, report: Report) -> Outcome {
    let is_text = global.output.is_none() && global.query.is_none();
    with_session(global, report, |session| async move {
        let jobs = match session.client.active_jobs(&session.subscription).await {
            Err(ClientError::NotRunning) => Vec::new(),
            other => match other? {
                Some(jobs) => jobs,
                None => return Err(unknown(&session)),
            },
        };
        if !is_text {
            return session.print(&Output::list(&jobs));
        }
        let text = text(&jobs, &whereabouts(&session), Timestamp::now());
        output::raw(text.as_bytes())?;
        Ok(ExitCode::Ok.value())
    })
}

fn unknown(session: &Session) -> Failure {
    let message = format!("the server {} does not tell which jobs run", whereabouts(session));
    Failure::new(ExitCode::Refused, message)
        .hint("`batchai job list -w WORKSPACE -e EXPERIMENT -o table` lists those of an experiment, `batchai --help` all commands")
}

fn whereabouts(session: &Session) -> String {
    session.client.remote().map_or_else(|| "on this machine".into(), |remote| format!("at {}", remote.origin()))
}

fn text(jobs: &[Job], whereabouts: &str, now: Timestamp) -> String {
    let mut out = format!("batchai {}\n\n", env!("CARGO_PKG_VERSION"));
    if jobs.is_empty() {
        let _ = writeln!(out, "No job is running or waiting {whereabouts}.\n");
    } else {
        let _ = writeln!(out, "Jobs {whereabouts}:");
        let lines: Vec<[String; 3]> = jobs.iter().take(MOST).map(|job| line(job, now)).collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let (names, states) = (width(0), width(1));
        for [name, state, place] in &lines {
            let _ = writeln!(out, "  {name:names$}  {state:states$}  {place}");
        }
        if jobs.len() > MOST {
            let _ = writeln!(out, "  and {} more", jobs.len() - MOST);
        }
        out.push('\n');
    }
    for (what, command) in next(jobs) {
        let _ = writeln!(out, "  {what:<20}batchai {command}");
    }
    out
}

fn line(job: &Job, now: Timestamp) -> [String; 3] {
    let properties = &job.properties;
    let since = properties.execution_state_transition_time.parse().ok().map(|since| ago(since, now));
    let mut state = properties.execution_state.clone();
    if let Some(since) = since {
        let _ = write!(state, " for {since}");
    }
    let place = match (ResourceId::parse(&job.id), &properties.queue_reason) {
        (_, Some(reason)) => reason.clone(),
        (Some(ResourceId { workspace, child: Child::Job(experiment, _), .. }), None) => {
            format!("workspace {workspace}, experiment {experiment}")
        }
        (_, None) => String::new(),
    };
    [job.name.clone(), state, place]
}

/// How long ago that was, in its largest unit: `3 minutes`.
fn ago(since: Timestamp, now: Timestamp) -> String {
    let round = SpanRound::new().largest(Unit::Hour);
    let Ok(span) = (now - since).round(round) else { return "a moment".into() };
    let parts = [(span.get_hours() / 24, "day"), (span.get_hours() % 24, "hour")];
    let parts = parts.map(|(count, unit)| (i64::from(count), unit));
    let parts = parts.into_iter().chain([(span.get_minutes(), "minute"), (span.get_seconds(), "second")]);
    match parts.into_iter().find(|(count, _)| *count > 0) {
        Some((1, unit)) => format!("1 {unit}"),
        Some((count, unit)) => format!("{count} {unit}s"),
        None => "a moment".into(),
    }
}

/// What may be typed next.
fn next(jobs: &[Job]) -> Vec<(&'static str, String)> {
    let mut next = vec![("run a job", "job run -f job.yaml".to_owned())];
    if let Some(flags) =
        jobs.first().and_then(|job| ResourceId::parse(&job.id)).map(|id| super::job::submit::flags(&id))
    {
        next.push(("follow its output", format!("job logs -f{flags}")));
        next.push(("say how it does", format!("job explain{flags}")));
    } else {
        next.push(("list jobs", "job list -o table".to_owned()));
        if cfg!(target_os = "linux") {
            next.push(("check this machine", "doctor".to_owned()));
        }
    }
    next.push(("all commands", "--help".to_owned()));
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_its_largest_unit() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().expect("a moment");
        for (since, told) in [
            ("2026-01-01T23:59:59Z", "1 second"),
            ("2026-01-01T23:57:01Z", "2 minutes"),
            ("2026-01-01T21:00:00Z", "3 hours"),
            ("2025-12-30T23:00:00Z", "2 days"),
            ("2026-01-02T00:00:05Z", "a moment"),
        ] {
            assert_eq!(ago(since.parse().expect("a moment"), now), told, "{since}");
        }
    }

    #[test]
    fn a_new_user_learns_how_to_start() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().expect("a moment");
        let told = text(&[], "on this machine", now);
        assert!(told.contains("No job is running or waiting on this machine.") && told.contains("batchai job run -f"));
    }
}
