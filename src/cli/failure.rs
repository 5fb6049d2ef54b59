//! Every error of the layers below as what the user reads: message, causes, hint, exit code.

use super::exit_code::ExitCode;
use super::output::OutputError;
use super::output::query::QueryError;
use super::report::Failure;
use super::spec::SpecError;
use crate::api::error::{ErrorDetail, code};
use crate::client::ClientError;
use crate::config::ConfigError;

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::from_error(ExitCode::Usage, &error)
    }
}

/// A bad file is told in whole, as its report.
impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Self {
        let failure = Self::from_error(ExitCode::Usage, &error);
        match error {
            SpecError::Unreadable { .. } => failure.hint("`batchai schema job` tells what a job file may say"),
            SpecError::Syntax(_) | SpecError::Problems(_) => failure.hint(
                "`batchai validate FILE` looks at a file and sends nothing; `batchai schema job` tells what may be in it",
            ),
        }
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Query(error) => error.into(),
            error => Self::from_error(ExitCode::Refused, &error),
        }
    }
}

/// A query that is none is a mistake of the command line, found before anything is done; one that does not fit
/// is found after the command has done its work.
impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Syntax { .. } => Self::from_error(ExitCode::Usage, &error).hint(
                "queries are JMESPath (https://jmespath.org), for example `[?executionState=='failed'].name`; put it \
                 in quotes, so that the shell leaves it alone",
            ),
            QueryError::Unfit { .. } => Self::from_error(ExitCode::Refused, &error)
                .hint("the command itself has done its work; without `--query` you see what it answers"),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match &error {
            ClientError::Refused { status, error } => refused(*status, error),
            ClientError::NotRunning => Self::from_error(ExitCode::Unreachable, &error)
                .hint("`batchai server start` starts it; every other command does that by itself"),
            ClientError::NoServerHere => Self::from_error(ExitCode::Usage, &error).hint(
                "give --endpoint, BATCHAI_ENDPOINT or `endpoint` in config.yaml; `batchai login URL` remembers what opens a server",
            ),
            ClientError::StartFailed { log, .. } => {
                Self::from_error(ExitCode::Unreachable, &error).hint(format!("its log may say more: {}", log.display()))
            }
            ClientError::Transport { .. } => Self::from_error(ExitCode::Unreachable, &error)
                .hint("`batchai server status` tells whether the server is well, `batchai server logs` what it says"),
            ClientError::Unreachable { .. } => Self::from_error(ExitCode::Unreachable, &error)
                .hint(
                "is it running, and is the address right? `--endpoint`, BATCHAI_ENDPOINT or `endpoint` in config.yaml \
                 gave it; at the server, `batchai server status` shows its addresses",
            ),
            ClientError::Untrusted { endpoint, .. } => Self::from_error(ExitCode::Unreachable, &error).hint(format!(
                "`batchai login {endpoint}` shows its certificate and remembers it, or BATCHAI_CA_FILE names the \
                 server's ca.pem; if you did before, somebody else may be answering"
            )),
            ClientError::Endpoint { .. } => Self::from_error(ExitCode::Usage, &error)
                .hint("at the server, `batchai server status` shows its addresses"),
            ClientError::Stopped => Self::from_error(ExitCode::Interrupted, &error),
            ClientError::Nonsense { .. } => Self::from_error(ExitCode::Refused, &error)
                .hint("is it a server of Batch AI? `batchai --debug ...` shows what it answers"),
            ClientError::Io { .. } => Self::from_error(ExitCode::Unreachable, &error)
                .hint("set BATCHAI_HOME to a folder that you may write to, with free space"),
            ClientError::Unreadable { .. } => Self::from_error(ExitCode::Usage, &error)
                .hint("what was sent before is there; the same command sends it again, and the rest"),
            ClientError::Snapshot(snapshot) => {
                let failure = Self::from_error(ExitCode::Usage, snapshot);
                match snapshot.hint() {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }
            }
            ClientError::Older { instead, .. } => Self::from_error(ExitCode::Usage, &error).hint(instead.clone()),
            ClientError::Foreign { .. } => Self::from_error(ExitCode::Refused, &error).hint(
                "workspaces, clusters, experiments and jobs may work; whoever runs the server says how it is and who may use it",
            ),
            ClientError::Failed { .. } => Self::from_error(ExitCode::Refused, &error),
        }
    }
}

