//! Job files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::fmt::temporal::SpanParser;
use schemars::schema_for;
use serde_json::{Map, Value, json};

use super::draft::{Draft, beside};
use super::error::SpecError;
use super::form::Subject;
use super::options::Options;
use super::report::FileProblem;
use super::rules::{self, at, each, inside};
use super::source::Source;
use crate::api::check::{At, Problem, ProblemKind, Segment, Suggestion};
use crate::api::id::{Child, ResourceId};
use crate::api::job::JobSpec;

/// The settings of the nine toolkits (Swagger 2018-05-01, `JobBaseProperties`).
pub(super) const TOOLKITS: [&str; 9] = [
    "cntkSettings",
    "pyTorchSettings",
    "tensorFlowSettings",
    "caffeSettings",
    "caffe2Settings",
    "chainerSettings",
    "customToolkitSettings",
    "customMpiSettings",
    "horovodSettings",
];

/// What a job file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFile {
    /// The job's name.
    pub name: Option<String>,
    /// The workspace's name.
    pub workspace: Option<String>,
    /// The experiment's name.
    pub experiment: Option<String>,
    /// The resource group's name.
    pub resource_group: Option<String>,
    /// The cluster: a name, or a full ARM id.
    pub cluster: Option<String>,
    /// The folder that travels with the job, seen from the current folder. It exists.
    pub code: Option<PathBuf>,
    /// The job. `cluster.id` is empty until the caller resolves `cluster`; the ids of file servers can be names until
    /// it resolves them too.
    pub spec: JobSpec,
    /// What else there is to be said of the file; for the user to read.
    pub warnings: Vec<FileProblem>,
}

/// Reads a job file.
///
/// Beside what the file says, `nodeCount` is 1 where it is left out, `credentials` of a volume are an empty
/// object, and a file share has the account of its URL, as `az batchai` did it.
///
/// # Errors
/// See [`SpecError`]; all problems of the file at once.
pub fn job_file(source: &Source) -> Result<JobFile, SpecError> {
    job_file_with(source, &Options::default())
}

/// The same, with what the command line lays over the file.
///
/// # Errors
/// See [`SpecError`]; all problems of the file and of what was laid over it at once.
pub fn job_file_with(source: &Source, options: &Options) -> Result<JobFile, SpecError> {
    let mut draft = Draft::open(source, Subject::Job, options)?;
    if let Some(resource) = draft.resource_mut() {
        rules::fill_volumes(resource.get_mut("mountVolumes"), options.storage.as_ref());
    }
    let problems = draft.check(&schema_for!(JobSpec));
    let resource = draft.resource();
    rules::names(&mut draft);
    one_toolkit(&mut draft, &resource, &problems);
    rules::volumes(&mut draft, &resource, &["mountVolumes"]);
    rules::variables(&mut draft, &resource, &[]);
    rules::references(&mut draft, &resource);
    rules::limits(&mut draft, &resource);
    directories(&mut draft, &resource);
    wall_clock(&mut draft, &resource);
    let cluster = cluster(&mut draft, &resource);
    let code = code(&mut draft);
    if let Some(resource) = draft.resource_mut() {
        complete(resource);
    }
    let (name, workspace) = (draft.envelope("name"), draft.envelope("workspace"));
    let (experiment, resource_group) = (draft.envelope("experiment"), draft.envelope("resourceGroup"));
    let (spec, warnings) = draft.finish()?;
    Ok(JobFile { name, workspace, experiment, resource_group, cluster, code, spec, warnings })
}

/// Fills in what the wire needs and a file may leave out.
fn complete(resource: &mut Map<String, Value>) {
    resource.insert("cluster".to_owned(), json!({"id": ""}));
    let count = resource.entry("nodeCount").or_insert(Value::Null);
    if count.is_null() {
        *count = json!(1);
    }
}

fn one_toolkit(draft: &mut Draft, resource: &Value, problems: &[Problem]) {
    let Some(object) = resource.as_object() else { return };
    let toolkit = |key: &&String| TOOLKITS.contains(&key.as_str()) && !object[key.as_str()].is_null();
    let given: Vec<&String> = object.keys().filter(toolkit).collect();
    match given.as_slice() {
        // One that is misspelt is reported already.
        [] if problems.iter().any(is_misspelt_toolkit) => {}
        [] => {
            let names = TOOLKITS.map(|name| format!("`{name}`"));
            let message = format!("a job needs settings of a toolkit, one of {}", names.join(", "));
            draft.report(&[], At::Key, message);
        }
        [first, others @ ..] => {
            for other in others {
                let message = format!("a job has settings of one toolkit, and `{first}` is there already");
                draft.report(&[Segment::from(other.as_str())], At::Key, message);
            }
        }
    }
}

fn is_misspelt_toolkit(problem: &Problem) -> bool {
    match &problem.kind {
        ProblemKind::UnknownKey { suggestion } => match suggestion {
            Some(Suggestion::Spelling(meant)) => TOOLKITS.contains(&meant.as_str()),
            Some(Suggestion::Belongs(_)) | None => false,
        },
        ProblemKind::Missing { .. }
        | ProblemKind::WrongType { .. }
        | ProblemKind::NotOneOf { .. }
        | ProblemKind::OutOfRange { .. }
        | ProblemKind::TooShort { .. }
        | ProblemKind::Nul => false,
    }
}

