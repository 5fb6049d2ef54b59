//! The API as one table.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, patch, post, put};

use super::routes::{
    clusters, downloads, experiments, file_servers, files, foresight, jobs, long_operations, operations,
    resource_manager, server, snapshots, storage, tokens, usages, vaults, workspaces,
};
use crate::api::{path, storage as stored};
use crate::operations::Context;

/// Every path and method.
pub(super) fn router(context: Context) -> Router {
    use path::below_group as at;
    let group = Router::new()
        .route(at::WORKSPACES, get(workspaces::list))
        .route(at::WORKSPACE, get(workspaces::get).put(workspaces::create).delete(workspaces::delete))
        .route(at::WORKSPACE, patch(workspaces::update))
        .route(at::CLUSTERS, get(clusters::list))
        .route(at::CLUSTER, get(clusters::get).put(clusters::create).delete(clusters::delete))
        .route(at::CLUSTER, patch(clusters::update))
        .route(at::CLUSTER_REMOTE_LOGIN, post(clusters::remote_login).get(clusters::remote_login))
        .route(at::PREEMPT_NODE, post(clusters::preempt))
        .route(at::SETUP_TASK_FILES, post(files::list_of_setup).get(files::list_of_setup))
        .route(at::FILE_SERVERS, get(file_servers::list))
        .route(at::FILE_SERVER, get(file_servers::get).put(file_servers::create).delete(file_servers::delete))
        .route(at::EXPERIMENTS, get(experiments::list))
        .route(at::EXPERIMENT, get(experiments::get).put(experiments::create).delete(experiments::delete))
        .route(at::JOBS, get(jobs::list))
        .route(at::JOB, get(jobs::get).put(jobs::create).delete(jobs::delete))
        .route(at::TERMINATE, post(jobs::terminate))
        .route(at::PLAN, post(foresight::plan))
        .route(at::EXPLANATION, get(foresight::explain))
        .route(at::RERUN, post(foresight::rerun))
        .route(at::JOB_REMOTE_LOGIN, post(jobs::remote_login).get(jobs::remote_login))
        .route(at::LIST_OUTPUT_FILES, post(files::list).get(files::list))
        .route(at::OUTPUT_FILE, get(files::read));
    Router::new()
        .nest(path::GROUP_PREFIX, group)
        .merge(super::versions::router::router())
        .merge(resource_manager::routes())
        .route(path::WORKSPACES_OF_SUBSCRIPTION, get(workspaces::list_all))
        .route(path::ACTIVE_JOBS, get(jobs::active))
        .route(path::SNAPSHOT, get(snapshots::head).put(snapshots::put).layer(DefaultBodyLimit::disable()))
        .route(stored::VOLUMES, get(storage::volumes))
        .route(stored::VOLUME, get(storage::volume).put(storage::make).delete(storage::delete))
        .route(stored::FILES, get(storage::files))
        .route(stored::FILE, get(storage::read).delete(storage::remove))
        .route(stored::FILE, put(storage::write).layer(DefaultBodyLimit::disable()))
        .route(path::OPERATIONS, get(operations::list))
        .route(path::USAGES, get(usages::list))
        .route(path::OPERATION_RESULT, get(long_operations::status))
        .route(path::OPERATION_STATUS, get(long_operations::result))
        .route(path::SERVER, get(server::status))
        .route(path::SERVER_STOP, post(server::stop))
        .route(path::OPENAPI, get(server::openapi))
        .route(path::DOWNLOAD, get(downloads::read))
        .route(path::TOKENS, get(tokens::list).post(tokens::create))
        .route(path::TOKEN, delete(tokens::revoke))
        .route(path::SECRETS, get(vaults::list_all))
        .route(path::VAULT_SECRETS, get(vaults::list))
        .route(path::VAULT_SECRET, put(vaults::set).delete(vaults::delete))
        .fallback(super::middleware::no_such_path)
        .method_not_allowed_fallback(super::middleware::no_such_method)
        .with_state(context)
}
