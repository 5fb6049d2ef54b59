//! `vault set | list | delete`: secrets that jobs refer to by address.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::api::path;
use crate::api::vault::{MOST_BYTES, Secret, SecretSet, SecretUrl, check_secret_name, check_vault_name};
use crate::cli::Outcome;
use crate::cli::confirm::confirm;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::{DEFAULT, Session};
use crate::cli::unseen;

/// Verbs of `vault`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum VaultCommand {
    /// Set a secret; if it is there already, this is its new version.
    ///
    /// The value comes from --file, from standard input, or is typed unseen on a terminal. It is never an argument:
    /// other users of this machine see the arguments of commands, and shells remember them. Nobody can ask for it
    /// again but jobs that refer to the secret.
    #[command(before_help = "Example: batchai vault set -v demo token")]
    Set(SetArgs),
    /// List the secrets there are, without their values.
    #[command(before_help = "Example: batchai vault list -v demo -o table")]
    List {
        /// Vault; all of them when left out.
        #[arg(long, short = 'v', visible_alias = "vault-name", value_name = "VAULT")]
        vault: Option<String>,
    },
    /// Delete a secret with all its versions.
    #[command(before_help = "Example: batchai vault delete -v demo token -y")]
    Delete(DeleteArgs),
}

/// Which secret.
#[derive(Debug, Args)]
pub struct Which {
    /// Secret, by its name or by the address under which jobs refer to it.
    #[arg(value_name = "NAME|URL")]
    name: String,
    /// Vault; that of the address, or `default`, when left out.
    #[arg(long, short = 'v', visible_alias = "vault-name", value_name = "VAULT")]
    vault: Option<String>,
}

/// Arguments of `set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    #[command(flatten)]
    which: Which,
    /// Take the value from this file, as it is; of standard input, the end of the last line is left out.
    #[arg(long, short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// Where `az keyvault secret set` takes it: here only to be told why not.
    #[arg(long, hide = true, num_args = 0.., value_name = "TEXT")]
    value: Option<Vec<String>>,
    /// Likewise for a value behind the name.
    #[arg(hide = true, num_args = 0.., value_name = "TEXT")]
    rest: Vec<String>,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    which: Which,
    /// Do not ask for confirmation.
    #[arg(long, short)]
    yes: bool,
}

/// A secret by the names of its vault and of itself.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    vault: String,
    name: String,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: VaultCommand, session: Session) -> Outcome {
    match command {
        VaultCommand::Set(args) => {
            let Named { vault, name } = args.which.resolve()?;
            if args.value.is_some() || !args.rest.is_empty() {
                return Err(never_an_argument(&vault, &name));
            }
            let body = SecretSet { value: value(args.file.as_deref(), &vault, &name)? };
            session.print(&Output::one(&session.client.set_secret(&vault, &name, &body).await?))
        }
        VaultCommand::List { vault } => {
            vault.as_deref().map_or(Ok(()), known_vault)?;
            let path = vault.map_or_else(|| path::SECRETS.to_owned(), |vault| path::vault_secrets(&vault));
            let secrets: Vec<Secret> = session.client.list(&path).await?;
            session.print(&Output::list(&secrets))
        }
        VaultCommand::Delete(args) => {
            let Named { vault, name } = args.which.resolve()?;
            let is_sure = args.yes || session.settings.disable_confirm_prompt == Some(true);
            if !is_sure {
                session
                    .report
                    .note(&format!("This will delete the secret {name} of the vault {vault} in all versions."));
            }
            confirm(is_sure, &session.report)?;
            session.client.delete_secret(&vault, &name).await?;
            Ok(ExitCode::Ok.value())
        }
    }
}

impl Which {
    /// # Errors
    /// When a name is none, or the address has a version or another vault.
    fn resolve(&self) -> Result<Named, Failure> {
        if !self.name.contains(['/', ':']) {
            let vault = self.vault.clone().unwrap_or_else(|| DEFAULT.to_owned());
            known_vault(&vault)?;
            return self.named(vault, &self.name);
        }
        let url =
            SecretUrl::parse(&self.name).map_err(|why| usage("the address of the secret cannot be used", &why))?;
        if url.version.is_some() {
            let why = "a version of a secret never changes: leave the version out of the address";
            return Err(usage("the address of the secret cannot be used", why));
        }
        if let Some(other) = self.vault.as_ref().filter(|vault| !vault.eq_ignore_ascii_case(&url.vault)) {
            let why = format!("it is in the vault `{}`, but --vault names `{other}`", url.vault);
            return Err(usage("the address of the secret cannot be used", &why));
        }
        known_vault(&url.vault)?;
        self.named(url.vault, &url.name)
    }

    fn named(&self, vault: String, name: &str) -> Result<Named, Failure> {
        check_secret_name(name).map_err(|why| usage(&format!("the secret name `{name}` cannot be used"), &why))?;
        Ok(Named { vault, name: name.to_owned() })
    }
}

fn known_vault(name: &str) -> Result<(), Failure> {
    check_vault_name(name).map_err(|why| usage(&format!("the vault name `{name}` cannot be used"), &why))
}

