//! What a request would do, told from its method and path alone.
//!
//! Pure. `authorise` calls it. Names in a path are decoded and compared without regard to letter case, as the router
//! does both. What is not known here is only for those who may go everywhere.

use axum::http::Method;

use crate::domain::token::{Action, Place, Verb};

/// Paths that carry their own permission: signed addresses of files.
const OPEN: [&str; 1] = ["downloads"];

/// POSTs that change nothing.
const READING: [&str; 5] =
    ["listoutputfiles", "listsetuptaskfiles", "listremotelogininformation", "checknameavailability", "plan"];

/// What a request would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Access {
    /// As far as permission goes.
    pub(super) action: Action,
    /// In the words of Azure Resource Manager, such as `Microsoft.BatchAI/workspaces/read`.
    pub(super) name: String,
}

/// Whether a path needs no token.
pub(super) fn is_open(path: &str) -> bool {
    let parts = parts(path);
    parts.len() > 1 && OPEN.contains(&parts[0].as_str())
}

/// What a request would do.
pub(super) fn of(method: &Method, path: &str) -> Access {
    let parts = parts(path);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Access { action: Action { verb: verb(method, &parts), place: place(&parts) }, name: name(method, &parts) }
}

fn verb(method: &Method, parts: &[&str]) -> Verb {
    let last = parts.last().copied().unwrap_or_default();
    match parts {
        ["batchai", "tokens", ..] | ["batchai", "server", "stop"] => Verb::Administer,
        _ if matches!(*method, Method::GET | Method::HEAD) => Verb::Read,
        _ if *method == Method::POST && READING.contains(&last) => Verb::Read,
        // SDKs register a provider before they read; here that changes nothing.
        ["subscriptions", _, "providers", _, "register"] => Verb::Read,
        _ => Verb::Write,
    }
}

fn place(parts: &[&str]) -> Place {
    match parts {
        ["subscriptions", _, "resourcegroups", group, ..] => Place::Group((*group).to_owned()),
        ["tenants"] | ["subscriptions"] | ["subscriptions", _] => Place::Shared,
        ["subscriptions", _, "resourcegroups" | "locations"] => Place::Shared,
        ["subscriptions", _, "providers", rest @ ..] if is_shared(rest) => Place::Shared,
        ["providers", _, "operations"] | ["batchai", "server"] => Place::Shared,
        _ => Place::Everywhere,
    }
}

/// Below `/subscriptions/{subscription}/providers`.
fn is_shared(parts: &[&str]) -> bool {
    match parts {
        [] | [_] | [_, "register"] => true,
        // The handlers show the caller's group only.
        ["microsoft.batchai", "workspaces" | "clusters" | "jobs" | "activejobs" | "fileservers"] => true,
        ["microsoft.storage", "storageaccounts" | "checknameavailability"] => true,
        // The handlers ask whose the account is.
        ["microsoft.batchai", "storage", ..] => true,
        // Nobody finds a snapshot or an operation whose id they do not have.
        ["microsoft.batchai", "snapshots", _] => true,
        ["microsoft.batchai", "locations", _, "operationresults" | "operationstatuses", _] => true,
        ["microsoft.batchai", "locations", _, "usages"] => true,
        _ => false,
    }
}

/// The action in the words of Azure Resource Manager: provider, types, and what happens to the last of them.
fn name(method: &Method, parts: &[&str]) -> String {
    let from = parts.iter().position(|part| *part == "providers").map_or(0, |at| at + 1);
    let (provider, rest) = match parts.get(from..).and_then(|rest| rest.split_first()) {
        Some((&"microsoft.batchai", rest)) => (crate::api::PROVIDER, rest),
        Some((provider, rest)) if from > 0 => (*provider, rest),
        Some(_) | None => ("Microsoft.Resources", parts),
    };
    let types = rest.iter().step_by(2).copied();
    let verb = match *method {
        Method::GET | Method::HEAD => "read",
        Method::DELETE => "delete",
        Method::POST => "action",
        _ => "write",
    };
    std::iter::once(provider).chain(types).chain([verb]).collect::<Vec<_>>().join("/")
}

/// The parts of a path, decoded, in lower case.
fn parts(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(|part| decoded(part).to_ascii_lowercase()).collect()
}

fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2).and_then(hexadecimal)).flatten();
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACES: &str = "/subscriptions/s/resourceGroups/RG/providers/Microsoft.BatchAI/workspaces";

    fn of_path(method: &Method, path: &str) -> (Verb, Place) {
        let action = of(method, path).action;
        (action.verb, action.place)
    }

    #[test]
    fn what_lies_in_a_group_is_told_however_its_path_is_written() {
        let group = Place::Group("rg".into());
        for path in [
            WORKSPACES.to_owned(),
            format!("{WORKSPACES}/w/experiments/e/jobs/j"),
            "/SUBSCRIPTIONS/s/RESOURCEGROUPS/rg".into(),
            "/subscriptions/s/resourcegroups/%52%67/providers/x".into(),
            "/subscriptions//s/resourceGroups//RG".into(),
        ] {
            assert_eq!(of_path(&Method::GET, &path), (Verb::Read, group.clone()), "{path}");
        }
    }

    #[test]
    fn a_post_that_only_reads_is_reading_and_every_other_one_is_writing() {
        let job = format!("{WORKSPACES}/w/experiments/e/jobs/j");
        let verb = |method: Method, path: String| of(&method, &path).action.verb;
        assert_eq!(verb(Method::POST, format!("{job}/listOutputFiles")), Verb::Read);
        assert_eq!(verb(Method::POST, format!("{job}/ListRemoteLoginInformation")), Verb::Read);
        assert_eq!(verb(Method::POST, format!("{job}/plan")), Verb::Read);
        assert_eq!(verb(Method::GET, format!("{job}/explanation")), Verb::Read);
        assert_eq!(verb(Method::POST, format!("{job}/rerun")), Verb::Write);
        assert_eq!(verb(Method::POST, format!("{job}/terminate")), Verb::Write);
        assert_eq!(verb(Method::POST, "/subscriptions/s/resourceGroups/g/x/listKeys".into()), Verb::Write);
        assert_eq!(verb(Method::PUT, format!("{job}/listOutputFiles")), Verb::Write);
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(verb(method, job.clone()), Verb::Write);
        }
    }

    #[test]
    fn tokens_and_the_end_of_the_server_are_administered() {
        for path in ["/batchai/tokens", "/batchai/Tokens/x", "/batchai/server/stop", "/batchai/%74okens"] {
            assert_eq!(of(&Method::GET, path).action.verb, Verb::Administer, "{path}");
        }
        assert_eq!(of_path(&Method::GET, "/batchai/server"), (Verb::Read, Place::Shared));
    }

    #[test]
    fn secrets_of_key_vaults_are_of_the_whole_server() {
        let secret = "/batchai/vaults/demo/secrets/token";
        for path in ["/batchai/secrets", "/batchai/Vaults/demo/secrets", secret] {
            assert_eq!(of_path(&Method::GET, path), (Verb::Read, Place::Everywhere), "{path}");
        }
        for method in [Method::PUT, Method::DELETE] {
            assert_eq!(of_path(&method, secret), (Verb::Write, Place::Everywhere), "{method}");
        }
    }

    #[test]
    fn what_reveals_nothing_of_a_group_is_shared_and_everything_unknown_is_not() {
        let batchai = "/subscriptions/s/providers/Microsoft.BatchAI";
        for path in [
            "/subscriptions".to_owned(),
            "/providers/Microsoft.BatchAI/operations".into(),
            "/tenants".into(),
            "/subscriptions/s/resourceGroups".into(),
            "/subscriptions/s/locations".into(),
            "/subscriptions/s/providers/Microsoft.Storage/storageAccounts".into(),
            "/subscriptions/s/providers/Microsoft.Storage/checkNameAvailability".into(),
            format!("{batchai}/workspaces"),
            format!("{batchai}/jobs"),
            format!("{batchai}/storage/acc/shares/s/files/a/b"),
            format!("{batchai}/snapshots/sha256:0"),
            format!("{batchai}/locations/eastus/usages"),
            format!("{batchai}/locations/eastus/operationStatuses/1"),
        ] {
            assert_eq!(of(&Method::GET, &path).action.place, Place::Shared, "{path}");
        }
        for path in ["/".to_owned(), "/subscriptions/s/resources".into(), format!("{batchai}/x"), "/x".into()] {
            assert_eq!(of(&Method::GET, &path).action.place, Place::Everywhere, "{path}");
        }
        assert_eq!(of(&Method::POST, &format!("{batchai}/register")).action.verb, Verb::Read);
    }

    #[test]
    fn an_action_has_the_name_that_azure_gives_it() {
        let job = format!("{WORKSPACES}/w/experiments/e/jobs/j");
        assert_eq!(of(&Method::PUT, &job).name, "Microsoft.BatchAI/workspaces/experiments/jobs/write");
        assert_eq!(
            of(&Method::POST, &format!("{job}/terminate")).name,
            "Microsoft.BatchAI/workspaces/experiments/jobs/terminate/action"
        );
        assert_eq!(of(&Method::DELETE, &job).name, "Microsoft.BatchAI/workspaces/experiments/jobs/delete");
        let group = of(&Method::GET, "/subscriptions/s/resourceGroups/g").name;
        assert_eq!(group, "Microsoft.Resources/subscriptions/resourcegroups/read");
    }

    #[test]
    fn only_signed_addresses_are_open() {
        assert!(is_open("/downloads/abc"));
        for path in ["/downloads", "/batchai/server", "/", "/x/downloads/abc", "/downloadsx/a"] {
            assert!(!is_open(path), "{path}");
        }
    }
}
