//! The output of a job as it is written: all its streams at once.
//!
//! A job of one process is shown byte for byte: its stdout on stdout, its stderr on stderr. Of several
//! processes every line begins with the rank. What the preparation says goes to stderr.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};

use super::wait::{change, is_ended};
use crate::api::error::code;
use crate::api::file::STDOUTERR;
use crate::api::id::ResourceId;
use crate::api::job::{Job, OutputStream};
use crate::cli::output;
use crate::cli::report::{self, Failure, Report};
use crate::cli::session::Session;

/// How long a job may be queued before the reason is worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// Shows the output of a job until it has ended and its last byte was shown; answers the job as it ended.
///
/// # Errors
/// When the job goes while it is followed, or stdout takes no more.
pub async fn show(session: &Session, id: &ResourceId, submitted: Job) -> Result<Job, Failure> {
    let mut job = submitted;
    let mut waiting = Waiting::new(session.report);
    let (mut followed, mut streams) = (Vec::new(), FuturesUnordered::new());
    loop {
        for stream in new_streams(&job, &mut followed) {
            let is_several = is_several(&job);
            streams.push(follow(session, id, stream, is_several));
        }
        waiting.tell(&job);
        if is_ended(&job) && streams.is_empty() {
            return Ok(job);
        }
        tokio::select! {
            changed = change(&session.client, id, &job), if !is_ended(&job) => job = changed?,
            Some(ended) = streams.next(), if !streams.is_empty() => ended?,
            () = tokio::time::sleep(WORTH_A_WORD), if waiting.is_silent(&job) => waiting.speak(),
        }
    }
}

/// Streams that are known now and were not before.
fn new_streams(job: &Job, followed: &mut Vec<String>) -> Vec<OutputStream> {
    let known = job.properties.output_streams.iter().flatten();
    let new: Vec<OutputStream> = known.filter(|stream| !followed.contains(&stream.file_name)).cloned().collect();
    followed.extend(new.iter().map(|stream| stream.file_name.clone()));
    new
}

fn is_several(job: &Job) -> bool {
    let processes = job.properties.output_streams.iter().flatten();
    processes.filter(|stream| stream.stream == "stdout" && stream.source != "preparation").count() > 1
}

async fn follow(session: &Session, id: &ResourceId, stream: OutputStream, is_several: bool) -> Result<(), Failure> {
    let mut follow = session.client.follow(id, STDOUTERR, &stream.file_name);
    let prefix = match stream.source.as_str() {
        "job" | "preparation" => None,
        rank => is_several.then(|| format!("[{rank}] ")),
    };
    let to_stdout = stream.stream == "stdout" && stream.source != "preparation";
    let sink = RefCell::new(Sink { whole: Whole::new(prefix), to_stdout, is_open: true });
    loop {
        match follow.next().await {
            Ok(Some(bytes)) => sink.borrow_mut().write(&bytes)?,
            Ok(None) => return sink.borrow_mut().finish(),
            // A job that could not start has written nothing.
            Err(error) if error.code() == Some(code::OUTPUT_FILE_NOT_FOUND) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

struct Sink {
    whole: Whole,
    to_stdout: bool,
    is_open: bool,
}

impl Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let ready = self.whole.push(bytes);
        self.put(&ready)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let rest = self.whole.finish();
        self.put(&rest)
    }

    /// A reader that has gone away does not end the job, nor the wait for its exit code.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if !self.is_open || bytes.is_empty() {
            return Ok(());
        }
        self.is_open = if self.to_stdout {
            output::raw(bytes)?
        } else {
            let mut stderr = report::stream();
            stderr.write_all(bytes).and_then(|()| stderr.flush()).is_ok()
        };
        Ok(())
    }
}

/// Holds back what is not whole yet: the beginning of a character, so that streams that share a terminal do
/// not tear each other's characters; with a prefix, the beginning of a line.
struct Whole {
    prefix: Option<String>,
    held: Vec<u8>,
}

