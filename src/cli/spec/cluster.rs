//! Cluster files.

use jiff::fmt::temporal::SpanParser;
use schemars::schema_for;
use serde_json::{Value, json};

use super::draft::Draft;
use super::error::SpecError;
use super::form::Subject;
use super::options::Options;
use super::report::FileProblem;
use super::rules::{self, at};
use super::source::Source;
use crate::api::check::{At, Segment};
use crate::api::cluster::ClusterSpec;

/// What a cluster file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterFile {
    /// The cluster's name.
    pub name: Option<String>,
    /// The workspace's name.
    pub workspace: Option<String>,
    /// The resource group's name.
    pub resource_group: Option<String>,
    /// The cluster. Scale settings may be absent, and the administrator's name empty: flags may add them.
    /// The ids of file servers can be names until the caller resolves them.
    pub spec: ClusterSpec,
    /// What else there is to be said of the file; for the user to read.
    pub warnings: Vec<FileProblem>,
}

/// Reads a cluster file.
///
/// Volumes are filled in as [`super::job_file`] does it. `adminUserName` is empty where an account is described
/// without one: `az batchai` took it from a flag or from the name of the user.
///
/// # Errors
/// See [`SpecError`]; all problems of the file at once.
pub fn cluster_file(source: &Source) -> Result<ClusterFile, SpecError> {
    cluster_file_with(source, &Options::default())
}

/// The same, with what the command line lays over the file.
///
/// # Errors
/// See [`SpecError`]; all problems of the file and of what was laid over it at once.
pub fn cluster_file_with(source: &Source, options: &Options) -> Result<ClusterFile, SpecError> {
    let mut draft = Draft::open(source, Subject::Cluster, options)?;
    if let Some(resource) = draft.resource_mut() {
        let volumes = resource.get_mut("nodeSetup").and_then(|setup| setup.get_mut("mountVolumes"));
        rules::fill_volumes(volumes, options.storage.as_ref());
        if let Some(Value::Object(account)) = resource.get_mut("userAccountSettings") {
            let name = account.entry("adminUserName").or_insert(Value::Null);
            if name.is_null() {
                *name = json!("");
            }
        }
    }
    draft.check(&schema_for!(ClusterSpec));
    let resource = draft.resource();
    rules::names(&mut draft);
    rules::volumes(&mut draft, &resource, &["nodeSetup", "mountVolumes"]);
    rules::variables(&mut draft, &resource, &["nodeSetup", "setupTask"]);
    rules::references(&mut draft, &resource);
    rules::limits(&mut draft, &resource);
    scale(&mut draft, &resource);
    let (name, workspace) = (draft.envelope("name"), draft.envelope("workspace"));
    let resource_group = draft.envelope("resourceGroup");
    let (spec, warnings) = draft.finish()?;
    Ok(ClusterFile { name, workspace, resource_group, spec, warnings })
}

fn no_idle_time(text: &str) -> String {
    format!("{text:?} is not an ISO 8601 duration: write `PT5M` for five minutes, or `PT0S` for none")
}

/// A cluster has a fixed size or bounds, and its bounds leave room (Swagger 2018-05-01, `ScaleSettings`).
fn scale(draft: &mut Draft, resource: &Value) {
    let Some(settings) = at(resource, &["scaleSettings"]).filter(|settings| settings.is_object()) else { return };
    let place = |keys: &[&str]| -> Vec<Segment> {
        ["scaleSettings"].iter().chain(keys).map(|key| Segment::from(*key)).collect()
    };
    match (at(settings, &["manual"]), at(settings, &["autoScale"])) {
        (None, None) => draft.report(&place(&[]), At::Key, "scale settings need `manual` or `autoScale`"),
        (Some(_), Some(_)) => {
            let message = "scale settings have `manual` or `autoScale`, not both";
            let mut keys = settings.as_object().into_iter().flat_map(|object| object.keys());
            let second = keys.rfind(|key| matches!(key.as_str(), "manual" | "autoScale"));
            draft.report(&place(&[second.map_or("autoScale", String::as_str)]), At::Key, message);
        }
        (Some(_), None) | (None, Some(_)) => {}
    }
    let idle = ["autoScale", "idleTimeBeforeScaleDown"];
    let wrong = |text: &str| SpanParser::new().parse_span(text).is_err().then(|| no_idle_time(text));
    if let Some(message) = at(settings, &idle).and_then(Value::as_str).and_then(wrong) {
        draft.report(&place(&idle), At::Value, message);
    }
    let count = |key: &str| at(settings, &["autoScale", key]).and_then(Value::as_u64);
    if let (Some(least), Some(most)) = (count("minimumNodeCount"), count("maximumNodeCount"))
        && least > most
    {
        let message = format!("the maximum is below the minimum, which is {least}");
        draft.report(&place(&["autoScale", "maximumNodeCount"]), At::Value, message);
    }
}
