//! ISO 8601 durations: wire to seconds and back.

/// The seconds of a duration such as `PT2H` or `P7D`; `None` for anything else, and for what has no length without a
/// calendar, such as months. Days are 24 hours here.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let span: jiff::Span = text.parse().ok().filter(|_| text.starts_with('P'))?;
    let seconds = span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok()?;
    (seconds >= 0.0).then(|| seconds.round() as u64)
}

/// Whole days as days (`P7D`), the rest as hours, minutes, seconds; nothing is `PT0S`.
#[must_use]
pub fn text(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let mut text = String::from("P");
    if days > 0 {
        text.push_str(&format!("{days}D"));
    }
    if rest > 0 {
        text.push('T');
        for (count, unit) in [(rest / 3600, 'H'), (rest / 60 % 60, 'M'), (rest % 60, 'S')] {
            if count > 0 {
                text.push_str(&format!("{count}{unit}"));
            }
        }
    }
    if seconds == 0 { "PT0S".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_come_back_as_they_were_understood() {
        for (given, expected, back) in [
            ("P7D", Some(604_800), "P7D"),
            ("PT90M", Some(5400), "PT1H30M"),
            ("PT0S", Some(0), "PT0S"),
            ("P1DT1S", Some(86_401), "P1DT1S"),
        ] {
            assert_eq!(seconds(given), expected, "{given}");
            assert_eq!(text(expected.unwrap_or_default()), back);
        }
        for wrong in ["", "60", "7.00:00:00", "P1M", "-PT1S", "1h"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