fn refused(status: u16, error: &ErrorDetail) -> Failure {
    let exit = match status {
        404 => ExitCode::Missing,
        401 | 403 => ExitCode::Unreachable,
        _ => ExitCode::Refused,
    };
    let mut failure = Failure::new(exit, error.message.clone());
    if error.details.len() > 1 {
        failure.causes =
            error.details.iter().map(|d| format!("{}: {}", d.target.as_deref().unwrap_or("?"), d.message)).collect();
    }
    let of_target = match error.target.as_deref() {
        Some("outputdirectoryid") => Some("`batchai job file list -j JOB -d DIRECTORY` lists the files of one it has"),
        Some("storedPath") => {
            Some("choose another path; `batchai storage list --share-name SHARE -r` shows what is there")
        }
        _ => None,
    };
    match of_target.or_else(|| hint(&error.code)) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// What to do about a refusal, where the message does not say it.
fn hint(error_code: &str) -> Option<&'static str> {
    match error_code {
        code::WORKSPACE_NOT_FOUND => {
            Some("`batchai workspace create -n NAME` creates one, `batchai workspace list` shows those there are")
        }
        code::EXPERIMENT_NOT_FOUND => Some(
            "`batchai experiment create -w WORKSPACE -n NAME` creates one, `batchai experiment list -w WORKSPACE` shows those there are",
        ),
        code::CLUSTER_NOT_FOUND => Some(
            "`batchai cluster create -w WORKSPACE -n NAME --min 0 --max 4` creates one, `batchai cluster list -w WORKSPACE` shows those there are",
        ),
        code::NODE_NOT_FOUND => Some("`batchai cluster node list -w WORKSPACE -c CLUSTER` shows the nodes there are"),
        code::NOT_PREEMPTIBLE => Some(
            "`batchai cluster create --vm-priority lowpriority` makes a cluster whose nodes may be taken away; `batchai cluster resize` works with any",
        ),
        code::CLUSTER_QUOTA_EXCEEDED => {
            Some("`batchai list-usages` shows what is in use; `batchai cluster delete` frees a place")
        }
        code::FILE_SERVER_NOT_FOUND => Some("`batchai file-server list -w WORKSPACE` shows the file servers there are"),
        code::JOB_NOT_FOUND => Some("`batchai job list -w WORKSPACE -e EXPERIMENT` shows the jobs there are"),
        code::SHARE_NOT_FOUND | code::CONTAINER_NOT_FOUND => {
            Some("`batchai storage list` shows the shares and containers there are")
        }
        code::STORED_FILE_NOT_FOUND => Some("`batchai storage list --share-name SHARE -r` shows the files there are"),
        code::OUTPUT_FILE_NOT_FOUND => Some("`batchai job file list -j JOB` shows the files there are"),
        "AuthenticationFailed" | "InvalidAuthenticationToken" | "ExpiredAuthenticationToken" => Some(
            "`batchai login URL` remembers a token, BATCHAI_TOKEN names one; the server's owner makes one with `batchai server token create`",
        ),
        code::SECRET_NOT_FOUND => Some("`batchai vault list` shows the secrets there are"),
        code::TOKEN_NOT_FOUND => Some("`batchai server token list` shows the tokens there are"),
        "AuthorizationFailed" | "LinkedAuthorizationFailed" => {
            Some("the server's owner makes a token that may do this with `batchai server token create`")
        }
        code::INVALID_PARAMETER => Some(
            "correct the file or the flags; `batchai schema job` (or `cluster`, `file-server`) tells what may be there",
        ),
        "DiskFull" => Some("make room on the disk that holds the data directory; nothing was changed"),
        _ => None,
    }
}
