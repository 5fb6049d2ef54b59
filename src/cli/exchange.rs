//! `--verbose` and `--debug`: what the client tells of its requests, as text. Nothing secret is in it.
//!
//! Pure; `session` hands what the client tells to it, and the text to `report`.

use std::fmt::Write as _;

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::client::observer::{Exchange, Seen};

/// What stands where a secret was.
const HIDDEN: &str = "<hidden>";

/// The most characters of a body that are shown.
const LARGEST: usize = 16 * 1024;

/// Headers that open something.
const SECRET_HEADERS: [&str; 5] =
    ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-ms-authorization-auxiliary"];

/// Parameters of a query that open something: the signature of a download, and until when.
const SECRET_PARAMETERS: [&str; 4] = ["sig", "se", "code", "access_token"];

/// Properties whose values are secrets, in lower case.
const SECRET_KEYS: [&str; 9] = [
    "accountkey",
    "adminuserpassword",
    "password",
    "instrumentationkey",
    "token",
    "accesstoken",
    "access_token",
    "refresh_token",
    "client_secret",
];

/// Lists of which every element has a secret `value`, in lower case: variables of a job, keys of a storage account.
const SECRET_LISTS: [&str; 2] = ["secrets", "keys"];

/// One line: what was asked, what came, how long it took.
#[must_use]
pub fn summary(seen: &Seen<'_>) -> String {
    match seen {
        Seen::Exchange(exchange) => {
            let Exchange { method, url, outcome, took, .. } = exchange;
            let came = match outcome {
                Ok(received) => received.status.to_string(),
                Err(reason) => format!("no answer ({})", without_signatures(reason)),
            };
            format!("{method} {}: {came}, {} ms", shown_url(url), took.as_millis())
        }
        Seen::Started => "the local server was not running: it was started".into(),
        Seen::Replaced => "the local server was older than this program: it was replaced".into(),
        Seen::FellBack(version) => format!("the server does not know our api-version: it is asked in {version} now"),
    }
}

/// Everything: the request as it was sent, and the answer as it came.
#[must_use]
pub fn whole(exchange: &Exchange) -> String {
    let Exchange { method, url, headers, body, outcome, took } = exchange;
    let mut text = format!("request\n> {method} {}\n", shown_url(url));
    head(&mut text, '>', headers);
    content(&mut text, '>', body.as_ref());
    match outcome {
        Ok(received) => {
            let _ = writeln!(text, "answer after {} ms\n< {}", took.as_millis(), received.status);
            head(&mut text, '<', &received.headers);
            content(&mut text, '<', received.body.as_ref());
        }
        Err(reason) => {
            let _ = writeln!(text, "no answer after {} ms: {}", took.as_millis(), without_signatures(reason));
        }
    }
    text
}

fn head(text: &mut String, mark: char, headers: &HeaderMap) {
    for (name, value) in headers {
        let is_secret = value.is_sensitive() || SECRET_HEADERS.contains(&name.as_str());
        let shown = match value.to_str() {
            _ if is_secret => HIDDEN.to_owned(),
            Ok(value) => without_signatures(value),
            Err(_) => "(not text)".into(),
        };
        let _ = writeln!(text, "{mark} {name}: {shown}");
    }
}

/// Only JSON is shown: of anything else nobody can tell where the secrets are.
fn content(text: &mut String, mark: char, body: Option<&Bytes>) {
    let Some(body) = body.filter(|body| !body.is_empty()) else { return };
    let shown = match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            hide(&mut value);
            hide_text(&mut value);
            serde_json::to_string_pretty(&value).unwrap_or_default()
        }
        Err(_) => format!("({} bytes that are no JSON)", body.len()),
    };
    let cut = shown.char_indices().nth(LARGEST).map_or(shown.len(), |(at, _)| at);
    for line in shown[..cut].lines() {
        let _ = writeln!(text, "{mark} {line}");
    }
    if cut < shown.len() {
        let _ = writeln!(text, "{mark} (and {} bytes more)", shown.len() - cut);
    }
}

