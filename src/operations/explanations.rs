//! Why a job waits, what it does, or how it ended: gathers what is known, and lets the domain put it into words.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::files::{self, STDOUTERR};
use super::jobs::{find, nodes_of, output_streams};
use super::{Context, OperationError, clusters};
use crate::domain::Timestamp;
use crate::domain::cluster::Cluster;
use crate::domain::job::waiting::{self, Nodes, Situation};
use crate::domain::job::{Execution, Job, Outcome, ending};
use crate::domain::name::{ClusterKey, JobKey};
use crate::domain::node::{Node, NodeState};
use crate::engine::toolkit::OutputStream;
use crate::engine::{container, launch};
use crate::store::{Reader, Stored};

/// So many jobs before a queued one are named.
const MOST_NAMED: u32 = 10;

/// So many lines of a failed job's output are shown.
const LINES: usize = 10;

/// Of so many bytes at the end of a file, so that a line without end does no harm.
const TAIL: u64 = 8192;

/// Who writes output that is not of one rank.
const SHARED: [&str; 2] = ["job", "preparation"];

/// A group that commands need not be told.
const DEFAULT_GROUP: &str = "default";

/// What there is to say of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The job.
    pub job: Job,
    /// The answer in a sentence.
    pub summary: String,
    /// What can be done, a sentence each.
    pub remedies: Vec<String>,
    /// What belongs to its state.
    pub facts: Facts,
}

/// What belongs to the state of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// It is queued.
    Queued {
        /// What decides.
        situation: Situation,
        /// Whether it can ever start.
        can_start: bool,
        /// Jobs that have nodes, and the first of those that get them earlier.
        before: Vec<Job>,
    },
    /// It has nodes.
    Running {
        /// The ids of its nodes.
        nodes: Vec<String>,
        /// How many ranks, or workers and parameter servers, write output of their own.
        ranks: Option<u32>,
        /// Seconds until its wall-clock limit.
        seconds_left: u64,
        /// When it last wrote output.
        last_output: Option<Timestamp>,
    },
    /// It is over.
    Ended {
        /// The signal that its exit code stands for.
        signal: Option<&'static str>,
        /// The end of its error output, or of its output: the name of the file and its last lines.
        output: Option<(String, Vec<String>)>,
    },
}

/// Explains a job.
///
/// # Errors
/// When it, its experiment or its workspace is not there.
pub fn explain(context: &Context, key: &JobKey) -> Result<Explanation, OperationError> {
    let now = (context.clock)();
    let (job, queued, nodes) = context.store.read(|reader| {
        let job = find(reader, key)?;
        let queued = match job.value.execution() {
            Execution::Queued { .. } => Some(situation(reader, &job)?),
            Execution::Running { .. }
            | Execution::Interrupting { .. }
            | Execution::Terminating { .. }
            | Execution::Ended { .. } => None,
        };
        let nodes: Vec<String> = nodes_of(reader, &job)?.into_iter().map(|node| node.id).collect();
        Ok::<_, OperationError>((job.value, queued, nodes))
    })?;
    Ok(match (job.execution().clone(), queued) {
        (Execution::Ended { outcome, .. }, _) => ended(job, &outcome),
        (Execution::Queued { .. }, Some((situation, before))) => {
            let waiting::Described { can_start, summary, remedies } = waiting::describe(&situation);
            Explanation { job, summary, remedies, facts: Facts::Queued { situation, can_start, before } }
        }
        (Execution::Interrupting { started, why, .. }, _) => {
            let what = format!("it is being stopped, because {}", why.sentence());
            running(job, &what, started, nodes, now)
        }
        (Execution::Terminating { started, .. }, _) => running(job, "it is being stopped", started, nodes, now),
        (Execution::Running { since, .. } | Execution::Queued { since }, _) => {
            let pulling = being_pulled(&job, &nodes).map(|image| format!("it pulls image {image}, then starts"));
            running(job, pulling.as_deref().unwrap_or("it runs"), since, nodes, now)
        }
    })
}

fn situation(reader: &Reader<'_>, job: &Stored<Job>) -> Result<(Situation, Vec<Job>), OperationError> {
    let spec = &job.value.spec;
    let alone = Situation {
        needs: spec.node_count,
        priority: spec.priority,
        cluster: None,
        ahead: 0,
        first_ahead: Vec::new(),
        running: Vec::new(),
    };
    let Some(cluster) = reader.cluster(&spec.cluster)? else { return Ok((alone, Vec::new())) };
    let scale = cluster.value.spec.scale;
    let nodes = nodes(reader, &cluster)?;
    if spec.node_count > scale.most() {
        // It goes before nobody, and nobody goes before it.
        return Ok((Situation { cluster: Some(nodes), ..alone }, Vec::new()));
    }
    let running: Vec<Job> = reader.running_jobs_of(cluster.number)?.into_iter().map(|job| job.value).collect();
    let mut ahead = Vec::new();
    for queued in reader.queued_jobs(cluster.number, scale.most(), MOST_NAMED)? {
        if queued.number == job.number {
            break;
        }
        ahead.extend(reader.job_by_number(queued.number)?.map(|job| job.value));
    }
    let names = |jobs: &[Job]| jobs.iter().map(|job| job.key.name.to_string()).collect();
    let situation = Situation {
        cluster: Some(nodes),
        ahead: reader.queued_ahead(job, scale.most())?,
        first_ahead: names(&ahead),
        running: names(&running),
        ..alone
    };
    Ok((situation, running.into_iter().chain(ahead).collect()))
}

