//! The last lines of a file of a job, without reading all of it.

use jiff::Timestamp;

use crate::api::file::{File, STDOUTERR};
use crate::api::id::ResourceId;
use crate::client::{Client, ClientError};

/// So much is read from the end at first; twice as much when that has too few lines, and so on.
const BLOCK: u64 = 64 << 10;

/// What is shown of a file before it is followed, and where that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// To be shown.
    pub bytes: Vec<u8>,
    /// The byte from which on everything is shown.
    pub offset: u64,
}

/// The last `lines` of a file as it is now, all of it for `None`; nothing of one that was last written to before
/// `since`.
///
/// # Errors
/// See [`ClientError`].
pub async fn beginning(
    client: &Client,
    job: &ResourceId,
    file: &str,
    lines: Option<usize>,
    since: Option<Timestamp>,
) -> Result<Beginning, ClientError> {
    let (folder, name) = file.rsplit_once('/').unwrap_or((".", file));
    let listed = client.list_files(job, STDOUTERR, folder, 60).await?;
    let (size, modified) = listed.iter().find(|entry| entry.name == name).map_or((0, None), facts);
    if since.zip(modified).is_some_and(|(since, modified)| modified < since) {
        return Ok(Beginning { bytes: Vec::new(), offset: size });
    }
    let Some(lines) = lines else { return Ok(Beginning { bytes: Vec::new(), offset: 0 }) };
    if size == 0 || lines == 0 {
        return Ok(Beginning { bytes: Vec::new(), offset: size });
    }
    let mut block = BLOCK;
    loop {
        let from = size.saturating_sub(block);
        let mut rest = client.read_from(job, STDOUTERR, file, from);
        let mut bytes = Vec::new();
        while let Some(more) = rest.next().await? {
            bytes.extend_from_slice(&more);
        }
        match start_of_last(&bytes, lines) {
            None if from > 0 => block *= 2,
            start => {
                let offset = from + bytes.len() as u64;
                return Ok(Beginning { bytes: bytes.split_off(start.unwrap_or(0)), offset });
            }
        }
    }
}

fn facts(file: &File) -> (u64, Option<Timestamp>) {
    let properties = file.properties.clone().unwrap_or_default();
    let modified = properties.last_modified.and_then(|at| at.parse().ok());
    (properties.content_length.unwrap_or(0), modified)
}

/// Where the last `lines` lines begin; `None` when there may be more of them before. A last line without its end
/// counts.
fn start_of_last(bytes: &[u8], lines: usize) -> Option<usize> {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut ends = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.nth(lines - 1)
}

#[cfg(test)]
mod tests {
    use super::start_of_last;

    #[test]
    fn the_last_lines_are_found_with_and_without_a_last_line_break() {
        assert_eq!(start_of_last(b"a\nb\nc\n", 1), Some(4));
        assert_eq!(start_of_last(b"a\nb\nc", 2), Some(2));
        assert_eq!(start_of_last(b"a\nb\n", 2), None);
        assert_eq!(start_of_last(b"", 1), None);
        assert_eq!(start_of_last(b"\n\n\n", 2), Some(1));
    }
}
