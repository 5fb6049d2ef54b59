//! `storage share create` and `storage container create`.

use clap::Args;

use super::place::{AccountArgs, Kind};
use crate::api::storage::VolumePlace;
use crate::cli::Outcome;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::request::storage::StorageArgs;
use crate::cli::session::Session;

/// Arguments.
#[derive(Debug, Args)]
pub struct MakeArgs {
    /// Its name.
    #[arg(long = "name", short = 'n', value_name = "NAME")]
    new_name: String,
    #[command(flatten)]
    account: AccountArgs,
}

/// Makes one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &MakeArgs, kind: Kind, session: &Session) -> Outcome {
    if args.account.given(session).is_none() {
        StorageArgs::default().required(&session.settings.storage)?;
    }
    let place = args.account.place(kind, &args.new_name, session).await?;
    made(&place, &args.account, session).await?;
    session.print(&Output::one(&session.client.get_volume(&place).await?))
}

/// Makes a volume unless it is there, and says so.
///
/// # Errors
/// When it cannot be made.
pub async fn made(place: &VolumePlace, account: &AccountArgs, session: &Session) -> Result<(), Failure> {
    if session.client.make_volume(place, &account.group(session)?).await? {
        session.report.note(&format!("Made the {}.", described(place)));
    }
    Ok(())
}

/// A volume, in words.
#[must_use]
pub fn described(place: &VolumePlace) -> String {
    let what = if place.kind == Kind::Share.words() { "file share" } else { "container" };
    format!("{what} {} of storage account {}", place.name, place.account)
}
