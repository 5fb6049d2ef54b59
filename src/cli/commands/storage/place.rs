//! Which share or container of which account a command is about.

use clap::Args;

use crate::api::storage::{CONTAINER, SHARE, VolumePlace};
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::request::storage::StorageArgs;
use crate::cli::session::{Session, check_group};

/// The storage account.
#[derive(Debug, Clone, Args)]
pub struct AccountArgs {
    /// Storage account; AZURE_BATCHAI_STORAGE_ACCOUNT when not given, or the only one that has the share or container.
    #[arg(long, visible_alias = "storage-account-name", value_name = "NAME")]
    pub account_name: Option<String>,
    /// Resource group that gets the account if nobody has used it yet; `default` when not configured.
    #[arg(long, short = 'g', value_name = "GROUP")]
    pub resource_group: Option<String>,
}

/// A share or a container, by its name.
#[derive(Debug, Clone, Args)]
pub struct VolumeArgs {
    /// File share.
    #[arg(long, short = 's', visible_alias = "afs-name", value_name = "SHARE")]
    pub share_name: Option<String>,
    /// Blob container.
    #[arg(long, short = 'c', visible_alias = "bfs-name", value_name = "CONTAINER", conflicts_with = "share_name")]
    pub container_name: Option<String>,
    #[command(flatten)]
    pub account: AccountArgs,
}

/// What kind of volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file share.
    Share,
    /// A blob container.
    Container,
}

impl Kind {
    /// As the wire names one of them, and all of them.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Share => SHARE,
            Self::Container => CONTAINER,
        }
    }
}

impl VolumeArgs {
    /// The volume that is named, if one is.
    #[must_use]
    pub fn named(&self) -> Option<(Kind, &str)> {
        let share = self.share_name.as_deref().map(|name| (Kind::Share, name));
        share.or_else(|| self.container_name.as_deref().map(|name| (Kind::Container, name)))
    }

    /// Where the volume that is named is.
    ///
    /// # Errors
    /// When none is named, or its account cannot be told.
    pub async fn place(&self, session: &Session) -> Result<VolumePlace, Failure> {
        let (kind, name) = self.named().ok_or_else(|| {
            Failure::new(ExitCode::Usage, "no share and no container is named: give --share-name or --container-name")
                .hint("`batchai storage list` shows those there are")
        })?;
        self.account.place(kind, name, session).await
    }
}

impl AccountArgs {
    /// The account that is named, or configured.
    #[must_use]
    pub fn given(&self, session: &Session) -> Option<String> {
        self.account_name.clone().or_else(|| session.settings.storage.account.clone())
    }

    /// The group that gets the account if it is nobody's yet.
    ///
    /// # Errors
    /// When its name can be none.
    pub fn group(&self, session: &Session) -> Result<String, Failure> {
        let group = session.group(self.resource_group.as_ref());
        check_group(&group).map(|()| group)
    }

    /// Where a volume of that kind and name is.
    ///
    /// # Errors
    /// When no account is named, and not exactly one has it.
    pub async fn place(&self, kind: Kind, name: &str, session: &Session) -> Result<VolumePlace, Failure> {
        check("storage account", self.given(session).as_deref().unwrap_or("any"))?;
        check(kind.words().0, name)?;
        let account = match self.given(session) {
            Some(account) => account,
            None => self.only_one(kind, name, session).await?,
        };
        let subscription = session.subscription.clone();
        Ok(VolumePlace { subscription, account, kind: kind.words(), name: name.to_owned() })
    }

    async fn only_one(&self, kind: Kind, name: &str, session: &Session) -> Result<String, Failure> {
        let volumes = session.client.list_volumes(&session.subscription, None).await?;
        let is_meant = |kind_of: &str, known: &str| kind_of == kind.words().0 && known.eq_ignore_ascii_case(name);
        let mut accounts: Vec<String> = volumes
            .into_iter()
            .filter(|volume| is_meant(&volume.kind, &volume.name))
            .map(|volume| volume.account_name)
            .collect();
        match accounts.len() {
            0 => Err(StorageArgs::default().required(&session.settings.storage).err().map_or_else(
                || Failure::new(ExitCode::Usage, "no storage account is named"),
                |failure| failure.hint(format!("no account has a {} {name} yet", kind.words().0)),
            )),
            1 => {
                let account = accounts.remove(0);
                session.report.info(&format!("the storage account is {account}, the only one that has {name}"));
                Ok(account)
            }
            _ => Err(Failure::new(
                ExitCode::Usage,
                format!("several storage accounts have a {} {name}: {}", kind.words().0, accounts.join(", ")),
            )
            .hint("name one with --account-name")),
        }
    }
}

/// Names that the path of a request can hold, as the server takes them.
fn check(what: &str, name: &str) -> Result<(), Failure> {
    let is_part = |sign: char| !"/\\?#".contains(sign) && !sign.is_whitespace() && !sign.is_control();
    let is_name = !matches!(name, "" | "." | "..") && name.chars().all(is_part) && name.chars().count() <= 63;
    if is_name {
        return Ok(());
    }
    let message = format!("the {what} name `{name}` cannot be used");
    Err(Failure::new(ExitCode::Usage, message).hint("use at most 63 lower-case letters, digits and `-`"))
}

/// A path of a volume as a request names it: without `.`, without slashes around it; empty for all of it.
///
/// # Errors
/// When it leads out of the volume.
pub fn stored_path(path: &str) -> Result<String, Failure> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") || path.contains('\0') {
        let message = format!("the path `{path}` leads out of the share or container");
        return Err(Failure::new(ExitCode::Usage, message).hint("leave `..` out of it"));
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_to_the_volume_however_it_is_written() {
        for (written, meant) in [("", ""), (".", ""), ("/", ""), ("/a//b/./c/", "a/b/c"), ("-a b/ü", "-a b/ü")] {
            assert_eq!(stored_path(written), Ok(meant.to_owned()), "{written}");
        }
        assert!(stored_path("a/../b").is_err());
        assert_eq!(check("share", "a-1"), Ok(()));
        for wrong in ["", "..", "a/b", "a b", "a?", &"x".repeat(64)] {
            assert!(check("share", wrong).is_err(), "{wrong}");
        }
    }
}
