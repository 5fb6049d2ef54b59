//! What a request does: one function per operation of the API.
//!
//! Called by `server/routes` with validated values. Knows nothing of HTTP, status codes or wire types. What
//! happens later on its own (starting, stopping, deleting for good) is the scheduler's business: an
//! operation writes down the wish, and the store's commit wakes the scheduler.

pub mod clusters;
pub mod downloads;
pub mod error;
pub mod experiments;
pub mod explanations;
mod far_files;
pub mod file_servers;
pub mod files;
pub mod follow;
pub mod groups;
pub mod jobs;
pub mod long;
pub mod migrated;
pub mod moving;
pub mod plans;
pub mod preemptions;
pub mod reruns;
pub mod server;
pub mod setup_files;
pub mod snapshots;
pub mod storage;
pub mod storage_accounts;
pub mod tokens;
pub mod usages;
pub mod vaults;
pub mod watch;
pub mod workspaces;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use error::{Kind, OperationError};

use crate::domain::Timestamp;
use crate::domain::provisioning::{Provisioning, ProvisioningState};
use crate::domain::quota::Quotas;
use crate::domain::secret::Seal;
use crate::domain::signature::Signer;
use crate::domain::storage_account::AccountKeys;
use crate::engine::Engine;
pub use crate::store::Window;
use crate::store::{Store, Stored};

/// What every operation needs. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// What we remember.
    pub store: Store,
    /// Where things run.
    pub engine: Arc<dyn Engine>,
    /// Notices changes of files.
    pub watch: watch::FileWatch,
    /// The current time.
    pub clock: fn() -> Timestamp,
    /// A new identity.
    pub new_id: fn() -> String,
    /// Seals secrets.
    pub seal: Arc<Seal>,
    /// Signs download addresses.
    pub signer: Signer,
    /// Makes the access keys of storage accounts.
    pub account_keys: AccountKeys,
    /// Key vaults that are kept elsewhere.
    pub remote_vaults: Arc<vaults::RemoteVaults>,
    /// How many clusters and cores there may be.
    pub quotas: Quotas,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// The elements.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<i64>,
}

/// Looks until `check` has an answer: now, and after every change, until `patience` ends.
///
/// # Errors
/// Those of `check`.
pub async fn wait_until<T>(
    context: &Context,
    patience: Duration,
    mut check: impl FnMut() -> Result<Option<T>, OperationError>,
) -> Result<Option<T>, OperationError> {
    let deadline = tokio::time::Instant::now() + patience;
    let mut changes = context.store.changes();
    loop {
        changes.mark_unchanged();
        if let Some(answer) = check()? {
            return Ok(Some(answer));
        }
        match tokio::time::timeout_at(deadline, changes.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Ok(None),
        }
    }
}

/// Refuses to use something that is going away.
fn ensure_stays(kind: Kind, name: impl fmt::Display, provisioning: Provisioning) -> Result<(), OperationError> {
    match provisioning.state {
        ProvisioningState::Deleting => Err(OperationError::deleting(kind, name)),
        ProvisioningState::Creating | ProvisioningState::Succeeded | ProvisioningState::Failed => Ok(()),
    }
}

/// Asks for one element more than wanted to know whether there is another page.
fn page<T, E>(window: Window, query: impl FnOnce(Window) -> Result<Vec<Stored<T>>, E>) -> Result<Listed<Stored<T>>, E> {
    let mut items = query(Window { limit: window.limit.saturating_add(1), ..window })?;
    let more = items.len() > window.limit as usize;
    items.truncate(window.limit as usize);
    let next = items.last().filter(|_| more).map(|last| last.number);
    Ok(Listed { items, next })
}
