//! Bodies of answers, and the headers that belong to a resource.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::fmt::rfc2822::DateTimePrinter;
use serde::Serialize;
use serde_json::Value;

use super::error::ApiError;
use crate::domain::Timestamp;

/// The type of every JSON body (azure-sdk-for-net recordings, June 2018).
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A body of the wire: what is not set is left out, never null.
pub struct Wire<T>(pub T);

impl<T: Serialize> IntoResponse for Wire<T> {
    fn into_response(self) -> Response {
        match serde_json::to_value(self.0) {
            Ok(mut value) => {
                drop_nulls(&mut value);
                json(StatusCode::OK, value.to_string())
            }
            Err(error) => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", error.to_string())
                .into_response(),
        }
    }
}

/// An answer with a JSON text.
pub(super) fn json(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], text).into_response()
}

/// Leaves out what is not set, at any depth.
pub(super) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// One resource with `ETag` and `Last-Modified`: they follow what its user changed and never its state
/// (azure-sdk-for-net recordings, June 2018).
pub struct Entity<T> {
    /// The resource as answered.
    pub body: T,
    /// When its user made it or last changed it.
    pub changed: Timestamp,
}

impl<T: Serialize> IntoResponse for Entity<T> {
    fn into_response(self) -> Response {
        let mut response = Wire(self.body).into_response();
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.changed).ok();
        let both = [(header::ETAG, Some(etag(self.changed))), (header::LAST_MODIFIED, date)];
        for (name, value) in both {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// The moment as .NET counts it, in steps of 100 ns since the year 1, in upper hexadecimal digits: the form of the
/// service's own tags, such as `"0x8D5D6B7A13C0B2E"`.
fn etag(at: Timestamp) -> String {
    const TICKS_AT_1970: i128 = 621_355_968_000_000_000;
    format!("\"0x{:X}\"", TICKS_AT_1970 + at.as_nanosecond() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_dates_have_the_forms_of_the_service() {
        let changed = "2018-06-20T10:20:30.1234567Z".parse().expect("a time");
        let response = Entity { body: Value::Null, changed }.into_response();
        assert_eq!(response.headers()[header::ETAG], "\"0x8D5D697730A0187\"");
        assert_eq!(response.headers()[header::LAST_MODIFIED], "Wed, 20 Jun 2018 10:20:30 GMT");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json; charset=utf-8");
    }
}
