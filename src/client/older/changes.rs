//! Changes of a job, where the server tells of none: it is looked at every now and then.

use std::time::{Duration, Instant};

use super::Pauses;
use crate::api::file::{File, STDOUTERR};
use crate::api::id::ResourceId;
use crate::api::job::{Job, OutputStream};
use crate::client::{Client, ClientError};

/// The longest pause between two looks at a job, where nobody says how long it is.
const LONGEST: Duration = Duration::from_secs(3);

/// The shortest: a server is not asked without a break, whatever the user says.
const SHORTEST: Duration = Duration::from_millis(100);

/// After so long, a job that has not changed is answered too: its caller counts lost connections from one answer to
/// the next, and those of days do not add up.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// What is looked at, and how often, where the server tells of no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The job and the streams of its output: at once, then every now and then.
    Output,
    /// The job alone, which has just been looked at: after this pause, or after one that grows.
    State(Option<Duration>),
}

/// Minutes for which addresses are asked for that nobody uses.
const EXPIRY: u32 = 5;

impl Client {
    /// The job as soon as it is another than `known`, or as it is after some time. The streams of its output, which
    /// the server does not tell, are those of its files that look like it.
    pub(in crate::client) async fn look_for_change(
        &self,
        id: &ResourceId,
        known: &Job,
        look: Look,
    ) -> Result<Job, ClientError> {
        let (began, mut pauses) = (Instant::now(), Pauses::up_to(LONGEST));
        let mut is_seen = look != Look::Output;
        loop {
            if is_seen {
                tokio::time::sleep(pause(look, &mut pauses)).await;
            }
            is_seen = true;
            let job = match look {
                Look::Output => self.with_streams(id).await?,
                Look::State(_) => self.get(id).await?,
            };
            if job != *known || began.elapsed() >= PATIENCE {
                return Ok(job);
            }
        }
    }

    /// The files are looked for after the state: those of a job that has ended are all there.
    async fn with_streams(&self, id: &ResourceId) -> Result<Job, ClientError> {
        let mut job: Job = self.get(id).await?;
        if job.properties.execution_state == "queued" {
            return Ok(job);
        }
        match self.list_files(id, STDOUTERR, ".", EXPIRY).await {
            Ok(files) => job.properties.output_streams = Some(streams(&files)),
            // Output on a disk that the server does not list.
            Err(ClientError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(job)
    }
}

/// The next pause.
fn pause(look: Look, pauses: &mut Pauses) -> Duration {
    match look {
        Look::State(Some(every)) => every.max(SHORTEST),
        Look::State(None) | Look::Output => pauses.grow(),
    }
}

fn streams(files: &[File]) -> Vec<OutputStream> {
    files.iter().filter_map(|file| OutputStream::of_file(&file.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_says_how_long_a_pause_is_within_reason() {
        let pause_of = |every| pause(Look::State(every), &mut Pauses::up_to(LONGEST));
        assert_eq!(pause_of(Some(Duration::from_secs(3600))), Duration::from_secs(3600));
        assert_eq!(pause_of(Some(Duration::ZERO)), SHORTEST);
        assert!(pause_of(None) <= LONGEST);
    }

    #[test]
    fn files_of_output_are_told_from_others_by_their_names() {
        let told = |file| OutputStream::of_file(file).map(|found| (found.stream, found.source));
        for (file, kind, source) in [
            ("stdout.txt", "stdout", "job"),
            ("stderr-3.txt", "stderr", "3"),
            ("stdout-wk-0.txt", "stdout", "wk-0"),
            ("stderr-job_prep.txt", "stderr", "preparation"),
            ("stdout-job_prep-tvm-1_2-p.txt", "stdout", "preparation"),
        ] {
            assert_eq!(told(file), Some((kind.into(), source.into())), "{file}");
        }
        for other in ["execution.log", "stdout", "stdouterr.txt", "result.txt", "stdout.txt.gz"] {
            assert_eq!(told(other), None, "{other}");
        }
    }
}
