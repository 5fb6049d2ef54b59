//! Which things a command is about: a name as an argument, `-n`, or full ids with `--ids`, as `az` has them.
//!
//! [`each`] does something to all of them. Used by every command that shows, ends or waits for things by name.

use std::io::Read;

use clap::Args;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::exit_code::ExitCode;
use super::report::Failure;
use super::session::{ExperimentScope, Session, WorkspaceScope, checked};
use crate::api::id::{Child, ResourceId};

/// So many requests of one command are under way at once, as in `az`.
const AT_ONCE: usize = 10;

/// Full ids.
#[derive(Debug, Clone, Default, Args)]
pub struct Ids {
    /// Full ids instead of names; also JSON with ids in it, `@FILE`, or `@-` for standard input.
    #[arg(long, num_args = 1.., value_name = "ID")]
    pub ids: Vec<String>,
}

/// Jobs by name or id.
#[derive(Debug, Clone, Args)]
pub struct JobTargets {
    /// Jobs.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Job.
    #[arg(long, short = 'n', value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub scope: ExperimentScope,
    #[command(flatten)]
    pub ids: Ids,
}

/// Clusters by name or id.
#[derive(Debug, Clone, Args)]
pub struct ClusterTargets {
    /// Clusters.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Cluster.
    #[arg(long, short = 'n', value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub scope: WorkspaceScope,
    #[command(flatten)]
    pub ids: Ids,
}

/// Experiments by name or id.
#[derive(Debug, Clone, Args)]
pub struct ExperimentTargets {
    /// Experiments.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Experiment.
    #[arg(long, short = 'n', value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub scope: WorkspaceScope,
    #[command(flatten)]
    pub ids: Ids,
}

/// File servers by name or id.
#[derive(Debug, Clone, Args)]
pub struct FileServerTargets {
    /// File servers.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// File server.
    #[arg(long, short = 'n', value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub scope: WorkspaceScope,
    #[command(flatten)]
    pub ids: Ids,
}

/// Workspaces by name or id. Here `-n` and `--workspace` are the same flag, as in `az`.
#[derive(Debug, Clone, Args)]
pub struct WorkspaceTargets {
    /// Workspaces.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Workspace.
    #[arg(long, short = 'n', value_name = "NAME")]
    pub workspace: Option<String>,
    /// Resource group; `default` when not configured.
    #[arg(long, short = 'g', value_name = "GROUP")]
    pub resource_group: Option<String>,
    #[command(flatten)]
    pub ids: Ids,
}

/// What a kind of thing is called, and which ids name one.
struct Kind {
    noun: &'static str,
    is_one: fn(&Child) -> bool,
}

/// The flags with which a list is its ids.
const IDS: &str = "--query '[].id' -o tsv";

impl Kind {
    /// A hint that names the command that lists all of the kind.
    fn listed(&self, flags: &str, what: &str) -> String {
        format!("`batchai {} list {flags}` {what}", self.noun.replace(' ', "-"))
    }
}

impl JobTargets {
    /// Their ids, at least one.
    ///
    /// # Errors
    /// When none is named, or one of the names or ids can be none.
    pub fn resolve(&self, session: &Session) -> Result<Vec<ResourceId>, Failure> {
        let kind = Kind { noun: "job", is_one: |child| matches!(child, Child::Job(..)) };
        let workspace = &self.scope.workspace;
        let ignored = [
            ("--experiment", self.scope.experiment.is_some()),
            ("--workspace", workspace.workspace.is_some()),
            ("--resource-group", workspace.resource_group.is_some()),
        ];
        resolve(session, &kind, &self.names, self.name.as_ref(), &self.ids, &ignored, |name| {
            session.job(&self.scope, name)
        })
    }
}

impl ClusterTargets {
    /// Their ids, at least one.
    ///
    /// # Errors
    /// As [`JobTargets::resolve`].
    pub fn resolve(&self, session: &Session) -> Result<Vec<ResourceId>, Failure> {
        let kind = Kind { noun: "cluster", is_one: |child| matches!(child, Child::Cluster(_)) };
        in_workspace(session, &kind, &self.names, self.name.as_ref(), &self.ids, &self.scope, Child::Cluster)
    }
}

impl ExperimentTargets {
    /// Their ids, at least one.
    ///
    /// # Errors
    /// As [`JobTargets::resolve`].
    pub fn resolve(&self, session: &Session) -> Result<Vec<ResourceId>, Failure> {
        let kind = Kind { noun: "experiment", is_one: |child| matches!(child, Child::Experiment(_)) };
        in_workspace(session, &kind, &self.names, self.name.as_ref(), &self.ids, &self.scope, Child::Experiment)
    }
}

impl FileServerTargets {
    /// Their ids, at least one.
    ///
    /// # Errors
    /// As [`JobTargets::resolve`].
    pub fn resolve(&self, session: &Session) -> Result<Vec<ResourceId>, Failure> {
        let kind = Kind { noun: "file server", is_one: |child| matches!(child, Child::FileServer(_)) };
        in_workspace(session, &kind, &self.names, self.name.as_ref(), &self.ids, &self.scope, Child::FileServer)
    }
}

impl WorkspaceTargets {
    /// Their ids, at least one.
    ///
    /// # Errors
    /// As [`JobTargets::resolve`].
    pub fn resolve(&self, session: &Session) -> Result<Vec<ResourceId>, Failure> {
        let kind = Kind { noun: "workspace", is_one: |child| matches!(child, Child::None) };
        let ignored = [("--resource-group", self.resource_group.is_some())];
        resolve(session, &kind, &self.names, self.workspace.as_ref(), &self.ids, &ignored, |name| {
            checked(ResourceId {
                subscription: session.subscription.clone(),
                group: session.group(self.resource_group.as_ref()),
                workspace: name.to_owned(),
                child: Child::None,
            })
        })
    }
}

