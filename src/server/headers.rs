//! Headers of every answer (azure-sdk-for-net recordings, June 2018). Called by the middleware.

use axum::http::header::{CACHE_CONTROL, EXPIRES, HeaderName, PRAGMA, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method};

use crate::domain::Timestamp;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const MS_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
const ROUTING_ID: HeaderName = HeaderName::from_static("x-ms-routing-request-id");
const CLIENT_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const RETURN_CLIENT_ID: HeaderName = HeaderName::from_static("x-ms-return-client-request-id");
const READS: HeaderName = HeaderName::from_static("x-ms-ratelimit-remaining-subscription-reads");
const WRITES: HeaderName = HeaderName::from_static("x-ms-ratelimit-remaining-subscription-writes");
const DELETES: HeaderName = HeaderName::from_static("x-ms-ratelimit-remaining-subscription-deletes");

/// What the headers of an answer depend on, taken from its request.
pub(super) struct Asked {
    limit: (HeaderName, &'static str),
    correlation: Option<HeaderValue>,
    client: Option<HeaderValue>,
}

impl Asked {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let wants_id_back =
            headers.get(RETURN_CLIENT_ID).is_some_and(|wish| wish.as_bytes().eq_ignore_ascii_case(b"true"));
        Self {
            limit: limit(method),
            correlation: headers.get(CORRELATION_ID).cloned(),
            client: headers.get(CLIENT_ID).filter(|_| wants_id_back).cloned(),
        }
    }

    /// Adds the headers of the answer to the request called `id`, given at `now`. What is there stays.
    pub(super) fn answer(self, headers: &mut HeaderMap, id: &str, now: Timestamp) {
        headers.reserve(12);
        let (limit, left) = self.limit;
        for (name, value) in [
            (CACHE_CONTROL, "no-cache"),
            (PRAGMA, "no-cache"),
            (EXPIRES, "-1"),
            (VARY, "Accept-Encoding"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (limit, left),
        ] {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert(REQUEST_ID, id.clone());
            headers.insert(MS_REQUEST_ID, id.clone());
            headers.insert(CORRELATION_ID, self.correlation.unwrap_or(id));
        }
        if let Ok(route) = HeaderValue::try_from(format!("LOCAL:{}:{id}", now.strftime("%Y%m%dT%H%M%SZ"))) {
            headers.insert(ROUTING_ID, route);
        }
        if let Some(client) = self.client {
            headers.insert(CLIENT_ID, client);
        }
    }
}

/// What is left of the quota of requests: always the first number that the service answered, for there is none here.
fn limit(method: &Method) -> (HeaderName, &'static str) {
    match *method {
        Method::GET | Method::HEAD | Method::OPTIONS => (READS, "11999"),
        Method::DELETE => (DELETES, "14999"),
        _ => (WRITES, "1199"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(method: &Method, asked: &[(&'static str, &'static str)]) -> String {
        let asked = asked.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        let now = "2018-06-20T10:20:30.5Z".parse().expect("a time");
        Asked::of(method, &asked.collect()).answer(&mut headers, "the-id", now);
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("text"))).collect();
        lines.sort();
        lines.join("\n")
    }

    #[test]
    fn an_answer_has_the_headers_of_the_service_and_one_id() {
        insta::assert_snapshot!(answered(&Method::GET, &[("x-ms-client-request-id", "mine")]), @r"
        cache-control: no-cache
        expires: -1
        pragma: no-cache
        request-id: the-id
        vary: Accept-Encoding
        x-content-type-options: nosniff
        x-ms-correlation-request-id: the-id
        x-ms-ratelimit-remaining-subscription-reads: 11999
        x-ms-request-id: the-id
        x-ms-routing-request-id: LOCAL:20180620T102030Z:the-id
        ");
    }

    #[test]
    fn ids_of_the_client_come_back_when_it_wants_them() {
        let asked = [
            ("x-ms-client-request-id", "mine"),
            ("x-ms-return-client-request-id", "True"),
            ("x-ms-correlation-request-id", "chain"),
        ];
        let answered = answered(&Method::DELETE, &asked);
        assert!(answered.contains("x-ms-client-request-id: mine"), "{answered}");
        assert!(answered.contains("x-ms-correlation-request-id: chain"), "{answered}");
        assert!(answered.contains("subscription-deletes: 14999"), "{answered}");
    }
}
