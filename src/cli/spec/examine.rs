//! Files that are only looked at: what they describe, and all that is to be said of them.

use schemars::{Schema, schema_for};

use super::cluster::cluster_file_with;
use super::document::{self, Node};
use super::error::SpecError;
use super::file_server::file_server_file_with;
use super::form::Subject;
use super::job::job_file_with;
use super::options::Options;
use super::report::FileProblem;
use super::source::{Loaded, Source};
use crate::api::check::nearest;
use crate::api::cluster::ClusterSpec;
use crate::api::file_server::FileServerSpec;
use crate::api::job::JobSpec;

/// What was found in a file that could be read.
#[derive(Debug)]
pub struct Examined {
    /// What it describes, or would if it were right.
    pub subject: Subject,
    /// The warnings of a good file; a bad one has them in its report.
    pub result: Result<Vec<FileProblem>, SpecError>,
}

/// Looks at a file. Without `subject` the file itself tells what it describes.
///
/// # Errors
/// [`SpecError::Unreadable`] when there is no text to look at.
pub fn examine(source: &Source, subject: Option<Subject>, options: &Options) -> Result<Examined, SpecError> {
    let Loaded { name, folder, text } = source.load()?;
    let subject = subject.unwrap_or_else(|| recognise(&name, &text));
    let source = Source::Text { name, folder, text };
    let result = match subject {
        Subject::Job => job_file_with(&source, options).map(|file| file.warnings),
        Subject::Cluster => cluster_file_with(&source, options).map(|file| file.warnings),
        Subject::FileServer => file_server_file_with(&source, options).map(|file| file.warnings),
    };
    Ok(Examined { subject, result })
}

/// The schema of a resource's own properties.
pub(super) fn resource(subject: Subject) -> Schema {
    match subject {
        Subject::Job => schema_for!(JobSpec),
        Subject::Cluster => schema_for!(ClusterSpec),
        Subject::FileServer => schema_for!(FileServerSpec),
    }
}

/// What a text most probably describes: by its `type`, by its properties, by its name; a job in the end.
fn recognise(name: &str, text: &str) -> Subject {
    let Ok(document) = document::parse(text) else { return by_name(name).unwrap_or(Subject::Job) };
    let root = document.root;
    if let Some(subject) = root.get("type").and_then(Node::text).and_then(by_type) {
        return subject;
    }
    let inside = root.get("properties").unwrap_or(&root);
    let keys = || inside.entries().iter().map(|entry| entry.key.as_str());
    let score = |subject: Subject| {
        let schema = resource(subject);
        let known = schema.get("properties").and_then(serde_json::Value::as_object);
        let known: Vec<&str> = known.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let of_key = |key: &str| match nearest(key, known.iter().copied()) {
            _ if known.contains(&key) => 3,
            Some(_) => 2,
            None => 0,
        };
        let beside = subject.envelope().iter().filter(|key| root.get(key).is_some()).count();
        let named = usize::from(by_name(name) == Some(subject));
        keys().map(of_key).sum::<usize>() * 2 + beside + named
    };
    // The last of those with the same score wins.
    let all = [Subject::FileServer, Subject::Cluster, Subject::Job];
    all.into_iter().max_by_key(|subject| score(*subject)).unwrap_or(Subject::Job)
}

/// `Microsoft.BatchAI/workspaces/clusters` and the like.
fn by_type(text: &str) -> Option<Subject> {
    match text.rsplit('/').next()?.to_lowercase().as_str() {
        "jobs" => Some(Subject::Job),
        "clusters" => Some(Subject::Cluster),
        "fileservers" => Some(Subject::FileServer),
        _ => None,
    }
}

fn by_name(name: &str) -> Option<Subject> {
    let file = name.rsplit('/').next()?.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| file.contains(word));
    if has(&["cluster"]) {
        Some(Subject::Cluster)
    } else if has(&["nfs", "file-server", "file_server", "fileserver"]) {
        Some(Subject::FileServer)
    } else {
        has(&["job"]).then_some(Subject::Job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_tells_what_it_describes() {
        let cases = [
            ("a.yaml", "customToolkitSettings: {commandLine: ls}", Subject::Job),
            ("a.yaml", "customToolkitSettngs: {commandLine: ls}", Subject::Job),
            ("a.yaml", "nodeCount: 1", Subject::Job),
            ("a.yaml", "code: .", Subject::Job),
            ("a.yaml", "scaleSettings: {}", Subject::Cluster),
            ("a.yaml", "vmSize: local", Subject::Cluster),
            ("nfs.json", r#"{"properties": {"vmSize": "local"}}"#, Subject::FileServer),
            ("a.json", r#"{"properties": {"vmSize": "x", "dataDisk": {}}}"#, Subject::FileServer),
            ("a.json", r#"{"type": "Microsoft.BatchAI/workspaces/clusters", "properties": {}}"#, Subject::Cluster),
            ("my-cluster.yaml", "{}", Subject::Cluster),
            ("cluster/job.yaml", "{}", Subject::Job),
            ("cluster.yaml", "a: [", Subject::Cluster),
            ("a.yaml", "- 1", Subject::Job),
        ];
        for (name, text, subject) in cases {
            assert_eq!(recognise(name, text), subject, "{name}: {text}");
        }
    }
}
