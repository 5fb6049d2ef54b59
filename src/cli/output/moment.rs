//! Moments for people: how long ago, how soon.

use jiff::Timestamp;

/// The largest unit that fits, and how many of the unit below it makes one.
const UNITS: [(&str, i64); 6] =
    [("second", 60), ("minute", 60), ("hour", 24), ("day", 30), ("month", 12), ("year", i64::MAX)];

/// `3 minutes ago`, `in 2 hours`, `now`; nothing for text that is no moment.
#[must_use]
pub fn relative(wire: &str, now: Timestamp) -> Option<String> {
    let at: Timestamp = wire.parse().ok()?;
    let seconds = at.as_second() - now.as_second();
    let (mut count, mut name) = (seconds.abs(), "second");
    for (unit, of_next) in UNITS {
        name = unit;
        if count < of_next {
            break;
        }
        count /= of_next;
    }
    let plural = if count == 1 { "" } else { "s" };
    Some(match seconds {
        0 => "now".to_owned(),
        1.. => format!("in {count} {name}{plural}"),
        _ => format!("{count} {name}{plural} ago"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_its_largest_unit() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a moment");
        let cases = [
            ("2026-11-21T12:00:00.9Z", "now"),
            ("2026-11-21T11:59:59Z", "1 second ago"),
            ("2026-11-21T11:57:00+00:00", "3 minutes ago"),
            ("2026-11-21T10:59:59Z", "1 hour ago"),
            ("2026-11-21T13:59:59.5Z", "in 1 hour"),
            ("2026-11-19T11:00:00Z", "2 days ago"),
            ("2026-09-01T00:00:00Z", "2 months ago"),
            ("2030-11-21T12:00:00Z", "in 4 years"),
        ];
        for (wire, told) in cases {
            assert_eq!(relative(wire, now).as_deref(), Some(told), "{wire}");
        }
        assert_eq!(relative("yesterday", now), None);
        assert_eq!(relative("", now), None);
    }
}
