//! File shares, blob containers and the files in them.
//!
//! Their paths are in no resource group, because their names are not: an account has one name on the whole server. So
//! every handler asks here whether the caller may use the account, before anything else.

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Answer, downloads};
use crate::api::page::Page;
use crate::api::path::encode;
use crate::api::storage::{CONTAINER, MOST_FILES, SHARE, StoredFile, Volume, VolumePlace};
use crate::api::version::ApiVersion;
use crate::domain::name::GroupKey;
use crate::domain::volume::{VolumeKey, VolumeKind};
use crate::operations::storage::listing::{Wish, list};
use crate::operations::storage::writing::{NewFile, put};
use crate::operations::storage::{self, removing};
use crate::operations::{Context, OperationError};
use crate::server::authorise::Caller;
use crate::server::convert;
use crate::server::convert::storage as wire;
use crate::server::error::ApiError;
use crate::server::extract::{Nested, Origin, Params, Subscription, Wire};
use crate::server::links::Link;

/// Names in a path.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Names {
    account: String,
    kind: String,
    volume: String,
    path: String,
}

/// The volume that a path names, which the caller may use, and the path in it.
pub struct Place {
    subscription: String,
    key: VolumeKey,
    path: String,
}

impl FromRequestParts<Context> for Place {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        Nested::from_request_parts(parts, context).await?;
        let Subscription(subscription) = Subscription::from_request_parts(parts, context).await?;
        let caller = Caller::from_request_parts(parts, context).await?;
        let names = Path::<Names>::from_request_parts(parts, context).await;
        let Path(names) = names.map_err(|rejection| ApiError::invalid("path", rejection.body_text()))?;
        let key = wire::key(&names.account, &names.kind, &names.volume);
        let key = key.map_err(|(target, message)| ApiError::invalid(target, message))?;
        caller.may_use(context, &[Link::Account(key.account.clone())])?;
        Ok(Self { subscription, key, path: names.path })
    }
}

impl Place {
    /// For what changes nothing, and so makes nobody the owner of the account.
    fn known(self, context: &Context) -> Answer<Self> {
        storage::ensure_known(&context.store, &self.subscription, &self.key.account)?;
        Ok(self)
    }
}

/// Query of what may be the first use of an account.
#[derive(Deserialize)]
pub struct FirstUse {
    #[serde(rename = "resourceGroup")]
    group: Option<String>,
}

/// Whose an account is to be that nobody has used yet: the caller's group, or the one that is named.
fn first_user(subscription: &str, caller: &Caller, wish: FirstUse) -> Answer<GroupKey> {
    let named = wish.group.or_else(|| caller.group.clone()).ok_or_else(|| {
        ApiError::invalid("resourceGroup", "resourceGroup is required: it gets the account if nobody has used it yet")
    })?;
    // An account that somebody has used stays whose it is, and one that nobody has is taken for the caller.
    let named = caller.group.clone().unwrap_or(named);
    convert::group(subscription, &named).map_err(|message| ApiError::invalid("resourceGroup", message))
}

/// Query of the list of volumes.
#[derive(Deserialize)]
pub struct OfAccount {
    #[serde(rename = "accountName")]
    account: Option<String>,
}

/// GET of the list of volumes.
pub async fn volumes(
    State(context): State<Context>,
    _: Nested,
    Subscription(subscription): Subscription,
    caller: Caller,
    Params(OfAccount { account }): Params<OfAccount>,
) -> Answer<Wire<Page<Volume>>> {
    if let Some(account) = &account {
        wire::check_account(account).map_err(|(target, message)| ApiError::invalid(target, message))?;
        caller.may_use(&context, &[Link::Account(account.clone())])?;
    }
    let found =
        blocking(move || storage::volumes(&context, &subscription, caller.group.as_deref(), account.as_deref()))
            .await?;
    Ok(Wire(Page { value: found.iter().map(wire::volume).collect(), next_link: None }))
}

/// GET.
pub async fn volume(State(context): State<Context>, place: Place) -> Answer<Wire<Volume>> {
    let place = place.known(&context)?;
    Ok(Wire(wire::volume(&blocking(move || storage::volume(&context, place.key)).await?)))
}

