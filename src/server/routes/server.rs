//! The server itself.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use super::Answer;
use crate::api::server::ServerStatus;
use crate::operations::{Context, server};
use crate::server::extract::Wire;
use crate::server::lifetime::Lifetime;

/// What the server knows of itself from its start.
#[derive(Clone)]
pub struct Identity {
    /// All but the number of active jobs.
    pub status: Arc<ServerStatus>,
    /// How it is asked to leave.
    pub lifetime: Lifetime,
    /// As whom jobs run, as a phrase.
    pub user: Arc<str>,
}

/// GET: who it is and how it is.
pub async fn status(
    State(context): State<Context>,
    axum::Extension(identity): axum::Extension<Identity>,
) -> Answer<Wire<ServerStatus>> {
    let active_jobs = server::active_jobs(&context)?;
    Ok(Wire(ServerStatus { active_jobs, ..identity.status.as_ref().clone() }))
}

/// POST: it leaves; running jobs stay.
pub async fn stop(axum::Extension(identity): axum::Extension<Identity>) -> StatusCode {
    identity.lifetime.leave("a client asked");
    StatusCode::OK
}

/// GET: what it speaks.
pub async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], crate::api::openapi::TEXT)
}
