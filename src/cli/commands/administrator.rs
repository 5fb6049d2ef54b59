//! Who may log in to a cluster or a file server: flags, files, and the keys of this machine.

use crate::api::cluster::UserAccountSettings;
use crate::cli::report::Failure;
use crate::cli::request::account::{AccountArgs, Needs};
use crate::cli::request::ssh_keys;
use crate::cli::session::Session;

/// The administrator that flags and file come to. Keys that were asked for are made.
///
/// # Errors
/// When one is needed, or asked for, and something of it is missing.
pub fn account(
    args: &AccountArgs,
    file: Option<UserAccountSettings>,
    needs: Needs,
    session: &Session,
) -> Result<Option<UserAccountSettings>, Failure> {
    if args.generate_ssh_keys
        && let Some(made) = ssh_keys::generate()?
    {
        session.report.warn(&made);
    }
    let of_file = file.as_ref().and_then(|account| account.admin_user_ssh_public_key.clone());
    let key = args.ssh_key.clone().or(of_file).map(|given| ssh_keys::text(&given)).transpose()?;
    args.settings(file, key, needs, ssh_keys::defaults()?)
}
