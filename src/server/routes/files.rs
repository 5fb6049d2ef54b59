//! Files of a job.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Answer;
use crate::api::file::{File, FileProperties, STDOUTERR};
use crate::api::page::Page;
use crate::api::path;
use crate::domain::name::JobKey;
use crate::operations::files::FileEntry;
use crate::operations::{Context, files, follow};
use crate::server::convert::{self, job as convert_job};
use crate::server::error::ApiError;
use crate::server::extract::{Key, Paging, Params, Wire};

/// Query of listOutputFiles.
#[derive(Deserialize)]
pub struct Directory {
    outputdirectoryid: Option<String>,
    /// Relative to that of the id.
    pub(in crate::server) directory: Option<String>,
}

/// POST listOutputFiles.
pub async fn list(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Params(query): Params<Directory>,
    paging: Paging,
) -> Answer<Wire<Page<File>>> {
    let id = query.outputdirectoryid.ok_or_else(|| {
        let message = format!("outputdirectoryid is required: `{STDOUTERR}` or the id of an output directory");
        ApiError::invalid("outputdirectoryid", message)
    })?;
    let folder = query.directory.unwrap_or_else(|| ".".into());
    let entries = files::list(&context, &key, &id, &folder)?;
    let first = usize::try_from(paging.window.after).unwrap_or(0).min(entries.len());
    let end = entries.len().min(first + paging.window.limit as usize);
    let job = convert_job::id(&key);
    let value = entries[first..end].iter().map(|entry| file(entry, &id, &folder, &job, &paging)).collect();
    let next_link = (end < entries.len()).then(|| {
        format!(
            "{}&outputdirectoryid={}&directory={}",
            paging.link(i64::try_from(end).unwrap_or(i64::MAX)),
            path::encode(&id),
            path::encode(&folder)
        )
    });
    Ok(Wire(Page { value, next_link }))
}

fn file(entry: &FileEntry, directory: &str, folder: &str, job: &crate::api::id::ResourceId, paging: &Paging) -> File {
    let FileEntry { name, file } = entry;
    let relative = match folder.trim_start_matches("./").trim_matches('/') {
        "" | "." => name.clone(),
        folder => format!("{folder}/{name}"),
    };
    File {
        name: name.clone(),
        file_type: if file.is_some() { "file" } else { "directory" }.into(),
        download_url: file.map(|_| paging.absolute(&path::output_file(job, directory, &relative))),
        properties: file.map(|(length, modified)| FileProperties {
            last_modified: Some(convert::time(modified)),
            content_length: Some(length),
        }),
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
        Body::from_stream(follow::read(&context, &wish)?)
    };
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response())
}
