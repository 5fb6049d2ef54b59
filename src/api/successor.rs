//! Names that follow one another: what the next job is called that is the same as another. Pure.
//!
//! Our servers follow it when they submit a job once more, and so does the client where a server knows no reruns.

/// The longest name of a job (Swagger 2018-05-01: `maxLength: 64`).
const LONGEST: usize = 64;

/// A number at the end of a name with more digits than these is part of the name: a year, or a time.
const MOST_DIGITS: usize = 3;

/// The names that may follow `name`, the next one first: `train` -> `train-2`, `train-3` ...; `train-2` -> `train-3` ...
pub fn successors(name: &str) -> impl Iterator<Item = String> + use<> {
    let numbered = name.rsplit_once('-').filter(|(base, digits)| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        !base.is_empty() && is_number && digits.len() <= MOST_DIGITS && !digits.starts_with('0')
    });
    let (base, from) = match numbered {
        Some((base, digits)) => (base.to_owned(), digits.parse().unwrap_or(1)),
        None => (name.to_owned(), 1_u32),
    };
    (from + 1..=99_999).map(move |number| {
        let end = format!("-{number}");
        let base: String = base.chars().take(LONGEST - end.len()).collect();
        base + &end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(name: &str) -> String {
        successors(name).next().expect("a name")
    }

    #[test]
    fn a_name_is_followed_by_its_number_and_a_numbered_one_by_the_next() {
        for (name, expected) in [
            ("train", "train-2"),
            ("train-2", "train-3"),
            ("train-9", "train-10"),
            ("train-2018", "train-2018-2"),
            ("train-007", "train-007-2"),
            ("train-3f9a2c", "train-3f9a2c-2"),
            ("-5", "-5-2"),
            ("a-b", "a-b-2"),
        ] {
            assert_eq!(next(name), expected, "{name}");
        }
        let long = next(&"x".repeat(64));
        assert!(long.len() == 64 && long.ends_with("x-2"), "{long}");
        assert_eq!(successors("a").take(3).collect::<Vec<_>>(), ["a-2", "a-3", "a-4"]);
    }
}
