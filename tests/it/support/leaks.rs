//! Where a text can be seen that nobody should see.

use std::fs;
use std::path::Path;

/// Files below `root` in which `text` stands.
pub fn holders(root: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(holders(&path, text));
        } else if is_file(&path) && fs::read(&path).is_ok_and(|bytes| holds(&bytes, text)) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Whether `text` stands in a file of `/proc` about a process, such as `environ`.
pub fn shows(id: i32, file: &str, text: &str) -> bool {
    holds(&fs::read(format!("/proc/{id}/{file}")).unwrap_or_default(), text)
}

/// Not a pipe, whose reader would wait.
fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
