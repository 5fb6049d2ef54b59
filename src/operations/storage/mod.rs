//! File shares and blob containers, and the files in them, for whoever follows a recipe without Azure Storage.
//!
//! Who may use an account is decided before: `server/routes/storage`. Every path of a request stays inside its volume,
//! symbolic links included, for jobs make links as they please. A file appears under its name only when it is whole.

pub mod listing;
pub mod removing;
pub mod writing;

use std::io;
use std::path::{Path, PathBuf};

use super::downloads::Download;
use super::follow::open as open_file;
use super::{Context, Kind, OperationError, groups};
use crate::domain::Timestamp;
use crate::domain::long_operation::region;
use crate::domain::name::GroupKey;
use crate::domain::storage_account::StorageAccount;
use crate::domain::volume::{VolumeKey, stored_path};
use crate::engine::storage::{VolumePlace, is_incoming};
use crate::store::{Store, Window};

/// The region of an account that an upload was the first to use: this machine.
const REGION: &str = "local";

/// A page long enough for every account there is.
const EVERYTHING: Window = Window { after: 0, limit: u32::MAX };

/// A share or container, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeEntry {
    /// Which one.
    pub key: VolumeKey,
    /// The last change of what lies directly in it; `None` when it is kept elsewhere.
    pub modified: Option<Timestamp>,
}

/// Refuses an account that nobody has used yet, or that another subscription has.
///
/// # Errors
/// As said, or when the store fails.
pub fn ensure_known(store: &Store, subscription: &str, account: &str) -> Result<(), OperationError> {
    let found = store.read(|reader| reader.storage_account(&account.to_lowercase()))?;
    match found {
        Some(found) if found.value.group.subscription == subscription => Ok(()),
        Some(_) | None => Err(OperationError::not_found(Kind::StorageAccount, account)),
    }
}

/// Gives an account to `group` unless somebody has it, as mounting it does. Its group stays what it is.
///
/// # Errors
/// When it belongs to another subscription, the group is being deleted, or the store fails.
pub async fn take(context: &Context, account: String, group: GroupKey) -> Result<(), OperationError> {
    if context.store.read(|reader| reader.storage_account(&account.to_lowercase()))?.is_some() {
        return ensure_known(&context.store, &group.subscription, &account);
    }
    context.store.ensure_room()?;
    let (now, subscription, name) = ((context.clock)(), group.subscription.clone(), account.clone());
    let change = context.store.write(move |tx| {
        if tx.storage_account(&account.to_lowercase())?.is_none() {
            groups::note_use(tx, &group, REGION, now)?;
            tx.insert_storage_account(&StorageAccount::first_used(&account, group, region(REGION), now))?;
        }
        Ok::<_, OperationError>(())
    });
    change.await?;
    // Somebody else may have been quicker.
    ensure_known(&context.store, &subscription, &name)
}

/// Shares and containers of a subscription, or of one group of it (lower case), or of one account, that have been made.
///
/// # Errors
/// When the store fails, or the volumes cannot be read.
pub fn volumes(
    context: &Context,
    subscription: &str,
    group: Option<&str>,
    account: Option<&str>,
) -> Result<Vec<VolumeEntry>, OperationError> {
    let accounts = context.store.read(|reader| reader.storage_accounts(subscription, group, EVERYTHING))?;
    let wanted = accounts.iter().map(|account| account.value.name.as_str());
    let wanted = wanted.filter(|name| account.is_none_or(|account| account.eq_ignore_ascii_case(name)));
    let mut found = Vec::new();
    for name in wanted {
        for key in context.engine.volumes(name)? {
            let modified = directory(context, &key).ok().and_then(|folder| modified(&folder));
            found.push(VolumeEntry { key, modified });
        }
    }
    Ok(found)
}

/// One share or container.
///
/// # Errors
/// When it has not been made, or is kept elsewhere.
pub fn volume(context: &Context, key: VolumeKey) -> Result<VolumeEntry, OperationError> {
    let root = root(context, &key)?;
    Ok(VolumeEntry { key, modified: modified(&root) })
}

/// Makes a share or container unless it is there; says whether it was made.
///
/// # Errors
/// When it is kept elsewhere, or its directory cannot be made.
pub fn make(context: &Context, key: &VolumeKey) -> Result<bool, OperationError> {
    let folder = directory(context, key)?;
    if folder.is_dir() {
        return Ok(false);
    }
    let is_own = matches!(context.engine.volume_place(key), VolumePlace::Here { is_own: true, .. });
    // Where the settings name a directory that is not there, a disk may be missing.
    let made = if is_own { std::fs::create_dir_all(&folder) } else { std::fs::create_dir(&folder) };
    made.map_err(failed("make", &folder))?;
    Ok(true)
}

/// Opens a file of a volume; nothing is read. Links are followed now, and refused when they lead out of the volume.
///
/// # Errors
/// When there is no such file, or it cannot be read.
pub fn open(context: &Context, key: &VolumeKey, path: &str) -> Result<Download, OperationError> {
    let missing = || no_file(key, path);
    let real = find(&root(context, key)?, path)?.ok_or_else(missing)?;
    Download::of(open_file(real.clone())?.ok_or_else(missing)?, real)
}

/// The directory of a volume that is kept here; it need not be there yet.
fn directory(context: &Context, key: &VolumeKey) -> Result<PathBuf, OperationError> {
    match context.engine.volume_place(key) {
        VolumePlace::Here { directory, .. } => Ok(directory),
        VolumePlace::Elsewhere(why) => Err(OperationError::KeptElsewhere(why)),
    }
}

/// The real directory of a volume that has been made.
fn root(context: &Context, key: &VolumeKey) -> Result<PathBuf, OperationError> {
    let folder = directory(context, key)?;
    match folder.canonicalize() {
        Ok(root) if root.is_dir() => Ok(root),
        Ok(_) => Err(OperationError::NoVolume(key.clone())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OperationError::NoVolume(key.clone())),
        Err(source) => Err(failed("read", &folder)(source)),
    }
}

/// The path of a request, such as it is in the volume.
fn relative(path: &str) -> Result<String, OperationError> {
    match stored_path(path) {
        Ok(path) if is_incoming(&path) => Err(invalid(&path, "is where files wait that are on their way")),
        Ok(found) => Ok(found),
        Err(why) => Err(invalid(path, &why)),
    }
}

/// What is at a path of a volume, links resolved; `None` when nothing is.
fn find(root: &Path, path: &str) -> Result<Option<PathBuf>, OperationError> {
    let relative = relative(path)?;
    let full = root.join(&relative);
    match full.canonicalize() {
        Ok(real) if real.starts_with(root) => Ok(Some(real)),
        Ok(_) => Err(invalid(path, "leads out of the volume by a link")),
        Err(error) if is_nowhere(&error) => Ok(None),
        Err(source) => Err(failed("read", &full)(source)),
    }
}

/// Whether a path leads to nothing: also one that takes a file for a folder, or a link that leads in a circle.
fn is_nowhere(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename)
        || error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

fn modified(path: &Path) -> Option<Timestamp> {
    Timestamp::try_from(path.metadata().ok()?.modified().ok()?).ok()
}

fn no_file(key: &VolumeKey, path: &str) -> OperationError {
    OperationError::NoStoredFile { path: path.to_owned(), volume: key.clone() }
}

fn invalid(path: &str, why: &str) -> OperationError {
    OperationError::Invalid { target: "storedPath", message: format!("The path `{path}` {why}") }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OperationError {
    let path = path.to_owned();
    move |source| OperationError::File { action, path, source }
}
