//! The paths that only 2017-09-01-preview and 2018-03-01 know, as one table.

use axum::Router;
use axum::routing::{get, post};

use super::{file_servers, lists, routes};
use crate::api::path::flat as at;
use crate::operations::Context;

/// Every path and method.
pub(in crate::server) fn router() -> Router<Context> {
    let group = Router::new()
        .route(at::CLUSTERS, get(lists::clusters))
        .route(
            at::CLUSTER,
            get(routes::cluster)
                .put(routes::create_cluster)
                .patch(routes::update_cluster)
                .delete(routes::delete_cluster),
        )
        .route(at::CLUSTER_REMOTE_LOGIN, post(routes::cluster_remote_login).get(routes::cluster_remote_login))
        .route(at::FILE_SERVERS, get(lists::file_servers))
        .route(at::FILE_SERVER, get(file_servers::get).put(file_servers::create).delete(file_servers::delete))
        .route(at::JOBS, get(lists::jobs))
        .route(at::JOB, get(routes::job).put(routes::create_job).delete(routes::delete_job))
        .route(at::TERMINATE, post(routes::terminate))
        .route(at::JOB_REMOTE_LOGIN, post(routes::job_remote_login).get(routes::job_remote_login))
        .route(at::LIST_OUTPUT_FILES, post(routes::files).get(routes::files));
    Router::new()
        .nest(at::GROUP_PREFIX, group)
        .route(at::CLUSTERS_OF_SUBSCRIPTION, get(lists::clusters))
        .route(at::FILE_SERVERS_OF_SUBSCRIPTION, get(lists::file_servers))
        .route(at::JOBS_OF_SUBSCRIPTION, get(lists::jobs))
}
