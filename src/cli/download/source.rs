//! Where files are fetched from: a directory of a job, or a share or container.

use bytes::Bytes;

use super::Remote;
use crate::api::id::ResourceId;
use crate::api::storage::{StoredFile, VolumePlace};
use crate::client::follow::Follow;
use crate::client::storage::StoredRead;
use crate::client::{Client, ClientError};

/// Where files are.
#[derive(Clone, Copy)]
pub enum Source<'s> {
    /// A directory of a job, by its id.
    Job(&'s Client, &'s ResourceId, &'s str),
    /// A share or container.
    Volume(&'s Client, &'s VolumePlace),
}

/// A file that is being read.
pub enum Reading<'s> {
    /// Of a job.
    Job(Box<Follow<'s>>),
    /// Of a share or container.
    Volume(Box<StoredRead<'s>>),
}

impl<'s> Source<'s> {
    /// The files of a folder and of all below it, in the order of their names.
    ///
    /// # Errors
    /// When the folder is not there.
    pub async fn list(&self, folder: &str) -> Result<Vec<Remote>, ClientError> {
        match self {
            Self::Job(client, job, directory) => of_job(client, job, directory, folder).await,
            Self::Volume(client, place) => {
                let files = client.list_stored(place, folder, true).await?;
                Ok(files.into_iter().filter_map(|file| of_volume(file, folder)).collect())
            }
        }
    }

    /// Begins to read a file from a byte on; nothing is sent yet.
    #[must_use]
    pub fn read(&self, path: &str, from: u64) -> Reading<'s> {
        match self {
            Self::Job(client, job, directory) => Reading::Job(Box::new(client.read_from(job, directory, path, from))),
            Self::Volume(client, place) => Reading::Volume(Box::new(client.read_stored(place, path, from))),
        }
    }
}

impl Reading<'_> {
    /// The next bytes; `None` after the last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        match self {
            Self::Job(read) => read.next().await,
            Self::Volume(read) => read.next().await,
        }
    }
}

async fn of_job(client: &Client, job: &ResourceId, directory: &str, folder: &str) -> Result<Vec<Remote>, ClientError> {
    let (mut found, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(below) = folders.pop() {
        let path = join(folder, &below);
        let listed = client.list_files(job, directory, &path, 60).await?;
        for entry in listed {
            let below = join(&below, &entry.name);
            if entry.file_type == "directory" {
                folders.push(below);
                continue;
            }
            let properties = entry.properties.unwrap_or_default();
            let modified = properties.last_modified.and_then(|at| at.parse().ok());
            let size = properties.content_length.unwrap_or(0);
            found.push(Remote { path: join(folder, &below), below, size, modified, is_executable: false });
        }
    }
    found.sort_by(|a, b| a.below.cmp(&b.below));
    Ok(found)
}

/// A file that `folder` leads to has its own name below it. `None` for a folder.
fn of_volume(file: StoredFile, folder: &str) -> Option<Remote> {
    let properties = file.properties.filter(|_| file.file_type != "directory")?;
    let inside = match join(folder, "") {
        all if all == "." => Some(file.name.as_str()),
        folder => file.name.strip_prefix(&folder).and_then(|rest| rest.strip_prefix('/')),
    };
    let base = file.name.rsplit_once('/').map_or(file.name.as_str(), |(_, base)| base);
    Some(Remote {
        below: inside.unwrap_or(base).to_owned(),
        size: properties.content_length.unwrap_or(0),
        modified: properties.last_modified.and_then(|at| at.parse().ok()),
        is_executable: properties.is_executable,
        path: file.name,
    })
}

fn join(folder: &str, name: &str) -> String {
    match (folder.trim_start_matches("./").trim_matches('/'), name) {
        ("" | ".", "") => ".".to_owned(),
        ("" | ".", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::storage::StoredProperties;

    #[test]
    fn a_file_is_named_below_the_folder_that_was_asked_for() {
        let below = |name: &str, folder: &str| {
            let properties = Some(StoredProperties::default());
            let file = StoredFile { name: name.into(), file_type: "file".into(), properties };
            of_volume(file, folder).map(|remote| remote.below)
        };
        assert_eq!(below("a/b/c", ""), Some("a/b/c".into()));
        assert_eq!(below("a/b/c", "./a/"), Some("b/c".into()));
        assert_eq!(below("a/b/c", "a/b/c"), Some("c".into()));
        let folder = StoredFile { name: "a".into(), file_type: "directory".into(), properties: None };
        assert_eq!(of_volume(folder, ""), None);
    }
}