/// PUT: 201 when it was not there.
pub async fn make(
    State(context): State<Context>,
    caller: Caller,
    Params(first_use): Params<FirstUse>,
    place: Place,
) -> Answer<Response> {
    let group = first_user(&place.subscription, &caller, first_use)?;
    storage::take(&context, place.key.account.clone(), group).await?;
    // Somebody else may have been quicker.
    caller.may_use(&context, &[Link::Account(place.key.account.clone())])?;
    let made = move || Ok((storage::make(&context, &place.key)?, storage::volume(&context, place.key)?));
    let (is_new, volume) = blocking(made).await?;
    Ok(answer(is_new, Wire(wire::volume(&volume))))
}

/// DELETE: 204 when it was not there.
pub async fn delete(State(context): State<Context>, place: Place) -> Answer<StatusCode> {
    gone(context, place, |context, key, _| removing::delete(context, key)).await
}

/// Query of the list of files.
#[derive(Deserialize)]
pub struct Listing {
    directory: Option<String>,
    #[serde(default)]
    recursive: bool,
    marker: Option<String>,
    maxresults: Option<u32>,
}

/// GET of the list of files.
pub async fn files(
    State(context): State<Context>,
    Params(query): Params<Listing>,
    origin: Origin,
    place: Place,
) -> Answer<Wire<Page<StoredFile>>> {
    let Place { subscription, key, path: _ } = place.known(&context)?;
    let limit = query.maxresults.unwrap_or(MOST_FILES);
    if !(1..=MOST_FILES).contains(&limit) {
        let message = format!("maxresults is {limit}, but must be 1 to {MOST_FILES}");
        return Err(ApiError::invalid("maxresults", message));
    }
    let words = if key.kind == VolumeKind::Share { SHARE } else { CONTAINER };
    let at = VolumePlace { subscription, account: key.account.clone(), kind: words, name: key.name.clone() };
    let wish = Wish {
        volume: key,
        path: query.directory.unwrap_or_default(),
        is_recursive: query.recursive,
        after: query.marker,
        limit: limit as usize,
    };
    let (folder, recursive) = (encode(&wish.path), wish.is_recursive);
    let page = blocking(move || list(&context, &wish)).await?;
    let next_link = page.next.map(|marker| {
        let (path, marker, version) = (at.files(), encode(&marker), ApiVersion::Ours);
        origin.url(&format!(
            "{path}?api-version={version}&directory={folder}&recursive={recursive}&maxresults={limit}&marker={marker}"
        ))
    });
    Ok(Wire(Page { value: page.entries.iter().map(wire::file).collect(), next_link }))
}

/// GET and HEAD one file, or a range of it.
pub async fn read(State(context): State<Context>, headers: HeaderMap, place: Place) -> Answer<Response> {
    let Place { key, path, .. } = place.known(&context)?;
    let file = blocking(move || storage::open(&context, &key, &path)).await?;
    Ok(downloads::sent(file, &headers))
}

/// Query of an upload.
#[derive(Deserialize)]
pub struct Mode {
    #[serde(default)]
    executable: bool,
}

/// PUT one file: 201 when there was none of that name.
pub async fn write(
    State(context): State<Context>,
    Params(Mode { executable }): Params<Mode>,
    place: Place,
    body: Body,
) -> Answer<StatusCode> {
    let Place { key, path, .. } = place.known(&context)?;
    let new = NewFile { volume: key, path, is_executable: executable };
    let was_there = put(&context, new, body.into_data_stream()).await?;
    Ok(if was_there { StatusCode::OK } else { StatusCode::CREATED })
}

/// DELETE one file, or a folder with all that is in it: 204 when it was not there.
pub async fn remove(State(context): State<Context>, place: Place) -> Answer<StatusCode> {
    gone(context, place, removing::remove).await
}

async fn gone(
    context: Context,
    place: Place,
    remove: impl Fn(&Context, &VolumeKey, &str) -> Result<bool, OperationError> + Send + 'static,
) -> Answer<StatusCode> {
    let Place { key, path, .. } = place.known(&context)?;
    let was_there = blocking(move || remove(&context, &key, &path)).await?;
    Ok(if was_there { StatusCode::OK } else { StatusCode::NO_CONTENT })
}

/// For what looks at files: there may be very many, or a disk of the network that does not answer.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, OperationError> + Send + 'static) -> Answer<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn answer(is_new: bool, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    if is_new {
        *response.status_mut() = StatusCode::CREATED;
    }
    response
}