fn in_workspace(
    session: &Session,
    kind: &Kind,
    names: &[String],
    name: Option<&String>,
    ids: &Ids,
    scope: &WorkspaceScope,
    child: fn(String) -> Child,
) -> Result<Vec<ResourceId>, Failure> {
    let ignored = [("--workspace", scope.workspace.is_some()), ("--resource-group", scope.resource_group.is_some())];
    resolve(session, kind, names, name, ids, &ignored, |name| session.id(scope, child(name.to_owned())))
}

/// Names given beside ids are ignored with a warning, word for word as in `az`.
fn resolve(
    session: &Session,
    kind: &Kind,
    names: &[String],
    name: Option<&String>,
    ids: &Ids,
    scope: &[(&str, bool)],
    of_name: impl Fn(&str) -> Result<ResourceId, Failure>,
) -> Result<Vec<ResourceId>, Failure> {
    let mut found = Vec::new();
    if ids.ids.is_empty() {
        for name in name.into_iter().chain(names) {
            found.push(of_name(name)?);
        }
    } else {
        let named = [("--name", name.is_some() || !names.is_empty())];
        for (flag, _) in named.iter().chain(scope).filter(|(_, is_given)| *is_given) {
            session.report.warn(&format!("option '{flag}' will be ignored due to use of '--ids'."));
        }
        for text in texts(&ids.ids)? {
            found.push(parse(&text, kind)?);
        }
    }
    let mut unique: Vec<ResourceId> = Vec::new();
    for id in found {
        if !unique.contains(&id) {
            unique.push(id);
        }
    }
    if unique.is_empty() {
        let message = format!("no {} is named: (NAME | --name | --ids) are required", kind.noun);
        return Err(Failure::new(ExitCode::Usage, message).hint(kind.listed("-o table", "shows those there are")));
    }
    Ok(unique)
}

fn parse(text: &str, kind: &Kind) -> Result<ResourceId, Failure> {
    match ResourceId::parse(text) {
        Some(id) if (kind.is_one)(&id.child) => checked(id),
        Some(_) => {
            let message = format!("invalid resource ID: {text}: it is the id of something else than a {}", kind.noun);
            Err(Failure::new(ExitCode::Usage, message).hint(kind.listed(IDS, "prints the ids there are")))
        }
        None => Err(Failure::new(ExitCode::Usage, format!("invalid resource ID: {text}"))
            .hint(kind.listed(IDS, "prints the ids there are"))),
    }
}

/// The ids in the values of `--ids`.
fn texts(values: &[String]) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for value in values {
        match value.strip_prefix('@') {
            Some(from) => found.extend(ids_in(&read(from)?)),
            None => found.extend(ids_in(value)),
        }
    }
    Ok(found)
}

fn read(from: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let result = match from {
        "-" => std::io::stdin().lock().read_to_string(&mut text).map(|_| ()),
        path => std::fs::read_to_string(path).map(|content| text = content),
    };
    let of = if from == "-" { "standard input" } else { from };
    result.map_err(|error| Failure::new(ExitCode::Usage, format!("cannot read ids from {of}: {error}")))?;
    Ok(text)
}

/// One id, several on lines of their own, or JSON: an object with an `id`, a text, or a list of either.
fn ids_in(text: &str) -> Vec<String> {
    let lines = || text.split_whitespace().map(str::to_owned).collect();
    if !text.trim_start().starts_with(['{', '[', '"']) {
        return lines();
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(items)) => items.iter().filter_map(id_of).collect(),
        Ok(value) => id_of(&value).into_iter().collect(),
        Err(_) => lines(),
    }
}

fn id_of(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value.get("id")?.as_str()).map(str::to_owned)
}

/// Does something to each, several at once; answers what came of it in the order given.
///
/// One of several that fails is told as a warning, as in `az`, and the others count.
///
/// # Errors
/// When all fail.
pub async fn each<T>(
    session: &Session,
    ids: &[ResourceId],
    act: impl AsyncFn(ResourceId) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let at_once = if session.settings.disable_concurrent_ids == Some(true) { 1 } else { AT_ONCE };
    let results: Vec<Result<T, Failure>> =
        stream::iter(ids.iter().cloned().map(|id| act(id))).buffered(at_once).collect().await;
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => done.push(value),
            Err(failure) => failures.push(failure),
        }
    }
    let last = if done.is_empty() { failures.pop() } else { None };
    failures.iter().for_each(|failure| session.report.warn(&failure.message));
    last.map_or(Ok(done), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_as_words_lines_and_json() {
        assert_eq!(ids_in("/a/b"), ["/a/b"]);
        assert_eq!(ids_in("/a\n/b\r\n"), ["/a", "/b"]);
        assert_eq!(ids_in(r#"[{"id": "/a", "name": "x"}, "/b"]"#), ["/a", "/b"]);
        assert_eq!(ids_in(r#"{"id": "/a"}"#), ["/a"]);
        assert!(ids_in("[]").is_empty());
    }

    #[test]
    fn an_id_of_another_kind_is_refused_and_named() {
        let kind = Kind { noun: "job", is_one: |child| matches!(child, Child::Job(..)) };
        let workspace = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w";
        for text in [workspace, "nothing"] {
            let failure = parse(text, &kind).expect_err("a failure");
            assert!(failure.message.starts_with(&format!("invalid resource ID: {text}")), "{}", failure.message);
        }
    }
}