fn nodes(reader: &Reader<'_>, cluster: &Stored<Cluster>) -> Result<Nodes, OperationError> {
    let (number, key) = (cluster.number, &cluster.value.key);
    let (nodes, busy) = (reader.nodes(number)?, clusters::busy(reader, number)?);
    let count = |is_so: &dyn Fn(&Node) -> bool| {
        u32::try_from(nodes.iter().filter(|node| is_so(node)).count()).unwrap_or(u32::MAX)
    };
    let is_busy = |node: &Node| busy.contains(&node.index);
    Ok(Nodes {
        name: key.name.to_string(),
        flags: flags(key),
        scale: cluster.value.spec.scale,
        shortages: cluster.value.shortages.clone(),
        idle: count(&|node| node.state == NodeState::Ready && !is_busy(node)),
        busy: count(&is_busy),
        preparing: count(&|node| node.state == NodeState::Preparing && !is_busy(node)),
        unusable: count(&|node| matches!(node.state, NodeState::Unusable { .. }) && !is_busy(node)),
    })
}

/// The flags that name a cluster to commands.
fn flags(key: &ClusterKey) -> String {
    let group = &key.workspace.group.group;
    let group = if group == DEFAULT_GROUP { String::new() } else { format!(" -g {group}") };
    format!("{group} -w {} -n {}", key.workspace.name, key.name)
}

fn running(job: Job, what: &str, since: Timestamp, nodes: Vec<String>, now: Timestamp) -> Explanation {
    let ranks = ranks(&job);
    let passed = u64::try_from(now.duration_since(since).as_secs()).unwrap_or(0);
    let seconds_left = job.spec.max_wall_clock_seconds.saturating_sub(passed);
    let last_output = last_output(&job, &nodes);
    let on = if nodes.len() == 1 { "1 node".into() } else { format!("{} nodes", nodes.len()) };
    let facts = Facts::Running { nodes, ranks, seconds_left, last_output };
    Explanation { summary: format!("{what} on {on}"), remedies: Vec::new(), facts, job }
}

/// The image without which it cannot start yet. All nodes wait for it together, so the first can tell.
fn being_pulled(job: &Job, nodes: &[String]) -> Option<String> {
    job.spec.container.as_ref()?;
    let log = path_of(job, &launch::execution_log(nodes.first()?, nodes.len()))?;
    container::being_pulled(tail(&log).ok()?.last()?).map(str::to_owned)
}

/// How many processes write files of their own; `None` when only the job as a whole does.
fn ranks(job: &Job) -> Option<u32> {
    let streams = output_streams(&job.spec, &[]);
    let is_rank = |stream: &&OutputStream| stream.stream == "stdout" && !SHARED.contains(&stream.source.as_str());
    u32::try_from(streams.iter().filter(is_rank).count()).ok().filter(|count| *count > 0)
}

/// When any file of its output last changed; `None` without output, or where only its nodes can see it.
fn last_output(job: &Job, nodes: &[String]) -> Option<Timestamp> {
    let changed = |stream: &OutputStream| {
        let metadata = path_of(job, &stream.file_name)?.metadata().ok()?;
        (metadata.len() > 0).then(|| Timestamp::try_from(metadata.modified().ok()?).ok()).flatten()
    };
    output_streams(&job.spec, nodes).iter().filter_map(changed).max()
}

fn ended(job: Job, outcome: &Outcome) -> Explanation {
    let ending::Described { summary, remedies, signal } = ending::describe(outcome);
    let output = match outcome {
        Outcome::Succeeded => None,
        Outcome::Failed { error, .. } => {
            let said: Vec<&str> = error.details.iter().map(|(_, text)| text.as_str()).collect();
            last_lines(&job, error.code == "JobPreparationFailed", &said.join("; "))
        }
    };
    Explanation { job, summary, remedies, facts: Facts::Ended { signal, output } }
}

/// The end of what says most: of the process that is named, else of the first, standard error before standard output.
fn last_lines(job: &Job, of_preparation: bool, said: &str) -> Option<(String, Vec<String>)> {
    let mut streams = output_streams(&job.spec, &[]);
    streams.retain(|stream| (stream.source == "preparation") == of_preparation);
    let is_named = |stream: &OutputStream| said.contains(&format!("{} ", stream.process));
    streams.sort_by_key(|stream| (!is_named(stream), stream.stream != "stderr"));
    streams.into_iter().find_map(|stream| {
        let lines = tail(&path_of(job, &stream.file_name)?).ok()?;
        (!lines.is_empty()).then_some((stream.file_name, lines))
    })
}

fn path_of(job: &Job, name: &str) -> Option<PathBuf> {
    files::locate(job, STDOUTERR, name).ok().flatten()
}

/// The last lines of a file that are not empty.
fn tail(path: &Path) -> io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    Ok(lines[lines.len().saturating_sub(LINES)..].iter().map(|line| (*line).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_file_is_its_last_lines_however_long_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("stderr.txt");
        let told = |content: &[u8]| {
            std::fs::write(&path, content).expect("a file");
            tail(&path).expect("lines")
        };
        assert!(told(b"").is_empty());
        assert!(told(b"\n\n").is_empty());
        assert_eq!(told(b"a\n\nb \xff\n"), ["a", "b \u{fffd}"]);
        let many: String = (1..=5000).map(|number| format!("line {number}\n")).collect();
        let lines = told(many.as_bytes());
        assert_eq!((lines.len(), lines[0].as_str(), lines[9].as_str()), (10, "line 4991", "line 5000"));
        assert_eq!(told(&vec![b'x'; 100_000])[0].len(), 8192);
    }
}
