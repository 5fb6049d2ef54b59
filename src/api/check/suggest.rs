//! Did you mean ..?

use serde_json::{Map, Value};

use super::problem::{Segment, Suggestion, render_path};
use super::shape::{Shape, properties};

/// The candidate that `wrong` was probably meant to be: equal but for letter case, `-` and `_`; else the only one
/// that contains it; else the nearest by typing errors, if there are few of them.
pub fn nearest<'c>(wrong: &str, candidates: impl Iterator<Item = &'c str>) -> Option<String> {
    let candidates: Vec<&str> = candidates.collect();
    let plain = normalised(wrong);
    if let Some(same) = candidates.iter().find(|candidate| normalised(candidate) == plain) {
        return Some((*same).to_owned());
    }
    let most = (plain.chars().count() / 3).clamp(1, 4);
    let near = candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&plain, &normalised(candidate)), candidate))
        .filter(|(distance, _)| *distance <= most && *distance < plain.chars().count())
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, near)) = near {
        return Some((*near).to_owned());
    }
    let mut containing =
        candidates.iter().filter(|candidate| plain.len() >= 5 && normalised(candidate).contains(&plain));
    match (containing.next(), containing.next()) {
        (Some(only), None) => Some((*only).to_owned()),
        _ => None,
    }
}

fn normalised(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// What may have been meant by `key` in the innermost of `levels`, which lies at `path`.
pub(super) fn for_key(
    key: &str,
    root: &Value,
    path: &[Segment],
    levels: &[(usize, &Map<String, Value>)],
) -> Option<Suggestion> {
    let (_, here) = levels.last()?;
    let plain = normalised(key);
    let same = |known: &&String| normalised(known) == plain;
    if let Some(same) = here.keys().find(same) {
        return Some(Suggestion::Spelling(same.clone()));
    }
    let above = levels.iter().rev().skip(1).find(|(_, known)| known.keys().any(|known| same(&known)));
    if let Some((length, _)) = above {
        return Some(Suggestion::Belongs(vec![render_path(&path[..*length])]));
    }
    let below: Vec<String> = here
        .iter()
        .filter(|(_, schema)| {
            let shape = Shape::of(root, schema);
            shape.options.iter().filter_map(|option| properties(option)).any(|known| known.keys().any(|k| same(&k)))
        })
        .map(|(name, _)| name.clone())
        .collect();
    // A name that many objects have, such as `id`, says nothing about where this one belongs.
    if (1..=4).contains(&below.len()) {
        return Some(Suggestion::Belongs(below));
    }
    nearest(key, here.keys().map(String::as_str)).map(Suggestion::Spelling)
}