fn usage(what: &str, why: &str) -> Failure {
    Failure::new(ExitCode::Usage, format!("{what}: {why}"))
        .hint("`batchai vault set -v demo token` sets what jobs find at https://demo.vault.azure.net/secrets/token")
}

/// Its value was one already, so that it has to be taken for known.
fn never_an_argument(vault: &str, name: &str) -> Failure {
    let why = "the value of a secret is no argument: other users see arguments, and shells remember them";
    Failure::new(ExitCode::Usage, why)
        .hint("if you have just typed a secret that is in use, renew it")
        .hint(format!("`batchai vault set -v {vault} {name}` asks for the value, or takes it from standard input"))
}

/// The value of a secret, from wherever it is given.
fn value(file: Option<&Path>, vault: &str, name: &str) -> Result<String, Failure> {
    let input = std::io::stdin();
    let (from, read) = match file {
        Some(path) => (path.display().to_string(), File::open(path).and_then(text)),
        None if input.is_terminal() => (
            "the terminal".into(),
            unseen::ask(&format!("Value of the secret {name} of the vault {vault}")).map(|line| one_line(&line)),
        ),
        None => ("standard input".into(), text(input.lock()).map(|text| one_line(&text))),
    };
    let read = read.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::InvalidData => "a secret is text in UTF-8".into(),
            std::io::ErrorKind::NotFound => "there is no such file".into(),
            _ => error.to_string(),
        };
        Failure::new(ExitCode::Usage, format!("cannot read the secret from {from}: {why}"))
            .hint("of a file that is no text, keep what `base64 FILE` makes of it")
    })?;
    checked(read, &from)
}

/// Reads at most as much as is needed to see that it is too much.
fn text(from: impl Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES as u64 + 3).read_to_end(&mut bytes)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // What is too long may have been cut inside of a character.
        Err(error) if error.as_bytes().len() > MOST_BYTES => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        Err(_) => Err(std::io::ErrorKind::InvalidData.into()),
    }
}

/// A line without its end; a text of several lines without the end of the last one.
fn one_line(text: &str) -> String {
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    line.unwrap_or(text).to_owned()
}

fn checked(value: String, from: &str) -> Result<String, Failure> {
    let wrong = |why: &str| Failure::new(ExitCode::Usage, format!("the secret from {from} cannot be set: {why}"));
    if value.is_empty() {
        return Err(wrong("it is empty").hint("type it, give it on standard input, or name a file with --file"));
    }
    if value.len() > MOST_BYTES {
        let hint = "keep the large part in a file of a volume, and the key to it in the vault";
        return Err(wrong(&format!("it has more than {MOST_BYTES} bytes")).hint(hint));
    }
    if value.contains('\0') {
        return Err(wrong("it has a NUL character, which no variable can hold").hint("keep what `base64` makes of it"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(name: &str, vault: Option<&str>) -> Result<(String, String), String> {
        let which = Which { name: name.into(), vault: vault.map(str::to_owned) };
        which.resolve().map(|named| (named.vault, named.name)).map_err(|failure| failure.message)
    }

    #[test]
    fn a_secret_is_named_by_its_name_or_by_its_address() {
        let found = |vault: &str, name: &str| Ok((vault.to_owned(), name.to_owned()));
        assert_eq!(resolved("token", None), found("default", "token"));
        assert_eq!(resolved("token", Some("demo")), found("demo", "token"));
        let url = "https://Demo.vault.azure.net/secrets/token";
        assert_eq!(resolved(url, None), found("demo", "token"));
        assert_eq!(resolved(url, Some("DEMO")), found("demo", "token"));
        for (name, vault, why) in [
            ("a_b", None, "the secret name `a_b` cannot be used: '_' is not allowed: use letters, digits and `-`"),
            (
                "t",
                Some("ab"),
                "the vault name `ab` cannot be used: it has 2 characters; the name of a vault has 3 to 24",
            ),
            (
                url,
                Some("other"),
                "the address of the secret cannot be used: it is in the vault `demo`, but --vault names `other`",
            ),
            (
                "https://demo.vault.azure.net/secrets/token/0a",
                None,
                "the address of the secret cannot be used: a version of a secret never changes: leave the version out of the \
                 address",
            ),
        ] {
            assert_eq!(resolved(name, vault), Err(why.to_owned()));
        }
    }

    #[test]
    fn a_value_is_taken_without_the_end_of_its_last_line_and_only_whole() {
        assert_eq!([one_line("a\n"), one_line("a\r\n")], ["a", "a"]);
        assert_eq!([one_line("a\nb\n\n"), one_line("a")], ["a\nb\n", "a"]);
        assert_eq!(text(&b"\xfc"[..]).expect_err("no text").kind(), std::io::ErrorKind::InvalidData);
        let long = text("ü".repeat(MOST_BYTES).as_bytes()).expect("so much of it");
        for (value, why) in
            [("", "it is empty"), (&*long, "it has more than 25600 bytes"), ("a\0b", "it has a NUL character")]
        {
            let failure = checked(value.to_owned(), "standard input").expect_err("a failure");
            assert!(failure.message.contains(why) && !failure.hints.is_empty(), "{failure:?}");
        }
        assert_eq!(checked("x".repeat(MOST_BYTES), "x").map(|value| value.len()), Ok(MOST_BYTES));
    }
}
