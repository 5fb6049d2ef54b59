//! `-u`, `-k`, `-p` and `--generate-ssh-keys`: the administrator of nodes and of file servers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Args;

use super::hidden::Hidden;
use super::wrong;
use crate::api::cluster::UserAccountSettings;
use crate::cli::report::Failure;

/// An administrator.
#[derive(Debug, Clone, Default, Args)]
pub struct AccountArgs {
    /// Name of the administrator; with another flag of this group, your own when not given.
    ///
    /// A batchai server needs no administrator, so without any of these flags none is sent. Other servers always get
    /// one: your own name, with the key in ~/.ssh/id_rsa.pub.
    #[arg(long, short = 'u', value_name = "NAME", help_heading = "Administrator")]
    pub user_name: Option<String>,
    /// Public key to log in with, or the file it is in; ~/.ssh/id_rsa.pub when there is no password either.
    #[arg(long, short = 'k', value_name = "KEY", help_heading = "Administrator")]
    pub ssh_key: Option<String>,
    /// Password to log in with. Other users of this machine can see it: `adminUserPassword` in a file is better.
    #[arg(long, short = 'p', value_name = "PASSWORD", help_heading = "Administrator")]
    pub password: Option<Hidden>,
    /// Make ~/.ssh/id_rsa and ~/.ssh/id_rsa.pub where they are missing.
    #[arg(long, help_heading = "Administrator")]
    pub generate_ssh_keys: bool,
}

/// How much of an administrator the receiver asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// None at all.
    Nothing,
    /// A name.
    Name,
    /// A name, and a key or a password: what Azure asked for.
    Everything,
}

/// What is taken where neither flag nor file says anything.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// Who runs the command.
    pub user: Option<String>,
    /// The public key of `~/.ssh`.
    pub key: Option<String>,
    /// Whether nothing is sent and a key pair would be made first: then neither key nor password is missing.
    pub is_key_to_come: bool,
}

impl AccountArgs {
    /// Whether the user asks for an administrator.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.user_name.is_some() || self.ssh_key.is_some() || self.password.is_some() || self.generate_ssh_keys
    }

    /// The administrator: flags, then the file, then defaults. `key` is the text of the key that `-k` or the file
    /// gives. With one of the flags everything is needed, whatever the receiver asks for.
    ///
    /// # Errors
    /// When something that is needed is missing, or the key is none.
    pub fn settings(
        &self,
        file: Option<UserAccountSettings>,
        key: Option<String>,
        needs: Needs,
        defaults: Defaults,
    ) -> Result<Option<UserAccountSettings>, Failure> {
        let needs = if self.is_any() { Needs::Everything } else { needs };
        if file.is_none() && needs == Needs::Nothing {
            return Ok(None);
        }
        let file = file.unwrap_or_default();
        let name = self.user_name.clone().or(Some(file.admin_user_name)).filter(|name| !name.is_empty());
        let Some(admin_user_name) = name.or(defaults.user) else {
            return Err(wrong("Please provide admin user name.").hint("-u gives it"));
        };
        let password = self.password.as_ref().map(|password| password.reveal().to_owned());
        let password = password.or(file.admin_user_password).filter(|password| !password.is_empty());
        let mut key = key;
        if needs == Needs::Everything {
            key = key.or(if password.is_none() { defaults.key } else { None });
            if key.as_deref().is_some_and(|key| !is_public_key(key)) {
                return Err(wrong("Incorrect ssh public key value.")
                    .hint("give the public key itself, or the path of its file, such as `-k ~/.ssh/id_rsa.pub`; `ssh-keygen` makes one"));
            }
            if key.is_none() && password.is_none() && !defaults.is_key_to_come {
                return Err(wrong("Please provide admin user password or ssh key.")
                    .hint("-k gives a key, and --generate-ssh-keys makes one"));
            }
        }
        Ok(Some(UserAccountSettings { admin_user_name, admin_user_ssh_public_key: key, admin_user_password: password }))
    }
}

/// Whether a text is a line of `authorized_keys`: a type, then the key in Base64, which begins with its type once
/// more (RFC 4253, section 6.6).
fn is_public_key(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (Some(kind), Some(body)) = (words.next(), words.next()) else { return false };
    let Ok(bytes) = BASE64.decode(body) else { return false };
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return false };
    let length = u32::from_be_bytes(*length) as usize;
    rest.get(..length).is_some_and(|inner| inner == kind.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmDnhnPJd9PRGZG8dzDTVsuXkPP1vPnVQ4C4FF1ZW2N me";

    fn args(name: Option<&str>, password: Option<&str>) -> AccountArgs {
        AccountArgs {
            user_name: name.map(str::to_owned),
            password: password.map(|text| text.parse().expect("any text")),
            ..AccountArgs::default()
        }
    }

    fn defaults(key: Option<&str>) -> Defaults {
        Defaults { user: Some("os".into()), key: key.map(str::to_owned), is_key_to_come: false }
    }

    fn account(name: &str, key: Option<&str>, password: Option<&str>) -> UserAccountSettings {
        UserAccountSettings {
            admin_user_name: name.into(),
            admin_user_ssh_public_key: key.map(str::to_owned),
            admin_user_password: password.map(str::to_owned),
        }
    }

    #[test]
    fn without_flags_only_what_is_needed_is_sent() {
        let none = AccountArgs::default();
        let made = |file: Option<UserAccountSettings>, needs| none.settings(file, None, needs, defaults(Some(KEY)));
        assert_eq!(made(None, Needs::Nothing), Ok(None));
        assert_eq!(made(None, Needs::Name), Ok(Some(account("os", None, None))));
        assert_eq!(made(None, Needs::Everything), Ok(Some(account("os", Some(KEY), None))));
        let file = account("", None, Some("x"));
        assert_eq!(made(Some(file.clone()), Needs::Nothing), Ok(Some(account("os", None, Some("x")))));
        assert_eq!(made(Some(file), Needs::Everything), Ok(Some(account("os", None, Some("x")))));
    }

    #[test]
    fn flags_win_over_the_file_and_ask_for_a_way_to_log_in() {
        let file = account("file", None, Some("old"));
        let made = args(Some("me"), Some("new")).settings(Some(file), None, Needs::Nothing, defaults(Some(KEY)));
        assert_eq!(made, Ok(Some(account("me", None, Some("new")))));
        let made = args(Some("me"), None).settings(None, None, Needs::Nothing, defaults(Some(KEY)));
        assert_eq!(made, Ok(Some(account("me", Some(KEY), None))));
        let failure = args(Some("me"), None).settings(None, None, Needs::Nothing, defaults(None));
        assert_eq!(failure.expect_err("a failure").message, "Please provide admin user password or ssh key.");
        let failure = args(None, Some("x")).settings(None, None, Needs::Nothing, Defaults::default());
        assert_eq!(failure.expect_err("a failure").message, "Please provide admin user name.");
    }

    #[test]
    fn a_key_has_its_type_inside_and_outside() {
        let with = |key: &str| {
            let made = args(Some("me"), None).settings(None, Some(key.into()), Needs::Nothing, defaults(None));
            made.map(|_| ()).map_err(|failure| failure.message)
        };
        assert_eq!(with(KEY), Ok(()));
        assert_eq!(with(&format!("{KEY}\n")), Ok(()));
        for wrong in ["", "ssh-rsa", "ssh-rsa AAAA", "ssh-rsa !!!! me", &KEY.replace("ssh-ed25519", "ssh-rsa")] {
            assert_eq!(with(wrong), Err("Incorrect ssh public key value.".into()), "{wrong}");
        }
    }
}
