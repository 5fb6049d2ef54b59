//! Changes of a job, where the server tells of none: it is looked at every now and then.

use std::time::{Duration, Instant};

use super::Pauses;
use crate::api::file::{File, STDOUTERR};
use crate::api::id::ResourceId;
use crate::api::job::{Job, OutputStream};
use crate::client::{Client, ClientError, PATIENCE};

/// The longest pause between two looks at a job.
const LONGEST: Duration = Duration::from_secs(3);

/// Minutes for which addresses are asked for that nobody uses.
const EXPIRY: u32 = 5;

impl Client {
    /// The job as soon as it is another than `known`, or as it is after some time. The streams of its output, which
    /// the server does not tell, are those of its files that look like it.
    pub(in crate::client) async fn look_for_change(&self, id: &ResourceId, known: &Job) -> Result<Job, ClientError> {
        let (began, mut pauses) = (Instant::now(), Pauses::up_to(LONGEST));
        loop {
            let job = self.with_streams(id).await?;
            if job != *known || began.elapsed() >= Duration::from_secs(PATIENCE) {
                return Ok(job);
            }
            tokio::time::sleep(pauses.grow()).await;
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

/// Whether nothing more will happen to it.
pub(super) fn is_ended(job: &Job) -> bool {
    matches!(job.properties.execution_state.as_str(), "succeeded" | "failed")
}

fn streams(files: &[File]) -> Vec<OutputStream> {
    files.iter().filter_map(|file| stream(&file.name)).collect()
}

/// What a file of that name holds: `stdout.txt`, `stderr-0.txt`, `stdout-wk-1.txt`, `stdout-job_prep.txt` ...
fn stream(file: &str) -> Option<OutputStream> {
    let stem = file.strip_suffix(".txt")?;
    let (stream, who) = stem.split_once('-').unwrap_or((stem, ""));
    let source = match who {
        "" => "job",
        who if who.starts_with("job_prep") => "preparation",
        rank => rank,
    };
    let is_stream = matches!(stream, "stdout" | "stderr");
    is_stream.then(|| OutputStream { file_name: file.into(), source: source.into(), stream: stream.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_output_are_told_from_others_by_their_names() {
        let told = |file| stream(file).map(|found| (found.stream, found.source));
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
