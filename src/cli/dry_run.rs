//! `--dry-run`: a request as it would be sent, without secrets, and what else is known of what it would do.
//!
//! Called by the commands that make jobs, clusters and file servers. Sends nothing.

use serde::Serialize;
use serde_json::{Value, json};

use super::Outcome;
use super::output::rows::Row;
use super::output::{Output, OutputError};
use super::session::Session;
use crate::api::id::ResourceId;
use crate::api::plan::SECRET;
use crate::api::version::ApiVersion;

/// Properties whose text is a secret, whatever they stand in (Swagger 2018-05-01).
const SECRETS: [&str; 4] = ["accountKey", "password", "adminUserPassword", "instrumentationKey"];

/// Lists whose elements have a secret `value`.
const SECRET_VARIABLES: &str = "secrets";

/// What is printed of something that would be made with a single request.
pub struct DryRun {
    request: Value,
    would_make: Vec<String>,
}

impl DryRun {
    /// The request that would make `id` out of `body`, and words of what would be made before it.
    ///
    /// # Errors
    /// When the body has no JSON form.
    pub fn new(id: &ResourceId, body: &impl Serialize, would_make: Vec<String>) -> Result<Self, OutputError> {
        Ok(Self { request: request(id, body, ApiVersion::Ours)?, would_make })
    }

    /// Prints it; a table has one line for the request.
    ///
    /// # Errors
    /// When stdout takes no more.
    pub fn print(&self, session: &Session) -> Outcome {
        if !self.would_make.is_empty() {
            session.report.note(&format!("Would be made first: {}.", self.would_make.join(", ")));
        }
        session.print(&Output::one(self))
    }
}

impl Row for DryRun {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        Ok(json!({ "request": self.request, "plan": { "wouldMake": self.would_make } }))
    }

    /// A request is shown as it is sent, not in the shape of an answer.
    fn printed(&self) -> Result<Value, serde_json::Error> {
        self.wire()
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Method", "Url", "Would make first"]
    }

    fn cells(&self) -> Vec<String> {
        let text = |field: &str| self.request[field].as_str().unwrap_or_default().to_owned();
        vec![text("method"), text("url"), self.would_make.join(", ")]
    }
}

/// A request that makes `id`: method, url and body, without secrets and without what is not set.
///
/// # Errors
/// When the body has no JSON form.
pub fn request(id: &ResourceId, body: &impl Serialize, version: ApiVersion) -> Result<Value, OutputError> {
    let mut body = serde_json::to_value(body)?;
    hide(&mut body, false);
    let url = format!("{id}?api-version={version}");
    Ok(json!({ "method": "PUT", "url": url, "body": body }))
}

fn hide(value: &mut Value, is_secret_variable: bool) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            for (key, value) in fields.iter_mut() {
                let is_secret = SECRETS.contains(&key.as_str()) || (is_secret_variable && key == "value");
                if is_secret && value.is_string() {
                    *value = Value::String(SECRET.to_owned());
                } else {
                    hide(value, key == SECRET_VARIABLES);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| hide(element, is_secret_variable)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_stand_and_nothing_else_is() {
        let mut body = json!({
            "secrets": [{ "name": "KEY", "value": "hunter2" }, { "name": "V", "valueSecretReference": { "secretUrl": "u" } }],
            "environmentVariables": [{ "name": "MODE", "value": "fast" }],
            "mountVolumes": { "azureFileShares": [{ "credentials": { "accountKey": "hunter2" } }] },
            "containerSettings": { "credentials": { "username": "u", "password": "hunter2" } },
            "empty": null,
        });
        hide(&mut body, false);
        let text = body.to_string();
        assert!(!text.contains("hunter2") && !text.contains("null"), "{text}");
        assert_eq!(body["secrets"][0], json!({ "name": "KEY", "value": SECRET }));
        assert_eq!(body["secrets"][1]["valueSecretReference"]["secretUrl"], "u");
        assert_eq!(body["environmentVariables"][0]["value"], "fast");
        assert_eq!(body["containerSettings"]["credentials"]["username"], "u");
    }
}
