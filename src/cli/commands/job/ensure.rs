//! What nobody named is made when it is missing: the default workspace, experiment and cluster. What the
//! user named must be there.

use std::future::Future;
use std::num::NonZero;

use crate::api::cluster::{AutoScale, ClusterCreate, ClusterSpec, ScaleSettings};
use crate::api::error::code;
use crate::api::id::{Child, ResourceId};
use crate::api::workspace::WorkspaceCreate;
use crate::cli::session::{Named, Session};
use crate::client::ClientError;

/// The cluster of a user who named none: this machine.
pub const LOCAL_CLUSTER: &str = "local";

/// The fewest nodes the local cluster may grow to: distributed programs must be possible on a small machine,
/// and virtual nodes may share cores.
const FEWEST_NODES: usize = 4;

/// The most nodes any cluster may have.
const MOST_NODES: usize = 100;

/// Tries; when the workspace is missing and nobody named it, makes it and tries again.
///
/// # Errors
/// Those of `attempt` and of the making.
pub async fn with_workspace<T, F>(
    session: &Session,
    id: &ResourceId,
    workspace: &Named,
    attempt: impl Fn() -> F,
) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    match attempt().await {
        Err(error) if is_missing(&error, code::WORKSPACE_NOT_FOUND) && !workspace.is_given => {
            make_workspace(session, id).await?;
            attempt().await
        }
        result => result,
    }
}

/// Which parts of a job's surroundings the user named.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The workspace.
    pub workspace: Named,
    /// The experiment.
    pub experiment: Named,
    /// The cluster's id, and whether the user named it.
    pub cluster: (ResourceId, bool),
}

/// Tries; makes what is missing and was not named, one thing at a time, and tries again.
///
/// # Errors
/// Those of `attempt` and of the making.
pub async fn with_surroundings<T, F>(
    session: &Session,
    job: &ResourceId,
    around: &Surroundings,
    attempt: impl Fn() -> F,
) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    let (cluster, is_cluster_given) = &around.cluster;
    // Each round makes one thing, so three rounds make all there is to make.
    for _ in 0..3 {
        match attempt().await {
            Err(error) if is_missing(&error, code::WORKSPACE_NOT_FOUND) && !around.workspace.is_given => {
                make_workspace(session, job).await?;
            }
            Err(error) if is_missing(&error, code::EXPERIMENT_NOT_FOUND) && !around.experiment.is_given => {
                let experiment = Child::Experiment(around.experiment.name.clone());
                session.client.put_experiment(&ResourceId { child: experiment, ..job.clone() }).await?;
            }
            Err(error) if is_missing(&error, code::CLUSTER_NOT_FOUND) && !is_cluster_given => {
                match session.client.put_cluster(cluster, &local_cluster()).await {
                    // Somebody else was quicker; theirs is as good.
                    Ok(_) => {}
                    Err(error) if error.code() == Some(code::CONFLICT) => {}
                    Err(error) => return Err(error),
                }
            }
            result => return result,
        }
    }
    attempt().await
}

async fn make_workspace(session: &Session, id: &ResourceId) -> Result<(), ClientError> {
    let workspace = ResourceId { child: Child::None, ..id.clone() };
    session.client.put_workspace(&workspace, &WorkspaceCreate::default()).await.map(|_| ())
}

fn is_missing(error: &ClientError, what: &str) -> bool {
    error.code() == Some(what)
}

fn local_cluster() -> ClusterCreate {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let maximum = u32::try_from(cores.clamp(FEWEST_NODES, MOST_NODES)).unwrap_or(4);
    let auto_scale = AutoScale { maximum_node_count: maximum, ..AutoScale::default() };
    ClusterCreate {
        properties: ClusterSpec {
            scale_settings: Some(ScaleSettings { manual: None, auto_scale: Some(auto_scale) }),
            ..ClusterSpec::default()
        },
    }
}