/// Takes the secrets out of a body, wherever they are in it.
fn hide(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.to_ascii_lowercase();
                let is_set = !value.is_null();
                match value {
                    Value::Array(items) if SECRET_LISTS.contains(&key.as_str()) => {
                        items.iter_mut().for_each(hide_value);
                    }
                    // A list of tokens is no token.
                    Value::Array(_) | Value::Object(_) => hide(value),
                    _ if is_set && SECRET_KEYS.contains(&key.as_str()) => *value = HIDDEN.into(),
                    _ => hide(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::String(text) => *text = without_signatures(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A body that is nothing but the `value` of a secret. That of a list is its elements.
fn hide_text(body: &mut Value) {
    if let Some(value) = body.get_mut("value").filter(|value| value.is_string()) {
        *value = HIDDEN.into();
    }
}

/// An element of a list of secrets: its name stays.
fn hide_value(item: &mut Value) {
    hide(item);
    for (key, value) in item.as_object_mut().into_iter().flatten() {
        if key.eq_ignore_ascii_case("value") && !value.is_null() {
            *value = HIDDEN.into();
        }
    }
}

fn shown_url(url: &Url) -> String {
    without_signatures(url.as_str())
}

/// Text in which the secret parameters of any address are hidden.
fn without_signatures(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['?', '&']) {
        let (before, after) = rest.split_at(at + 1);
        shown.push_str(before);
        rest = after;
        let name = rest.split(['=', '&', '?']).next().unwrap_or_default();
        let is_secret = SECRET_PARAMETERS.iter().any(|secret| secret.eq_ignore_ascii_case(name));
        if is_secret && rest[name.len()..].starts_with('=') {
            let end = rest.find(|c: char| c == '&' || c == '"' || c.is_whitespace()).unwrap_or(rest.len());
            let _ = write!(shown, "{name}={HIDDEN}");
            rest = &rest[end..];
        }
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::HeaderValue;
    use reqwest::{Method, StatusCode};
    use serde_json::json;

    use super::*;
    use crate::client::observer::Received;

    fn exchange(url: &str, sent: &Value, came: &Value) -> Exchange {
        let headers = HeaderMap::from_iter([
            (reqwest::header::AUTHORIZATION, HeaderValue::from_static("Bearer bai_secret")),
            (reqwest::header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ]);
        let link = HeaderValue::from_static("https://h/x?api-version=1&sig=secret");
        let answered = HeaderMap::from_iter([(reqwest::header::LOCATION, link)]);
        Exchange {
            method: Method::PUT,
            url: Url::parse(url).expect("a url"),
            headers,
            body: Some(sent.to_string().into()),
            outcome: Ok(Received { status: StatusCode::OK, headers: answered, body: Some(came.to_string().into()) }),
            took: Duration::from_millis(12),
        }
    }

    #[test]
    fn an_exchange_is_shown_whole_and_without_its_secrets() {
        let sent = json!({ "properties": {
            "credentials": { "accountKey": "secret", "accountKeySecretReference": null },
            "secrets": [{ "name": "DB", "value": "secret" }, { "name": "REF", "value": null }],
            "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "secret" },
            "environmentVariables": [{ "name": "A", "value": "seen" }],
        } });
        let came = json!({ "token": "bai_secret", "downloadUrl": "https://s/f?sv=1&sig=secret%2B&se=secret&sp=rl" });
        let shown = whole(&exchange("https://h/a?api-version=2018-05-01&SIG=secret", &sent, &came));
        assert!(!shown.contains("secret%") && !shown.contains("secret\""), "{shown}");
        insta::assert_snapshot!(shown, @r#"
        request
        > PUT https://h/a?api-version=2018-05-01&SIG=<hidden>
        > authorization: <hidden>
        > content-type: application/json
        > {
        >   "properties": {
        >     "credentials": {
        >       "accountKey": "<hidden>",
        >       "accountKeySecretReference": null
        >     },
        >     "secrets": [
        >       {
        >         "name": "DB",
        >         "value": "<hidden>"
        >       },
        >       {
        >         "name": "REF",
        >         "value": null
        >       }
        >     ],
        >     "userAccountSettings": {
        >       "adminUserName": "me",
        >       "adminUserPassword": "<hidden>"
        >     },
        >     "environmentVariables": [
        >       {
        >         "name": "A",
        >         "value": "seen"
        >       }
        >     ]
        >   }
        > }
        answer after 12 ms
        < 200 OK
        < location: https://h/x?api-version=1&sig=<hidden>
        < {
        <   "token": "<hidden>",
        <   "downloadUrl": "https://s/f?sv=1&sig=<hidden>&se=<hidden>&sp=rl"
        < }
        "#);
    }

    #[test]
    fn secrets_are_found_in_any_letter_case_and_at_any_depth() {
        let mut body = json!([{ "keys": [{ "keyName": "key1", "value": "s", "permissions": "Full" }] },
                               { "a": { "PassWord": "s", "InstrumentationKey": "s", "secrets": [{ "Value": "s" }] } }]);
        hide(&mut body);
        assert_eq!(
            body,
            json!([{ "keys": [{ "keyName": "key1", "value": HIDDEN, "permissions": "Full" }] },
                   { "a": { "PassWord": HIDDEN, "InstrumentationKey": HIDDEN, "secrets": [{ "Value": HIDDEN }] } }])
        );
    }

    #[test]
    fn a_body_that_is_a_secret_is_hidden_and_a_list_is_not() {
        let shown = |body: Value| {
            let mut text = String::new();
            content(&mut text, '>', Some(&body.to_string().into()));
            text.replace("> ", "").replace('\n', "")
        };
        assert_eq!(shown(json!({ "value": "hunter2" })), r#"{  "value": "<hidden>"}"#);
        assert!(shown(json!({ "value": [{ "name": "a" }] })).contains(r#""name": "a""#));
    }

    #[test]
    fn what_is_no_json_is_not_shown_and_what_is_long_is_cut() {
        let mut text = String::new();
        content(&mut text, '<', Some(&"accountKey=secret".into()));
        assert_eq!(text, "< (17 bytes that are no JSON)\n");
        text.clear();
        content(&mut text, '<', Some(&json!("ü".repeat(LARGEST)).to_string().into()));
        assert!(text.ends_with("bytes more)\n") && text.len() < 3 * LARGEST, "{}", text.len());
    }

    #[test]
    fn a_summary_is_one_line() {
        let shown = summary(&Seen::Exchange(&exchange("https://h/a?sig=secret&x=1", &json!(null), &json!(null))));
        assert_eq!(shown, "PUT https://h/a?sig=<hidden>&x=1: 200 OK, 12 ms");
    }
}
