//! Why a code folder cannot be sent.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

/// Why a code folder cannot be sent. Paths are those on this machine.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// There is no such folder.
    #[error("the code folder {} does not exist", folder.display())]
    Missing {
        /// As the user wrote it.
        folder: PathBuf,
    },
    /// Something else has that name.
    #[error("cannot send {} as code: it is not a folder", folder.display())]
    NotAFolder {
        /// As the user wrote it.
        folder: PathBuf,
    },
    /// A file or directory cannot be read.
    #[error("cannot read {} in order to send it with the code folder", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory cannot be listed.
    #[error("cannot list the code folder {}", folder.display())]
    List {
        /// The whole folder; the source says which part of it.
        folder: PathBuf,
        /// Why.
        source: ignore::Error,
    },
    /// An ignore file has a rule that means nothing; without it, what was to stay here would be sent.
    #[error("cannot use a rule of an ignore file of the code folder {}", folder.display())]
    IgnoreRule {
        /// The whole folder; the source says which file and line.
        folder: PathBuf,
        /// Why.
        source: ignore::Error,
    },
    /// A symbolic link leads out of the folder.
    #[error("cannot send the link {}: it points outside the code folder, to {}", path.display(), target.display())]
    LinkOutside {
        /// The link.
        path: PathBuf,
        /// What it says.
        target: PathBuf,
    },
    /// A socket, a pipe or a device.
    #[error("cannot send {}: it is a {kind}, not a file", path.display())]
    Special {
        /// Which one.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// The content is over the limit.
    #[error("{}", too_large(folder, *total, *limit, largest))]
    TooLarge {
        /// As the user wrote it.
        folder: PathBuf,
        /// Bytes of content seen so far.
        total: u64,
        /// Bytes of content allowed.
        limit: u64,
        /// The largest files and directories with their bytes, the largest first; relative to the folder.
        largest: Vec<(PathBuf, u64)>,
    },
    /// A file is not what it was when the folder was looked at.
    #[error("the code folder changed while it was being sent: {} is not as it was", path.display())]
    FileChanged {
        /// Which one.
        path: PathBuf,
    },
    /// Some file has other content of the same length.
    #[error("the code folder {} changed while it was being sent", folder.display())]
    FolderChanged {
        /// Its real path.
        folder: PathBuf,
    },
    /// The other end takes no more.
    #[error("cannot send the code folder")]
    Send(#[source] io::Error),
}

impl SnapshotError {
    /// What the user can do about it, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TooLarge { .. } => Some("add what the job does not need to a .batchaiignore file in the folder"),
            Self::LinkOutside { .. } => Some(
                "put a copy in its place, let the job read it from a mounted volume, or add the link to .batchaiignore",
            ),
            Self::Special { .. } | Self::Read { .. } => {
                Some("if the job does not need it, add it to a .batchaiignore file in the folder")
            }
            Self::FileChanged { .. } | Self::FolderChanged { .. } => {
                Some("try again; add files that are being written all the time to .batchaiignore")
            }
            Self::IgnoreRule { .. } => Some("correct the rule; the form is that of .gitignore"),
            Self::Missing { .. } | Self::NotAFolder { .. } | Self::List { .. } | Self::Send(_) => None,
        }
    }
}

fn too_large(folder: &std::path::Path, total: u64, limit: u64, largest: &[(PathBuf, u64)]) -> String {
    let mut text = format!(
        "the code folder {} is too large to be sent: {} so far, the limit is {}; the largest in it:",
        folder.display(),
        readable(total),
        readable(limit)
    );
    for (path, bytes) in largest {
        let _ = write!(text, "\n{:>10}  {}", readable(*bytes), path.display());
    }
    text
}

fn readable(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        let cases = [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (512 << 20, "512.0 MiB"), (3 << 40, "3.0 TiB")];
        for (bytes, text) in cases {
            assert_eq!(readable(bytes), text);
        }
        assert_eq!(readable(u64::MAX), "16777215.9 TiB");
    }

    #[test]
    fn a_folder_that_is_too_large_says_what_is_large_in_it() {
        let largest = vec![("data".into(), 600 << 20), ("a.bin".into(), 1536)];
        let error = SnapshotError::TooLarge { folder: "code".into(), total: 601 << 20, limit: 512 << 20, largest };
        insta::assert_snapshot!(error, @r"
        the code folder code is too large to be sent: 601.0 MiB so far, the limit is 512.0 MiB; the largest in it:
         600.0 MiB  data
           1.5 KiB  a.bin
        ");
    }
}
