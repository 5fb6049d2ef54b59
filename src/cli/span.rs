//! Spans of time as users type them: `90`, `90s`, `10m`, `1h30m`, `7d`, `PT2H`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo, Unit};

/// Reads one; a number alone counts seconds, a day has 24 hours. For clap.
///
/// # Errors
/// Says how to write one.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "write seconds, or a time such as 90s, 10m, 1h30m, 7d".to_owned();
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let span: Span = text.parse().map_err(|_| wrong())?;
    if span.get_years() != 0 || span.get_months() != 0 || span.is_negative() {
        return Err(wrong());
    }
    let days = SpanRelativeTo::days_are_24_hours();
    let seconds = span.total((Unit::Second, days)).map_err(|_| wrong())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// As a user would say it: `1h 30m`.
#[must_use]
pub fn told(span: Duration) -> String {
    let seconds = span.as_secs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".into() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_time_is_read() {
        for (text, seconds) in
            [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("7d", 604_800), ("PT2H", 7200), ("1w", 604_800)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1500)));
        for text in ["", "soon", "-5s", "1mo", "-1", "5x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_told_in_days_hours_minutes_and_seconds() {
        assert_eq!(told(Duration::from_secs(93_784)), "1d 2h 3m 4s");
        assert_eq!(told(Duration::ZERO), "0s");
    }
}
