//! Sending: several files at once over the connections of one client.

use std::cell::RefCell;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream::{self, StreamExt};

use super::{Sent, Wanted};
use crate::api::storage::VolumePlace;
use crate::cli::progress::Bytes;
use crate::cli::report::{Failure, Report};
use crate::client::Client;
use crate::client::storage::{Content, Handed};

/// So many files are sent at once.
const AT_ONCE: usize = 8;

/// Where files are sent.
pub struct Send<'s> {
    /// The server.
    pub client: &'s Client,
    /// The share or container, which is there.
    pub place: &'s VolumePlace,
    /// Where progress is shown.
    pub report: Report,
}

impl Send<'_> {
    /// Sends all of them; the first failure ends it, and what has been sent stays.
    ///
    /// # Errors
    /// Names the file, and what went wrong.
    pub async fn all(&self, files: &[Wanted]) -> Result<Vec<Sent>, Failure> {
        let what = if let [only] = files { only.remote.clone() } else { format!("{} files", files.len()) };
        let bar = Arc::new(Bytes::new(self.report, &what, files.iter().map(|file| file.size).sum()));
        let sends = files.iter().map(|file| self.file(file, &bar));
        let mut sends = stream::iter(sends).buffer_unordered(AT_ONCE);
        let mut done = Vec::with_capacity(files.len());
        while let Some(sent) = sends.next().await {
            done.push(sent?);
        }
        done.sort_by(|a: &Sent, b| a.name.cmp(&b.name));
        Ok(done)
    }

    async fn file(&self, file: &Wanted, bar: &Arc<Bytes>) -> Result<Sent, Failure> {
        let counter = Arc::clone(bar);
        let handed: Handed = Arc::new(move |bytes| counter.add(bytes));
        let content = Content::File(&file.local, file.size);
        let Wanted { remote, is_executable, .. } = file;
        let sent = self.client.put_stored(self.place, remote, *is_executable, &content, &handed).await;
        let was_there = sent.map_err(|error| named(Failure::from(error), &file.local.display().to_string()))?;
        Ok(Sent {
            name: remote.clone(),
            path: file.local.display().to_string(),
            size: file.size,
            status: status(was_there),
        })
    }

    /// Sends what comes.
    ///
    /// # Errors
    /// As [`Send::all`].
    pub async fn stream(&self, from: Box<dyn Read + std::marker::Send>, remote: &str) -> Result<Sent, Failure> {
        let size = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&size);
        let handed: Handed = Arc::new(move |bytes| {
            counter.fetch_add(bytes, Ordering::Relaxed);
        });
        let content = Content::Stream(RefCell::new(Some(from)));
        let sent = self.client.put_stored(self.place, remote, false, &content, &handed).await;
        let was_there = sent.map_err(|error| named(Failure::from(error), "standard input"))?;
        let size = size.load(Ordering::Relaxed);
        Ok(Sent { name: remote.to_owned(), path: "-".into(), size, status: status(was_there) })
    }
}

const fn status(was_there: bool) -> &'static str {
    if was_there { "replaced" } else { "uploaded" }
}

fn named(failure: Failure, path: &str) -> Failure {
    let message = format!("cannot upload {path}: {}", failure.message);
    Failure { message, ..failure }
}