impl Whole {
    fn new(prefix: Option<String>) -> Self {
        Self { prefix, held: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let whole = match self.prefix {
            Some(_) => self.held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
            None => self.held.len() - unfinished_character(&self.held),
        };
        let rest = self.held.split_off(whole);
        let ready = std::mem::replace(&mut self.held, rest);
        self.prefixed(ready)
    }

    fn finish(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.held);
        if self.prefix.is_some() && !rest.is_empty() {
            rest.push(b'\n');
        }
        self.prefixed(rest)
    }

    fn prefixed(&self, bytes: Vec<u8>) -> Vec<u8> {
        let Some(prefix) = &self.prefix else { return bytes };
        bytes.split_inclusive(|byte| *byte == b'\n').flat_map(|line| [prefix.as_bytes(), line].concat()).collect()
    }
}

/// How many bytes at the end are the beginning of a character that is not finished.
fn unfinished_character(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0b1100_0000..=0b1101_1111 => 2,
            0b1110_0000..=0b1110_1111 => 3,
            0b1111_0000..=0b1111_0111 => 4,
            0b1000_0000..=0b1011_1111 => continue,
            _ => return 0,
        };
        return if length > back { back } else { 0 };
    }
    0
}

/// What is said while a job is queued: nothing for a moment, then the reason; on a terminal with a spinner.
struct Waiting {
    report: Report,
    spinner: Option<ProgressBar>,
    told: Option<String>,
    may_speak: bool,
}

impl Waiting {
    fn new(report: Report) -> Self {
        Self { report, spinner: None, told: None, may_speak: false }
    }

    fn is_silent(&self, job: &Job) -> bool {
        !self.may_speak && job.properties.execution_state == "queued"
    }

    fn speak(&mut self) {
        self.may_speak = true;
    }

    fn tell(&mut self, job: &Job) {
        if job.properties.execution_state != "queued" {
            if let Some(spinner) = self.spinner.take() {
                spinner.finish_and_clear();
            }
            return;
        }
        if !self.may_speak || self.told == job.properties.queue_reason || self.report.only_errors {
            return;
        }
        self.told.clone_from(&job.properties.queue_reason);
        let reason = format!("The job is queued: {}", self.told.as_deref().unwrap_or("it waits for nodes"));
        if std::io::stderr().is_terminal() {
            let spinner = self.spinner.get_or_insert_with(|| {
                let spinner = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
                spinner.enable_steady_tick(Duration::from_millis(120));
                spinner
            });
            spinner.set_message(reason);
        } else {
            self.report.note(&reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_is_split_over_two_reads_is_shown_whole() {
        for character in ["é", "€", "😀"] {
            let bytes = format!("a{character}b").into_bytes();
            for cut in 1..bytes.len() {
                let mut whole = Whole::new(None);
                let first = whole.push(&bytes[..cut]);
                assert!(std::str::from_utf8(&first).is_ok(), "{character} cut at {cut}");
                assert_eq!([first, whole.push(&bytes[cut..])].concat(), bytes);
                assert!(whole.finish().is_empty());
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_not_held_back_for_ever() {
        let mut whole = Whole::new(None);
        assert_eq!(whole.push(&[0xff, 0xfe]), [0xff, 0xfe]);
        assert_eq!(whole.push(&[b'a', 0xe2]), b"a");
        assert_eq!(whole.finish(), [0xe2]);
    }

    #[test]
    fn every_line_of_several_processes_begins_with_the_rank() {
        let mut whole = Whole::new(Some("[1] ".into()));
        assert_eq!(whole.push(b"one\ntw"), b"[1] one\n");
        assert_eq!(whole.push(b"o\n\n"), b"[1] two\n[1] \n");
        assert_eq!(whole.push(b"three"), b"");
        assert_eq!(whole.finish(), b"[1] three\n");
    }
}
