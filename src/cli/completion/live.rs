//! Names that the server knows, as it knows them now. A server that is not there, or takes its time, knows none.

use std::collections::BTreeSet;
use std::time::Duration;

use clap_complete::engine::CompletionCandidate;
use serde::Deserialize;

use super::typed::Typed;
use crate::api::file::{File, STDOUTERR};
use crate::api::id::{Child, ResourceId};
use crate::api::node::RemoteLoginInformation;
use crate::api::{path, resource_manager};
use crate::cli::Global;
use crate::cli::session::{DEFAULT, ExperimentScope, Session, WorkspaceScope};
use crate::client::ClientError;

/// Somebody waits with a finger on the key: an answer after this long is worth nothing.
const PATIENCE: Duration = Duration::from_millis(80);

/// What names are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Subscriptions.
    Subscription,
    /// Regions.
    Location,
    /// Resource groups.
    Group,
    /// Workspaces of the group.
    Workspace,
    /// Experiments of the workspace.
    Experiment,
    /// Clusters of the workspace.
    Cluster,
    /// File servers of the workspace.
    FileServer,
    /// Jobs of the experiment, the newest first.
    Job,
    /// Full ids of what the command is about.
    Ids,
    /// Nodes of the job or the cluster that was named.
    Node,
    /// Output directories of the job that was named.
    OutputDirectory,
    /// Files of the output directory that was named.
    File,
    /// Folders of it.
    Folder,
    /// Tokens.
    Token,
    /// Key vaults that have a secret.
    Vault,
    /// Secrets of the vault that was named.
    Secret,
    /// Storage accounts.
    Account,
    /// File shares.
    Share,
    /// Blob containers.
    Container,
    /// Files of the share or container that was named.
    Stored,
    /// Folders of it.
    StoredFolder,
}

/// What lists have in common. Whatever is missing is empty.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Item {
    id: String,
    name: String,
    subscription_id: String,
    vault: String,
    properties: Properties,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    execution_state: Option<String>,
    allocation_state: Option<String>,
    output_directories: Option<Vec<Item>>,
}

/// Names of that kind that begin with `current`, best first; none when they cannot be known now. `own` is what the
/// command is about.
#[must_use]
pub fn names(wanted: Wanted, own: Option<Wanted>, typed: &Typed, current: &str) -> Vec<CompletionCandidate> {
    let global = Global {
        subscription: typed.first(&["subscription"]),
        endpoint: typed.first(&["endpoint"]),
        ..Global::default()
    };
    let Some(session) = Session::peek(&global) else { return Vec::new() };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Vec::new() };
    let ask = Ask { session: &session, typed, current };
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, ask.about(wanted, own)).await });
    // Nobody waits for a name server.
    runtime.shutdown_background();
    let found = found.ok().flatten().unwrap_or_default();
    found.into_iter().filter(|found| found.get_value().to_str().is_some_and(|name| name.starts_with(current))).collect()
}

struct Ask<'a> {
    session: &'a Session,
    typed: &'a Typed,
    current: &'a str,
}

