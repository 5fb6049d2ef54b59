//! Sizes in settings: `10 GiB`, `500MB`, a number of bytes, or `none`.

use serde::{Deserialize, Deserializer, de};

/// The most of something, in bytes; `None`: as much as there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

/// What a unit stands for: SI and IEC 80000-13, in any case.
const UNITS: [(&str, u64); 10] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

fn parse(text: &str) -> Option<Limit> {
    let text = text.trim().to_lowercase();
    if text == "none" {
        return Some(Limit(None));
    }
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == text[end..].trim_start())?;
    text[..end].parse::<u64>().ok()?.checked_mul(unit).map(|bytes| Limit(Some(bytes)))
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A bare number of bytes reads as text, too.
        let text = String::deserialize(deserializer)?;
        let wrong = || de::Error::custom(format!("`{text}` is no size: write it like `10 GiB`, `500 MB` or `none`"));
        parse(&text).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_and_anything_else_is_none() {
        let read = |text: &str| parse(text).map(|limit| limit.0);
        for (text, bytes) in [("10 GiB", 10 << 30), ("500MB", 500_000_000), ("0", 0), (" 7b ", 7), ("2 kib", 2048)] {
            assert_eq!(read(text), Some(Some(bytes)), "{text}");
        }
        assert_eq!(read("None"), Some(None));
        for text in ["", "GB", "-1", "1.5 GB", "1 XB", "10 G B", "99999999999 TiB"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn settings_may_give_a_number_or_a_text() {
        let read = |text: &str| serde_yaml::from_str::<Limit>(text).map_err(|error| error.to_string());
        assert_eq!(read("1024"), Ok(Limit(Some(1024))));
        assert_eq!(read("1 KiB"), Ok(Limit(Some(1024))));
        assert!(read("much").is_err_and(|error| error.contains("`much` is no size")));
    }
}
