//! Operations that go on after their request was answered: polled for until they are over.
//!
//! As msrestazure 0.6 did it: `Azure-AsyncOperation` names what tells the status, otherwise `Location` answers 202
//! until it is over; `Retry-After` of an answer says how long to wait before the next question.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;

use crate::api::error::ErrorDetail;
use crate::client::answer::Answer;
use crate::client::{Client, ClientError, json};

/// The header with the address of the status.
const STATUS: &str = "azure-asyncoperation";

/// What is waited where the server does not say how long.
const USUAL: Duration = Duration::from_secs(2);

/// The longest that is waited, whatever the server says.
const LONGEST: Duration = Duration::from_secs(60);

/// The shortest: a server that says 0 is not asked without a break.
const SHORTEST: Duration = Duration::from_millis(100);

/// Connections that may break one after the other while an operation is polled for.
const PATIENCE: u32 = 10;

/// What is asked about an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Watch {
    /// The address of its status.
    Status(String),
    /// The address of its result.
    Result(String),
}

/// The status of an operation; fields that no decision needs are left to others.
#[derive(Debug, Deserialize)]
struct Status {
    status: String,
    error: Option<ErrorDetail>,
}

/// How far an operation is.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    GoesOn,
    Succeeded,
    Failed { code: String, message: String },
}

impl Client {
    /// Returns when what the answer says was begun is over; at once when nothing goes on.
    pub(in crate::client) async fn until_over(&self, first: &Answer) -> Result<(), ClientError> {
        let Some(watch) = watch(first) else { return Ok(()) };
        let correlation = first.header("x-ms-correlation-request-id").map(str::to_owned);
        let (mut pause, mut broken) = (pause(first), 0);
        loop {
            tokio::time::sleep(pause).await;
            let (Watch::Status(link) | Watch::Result(link)) = &watch;
            let answer = match self.send(|http| http.request(Method::GET, link)).await {
                Ok(answer) => answer,
                Err(error) if error.is_lost_connection() && broken < PATIENCE => {
                    broken += 1;
                    self.pause().await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            (pause, broken) = (self::pause(&answer), 0);
            let progress = match &watch {
                Watch::Status(_) => judged(json(answer).await?),
                Watch::Result(_) if answer.status() == StatusCode::ACCEPTED => Progress::GoesOn,
                Watch::Result(_) => Progress::Succeeded,
            };
            match progress {
                Progress::GoesOn => {}
                Progress::Succeeded => return Ok(()),
                Progress::Failed { code, message } => return Err(failed(code, message, correlation.as_deref())),
            }
        }
    }
}

fn watch(answer: &Answer) -> Option<Watch> {
    let header = |name| answer.header(name).map(str::to_owned);
    match (header(STATUS), answer.status()) {
        (Some(link), _) => Some(Watch::Status(link)),
        (None, StatusCode::ACCEPTED) => header("location").map(Watch::Result),
        (None, _) => None,
    }
}

fn pause(answer: &Answer) -> Duration {
    bounded(answer.header("retry-after"))
}

/// A date is not understood, as by Microsoft's clients.
fn bounded(retry_after: Option<&str>) -> Duration {
    let asked = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    asked.unwrap_or(USUAL).clamp(SHORTEST, LONGEST)
}

fn judged(Status { status, error }: Status) -> Progress {
    match status.to_ascii_lowercase().as_str() {
        "succeeded" => Progress::Succeeded,
        "failed" | "canceled" | "cancelled" => {
            let said = error.filter(|error| !error.message.is_empty());
            let (code, message) = said.map_or_else(
                || (String::new(), format!("The operation ended as `{status}`; the server did not say why")),
                |error| (error.code, error.message),
            );
            Progress::Failed { code, message }
        }
        _ => Progress::GoesOn,
    }
}

fn failed(code: String, message: String, correlation: Option<&str>) -> ClientError {
    let message = match correlation {
        Some(id) => format!("Correlation ID: {id}. {message}"),
        None => message,
    };
    ClientError::Failed { code, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Progress {
        judged(serde_json::from_str(body).expect("a status"))
    }

    #[test]
    fn only_a_final_status_ends_the_polling_and_a_failure_is_told_in_its_own_words() {
        for going in ["InProgress", "Accepted", "Creating"] {
            assert_eq!(of(&format!(r#"{{ "status": "{going}" }}"#)), Progress::GoesOn);
        }
        assert_eq!(of(r#"{ "status": "Succeeded", "properties": { "resourceId": "s$g" } }"#), Progress::Succeeded);
        let body = r#"{ "status": "Failed", "error": { "code": "FileServerProvisioningFailed", "message": "no" } }"#;
        let Progress::Failed { code, message } = of(body) else { panic!("it failed") };
        let error = failed(code, message, Some("7"));
        assert_eq!(error.code(), Some("FileServerProvisioningFailed"));
        assert_eq!(error.to_string(), "Deployment failed. Correlation ID: 7. no");
        assert!(matches!(of(r#"{ "status": "Canceled" }"#), Progress::Failed { .. }));
    }

    #[test]
    fn the_server_says_how_long_to_wait_within_reason() {
        assert_eq!(bounded(Some("15")), Duration::from_secs(15));
        assert_eq!(bounded(None), USUAL);
        assert_eq!(bounded(Some("Fri, 31 Dec 1999 23:59:59 GMT")), USUAL);
        assert_eq!(bounded(Some("0")), SHORTEST);
        assert_eq!(bounded(Some("86400")), LONGEST);
    }
}
