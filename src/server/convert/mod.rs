//! Between the words of the wire and the domain. The only place that knows both.
//!
//! Wire to domain *is* validation: it answers a value that can be worked with, or all field errors at once,
//! each with the path of its property. Domain to wire takes structs apart field by field, so that a new
//! field is a decision.

pub mod cluster;
mod container;
mod directory;
mod duration;
pub mod file_server;
pub mod foresight;
pub mod group;
pub mod job;
mod machine;
pub mod mount;
pub mod node;
mod node_setup;
mod secret;
pub mod storage;
pub mod storage_account;
pub mod token;
pub mod toolkit;
pub mod usage;
pub mod vault;
pub mod workspace;

use std::collections::HashSet;

use serde::Serialize;

use crate::api::EnvironmentVariable;
use crate::api::check::render_path;
use crate::api::limits::too_large;
use crate::api::version::ApiVersion;
use crate::domain::Timestamp;
use crate::domain::name::{GroupKey, Name, NameError};
use crate::domain::provisioning::ProvisioningState;
use crate::domain::secret::Seal;

/// What the meaning of a body depends on, beside the body.
pub struct Rules<'r> {
    /// The version it was written for: it decides what is required.
    pub version: ApiVersion,
    /// Seals the secrets in it.
    pub seal: &'r Seal,
}

/// The field errors of one body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(pub Vec<FieldError>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The property, such as `properties.nodeCount`.
    pub target: String,
    /// A whole sentence.
    pub message: String,
}

impl FieldErrors {
    /// Notes one more.
    pub fn add(&mut self, target: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { target: target.into(), message: message.into() });
    }

    /// Notes the error of `result` and goes on without its value.
    fn take<T, E: std::fmt::Display>(&mut self, target: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(target, error.to_string())).ok()
    }

    /// The value, unless an error was noted.
    fn finish<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) | None => Err(self),
        }
    }
}

/// A moment as the service wrote it: UTC, up to 3 decimals, trailing zeros dropped
/// (`2018-06-06T20:19:17.24Z`; azure-sdk-for-net recordings, June 2018).
#[must_use]
pub fn time(at: Timestamp) -> String {
    let millisecond = at.round(jiff::Unit::Millisecond).unwrap_or(at);
    millisecond.to_string()
}

/// The provisioning state in the words of the wire.
#[must_use]
pub fn provisioning_state(state: ProvisioningState) -> String {
    match state {
        ProvisioningState::Creating => "creating",
        ProvisioningState::Succeeded => "succeeded",
        ProvisioningState::Failed => "failed",
        ProvisioningState::Deleting => "deleting",
    }
    .into()
}

/// The key of a group out of a path or an id.
pub(super) fn group(subscription: &str, group: &str) -> Result<GroupKey, String> {
    GroupKey::parse(subscription, group).map_err(|error| format!("resource group `{group}`: {error}"))
}

/// A name out of a path or an id; `what` says whose.
pub(super) fn name(what: &str, text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|error: NameError| format!("{what} name `{text}`: {error}"))
}

/// A name out of an id: in a workspace of flat resources it may have dots.
fn name_in(workspace: &str, what: &str, text: &str) -> Result<Name, String> {
    match Name::parse_dotted(text) {
        Ok(name) if crate::server::versions::names::region_of(workspace).is_some() => Ok(name),
        Ok(_) | Err(_) => name(what, text),
    }
}

/// The names of variables, each once; their values may be any text.
fn check_variables(target: &str, variables: &[EnvironmentVariable], errors: &mut FieldErrors) {
    let mut seen = HashSet::new();
    for (at, EnvironmentVariable { name, value: _ }) in variables.iter().enumerate() {
        check_name(&format!("{target}[{at}]"), name, &mut seen, errors);
    }
}

/// The name of a variable: not empty, without `=`, not one of ours, and not one that was `seen`. `target` is the
/// variable.
fn check_name<'n>(target: &str, name: &'n str, seen: &mut HashSet<&'n str>, errors: &mut FieldErrors) {
    let is_new = seen.insert(name);
    let target = format!("{target}.name");
    if name.is_empty() || name.contains(['=', '\0']) {
        errors.add(target, format!("`{name}` cannot be the name of an environment variable"));
    } else if name.starts_with("AZ_BATCHAI_") || name == "BATCHAI_RUN_ID" {
        errors.add(target, format!("`{name}` is set by batchai and cannot be set by a job"));
    } else if !is_new {
        errors.add(target, format!("`{name}` is given twice"));
    }
}

/// What is too large for a program or a file system, in the properties below `target`.
fn check_sizes(target: &str, properties: &impl Serialize, errors: &mut FieldErrors) {
    // Wire types are plain data; one that had no JSON form would not have arrived.
    let properties = serde_json::to_value(properties).unwrap_or_default();
    for (path, why) in too_large(&properties) {
        errors.add(format!("{target}.{}", render_path(&path)), why);
    }
}

/// Notes a text that says nothing.
fn check_filled(target: impl Into<String>, text: &str, errors: &mut FieldErrors) {
    if text.trim().is_empty() {
        errors.add(target, "it must not be empty");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::domain::secret::MasterKey;

    /// The rules of a version, with a seal that is the same in every test.
    pub(super) fn rules(version: ApiVersion) -> Rules<'static> {
        static SEAL: LazyLock<Seal> = LazyLock::new(|| Seal::new(&MasterKey::new([1; 32])));
        Rules { version, seal: &SEAL }
    }

    /// One error per line.
    pub(super) fn lines(errors: &FieldErrors) -> String {
        let lines: Vec<String> = errors.0.iter().map(|error| format!("{}: {}", error.target, error.message)).collect();
        lines.join("\n")
    }

    #[test]
    fn times_have_at_most_three_decimals_and_no_trailing_zeros() {
        let at = |text: &str| time(text.parse().expect("a time"));
        assert_eq!(at("2018-06-06T20:19:17.240Z"), "2018-06-06T20:19:17.24Z");
        assert_eq!(at("2018-06-06T20:19:17.1234567Z"), "2018-06-06T20:19:17.123Z");
        assert_eq!(at("2018-06-06T20:19:17Z"), "2018-06-06T20:19:17Z");
    }
}
