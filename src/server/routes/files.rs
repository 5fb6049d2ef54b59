//! Files of a job.

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::Deserialize;

use super::Answer;
use crate::api::file::{File, FileProperties, STDOUTERR};
use crate::api::page::Page;
use crate::api::path;
use crate::domain::name::{ClusterKey, JobKey};
use crate::operations::downloads::{OwnedFile, Owner};
use crate::operations::files::{FileEntry, Listing};
use crate::operations::{Context, files, follow, setup_files};
use crate::server::error::ApiError;
use crate::server::extract::{Key, Paging, Params, Wire};
use crate::server::origin::Origin;
use crate::server::peer::Peer;
use crate::server::{convert, signed};

/// For how many minutes download addresses are good, unless asked otherwise (Swagger 2018-05-01,
/// `Jobs_ListOutputFiles`).
const EXPIRY: i64 = 60;

/// Query of listOutputFiles.
#[derive(Deserialize)]
pub struct Directory {
    outputdirectoryid: Option<String>,
    /// Relative to that of the id.
    pub(in crate::server) directory: Option<String>,
    linkexpiryinminutes: Option<i64>,
}

/// GET and POST listOutputFiles.
pub async fn list(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Params(query): Params<Directory>,
    links: Links,
    paging: Paging,
) -> Answer<Wire<Page<File>>> {
    let Asked { id, folder, expiry } = asked(query)?;
    let listing = files::list(&context, &key, &id, &folder).await?;
    let rest = format!("&outputdirectoryid={}", path::encode(&id));
    let listed = Listed { owner: Owner::Job, id, folder, expiry, listing };
    Ok(Wire(page_of(&context, listed, &rest, &links, &paging)))
}

/// GET and POST listSetupTaskFiles, ours: what `az batchai cluster file list` read from the storage account itself.
pub async fn list_of_setup(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Params(query): Params<Directory>,
    links: Links,
    paging: Paging,
) -> Answer<Wire<Page<File>>> {
    let Directory { outputdirectoryid: _, directory, linkexpiryinminutes } = query;
    let (folder, expiry) = (directory.unwrap_or_else(|| ".".into()), expiry(linkexpiryinminutes)?);
    let listing = setup_files::list(&context, &key, &folder).await?;
    let listed = Listed { owner: Owner::Cluster, id: STDOUTERR.into(), folder, expiry, listing };
    Ok(Wire(page_of(&context, listed, "", &links, &paging)))
}

/// A directory that was listed.
struct Listed {
    owner: Owner,
    /// Of the directory.
    id: String,
    /// Relative to it.
    folder: String,
    /// In minutes.
    expiry: i64,
    listing: Listing,
}

/// One page of it; `rest` is what else a link to the next one has to say.
fn page_of(context: &Context, listed: Listed, rest: &str, links: &Links, paging: &Paging) -> Page<File> {
    let Listed { owner, id, folder, expiry, listing: Listing { number, uuid, entries } } = listed;
    let first = usize::try_from(paging.window.after).unwrap_or(0).min(entries.len());
    let end = entries.len().min(first + paging.window.limit as usize);
    let next_link = (end < entries.len()).then(|| {
        let link = paging.link(i64::try_from(end).unwrap_or(i64::MAX));
        format!("{link}{rest}&directory={}&linkexpiryinminutes={expiry}", path::encode(&folder))
    });
    let expires = (context.clock)() + SignedDuration::from_mins(expiry);
    let address = |entry: &FileEntry| match links {
        // Whoever can open the socket can open the file.
        // Where there is no file to open, it is read by its name.
        Links::Files => entry.path.as_ref().map(|path| path::file_url(path.as_os_str().as_encoded_bytes())),
        Links::Signed(origin) => {
            let (uuid, directory, path) = (uuid.clone(), id.clone(), below(&folder, &entry.name));
            let file = OwnedFile { owner, number, uuid, directory, path };
            Some(origin.url(&signed::address(&context.signer, &file, expires)))
        }
    };
    Page { value: entries[first..end].iter().map(|entry| file(entry, address)).collect(), next_link }
}

/// What is listed.
struct Asked {
    /// `stdouterr`, or the id of an output directory.
    id: String,
    /// Relative to it.
    folder: String,
    /// In minutes.
    expiry: i64,
}

fn asked(query: Directory) -> Result<Asked, ApiError> {
    let Directory { outputdirectoryid, directory, linkexpiryinminutes } = query;
    let id = outputdirectoryid.ok_or_else(|| {
        let message = format!("outputdirectoryid is required: `{STDOUTERR}` or the id of an output directory");
        ApiError::invalid("outputdirectoryid", message)
    })?;
    let expiry = expiry(linkexpiryinminutes)?;
    Ok(Asked { id, folder: directory.unwrap_or_else(|| ".".into()), expiry })
}

fn expiry(minutes: Option<i64>) -> Result<i64, ApiError> {
    let expiry = minutes.unwrap_or(EXPIRY);
    if (5..=600).contains(&expiry) {
        return Ok(expiry);
    }
    let message = format!("linkexpiryinminutes is {expiry}, but must be 5 to 600");
    Err(ApiError::invalid("linkexpiryinminutes", message))
}

/// The path of an entry of a folder.
fn below(folder: &str, name: &str) -> String {
    match folder.trim_start_matches("./").trim_matches('/') {
        "" | "." => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

fn file(entry: &FileEntry, address: impl Fn(&FileEntry) -> Option<String>) -> File {
    let FileEntry { name, path: _, file } = entry;
    File {
        name: name.clone(),
        file_type: if file.is_some() { "file" } else { "directory" }.into(),
        download_url: file.and_then(|_| address(entry)),
        properties: file.map(|(length, modified)| FileProperties {
            last_modified: Some(convert::time(modified)),
            content_length: Some(length),
        }),
    }
}

/// How a client gets at the files of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Links {
    /// It is on the same machine.
    Files,
    /// Through this server, under the name by which the client knows it.
    Signed(Origin),
}

impl<S: Send + Sync> FromRequestParts<S> for Links {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(match parts.extensions.get() {
            None | Some(Peer::Socket) => Self::Files,
            Some(Peer::Tcp { .. }) => Self::Signed(Origin::of(parts)),
        })
    }
}

/// Path of one file.
#[derive(Deserialize)]
pub struct FilePath {
    directory: String,
    path: String,
}

/// Query of one file.
#[derive(Deserialize)]
pub struct Reading {
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    follow: bool,
}

/// GET one file from an offset; with `follow=true` until the job has ended and its last byte was sent.
pub async fn read(
    State(context): State<Context>,
    Key(job): Key<JobKey>,
    Path(FilePath { directory, path }): Path<FilePath>,
    Params(Reading { offset, follow: is_followed }): Params<Reading>,
) -> Answer<Response> {
    let wish = follow::Wish { job, directory, path, offset };
    let body = if is_followed {
        Body::from_stream(follow::follow(&context, &wish).await?)
    } else {
        Body::from_stream(follow::read(&context, &wish).await?)
    };
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response())
}
