//! Where the server itself finds what lies in file shares and containers. Pure but for [`names`].
//!
//! `operations/storage` asks through [`super::Engine`]; how nodes see the same volumes is in [`super::volumes`].

use std::io;
use std::path::PathBuf;

use super::directories::{Layout, safe_name};
use super::volumes;
use crate::domain::volume::{VolumeKey, VolumeKind};

/// Where files wait until they are whole. No account has this name: [`safe_name`] makes none that begins with a dot.
const INCOMING: &str = ".incoming";

/// The same in a volume whose directory the settings name, and which may be another disk.
const INCOMING_INSIDE: &str = ".batchai-incoming";

/// A volume, as far as the server can use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumePlace {
    /// A directory of this machine.
    Here {
        /// What the volume shows; need not be there yet.
        directory: PathBuf,
        /// Where files wait until they are whole: on the same file system, and in no list.
        incoming: PathBuf,
    },
    /// Only nodes see it. A sentence that says where it is, and what to do instead.
    Elsewhere(String),
}

/// Where a volume is.
#[must_use]
pub fn place(layout: &Layout, volume: &VolumeKey) -> VolumePlace {
    match volumes::real_directory(layout, &volume.source()) {
        Some(directory) if directory.starts_with(layout.storage()) => {
            VolumePlace::Here { directory, incoming: incoming(layout) }
        }
        Some(directory) => VolumePlace::Here { incoming: directory.join(INCOMING_INSIDE), directory },
        None => VolumePlace::Elsewhere(format!(
            "The {volume} is not kept by this server, but mounted by a program (`storage` of server.yaml), and only \
             nodes see it: use the tools of that storage, such as `az storage` or `rclone`"
        )),
    }
}

/// Where files wait that are on their way into emulated volumes.
#[must_use]
pub fn incoming(layout: &Layout) -> PathBuf {
    layout.storage().join(INCOMING)
}

/// The emulated volumes of an account that have been made, by kind and name.
///
/// # Errors
/// When the directory of the account cannot be read.
pub fn names(layout: &Layout, account: &str) -> io::Result<Vec<VolumeKey>> {
    let mut found = Vec::new();
    for kind in VolumeKind::ALL {
        let folder = volumes::folder(layout, account, kind);
        let mut names = match std::fs::read_dir(&folder) {
            Ok(entries) => entries.filter_map(|entry| directory_name(&entry.ok()?)).collect::<Vec<_>>(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        names.sort();
        found.extend(names.iter().map(|name| VolumeKey::new(account, kind, name)));
    }
    Ok(found)
}

fn directory_name(entry: &std::fs::DirEntry) -> Option<String> {
    let name = entry.file_name().into_string().ok()?;
    entry.path().is_dir().then(|| text_of(&name))
}

/// The text that a [`safe_name`] stands for; of one that ends in a digest, the name itself.
fn text_of(name: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(name.len()), name.as_bytes());
    while let [first, after @ ..] = rest {
        let digits = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    match String::from_utf8(bytes) {
        Ok(text) if safe_name(&text) == name => text,
        Ok(_) | Err(_) => name.to_owned(),
    }
}

/// Whether a path of a volume, from its root, is that of what waits to be whole.
#[must_use]
pub fn is_incoming(path: &str) -> bool {
    path.split('/').next() == Some(INCOMING_INSIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_listed_under_the_names_that_they_were_made_with() {
        let folder = tempfile::tempdir().expect("a folder");
        let layout = Layout::at(folder.path());
        assert_eq!(names(&layout, "acc").expect("none"), []);
        for (kind, name) in
            [(VolumeKind::Share, "data"), (VolumeKind::Share, "$a.b"), (VolumeKind::Container, "models")]
        {
            let VolumePlace::Here { directory, incoming } = place(&layout, &VolumeKey::new("Acc", kind, name)) else {
                panic!("an emulated volume")
            };
            assert!(!incoming.starts_with(&directory));
            std::fs::create_dir_all(directory).expect("a folder");
        }
        let found = names(&layout, "acc").expect("names");
        let found: Vec<(VolumeKind, &str)> = found.iter().map(|key| (key.kind, key.name.as_str())).collect();
        assert_eq!(
            found,
            [(VolumeKind::Share, "$a.b"), (VolumeKind::Share, "data"), (VolumeKind::Container, "models")]
        );
    }

    #[test]
    fn a_name_that_is_no_spelling_of_another_is_itself() {
        for (name, text) in [("%24web", "$web"), ("%41", "%41"), ("a%", "a%"), ("x~0a", "x~0a")] {
            assert_eq!(text_of(name), text, "{name}");
        }
    }
}
