//! From a job file and flags to a submitted job; shared by `job create` and `job run`.

use std::path::Path;
use std::pin::pin;

use clap::Args;
use serde_json::Value;
use tokio::sync::Notify;

use super::ensure::{LOCAL_CLUSTER, Surroundings, with_surroundings};
use crate::api::error::code;
use crate::api::id::{Child, ResourceId};
use crate::api::job::{Job, JobCreate};
use crate::cli::commands::mounted::file_server_id;
use crate::cli::commands::storage_keys::{are_missing, fill_in};
use crate::cli::exit_code::ExitCode;
use crate::cli::progress::{Bytes, WORTH_A_WORD};
use crate::cli::report::Failure;
use crate::cli::request::mounts::MountArgs;
use crate::cli::session::{DEFAULT, ExperimentScope, Named, Session, WorkspaceScope, checked};
use crate::cli::spec::{self, JobFile, Source};
use crate::cli::spec_args::{SetArgs, place_file_servers, storage, tell};
use crate::client::ClientError;
use crate::client::snapshot::{self, DEFAULT_LIMIT, Snapshot};

/// Arguments of `job create` and `job run`. Flags win over the file.
#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// Job file, YAML or JSON; `-` is standard input.
    #[arg(long, short = 'f', value_name = "FILE")]
    pub config_file: String,
    /// Job; or `name` in the file; made up when neither is given.
    #[arg(long, short = 'n')]
    pub name: Option<String>,
    /// Cluster, by name or id; or `cluster` in the file; `local` when neither is given.
    #[arg(long, short = 'c')]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub scope: ExperimentScope,
    #[command(flatten)]
    pub mounts: MountArgs,
    #[command(flatten)]
    pub set: SetArgs,
    /// Submit nothing; print the request, and what the job would do on which nodes.
    #[arg(long)]
    pub dry_run: bool,
}

/// A job that was submitted.
pub struct Submitted {
    /// Its id, as the names of this invocation make it.
    pub id: ResourceId,
    /// The job as the server answered it.
    pub job: Job,
}

/// A job that is ready to be submitted.
pub struct Prepared {
    /// Its id.
    pub id: ResourceId,
    /// What it needs around it.
    pub around: Surroundings,
    /// What is sent.
    pub body: JobCreate,
    code: Option<Snapshot>,
}

/// Reads the file and the code. No server is asked.
///
/// # Errors
/// With what to tell the user.
pub fn prepare(args: &SubmitArgs, session: &Session) -> Result<Prepared, Failure> {
    let source = Source::from_argument(&args.config_file)?;
    let account = storage(&args.mounts.storage, session);
    let options = if args.dry_run { args.set.options_of_look(account) } else { args.set.options(account) };
    let file = spec::job_file_with(&source, &options)?;
    tell(&session.report, &file.warnings);
    let (id, around) = place(args, &file, session)?;
    let code = file.code.as_deref().map(|folder| snapshot::plan(folder, DEFAULT_LIMIT)).transpose();
    let code = code.map_err(ClientError::Snapshot)?;

    let mut spec = file.spec;
    place_file_servers(spec.mount_volumes.as_mut(), &id);
    spec.cluster.id = around.cluster.0.to_string();
    let scope = WorkspaceScope { resource_group: Some(id.group.clone()), workspace: Some(id.workspace.clone()) };
    let file_server = file_server_id(args.mounts.nfs.as_deref(), &scope, session)?;
    spec.mount_volumes = args.mounts.over(spec.mount_volumes, file_server.as_ref(), &session.settings.storage)?;
    // A job that was shown names the snapshot that it had.
    spec.code_snapshot = code.as_ref().map(|snapshot| snapshot.digest().to_owned()).or(spec.code_snapshot);
    // A PATH that is not text cannot travel; the server's own is then used.
    spec.search_path = spec.search_path.or_else(|| std::env::var("PATH").ok());
    Ok(Prepared { id, around, body: JobCreate { properties: spec }, code })
}

impl Prepared {
    /// Submits the job. `stop` breaks off the sending of code; a request that may make the job is waited for, so
    /// that after an error there is none.
    ///
    /// # Errors
    /// With what to tell the user.
    pub async fn submit(&self, session: &Session, stop: &Notify) -> Result<Submitted, Failure> {
        let body = self.body_for(session).await?;
        match with_surroundings(session, &self.id, &self.around, || self.put(&body, session, stop)).await {
            Ok(job) => Ok(Submitted { id: self.id.clone(), job }),
            Err(error) => Err(explain(error, &self.id)),
        }
    }

    /// The body with the keys of storage accounts, where the server asks for them and nobody gave them. Looking for
    /// the cluster tells which server it is.
    async fn body_for(&self, session: &Session) -> Result<JobCreate, Failure> {
        let mut body = self.body.clone();
        let Some(volumes) = body.properties.mount_volumes.as_mut().filter(|volumes| are_missing(Some(volumes))) else {
            return Ok(body);
        };
        match session.client.get::<Value>(&self.around.cluster.0).await {
            Ok(_) | Err(ClientError::Refused { status: 404, .. }) => fill_in(volumes, session).await?,
            Err(error) => return Err(error.into()),
        }
        Ok(body)
    }

