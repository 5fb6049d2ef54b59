//! The output of a job as it is written: all its streams at once.
//!
//! A job of one process is shown byte for byte: its stdout on stdout, its stderr on stderr. Of several
//! processes every line begins with the rank, or with the name of its file. What the preparation says goes to stderr.

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::sink::Sink;
use super::tail;
use super::wait::change;
use crate::api::error::code;
use crate::api::file::STDOUTERR;
use crate::api::id::ResourceId;
use crate::api::job::{Job, OutputStream};
use crate::cli::progress::{Spinner, WORTH_A_WORD, is_shown};
use crate::cli::report::{Failure, Report};
use crate::cli::session::Session;
use crate::client::ClientError;
use crate::client::resources::Look;

/// What is shown of the streams, and how.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// What stands before the lines.
    pub label: Label,
    /// Of what is there already, only so many lines of each file.
    pub tail: Option<usize>,
    /// Of what is there already, only files that were written to since then.
    pub since: Option<Timestamp>,
    /// Only what is there already.
    pub is_brief: bool,
    /// Whether it is over when nobody reads stdout any more; otherwise the end of the job is waited for.
    pub leaves_with_reader: bool,
}

/// What stands before the lines of a job with several files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Label {
    /// `[3] `, where there are several processes.
    #[default]
    Rank,
    /// The name of the file, where there is more than stdout and stderr of one process.
    File,
    /// Nothing.
    Nothing,
}

/// Shows the output of a job until it has ended and its last byte was shown; answers the job as it ended.
///
/// # Errors
/// When the job goes while it is followed, or stdout takes no more.
pub async fn show(session: &Session, id: &ResourceId, submitted: Job, view: &View) -> Result<Job, Failure> {
    if view.is_brief {
        return brief(session, id, submitted, view).await;
    }
    let mut job = submitted;
    let mut waiting = Waiting::new(session.report);
    let (mut followed, mut streams) = (Vec::new(), FuturesUnordered::new());
    loop {
        for stream in new_streams(&job, &mut followed) {
            let sink = sink(&job, &stream, view);
            streams.push(follow(session, id, stream.file_name, sink, view));
        }
        waiting.tell(&job);
        if job.is_ended() && streams.is_empty() {
            return Ok(job);
        }
        tokio::select! {
            changed = change(&session.client, id, &job, Look::Output), if !job.is_ended() => job = changed?,
            Some(ended) = streams.next(), if !streams.is_empty() => {
                let is_read = ended?;
                if view.leaves_with_reader && !is_read {
                    return Ok(job);
                }
            }
            () = tokio::time::sleep(WORTH_A_WORD), if waiting.is_silent(&job) => waiting.speak(),
        }
    }
}

/// One file after the other, as they are now.
async fn brief(session: &Session, id: &ResourceId, job: Job, view: &View) -> Result<Job, Failure> {
    for stream in new_streams(&job, &mut Vec::new()) {
        let sink = sink(&job, &stream, view);
        let is_read = follow(session, id, stream.file_name, sink, view).await?;
        if view.leaves_with_reader && !is_read {
            break;
        }
    }
    Ok(job)
}

/// Streams that are known now and were not before.
fn new_streams(job: &Job, followed: &mut Vec<String>) -> Vec<OutputStream> {
    let known = job.properties.output_streams.iter().flatten();
    let new: Vec<OutputStream> = known.filter(|stream| !followed.contains(&stream.file_name)).cloned().collect();
    followed.extend(new.iter().map(|stream| stream.file_name.clone()));
    new
}

/// Where the lines of a stream go.
fn sink(job: &Job, stream: &OutputStream, view: &View) -> Sink {
    let all = || job.properties.output_streams.iter().flatten();
    let is_preparation = stream.source == "preparation";
    let prefix = match view.label {
        Label::Nothing => None,
        Label::Rank => {
            let processes = all().filter(|stream| stream.stream == "stdout" && stream.source != "preparation").count();
            let is_ranked = !is_preparation && stream.source != "job" && processes > 1;
            is_ranked.then(|| format!("[{}] ", stream.source))
        }
        Label::File => {
            let width = all().map(|stream| stream.file_name.chars().count()).max().unwrap_or(0);
            let is_plain = all().all(|stream| stream.source == "job");
            (!is_plain).then(|| format!("{:width$} | ", stream.file_name))
        }
    };
    Sink::new(prefix, stream.stream == "stdout" && !is_preparation)
}

/// Passes a file on to its sink. `false` when nobody reads any more.
async fn follow(
    session: &Session,
    id: &ResourceId,
    file: String,
    mut sink: Sink,
    view: &View,
) -> Result<bool, Failure> {
    let (client, mut offset) = (&session.client, 0);
    if view.tail.is_some() || view.since.is_some() {
        let beginning = match tail::beginning(client, id, &file, view.tail, view.since).await {
            Err(error) if is_unwritten(&error) => return Ok(true),
            other => other?,
        };
        sink.write(&beginning.bytes)?;
        offset = beginning.offset;
    }
    let mut file = match view.is_brief {
        true => client.read_from(id, STDOUTERR, &file, offset),
        false => client.follow_from(id, STDOUTERR, &file, offset),
    };
    loop {
        match file.next().await {
            Ok(Some(bytes)) => sink.write(&bytes)?,
            Ok(None) => {
                sink.finish()?;
                return Ok(sink.is_open());
            }
            Err(error) if is_unwritten(&error) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        if view.leaves_with_reader && !sink.is_open() {
            return Ok(false);
        }
    }
}

/// A job that could not start, or has not yet, has written nothing.
fn is_unwritten(error: &ClientError) -> bool {
    error.code() == Some(code::OUTPUT_FILE_NOT_FOUND)
}

/// What is said while a job is queued: nothing for a moment, then the reason; on a terminal with a spinner.
struct Waiting {
    report: Report,
    spinner: Spinner,
    told: Option<String>,
    may_speak: bool,
}

impl Waiting {
    fn new(report: Report) -> Self {
        Self { report, spinner: Spinner::new(report), told: None, may_speak: false }
    }

    fn is_silent(&self, job: &Job) -> bool {
        !self.may_speak && job.properties.execution_state == "queued"
    }

    fn speak(&mut self) {
        self.may_speak = true;
    }

    fn tell(&mut self, job: &Job) {
        if job.properties.execution_state != "queued" {
            self.spinner.hide();
            return;
        }
        if !self.may_speak || self.told == job.properties.queue_reason {
            return;
        }
        self.told.clone_from(&job.properties.queue_reason);
        let reason = format!("The job is queued: {}", self.told.as_deref().unwrap_or("it waits for nodes"));
        if is_shown(self.report) { self.spinner.say(reason) } else { self.report.note(&reason) }
    }
}
