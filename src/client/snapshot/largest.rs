//! What makes a folder large: the files and directories a user would name. Pure.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Entry, Kind};

/// How many are named.
const NAMED: usize = 5;

/// The largest parts with their bytes, the largest first. A directory stands for its files unless one thing in
/// it has at least half of its bytes: one large file is named itself, a thousand pictures by their directory.
pub fn largest(entries: &[Entry]) -> Vec<(PathBuf, u64)> {
    let totals = totals(entries);
    let mut below: HashMap<&Path, Vec<(&Path, u64)>> = HashMap::new();
    for (path, bytes) in &totals {
        below.entry(path.parent().unwrap_or(Path::new(""))).or_default().push((path, *bytes));
    }
    let mut open = below.get(Path::new("")).cloned().unwrap_or_default();
    let mut named = Vec::new();
    while let Some((path, bytes)) = open.pop() {
        match below.get(path) {
            Some(parts) if parts.iter().any(|(_, part)| *part >= bytes.div_ceil(2)) => open.extend(parts),
            Some(_) | None => named.push((path.to_owned(), bytes)),
        }
    }
    named.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    named.truncate(NAMED);
    named
}

/// The bytes of every file that has any, and of every directory that holds one.
fn totals(entries: &[Entry]) -> HashMap<&Path, u64> {
    let mut totals = HashMap::new();
    for entry in entries {
        let Kind::File { len, .. } = entry.kind else { continue };
        for path in entry.path.ancestors().filter(|path| !path.as_os_str().is_empty() && len > 0) {
            *totals.entry(path).or_default() += len;
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, u64)]) -> Vec<Entry> {
        let file = |(path, len): &(&str, u64)| Entry {
            path: PathBuf::from(path),
            kind: Kind::File { len: *len, executable: false },
        };
        files.iter().map(file).collect()
    }

    #[test]
    fn one_large_file_is_named_itself_and_many_small_ones_by_their_directory() {
        let entries =
            files(&[("src/deep/big.bin", 90), ("src/deep/a", 1), ("src/b", 5), ("d/1", 10), ("d/2", 9), ("d/3", 8)]);
        let expected =
            [("src/deep/big.bin", 90), ("d", 27), ("src/b", 5), ("src/deep/a", 1)].map(|(p, n)| (PathBuf::from(p), n));
        assert_eq!(largest(&entries), expected);
    }

    #[test]
    fn at_most_five_are_named_and_empty_files_never() {
        let entries = files(&[("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6), ("g", 0)]);
        let names: Vec<_> = largest(&entries).into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(names, [6, 5, 4, 3, 2]);
    }
}
