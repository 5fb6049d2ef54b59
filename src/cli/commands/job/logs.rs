//! `job logs`: the standard output of all processes of a job.

use std::io::IsTerminal as _;

use clap::Args;
use jiff::Timestamp;

use super::live::{self, Label, View};
use crate::api::file::STDOUTERR;
use crate::api::job::{Job, OutputStream};
use crate::cli::exit_code::ExitCode;
use crate::cli::output;
use crate::cli::report::Failure;
use crate::cli::session::{ExperimentScope, Session};
use crate::cli::{Outcome, span};

/// Arguments of `job logs`.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// Job.
    #[arg(value_name = "JOB", required_unless_present = "name")]
    job: Option<String>,
    /// Job.
    #[arg(long, short = 'n', alias = "job", short_alias = 'j', conflicts_with = "job", value_name = "JOB")]
    name: Option<String>,
    #[command(flatten)]
    scope: ExperimentScope,
    /// Go on with what is written, until the job has ended; Ctrl-C leaves the job alone.
    #[arg(long, short = 'f')]
    follow: bool,
    /// Begin with the last lines of each file only.
    #[arg(long, value_name = "LINES")]
    tail: Option<usize>,
    /// Leave out files that were last written to before: 10m or 2h ago, or a moment such as 2026-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Never begin lines with the name of their file; without this, they do where a job has several processes.
    #[arg(long)]
    no_prefix: bool,
}

/// Shows what the processes of a job wrote: their stdout on stdout, their stderr on stderr.
///
/// # Errors
/// When the job is not there, or goes while it is followed.
pub async fn run(args: &LogsArgs, session: &Session) -> Outcome {
    let name = args.job.as_ref().or(args.name.as_ref()).map_or("", String::as_str);
    let id = session.job(&args.scope, name)?;
    let mut job: Job = session.client.get(&id).await?;
    let view = View {
        label: if args.no_prefix { Label::Nothing } else { Label::File },
        tail: args.tail,
        since: args.since,
        is_brief: !args.follow,
        leaves_with_reader: true,
    };
    let is_untold = job.properties.output_streams.as_ref().is_none_or(Vec::is_empty);
    if is_untold && job.properties.execution_info.is_some() {
        job.properties.output_streams = Some(guessed(session, &id).await?);
    }
    let shown = tokio::select! {
        shown = live::show(session, &id, job, &view) => shown?,
        // Off a terminal a reader that does not read could keep us from ever noticing: there the signal just ends us.
        Ok(()) = tokio::signal::ctrl_c(), if std::io::stdout().is_terminal() => {
            // What was shown last may have no end of its line yet, and what comes next is the user's own.
            output::raw(b"\n")?;
            return Ok(ExitCode::Interrupted.value());
        }
    };
    if shown.properties.execution_info.is_none() {
        let reason = shown.properties.queue_reason.unwrap_or_else(|| shown.properties.execution_state.clone());
        session.report.note(&format!("Job {name} has not started, and has written nothing: {reason}"));
    }
    Ok(ExitCode::Ok.value())
}

/// The files of a job whose server does not tell which they are: those named as Batch AI named them.
async fn guessed(session: &Session, id: &crate::api::id::ResourceId) -> Result<Vec<OutputStream>, Failure> {
    let files = session.client.list_files(id, STDOUTERR, ".", 60).await?;
    Ok(files
        .into_iter()
        .filter(|file| file.file_type == "file")
        .filter_map(|file| OutputStream::of_file(&file.name))
        .collect())
}

/// A moment: of itself, or so long ago.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let ago = span::parse(text).map_err(|wrong| format!("{wrong}; or a moment such as 2026-01-31T12:00:00Z"))?;
    Timestamp::now().checked_sub(ago).map_err(|_| "that is too long ago".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_old_servers_are_known_by_their_names() {
        let told = |file: &str| OutputStream::of_file(file).map(|stream| (stream.stream, stream.source));
        assert_eq!(told("stdout.txt"), Some(("stdout".into(), "job".into())));
        assert_eq!(told("stderr-2.txt"), Some(("stderr".into(), "2".into())));
        assert_eq!(told("stdout-job_prep-tvm.txt"), Some(("stdout".into(), "preparation".into())));
        assert_eq!((told("execution.log"), told("notes.txt")), (None, None));
    }
}
