//! Downloads by signed address: no token, no api-version.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::fmt::rfc2822::DateTimePrinter;
use serde::Deserialize;

use super::Answer;
use crate::operations::Context;
use crate::operations::downloads::{Download, OwnedFile, Owner, open_file};
use crate::server::error::ApiError;
use crate::server::extract::Params;
use crate::server::range::{Part, Validators, part};
use crate::server::signed::{OF_CLUSTER, Refusal, Signature, check};

/// Path of one file.
#[derive(Deserialize)]
pub struct FilePath {
    job: String,
    directory: String,
    path: String,
}

/// GET and HEAD one file, or a range of it.
pub async fn read(
    State(context): State<Context>,
    Path(path): Path<FilePath>,
    Params(signature): Params<Signature>,
    headers: HeaderMap,
) -> Answer<Response> {
    let file = file(path).ok_or_else(|| refused(Refusal::NotSigned))?;
    check(&context.signer, &file, &signature, (context.clock)()).map_err(refused)?;
    Ok(sent(open_file(&context, &file).await?, &headers))
}

/// The answer to a request for a file, or a range of it.
pub(super) fn sent(download: Download, headers: &HeaderMap) -> Response {
    let validators = validators(&download);
    let part = part(headers, &validators, download.length);
    let mut response = answer(download, part);
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    for (name, value) in [(header::ETAG, validators.etag), (header::LAST_MODIFIED, validators.last_modified)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

fn file(path: FilePath) -> Option<OwnedFile> {
    let FilePath { job, directory, path } = path;
    let (owner, of) = match job.strip_prefix(OF_CLUSTER) {
        Some(of) => (Owner::Cluster, of),
        None => (Owner::Job, job.as_str()),
    };
    let (number, uuid) = of.split_once('-')?;
    Some(OwnedFile { owner, number: number.parse().ok()?, uuid: uuid.to_owned(), directory, path })
}

/// The body is read only when somebody takes it, which after a HEAD nobody does.
fn answer(download: Download, part: Part) -> Response {
    let whole = download.length;
    let (status, range) = match part {
        Part::Whole => (StatusCode::OK, 0..whole),
        Part::Bytes(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::OutOfRange => return out_of_range(whole),
    };
    let content = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, (range.end - range.start).to_string()),
    ];
    let place = (status == StatusCode::PARTIAL_CONTENT)
        .then(|| [(header::CONTENT_RANGE, format!("bytes {}-{}/{whole}", range.start, range.end - 1))]);
    (status, content, place.map(axum::response::AppendHeaders), Body::from_stream(download.bytes(range)))
        .into_response()
}

fn out_of_range(whole: u64) -> Response {
    let message = format!("The range specified is invalid for the current size of the file: it has {whole} bytes");
    let error = ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", message);
    ([(header::CONTENT_RANGE, format!("bytes */{whole}"))], error).into_response()
}

/// A file that is only written to has another tag after every write: its length is part of it.
fn validators(download: &Download) -> Validators {
    let Download { length, modified, .. } = download;
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(modified);
    Validators {
        etag: format!("\"{:x}-{length:x}\"", modified.as_nanosecond()),
        last_modified: date.unwrap_or_default(),
    }
}

/// In the words of Azure storage.
fn refused(why: Refusal) -> ApiError {
    let why = match why {
        Refusal::NotSigned => "Signature did not match: list the files of the job again for an address of this server",
        Refusal::Expired => {
            "Signature not valid in the specified time frame: list the files of the job again for a fresh address"
        }
    };
    ApiError::new(
        StatusCode::FORBIDDEN,
        "AuthenticationFailed",
        format!("Server failed to authenticate the request. {why}"),
    )
}
