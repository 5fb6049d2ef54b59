//! `job rerun`: the same job under another name. [`submit_again`] is for other commands too.

use clap::Args;

use super::submit::flags;
use crate::api::error::code;
use crate::api::id::{Child, ResourceId};
use crate::api::job::{Job, JobCreate};
use crate::api::path;
use crate::api::successor::successors;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::{Session, check_name};
use crate::cli::targets::JobTargets;
use crate::client::ClientError;

/// Arguments of `job rerun`.
#[derive(Debug, Args)]
pub struct RerunArgs {
    #[command(flatten)]
    pub targets: JobTargets,
    /// Name of the new job; `train-2` after `train`, the next free number, when not given.
    #[arg(long, value_name = "NAME")]
    pub new_name: Option<String>,
}

/// Submits the job again and prints the new one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &RerunArgs, session: &Session) -> Outcome {
    let ids = args.targets.resolve(session)?;
    let [id] = ids.as_slice() else {
        return Err(Failure::new(ExitCode::Usage, "several jobs are named: rerun one after the other"));
    };
    let job = submit_again(session, id, args.new_name.as_deref()).await?;
    session.print(&Output::one(&job))
}

/// Submits a job once more: same parameters, secrets and code. Without `name` it has the next free one.
///
/// # Errors
/// With what to tell the user.
pub async fn submit_again(session: &Session, id: &ResourceId, name: Option<&str>) -> Result<Job, Failure> {
    if let Some(name) = name {
        check_name("job", name)?;
    }
    match session.client.rerun_job(id, name).await {
        Ok(Some(job)) => Ok(job),
        Ok(None) => copy(session, id, name).await,
        Err(error) => Err(explained(error)),
    }
}

fn explained(error: ClientError) -> Failure {
    if error.code() == Some(code::CONFLICT) {
        return Failure::from(error).hint("give another name with --new-name, or none for the next free one");
    }
    error.into()
}

/// The way of servers that cannot do it themselves: what they show is submitted again.
async fn copy(session: &Session, id: &ResourceId, name: Option<&str>) -> Result<Job, Failure> {
    let old: Job = session.client.get(id).await?;
    let spec = old.properties.spec;
    if let Some(secret) = hidden(&spec) {
        let message =
            format!("job `{}` cannot be run again: it has {secret}, which this server does not hand out", old.name);
        return Err(Failure::new(ExitCode::Refused, message)
            .hint(format!("submit it again with the job file: `batchai job create{} -f FILE`", flags(id))));
    }
    let Child::Job(experiment, _) = &id.child else {
        return Err(Failure::new(ExitCode::Usage, format!("{id} is not the id of a job")));
    };
    let name = match name {
        Some(name) => name.to_owned(),
        None => free_name(session, id, &old.name).await?,
    };
    let new = ResourceId { child: Child::Job(experiment.clone(), name), ..id.clone() };
    session.client.put_new_job(&new, &JobCreate { properties: spec }).await.map_err(explained)
}

/// The next name that no job of the experiment has.
async fn free_name(session: &Session, id: &ResourceId, old: &str) -> Result<String, Failure> {
    let jobs: Vec<Job> = session.client.list(&path::collection(id)).await?;
    let is_free = |name: &String| !jobs.iter().any(|job| job.name.eq_ignore_ascii_case(name));
    successors(old).find(is_free).ok_or_else(|| {
        Failure::new(
            ExitCode::Refused,
            format!("job `{old}` cannot be run again: no name is left that could follow it"),
        )
        .hint(format!("give one: `batchai job rerun{} --new-name NAME`", flags(id)))
    })
}

/// What of a job no server ever shows, in words; `None` when all of it is there.
fn hidden(spec: &crate::api::job::JobSpec) -> Option<&'static str> {
    let login = spec.container_settings.as_ref().and_then(|c| c.image_source_registry.credentials.as_ref());
    if spec.secrets.as_ref().is_some_and(|secrets| !secrets.is_empty()) {
        return Some("secrets");
    }
    if login.is_some() {
        return Some("the password of a registry");
    }
    let volumes = spec.mount_volumes.as_ref()?;
    let has_account = volumes.azure_file_shares.as_ref().is_some_and(|all| !all.is_empty())
        || volumes.azure_blob_file_systems.as_ref().is_some_and(|all| !all.is_empty());
    has_account.then_some("volumes with the key of a storage account")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EnvironmentVariableWithSecretValue;
    use crate::api::job::JobSpec;

    #[test]
    fn what_no_server_shows_is_named() {
        assert_eq!(hidden(&JobSpec::default()), None);
        let secrets = Some(vec![EnvironmentVariableWithSecretValue::default()]);
        assert_eq!(hidden(&JobSpec { secrets, ..JobSpec::default() }), Some("secrets"));
        assert_eq!(hidden(&JobSpec { secrets: Some(Vec::new()), ..JobSpec::default() }), None);
    }
}