/// Ids of directories are unique, and become part of the name of a variable as they are.
fn directories(draft: &mut Draft, resource: &Value) {
    for (list, variable) in [("inputDirectories", "AZ_BATCHAI_INPUT_"), ("outputDirectories", "AZ_BATCHAI_OUTPUT_")] {
        let mut seen = BTreeSet::new();
        for (place, directory) in each(resource, &[list]) {
            let Some(id) = directory.get("id").and_then(Value::as_str) else { continue };
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                let message =
                    format!("{id:?} cannot follow `{variable}` in the name of a variable: use letters, digits and `_`");
                draft.report(&inside(&place, "id"), At::Value, message);
            } else if !seen.insert(id) {
                draft.report(&inside(&place, "id"), At::Value, format!("`{id}` is the id of two of `{list}`"));
            }
        }
    }
}

fn wall_clock(draft: &mut Draft, resource: &Value) {
    let path = ["constraints", "maxWallClockTime"];
    if let Some(message) = at(resource, &path).and_then(Value::as_str).and_then(wrong_duration) {
        draft.report(&path.map(Segment::from), At::Value, message);
    }
}

/// What is wrong with a text as a duration of fixed length (Swagger 2018-05-01: `format: duration`, ISO 8601).
fn wrong_duration(text: &str) -> Option<String> {
    let Ok(span) = SpanParser::new().parse_span(text) else {
        let instead = clock_time(text).map_or_else(
            || "write `P7D` for seven days or `PT2H30M` for two and a half hours".to_owned(),
            |iso| format!("write `{iso}`"),
        );
        return Some(format!("{text:?} is not an ISO 8601 duration: {instead}"));
    };
    if span.get_years() != 0 || span.get_months() != 0 {
        return Some(format!("{text:?} has no fixed length: write days, such as `P30D`"));
    }
    (!span.is_positive()).then(|| format!("{text:?} leaves a job no time: write `P7D` for seven days"))
}

/// `[days.]hours:minutes:seconds`, the way of .NET, as an ISO 8601 duration.
fn clock_time(text: &str) -> Option<String> {
    let (days, clock) = text.split_once('.').unwrap_or(("0", text));
    let numbers: Option<Vec<u32>> = clock.split(':').map(|part| part.parse().ok()).collect();
    let (days, [hours, minutes, seconds]) = (days.parse::<u32>().ok()?, numbers?.try_into().ok()?);
    let part = |number: u32, unit: &str| if number == 0 { String::new() } else { format!("{number}{unit}") };
    let time = [part(hours, "H"), part(minutes, "M"), part(seconds, "S")].concat();
    let separator = if time.is_empty() { "" } else { "T" };
    [days, hours, minutes, seconds]
        .iter()
        .any(|number| *number > 0)
        .then(|| format!("P{}{separator}{time}", part(days, "D")))
}

/// The cluster by name or id, out of a text or a reference.
fn cluster(draft: &mut Draft, resource: &Value) -> Option<String> {
    let given = at(resource, &["cluster"])?;
    let (text, path) = match given.as_str() {
        Some(text) => (text, vec![Segment::from("cluster")]),
        None => (given.get("id")?.as_str()?, ["cluster", "id"].map(Segment::from).to_vec()),
    };
    let is_id = ResourceId::parse(text).is_some_and(|id| matches!(id.child, Child::Cluster(_)));
    if text.contains('/') && !is_id {
        let shape = "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.BatchAI/workspaces/<workspace>\
                     /clusters/<name>";
        draft.report(&path, At::Value, format!("this is not the id of a cluster: write its name, or `{shape}`"));
    } else if !is_id && !rules::is_name(text) {
        draft.report(&path, At::Value, rules::not_a_name(text));
    }
    Some(text.to_owned())
}

fn code(draft: &mut Draft) -> Option<PathBuf> {
    let path = beside(draft.folder(), &draft.envelope("code")?);
    if !path.is_dir() {
        let what = if path.exists() { "is not a folder" } else { "is not there" };
        draft.report_envelope("code", format!("the folder {} {what}", path.display()));
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_iso_8601_and_other_ways_are_translated() {
        for right in ["P7D", "PT2H", "P1DT12H", "PT90S", "P2W"] {
            assert_eq!(wrong_duration(right), None, "{right}");
        }
        let wrong = [
            ("7.00:00:00", "is not an ISO 8601 duration: write `P7D`"),
            ("02:30:00", "is not an ISO 8601 duration: write `PT2H30M`"),
            ("1.00:00:05", "is not an ISO 8601 duration: write `P1DT5S`"),
            ("2 hours", "is not an ISO 8601 duration: write `P7D` for"),
            ("", "is not an ISO 8601 duration: write `P7D` for"),
            ("P1M", "has no fixed length"),
            ("PT0S", "leaves a job no time"),
            ("-P1D", "leaves a job no time"),
        ];
        for (text, why) in wrong {
            let message = wrong_duration(text).expect("it is wrong");
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
