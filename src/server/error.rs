//! Any error of an operation as an answer: status, code, public text. Private text goes to the log.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::ext::ReasonPhrase;

use super::convert::FieldErrors;
use super::wire::json;
use crate::api::error::{ErrorBody, ErrorDetail, code};
use crate::domain::sentence::sentence;
use crate::domain::volume::VolumeKind;
use crate::operations::{Kind, OperationError};

/// An answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    detail: ErrorDetail,
}

impl ApiError {
    /// An error of one sentence.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, detail: ErrorDetail { code: code.into(), message: message.into(), ..Default::default() } }
    }

    /// A 400 about one property, parameter or name.
    #[must_use]
    pub fn invalid(target: &str, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, code::INVALID_PARAMETER, message);
        error.detail.target = Some(target.into());
        error
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let reason = reason(self.status, &self.detail.message);
        let body = ErrorBody { error: self.detail };
        let text = serde_json::to_string(&body).expect("an error is plain text");
        let mut response = json(self.status, text);
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        response
    }
}

/// The service said why something is not there in the status line too (azure-cli recordings, June 2018). A text that a
/// status line cannot hold leaves the usual words there.
fn reason(status: StatusCode, message: &str) -> Option<ReasonPhrase> {
    let fits = status == StatusCode::NOT_FOUND && message.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if fits { ReasonPhrase::try_from(message.to_owned()).ok() } else { None }
}

impl From<FieldErrors> for ApiError {
    fn from(errors: FieldErrors) -> Self {
        let details: Vec<ErrorDetail> = errors
            .0
            .into_iter()
            .map(|error| ErrorDetail {
                code: code::INVALID_PARAMETER.into(),
                message: error.message,
                target: Some(error.target),
                details: Vec::new(),
            })
            .collect();
        let mut error = Self::new(StatusCode::BAD_REQUEST, code::INVALID_PARAMETER, "");
        match details.as_slice() {
            [one] => {
                error.detail.target.clone_from(&one.target);
                error.detail.message = format!("{}: {}", one.target.as_deref().unwrap_or_default(), one.message);
            }
            several => error.detail.message = format!("The request has {} invalid properties", several.len()),
        }
        error.detail.details = details;
        error
    }
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        let text = error.to_string();
        match error {
            OperationError::NotFound { kind, .. } => Self::new(StatusCode::NOT_FOUND, not_found(kind), text),
            OperationError::NoFile { .. } => Self::new(StatusCode::NOT_FOUND, code::OUTPUT_FILE_NOT_FOUND, text),
            OperationError::NoSnapshot(_) => Self::new(StatusCode::BAD_REQUEST, code::SNAPSHOT_NOT_FOUND, text),
            OperationError::Conflict { kind, .. } | OperationError::Elsewhere { kind, .. } => {
                Self::new(StatusCode::CONFLICT, conflict(kind), text)
            }
            OperationError::Deleting { kind, .. } => Self::new(StatusCode::CONFLICT, deleting(kind), text),
            OperationError::TooManyClusters { .. } => {
                Self::new(StatusCode::CONFLICT, code::CLUSTER_QUOTA_EXCEEDED, text)
            }
            OperationError::NotPreemptible(_) => Self::new(StatusCode::CONFLICT, code::NOT_PREEMPTIBLE, text),
            OperationError::InUse { .. } => Self::new(StatusCode::CONFLICT, "ResourceInUse", text),
            OperationError::NotMountable { target, .. } => {
                let mut error = Self::new(StatusCode::BAD_REQUEST, code::FILE_SERVER_NOT_FOUND, text);
                error.detail.target = Some(target);
                error
            }
            OperationError::NoVolume(volume) => Self::new(StatusCode::NOT_FOUND, no_volume(volume.kind), text),
            OperationError::NoStoredFile { .. } => Self::new(StatusCode::NOT_FOUND, code::STORED_FILE_NOT_FOUND, text),
            OperationError::VolumeInUse { .. } => Self::new(StatusCode::CONFLICT, "ResourceInUse", text),
            OperationError::KeptElsewhere(_) => Self::new(StatusCode::CONFLICT, code::KEPT_ELSEWHERE, text),
            OperationError::Invalid { target, .. } => Self::invalid(target, text),
            OperationError::WrongDigest { .. } | OperationError::Upload(_) => {
                Self::new(StatusCode::BAD_REQUEST, "InvalidRequestContent", text)
            }
            OperationError::SnapshotTooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", text)
            }
            ref full if full.is_disk_full() => Self::new(StatusCode::INSUFFICIENT_STORAGE, "DiskFull", sentence(full)),
            OperationError::File { .. } | OperationError::Store(_) | OperationError::Engine(_) => {
                let text = sentence(&error);
                tracing::error!("request failed: {text}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", text)
            }
        }
    }
}

/// Resource groups and storage accounts have the codes of Azure Resource Manager and Microsoft.Storage.
fn conflict(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "InvalidResourceGroupLocation",
        Kind::StorageAccount => "StorageAccountAlreadyTaken",
        _ => code::CONFLICT,
    }
}

fn deleting(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "ResourceGroupBeingDeleted",
        _ => "ResourceIsBeingDeleted",
    }
}

/// In the words of Azure Storage.
fn no_volume(kind: VolumeKind) -> &'static str {
    match kind {
        VolumeKind::Share => code::SHARE_NOT_FOUND,
        VolumeKind::Container => code::CONTAINER_NOT_FOUND,
    }
}

fn not_found(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "ResourceGroupNotFound",
        Kind::Workspace => code::WORKSPACE_NOT_FOUND,
        Kind::Experiment => code::EXPERIMENT_NOT_FOUND,
        Kind::Cluster => code::CLUSTER_NOT_FOUND,
        Kind::FileServer => code::FILE_SERVER_NOT_FOUND,
        Kind::Node => code::NODE_NOT_FOUND,
        Kind::Job => code::JOB_NOT_FOUND,
        Kind::LongOperation => "OperationNotFound",
        Kind::Token => code::TOKEN_NOT_FOUND,
        Kind::StorageAccount => "ResourceNotFound",
        Kind::Secret => code::SECRET_NOT_FOUND,
    }
}
