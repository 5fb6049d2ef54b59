//! Where the server itself finds what lies in file shares and containers. Pure but for [`names`].
//!
//! Emulated ones and those that the settings give a directory are here; what a program mounts only nodes see.
//!
//! `operations/storage` asks through [`super::Engine`]; how nodes see the same volumes is in [`super::volumes`].

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::directories::{Layout, safe_name};
use super::drivers::{self, Driver};
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
        /// Whether it is emulated in the data directory, rather than a directory that the settings name.
        is_own: bool,
    },
    /// Only nodes see it. A sentence that says where it is, and what to do instead.
    Elsewhere(String),
}

/// Where a volume is.
#[must_use]
pub fn place(layout: &Layout, volume: &VolumeKey) -> VolumePlace {
    let source = volume.source();
    match (volumes::real_directory(layout, &source), volumes::driver(layout, &source)) {
        (Some(directory), None) => VolumePlace::Here { directory, incoming: incoming(layout), is_own: true },
        (Some(directory), Some(_)) => {
            VolumePlace::Here { incoming: directory.join(INCOMING_INSIDE), directory, is_own: false }
        }
        (None, driver) => VolumePlace::Elsewhere(elsewhere(volume, driver.as_ref())),
    }
}

fn elsewhere(volume: &VolumeKey, driver: Option<&Driver>) -> String {
    let (program, tool) = match driver {
        Some(Driver::Rclone(_)) => ("rclone mounts", "`rclone copy`"),
        Some(Driver::Samba(_)) => ("mount.cifs mounts", "`az storage file upload-batch` and `download-batch`"),
        Some(Driver::Blobfuse(_)) => ("blobfuse mounts", "`az storage blob upload-batch` and `download-batch`"),
        Some(Driver::Directory(_)) | None => ("a command mounts", "the tools of that storage"),
    };
    format!("The {volume} is not kept by this server: {program} it on nodes (`storage` of server.yaml). Use {tool}")
}

/// Where files wait that are on their way into emulated volumes.
#[must_use]
pub fn incoming(layout: &Layout) -> PathBuf {
    layout.storage().join(INCOMING)
}

/// The volumes of an account that have been made, by kind and name, and those that the settings name.
///
/// # Errors
/// When the directory of the account cannot be read.
pub fn names(layout: &Layout, account: &str) -> io::Result<Vec<VolumeKey>> {
    let settings = layout.drivers().accounts.get(&account.to_lowercase());
    let mut found = BTreeSet::new();
    for kind in VolumeKind::ALL {
        let named = settings.map(|settings| match kind {
            VolumeKind::Share => &settings.shares,
            VolumeKind::Container => &settings.containers,
        });
        let named = named.into_iter().flat_map(BTreeMap::keys).filter(|name| *name != drivers::ALL);
        found.extend(named.map(|name| VolumeKey::new(account, kind, name)));
        for name in directories(&folder(layout, account, kind))? {
            found.insert(VolumeKey::new(account, kind, &name));
        }
    }
    // Each is a share and a container, and is listed as what most people want it for.
    for name in settings.and_then(|settings| settings.path.as_ref()).map_or(Ok(Vec::new()), |path| directories(path))? {
        found.insert(VolumeKey::new(account, VolumeKind::Share, &name));
    }
    let is_there = |key: &VolumeKey| match place(layout, key) {
        VolumePlace::Here { directory, .. } => directory.is_dir(),
        VolumePlace::Elsewhere(_) => true,
    };
    Ok(found.into_iter().filter(is_there).collect())
}

/// The directory of all emulated volumes of one kind of an account.
fn folder(layout: &Layout, account: &str, kind: VolumeKind) -> PathBuf {
    let kind = match kind {
        VolumeKind::Share => volumes::SHARES,
        VolumeKind::Container => volumes::CONTAINERS,
    };
    layout.storage().join(safe_name(&account.to_lowercase())).join(kind)
}

/// The names that the directories in a folder stand for.
fn directories(folder: &Path) -> io::Result<Vec<String>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(entries.filter_map(|entry| directory_name(&entry.ok()?)).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
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
            let VolumePlace::Here { directory, incoming, is_own: true } =
                place(&layout, &VolumeKey::new("Acc", kind, name))
            else {
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
    fn the_settings_say_what_is_here_and_what_is_elsewhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let account = drivers::Account {
            path: Some(folder.path().join("all")),
            shares: [("data".to_owned(), Driver::Directory(folder.path().join("data")))].into(),
            containers: [("models".to_owned(), Driver::Rclone(drivers::Remote::default()))].into(),
        };
        let settings = drivers::Drivers { accounts: [("acc".to_owned(), account)].into(), ..Default::default() };
        let layout = Layout::at(folder.path().join("home")).with_drivers(settings);
        for made in ["data", "all/found"] {
            std::fs::create_dir_all(folder.path().join(made)).expect("a folder");
        }
        let names = names(&layout, "Acc").expect("names");
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            ["data", "found"]
                .map(|name| format!("file share {name} of storage account acc"))
                .into_iter()
                .chain(["container models of storage account acc".to_owned()])
                .collect::<Vec<_>>()
        );
        let at = |kind, name| place(&layout, &VolumeKey::new("acc", kind, name));
        let VolumePlace::Here { directory, incoming, is_own: false } = at(VolumeKind::Share, "data") else {
            panic!("a directory that the settings name")
        };
        assert!(incoming.starts_with(&directory) && is_incoming(".batchai-incoming/x"));
        let VolumePlace::Elsewhere(why) = at(VolumeKind::Container, "models") else { panic!("only nodes see it") };
        assert!(why.ends_with("Use `rclone copy`"), "{why}");
    }

    #[test]
    fn a_name_that_is_no_spelling_of_another_is_itself() {
        for (name, text) in [("%24web", "$web"), ("%41", "%41"), ("a%", "a%"), ("x~0a", "x~0a")] {
            assert_eq!(text_of(name), text, "{name}");
        }
    }
}