    /// Submits; sends the code when the server does not have it, also when it lost it in between.
    async fn put(&self, body: &JobCreate, session: &Session, stop: &Notify) -> Result<Job, ClientError> {
        let client = &session.client;
        match (client.put_new_job(&self.id, body).await, &self.code) {
            (Err(error), Some(snapshot)) if error.code() == Some(code::SNAPSHOT_NOT_FOUND) => {
                tokio::select! {
                    biased;
                    () = stop.notified() => return Err(ClientError::Stopped),
                    sent = self.send_code(snapshot, session) => sent?,
                }
                client.put_new_job(&self.id, body).await
            }
            (result, _) => result,
        }
    }

    /// Sends the code; a bar shows how far it is when that takes long enough to be worth a look.
    async fn send_code(&self, snapshot: &Snapshot, session: &Session) -> Result<(), ClientError> {
        let bar = Bytes::hidden(session.report, "Sending the code", snapshot.len());
        let counter = bar.counter();
        let mut sending = pin!(session.client.put_snapshot(&self.id.subscription, snapshot, &counter));
        match tokio::time::timeout(WORTH_A_WORD, &mut sending).await {
            Ok(sent) => sent,
            Err(_) => {
                bar.show();
                sending.await
            }
        }
    }
}

fn explain(error: ClientError, id: &ResourceId) -> Failure {
    let is_taken = error.code() == Some(code::CONFLICT);
    let failure = Failure::from(error);
    if !is_taken {
        return failure;
    }
    let delete = format!("`batchai job delete{}`", flags(id));
    failure.hint(format!("give another name with -n, or delete the job first: {delete}"))
}

/// The flags that name a job to commands: ` -w ws -e exp -n train`, and the group when it is not the default one.
#[must_use]
pub fn flags(id: &ResourceId) -> String {
    let ResourceId { group, workspace, child, .. } = id;
    let group = if group == DEFAULT { String::new() } else { format!(" -g {group}") };
    match child {
        Child::Job(experiment, name) => format!("{group} -w {workspace} -e {experiment} -n {name}"),
        Child::None | Child::Cluster(_) | Child::FileServer(_) | Child::Experiment(_) => {
            format!("{group} -w {workspace}")
        }
    }
}

/// Where the job goes and what it is called: flag, then file, then configuration, then default.
fn place(args: &SubmitArgs, file: &JobFile, session: &Session) -> Result<(ResourceId, Surroundings), Failure> {
    let defaults = &session.settings.defaults;
    let flags = &args.scope;
    let workspace =
        Named::first([flags.workspace.workspace.clone(), file.workspace.clone(), defaults.workspace.clone()]);
    let experiment = Named::first([flags.experiment.clone(), file.experiment.clone(), defaults.experiment.clone()]);
    let scope = WorkspaceScope {
        resource_group: flags.workspace.resource_group.clone().or_else(|| file.resource_group.clone()),
        workspace: Some(workspace.name.clone()),
    };
    let name = match args.name.clone().or_else(|| file.name.clone()) {
        Some(name) => name,
        None => made_up_name(&args.config_file, file.code.as_deref()),
    };
    let id = session.id(&scope, Child::Job(experiment.name.clone(), name))?;
    let given = args.cluster.clone().or_else(|| file.cluster.clone()).or_else(|| defaults.cluster.clone());
    let cluster = (cluster_id(given.as_deref(), &scope, session)?, given.is_some());
    Ok((id, Surroundings { workspace, experiment, cluster }))
}

fn cluster_id(given: Option<&str>, scope: &WorkspaceScope, session: &Session) -> Result<ResourceId, Failure> {
    let Some(text) = given.filter(|text| text.contains('/')) else {
        let name = given.unwrap_or(LOCAL_CLUSTER);
        return session.id(scope, Child::Cluster(name.into()));
    };
    match ResourceId::parse(text) {
        Some(id @ ResourceId { child: Child::Cluster(_), .. }) => checked(id),
        Some(_) | None => {
            let message = format!("`{text}` is neither the name nor the id of a cluster");
            Err(Failure::new(ExitCode::Usage, message))
        }
    }
}

/// A name from the file's own, and a few characters that make it unique: `quickstart-3f9a2c`.
fn made_up_name(file: &str, code: Option<&Path>) -> String {
    let path = std::path::absolute(file).unwrap_or_default();
    let stem = path.file_stem().filter(|stem| *stem != "job" && file != "-");
    let folder = code.or_else(|| path.parent()).and_then(Path::file_name);
    let base = stem.or(folder).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let clean: String =
        base.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }).take(48).collect();
    let clean = if clean.trim_matches('-').is_empty() { "job" } else { clean.trim_matches('-') };
    let unique = uuid::Uuid::new_v4().simple().to_string();
    format!("{clean}-{}", &unique[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_name_tells_where_the_job_came_from() {
        let base = |file: &str, code: Option<&str>| {
            let name = made_up_name(file, code.map(Path::new));
            assert!(crate::cli::session::check_name("job", &name).is_ok(), "{name}");
            name[..name.len() - 7].to_owned()
        };
        assert_eq!(base("/x/quickstart/job.yaml", None), "quickstart");
        assert_eq!(base("/x/quickstart/job-2-nodes.yaml", None), "job-2-nodes");
        assert_eq!(base("/x/größe.v1.yaml", None), "gr--e-v1");
        assert_eq!(base("-", Some("/x/code")), "code");
        assert_eq!(base("/job.yaml", None), "job");
        assert_ne!(made_up_name("a.yaml", None), made_up_name("a.yaml", None));
    }
}
