//! Which bytes of a file an answer has: `Range` and `If-Range` (RFC 9110, sections 13.1.5 and 14.2).
//!
//! `routes::downloads` asks. Pure. More than one range is answered with the whole file, which the RFC allows.

use std::ops::Range;

use axum::http::{HeaderMap, header};
use http_range_header::{EndPosition, StartPosition, parse_range_header};

/// What tells one state of a file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Validators {
    /// Entity tag, quotes included.
    pub(super) etag: String,
    /// As an HTTP date.
    pub(super) last_modified: String,
}

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// These bytes; never none.
    Bytes(Range<u64>),
    /// There are none of those that were asked for.
    OutOfRange,
}

/// The part of a file of `length` bytes that a request asks for.
pub(super) fn part(headers: &HeaderMap, validators: &Validators, length: u64) -> Part {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_same = match (headers.contains_key(header::IF_RANGE), text(header::IF_RANGE)) {
        (false, _) => true,
        (true, condition) => {
            condition.is_some_and(|known| known == validators.etag || known == validators.last_modified)
        }
    };
    // What is not a range of bytes is as good as no header at all.
    match text(header::RANGE).filter(|_| is_same).and_then(bounds) {
        None => Part::Whole,
        Some((start, end)) => {
            let range = match (start, end) {
                (StartPosition::Index(first), EndPosition::Index(last)) => first..last.saturating_add(1).min(length),
                (StartPosition::Index(first), EndPosition::LastByte) => first..length,
                (StartPosition::FromLast(count), _) => length.saturating_sub(count)..length,
            };
            if range.is_empty() { Part::OutOfRange } else { Part::Bytes(range) }
        }
    }
}

/// The one range of a header.
fn bounds(header: &str) -> Option<(StartPosition, EndPosition)> {
    // The grammar knows this one, and no file has its bytes.
    if header == "bytes=-0" {
        return Some((StartPosition::FromLast(0), EndPosition::LastByte));
    }
    let parsed = parse_range_header(header).ok()?;
    match parsed.ranges.as_slice() {
        [range] => match (range.start, range.end) {
            (StartPosition::Index(first), EndPosition::Index(last)) if last < first => None,
            bounds => Some(bounds),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked(range: &'static str, condition: Option<&'static str>, length: u64) -> Part {
        let mut headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static(range))]);
        if let Some(condition) = condition {
            headers.insert(header::IF_RANGE, HeaderValue::from_static(condition));
        }
        let date = "Fri, 08 Jun 2018 10:00:00 GMT".to_owned();
        part(&headers, &Validators { etag: "\"a\"".into(), last_modified: date }, length)
    }

    #[test]
    fn a_range_is_the_part_of_it_that_is_there() {
        for (range, expected) in [
            ("bytes=0-", 0..10),
            ("bytes=3-", 3..10),
            ("bytes=9-", 9..10),
            ("bytes=2-4", 2..5),
            ("bytes=2-2", 2..3),
            ("bytes=2-99", 2..10),
            ("bytes=2-18446744073709551615", 2..10),
            ("bytes=-3", 7..10),
            ("bytes=-99", 0..10),
        ] {
            assert_eq!(asked(range, None, 10), Part::Bytes(expected), "{range}");
        }
    }

    #[test]
    fn a_range_behind_the_end_is_out_of_range_and_so_is_any_range_of_an_empty_file() {
        for range in ["bytes=10-", "bytes=10-20", "bytes=-0"] {
            assert_eq!(asked(range, None, 10), Part::OutOfRange, "{range}");
        }
        for range in ["bytes=0-", "bytes=0-0", "bytes=-5"] {
            assert_eq!(asked(range, None, 0), Part::OutOfRange, "{range}");
        }
    }

    #[test]
    fn what_is_not_one_range_of_bytes_is_ignored() {
        for range in ["lines=1-2", "bytes=4-2", "bytes=a-b", "bytes=", "bytes=1-2,4-5", "0-5"] {
            assert_eq!(asked(range, None, 10), Part::Whole, "{range}");
        }
        let validators = Validators { etag: "\"a\"".into(), last_modified: String::new() };
        assert_eq!(part(&HeaderMap::new(), &validators, 10), Part::Whole);
    }

    #[test]
    fn a_range_of_another_state_of_the_file_is_ignored() {
        for same in ["\"a\"", "Fri, 08 Jun 2018 10:00:00 GMT"] {
            assert_eq!(asked("bytes=3-", Some(same), 10), Part::Bytes(3..10), "{same}");
        }
        for other in ["\"b\"", "W/\"a\"", "Fri, 08 Jun 2018 10:00:01 GMT", ""] {
            assert_eq!(asked("bytes=3-", Some(other), 10), Part::Whole, "{other}");
        }
    }
}