impl Ask<'_> {
    async fn about(&self, wanted: Wanted, own: Option<Wanted>) -> Option<Vec<CompletionCandidate>> {
        let subscription = &self.session.subscription;
        let of_subscription = |template: &str| template.replace("{subscription}", subscription);
        match wanted {
            Wanted::Subscription => {
                let items = self.items(resource_manager::SUBSCRIPTIONS).await?;
                Some(items.iter().map(|item| CompletionCandidate::new(&item.subscription_id)).collect())
            }
            Wanted::Location => self.named(&of_subscription(resource_manager::LOCATIONS)).await,
            Wanted::Group => self.named(&of_subscription(resource_manager::GROUPS)).await,
            Wanted::Token => self.named(path::TOKENS).await,
            Wanted::Vault => {
                let vaults: BTreeSet<String> =
                    self.items(path::SECRETS).await?.into_iter().map(|secret| secret.vault).collect();
                Some(vaults.into_iter().map(CompletionCandidate::new).collect())
            }
            Wanted::Secret => {
                let vault = self.typed.first(&["vault"]).unwrap_or_else(|| DEFAULT.into());
                self.named(&path::vault_secrets(&vault)).await
            }
            Wanted::Ids => {
                let items = self.items(&self.collection(own?)?).await?;
                Some(items.iter().rev().map(|item| CompletionCandidate::new(&item.id)).collect())
            }
            Wanted::Job => self.jobs().await,
            Wanted::Workspace | Wanted::Experiment | Wanted::Cluster | Wanted::FileServer => {
                self.named(&self.collection(wanted)?).await
            }
            Wanted::Node => self.nodes().await,
            Wanted::OutputDirectory => self.output_directories().await,
            Wanted::File => self.files(true).await,
            Wanted::Folder => self.files(false).await,
            Wanted::Account => self.named(&of_subscription(resource_manager::ALL_ACCOUNTS)).await,
            Wanted::Share | Wanted::Container | Wanted::Stored | Wanted::StoredFolder => {
                super::stored::names(self.session, self.typed, wanted, self.current).await
            }
        }
    }

    async fn items(&self, path: &str) -> Option<Vec<Item>> {
        Some(self.session.client.glance(path).await.ok()?.value)
    }

    async fn named(&self, path: &str) -> Option<Vec<CompletionCandidate>> {
        Some(self.items(path).await?.iter().map(candidate).collect())
    }

    /// The newest first. Of very many, the first page has the oldest, so those that have not ended come before it.
    async fn jobs(&self) -> Option<Vec<CompletionCandidate>> {
        let collection = self.collection(Wanted::Job)?;
        let page = self.session.client.glance::<Item>(&collection).await.ok()?;
        let mut jobs = Vec::new();
        if page.next_link.is_some() {
            let active = path::ACTIVE_JOBS.replace("{subscription}", &self.session.subscription);
            let active = self.items(&active).await.unwrap_or_default();
            jobs.extend(active.into_iter().filter(|job| job.id.starts_with(&format!("{collection}/"))));
        }
        jobs.extend(page.value.into_iter().rev());
        let mut seen = std::collections::HashSet::new();
        Some(jobs.iter().filter(|job| seen.insert(&job.name)).map(candidate).collect())
    }

    async fn nodes(&self) -> Option<Vec<CompletionCandidate>> {
        let of = self.job().or_else(|| {
            let cluster = self.typed.first(&["cluster", "cluster_name", "name"])?;
            self.session.id(&self.workspace(), Child::Cluster(cluster)).ok()
        })?;
        let path = format!("{of}/listRemoteLoginInformation");
        let nodes = self.session.client.glance_by_post::<RemoteLoginInformation>(&path).await.ok()?.value;
        let about = |node: &RemoteLoginInformation| Some(node.ip_address.clone().into());
        Some(nodes.iter().map(|node| CompletionCandidate::new(&node.node_id).help(about(node))).collect())
    }

    async fn output_directories(&self) -> Option<Vec<CompletionCandidate>> {
        let job: Item = self.session.client.glance_at(&self.job()?).await.ok()?;
        let standard = CompletionCandidate::new(STDOUTERR).help(Some("standard output and logs".into()));
        let others = job.properties.output_directories.unwrap_or_default();
        let others = others.iter().map(|directory| CompletionCandidate::new(&directory.id));
        Some(std::iter::once(standard).chain(others).collect())
    }

    /// Files and folders below the typed part of a path.
    async fn files(&self, with_files: bool) -> Option<Vec<CompletionCandidate>> {
        let directory = self.typed.first(&["output_directory_id"]).unwrap_or_else(|| STDOUTERR.into());
        let (folder, _) = self.current.rsplit_once('/').unwrap_or_default();
        let base = if with_files { self.typed.first(&["path"]) } else { None };
        let below = [base.as_deref().unwrap_or("."), folder].join("/");
        let found = self.listed(&self.job()?, &directory, below.trim_end_matches('/')).await.ok()?;
        let found = found.iter().filter(|file| with_files || is_folder(file));
        let full = |file: &File| match folder {
            "" => file.name.clone(),
            folder => format!("{folder}/{}", file.name),
        };
        let word = |file: &File| if is_folder(file) { full(file) + "/" } else { full(file) };
        Some(found.map(|file| CompletionCandidate::new(word(file))).collect())
    }

    async fn listed(&self, job: &ResourceId, directory: &str, folder: &str) -> Result<Vec<File>, ClientError> {
        let (directory, folder) = (path::encode(directory), path::encode(folder));
        let path = format!("{job}/listOutputFiles?outputdirectoryid={directory}&directory={folder}");
        Ok(self.session.client.glance_by_post(&path).await?.value)
    }

    /// Where things of a kind are listed.
    fn collection(&self, wanted: Wanted) -> Option<String> {
        let any = String::from("any");
        let child = match wanted {
            Wanted::Workspace => Child::None,
            Wanted::Cluster => Child::Cluster(any),
            Wanted::FileServer => Child::FileServer(any),
            Wanted::Experiment => Child::Experiment(any),
            Wanted::Job => Child::Job(self.session.experiment(&self.experiment()).name, any),
            _ => return None,
        };
        Some(path::collection(&self.session.id(&self.workspace(), child).ok()?))
    }

    /// The job that was named.
    fn job(&self) -> Option<ResourceId> {
        let typed = self.typed;
        let is_job = typed.words.get(1..).is_some_and(|words| words.iter().any(|word| word == "job"));
        let name = typed.first(&["job", "job_name"]).or_else(|| typed.first(&["name", "names"]).filter(|_| is_job))?;
        self.session.job(&self.experiment(), &name).ok()
    }

    fn experiment(&self) -> ExperimentScope {
        let experiment = self.typed.first(&["experiment", "experiment_name"]);
        ExperimentScope { workspace: self.workspace(), experiment }
    }

    fn workspace(&self) -> WorkspaceScope {
        WorkspaceScope {
            resource_group: self.typed.first(&["resource_group"]),
            workspace: self.typed.first(&["workspace", "workspace_name"]),
        }
    }
}

fn is_folder(file: &File) -> bool {
    file.file_type == "directory"
}

fn candidate(item: &Item) -> CompletionCandidate {
    let state = item.properties.execution_state.as_ref().or(item.properties.allocation_state.as_ref());
    CompletionCandidate::new(&item.name).help(state.map(|state| state.as_str().to_owned().into()))
}
