//! `cluster resize | auto-scale`.

use clap::Args;

use crate::api::cluster::{Cluster, ClusterUpdate, ClusterUpdateSpec, ScaleSettings};
use crate::cli::Outcome;
use crate::cli::output::Output;
use crate::cli::request::scale::{self, Deallocation, IdleArgs};
use crate::cli::session::Session;
use crate::cli::targets::{ClusterTargets, each};

/// Arguments of `resize`.
#[derive(Debug, Args)]
pub struct ResizeArgs {
    #[command(flatten)]
    targets: ClusterTargets,
    /// How many nodes the cluster is to have.
    #[arg(long, short = 't', value_name = "NODES")]
    target: u32,
    /// What happens to jobs on nodes that go.
    #[arg(long, value_enum, value_name = "OPTION", default_value = "requeue")]
    node_deallocation_option: Deallocation,
}

/// Arguments of `auto-scale`.
#[derive(Debug, Args)]
pub struct AutoScaleArgs {
    #[command(flatten)]
    targets: ClusterTargets,
    /// At least so many nodes.
    #[arg(long, value_name = "NODES")]
    min: u32,
    /// At most so many nodes.
    #[arg(long, value_name = "NODES")]
    max: u32,
    #[command(flatten)]
    idle: IdleArgs,
}

/// Gives clusters a fixed number of nodes; does not wait for the nodes.
///
/// # Errors
/// With what to tell the user.
pub async fn resize(args: &ResizeArgs, session: &Session) -> Outcome {
    change(&args.targets, scale::manual_with(args.target, args.node_deallocation_option), session).await
}

/// Gives clusters bounds; does not wait for the nodes.
///
/// # Errors
/// With what to tell the user.
pub async fn auto_scale(args: &AutoScaleArgs, session: &Session) -> Outcome {
    change(&args.targets, scale::auto(args.min, args.max, 0, &args.idle)?, session).await
}

async fn change(targets: &ClusterTargets, settings: ScaleSettings, session: &Session) -> Outcome {
    let ids = targets.resolve(session)?;
    let body = ClusterUpdate { properties: ClusterUpdateSpec { scale_settings: Some(settings) } };
    let changed: Vec<Cluster> =
        each(session, &ids, async |id| Ok(session.client.patch_cluster(&id, &body).await?)).await?;
    match changed.as_slice() {
        [only] if ids.len() == 1 => session.print(&Output::one(only)),
        all => session.print(&Output::list(all)),
    }
}
