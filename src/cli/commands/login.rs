//! `login` and `logout`: which servers on the network this user trusts, and what opens them.

use std::io::{BufRead, IsTerminal};

use clap::Args;

use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::session::Session;
use crate::cli::unseen;
use crate::client::probe::{self, Shown};
use crate::client::remote::Remote;
use crate::client::{Client, ClientError};
use crate::config::env;
use crate::config::logins::{Login, Logins};

/// Arguments of `login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The server, such as `https://gpu.example:8650`.
    #[arg(value_name = "URL")]
    url: String,
    /// The fingerprint that `batchai server status` shows at the server; without it, you are asked.
    #[arg(long, value_name = "sha256:HEX")]
    fingerprint: Option<String>,
}

/// Arguments of `logout`.
#[derive(Debug, Args)]
pub struct LogoutArgs {
    /// The server, as given to `login`.
    #[arg(value_name = "URL")]
    url: String,
}

/// Runs `login`.
///
/// # Errors
/// With what to tell the user.
pub async fn login(args: LoginArgs, session: Session) -> Outcome {
    let remote = Remote::new(&args.url)?;
    let certificate = certificate(&remote, args.fingerprint.as_deref(), &session).await?;
    let token = token(&remote)?;
    let mut checked = remote.clone().with_token(Some(token.clone()));
    if let Some(pem) = &certificate {
        checked = checked.with_authority(pem)?;
    }
    let client = Client::of(checked, session.client.local().clone())?;
    let who = match client.server_status().await {
        Ok(status) => format!("Logged in to {} (batchai {}).", remote.origin(), status.version),
        Err(ClientError::Foreign { .. }) => {
            let version = client.check().await?;
            format!("Logged in to {}, which speaks {version}, and has nothing of batchai's own.", remote.origin())
        }
        Err(error) => return Err(error.into()),
    };
    Logins::load(session.logins.clone())?.add(&remote.origin(), Login { token, certificate })?;
    session.report.note(&who);
    session.report.note(&format!("`--endpoint {0}`, or BATCHAI_ENDPOINT={0}, uses it.", remote.origin()));
    Ok(ExitCode::Ok.value())
}

/// Runs `logout`.
///
/// # Errors
/// With what to tell the user.
pub fn logout(args: &LogoutArgs, session: &Session) -> Outcome {
    let origin = Remote::new(&args.url)?.origin();
    if Logins::load(session.logins.clone())?.remove(&origin)? {
        session.report.note(&format!("Logged out of {origin}. Its token still works: its owner can revoke it."));
        return Ok(ExitCode::Ok.value());
    }
    Err(Failure::new(ExitCode::Missing, format!("nobody is logged in to {origin}"))
        .hint(format!("nothing is left to forget; `batchai login {origin}` logs in")))
}

/// The certificate to remember; none where this machine's authorities vouch for the server, or nothing is encrypted.
async fn certificate(remote: &Remote, known: Option<&str>, session: &Session) -> Result<Option<String>, Failure> {
    if remote.url().scheme() != "https" {
        return Ok(None);
    }
    if let Some(path) = env::get(env::CA_FILE) {
        let read = std::fs::read_to_string(&path);
        return read.map(Some).map_err(|error| Failure::new(ExitCode::Usage, format!("cannot read {path}: {error}")));
    }
    if known.is_none() && is_trusted(remote, session).await? {
        return Ok(None);
    }
    let shown = probe::certificates(remote).await?;
    let last = shown.last().ok_or_else(|| Failure::new(ExitCode::Unreachable, "the server shows no certificate"))?;
    match known {
        Some(known) => matching(&shown, known).map(|found| Some(found.pem.clone())),
        None => confirm(remote, last, session).map(|()| Some(last.pem.clone())),
    }
}

/// Whether this machine's authorities vouch for the server. It is asked something without a token.
async fn is_trusted(remote: &Remote, session: &Session) -> Result<bool, Failure> {
    match Client::of(remote.clone(), session.client.local().clone())?.server_status().await {
        Ok(_) | Err(ClientError::Refused { .. } | ClientError::Nonsense { .. } | ClientError::Foreign { .. }) => {
            Ok(true)
        }
        Err(ClientError::Untrusted { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn matching<'s>(shown: &'s [Shown], known: &str) -> Result<&'s Shown, Failure> {
    let normal = |text: &str| text.trim().to_ascii_lowercase().replace(':', "").replacen("sha256", "", 1);
    let is_last = |found: &&Shown| normal(&found.fingerprint) == normal(known);
    shown.iter().rev().find(is_last).ok_or_else(|| {
        let last = shown.last().map(|last| last.fingerprint.as_str()).unwrap_or_default();
        let message = format!("the server shows another certificate than the one you named: {last}");
        Failure::new(ExitCode::Unreachable, message)
            .hint("compare it with what `batchai server status` shows at the server; nothing was sent")
    })
}

fn confirm(remote: &Remote, last: &Shown, session: &Session) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        let message = format!("nobody whom this machine knows vouches for {}", remote.origin());
        return Err(Failure::new(ExitCode::Unreachable, message).hint(format!(
            "if `batchai server status` at the server shows the same fingerprint, add `--fingerprint {}`",
            last.fingerprint
        )));
    }
    session.report.note(&format!("The server at {} shows the fingerprint", remote.origin()));
    session.report.note(&last.fingerprint);
    session.report.note("Compare it with what `batchai server status` shows at the server.");
    crate::cli::confirm::confirm(false, &session.report)
}

/// The token: from the environment, typed, or the first line of standard input.
fn token(remote: &Remote) -> Result<String, Failure> {
    let given = match env::get(env::TOKEN) {
        Some(token) => token,
        None => read_token(remote)
            .map_err(|error| Failure::new(ExitCode::Usage, format!("cannot read the token: {error}")))?,
    };
    let token = given.trim().to_owned();
    if token.is_empty() {
        return Err(Failure::new(ExitCode::Usage, "there is no token").hint(
            "type it, give it on standard input, or set BATCHAI_TOKEN; the server's owner makes one with \
                   `batchai server token create NAME`",
        ));
    }
    Ok(token)
}

fn read_token(remote: &Remote) -> std::io::Result<String> {
    let (input, mut line) = (std::io::stdin(), String::new());
    if !input.is_terminal() {
        input.lock().read_line(&mut line)?;
        return Ok(line);
    }
    unseen::ask(&format!("Token for {}", remote.origin()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_matches_in_any_of_its_spellings_and_no_other_does() {
        let shown = |fingerprint: &str| Shown { fingerprint: fingerprint.into(), pem: String::new() };
        let all = [shown("sha256:aa01"), shown("sha256:bb02")];
        for spelled in ["sha256:bb02", "BB:02", "SHA256:BB02", " bb02 "] {
            assert_eq!(matching(&all, spelled), Ok(&all[1]), "{spelled}");
        }
        assert!(matching(&all, "sha256:bb").is_err());
        assert!(matching(&all, "").is_err());
    }
}
