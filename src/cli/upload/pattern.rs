//! `--pattern`, as the batch commands of `az storage` take it: `*`, `?`, `[seq]` and `[!seq]`, where a `*` goes across
//! folders (Python's fnmatch). Pure.

/// Whether all of `path` is as the pattern says.
#[must_use]
pub fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<char>, Vec<char>) = (pattern.chars().collect(), path.chars().collect());
    let (mut at, mut next) = (0, 0);
    // Where to go on when it turns out that the last star took too little.
    let mut star = None;
    loop {
        match one(&pattern[at..], path.get(next).copied()) {
            One::End if next == path.len() => return true,
            One::Star => {
                star = Some((at, next));
                at += 1;
                continue;
            }
            One::Takes(length) => {
                at += length;
                next += 1;
                continue;
            }
            One::End | One::No => {}
        }
        match star {
            Some((place, taken)) if taken < path.len() => {
                star = Some((place, taken + 1));
                (at, next) = (place + 1, taken + 1);
            }
            Some(_) | None => return false,
        }
    }
}

/// What the beginning of a pattern says of a character.
enum One {
    /// The pattern is over.
    End,
    /// Any number of any characters.
    Star,
    /// It is this one; so long is what said it.
    Takes(usize),
    /// It is another one, or there is none.
    No,
}

fn one(pattern: &[char], found: Option<char>) -> One {
    let (Some(&first), Some(found)) = (pattern.first(), found) else {
        return match pattern.first() {
            None => One::End,
            Some('*') => One::Star,
            Some(_) => One::No,
        };
    };
    match first {
        '*' => One::Star,
        '?' => One::Takes(1),
        '[' => match set(&pattern[1..], found) {
            Some((length, true)) => One::Takes(length + 1),
            Some((_, false)) => One::No,
            None if found == '[' => One::Takes(1),
            None => One::No,
        },
        same if same == found => One::Takes(1),
        _ => One::No,
    }
}

/// How long the set is that begins here, its end included, and whether it has the character. `None`: it has no end.
fn set(rest: &[char], found: char) -> Option<(usize, bool)> {
    let negated = usize::from(rest.first() == Some(&'!'));
    // An end at the very beginning is a member.
    let end = negated + 1 + rest.get(negated + 1..)?.iter().position(|c| *c == ']')?;
    let (mut members, mut has) = (&rest[negated..end], false);
    while let [first, after @ ..] = members {
        if let ['-', last, beyond @ ..] = after {
            has |= (*first..=*last).contains(&found);
            members = beyond;
        } else {
            has |= *first == found;
            members = after;
        }
    }
    Some((end + 1, has != (negated == 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_what_it_means_to_az() {
        for (pattern, path) in [
            ("*", ""),
            ("*", "a/b.txt"),
            ("*.py", "deep/er/train.py"),
            ("data/*.bin", "data/a/b.bin"),
            ("?.txt", "ü.txt"),
            ("a*b*c", "aXbXbXc"),
            ("part-[0-9]", "part-7"),
            ("[!a]x", "bx"),
            ("[]]", "]"),
            ("[a-]", "-"),
            ("a[b", "a[b"),
            ("**x", "yx"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("", "a"),
            ("a", ""),
            ("*.py", "train.pyc"),
            ("?", ""),
            ("?", "ab"),
            ("[0-9]", "a"),
            ("[!a]x", "ax"),
            ("a*b", "ac"),
            ("[]", "]"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn many_stars_cost_little() {
        assert!(!matches(&"a*".repeat(50), &format!("{}b", "a".repeat(49))));
        assert!(!matches(&"*a".repeat(30), &"b".repeat(10_000)));
    }
}
