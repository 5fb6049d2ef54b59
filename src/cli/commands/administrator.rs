//! Who may log in to a cluster or a file server: flags, files, and the keys of this machine.

use crate::api::cluster::UserAccountSettings;
use crate::cli::report::Failure;
use crate::cli::request::account::{AccountArgs, Needs};
use crate::cli::request::ssh_keys;
use crate::cli::session::Session;

/// What a dry run calls the keys of `--generate-ssh-keys`.
pub const KEY_PAIR: &str = "SSH key pair";

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

/// The same for a dry run: no keys are made. `true` when a key pair would be, and the administrator lacks its key.
///
/// # Errors
/// As [`account`].
pub fn account_of_look(
    args: &AccountArgs,
    file: Option<UserAccountSettings>,
    needs: Needs,
) -> Result<(Option<UserAccountSettings>, bool), Failure> {
    let of_file = file.as_ref().and_then(|account| account.admin_user_ssh_public_key.clone());
    let key = args.ssh_key.clone().or(of_file).map(|given| ssh_keys::text(&given)).transpose()?;
    let mut defaults = ssh_keys::defaults()?;
    defaults.is_key_to_come = args.generate_ssh_keys && defaults.key.is_none();
    let would_make = defaults.is_key_to_come;
    Ok((args.settings(file, key, needs, defaults)?, would_make))
}
