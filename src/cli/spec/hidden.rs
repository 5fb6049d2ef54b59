//! Which bytes of a file are never shown, because they are secrets or may be some.
//!
//! Called where reports are made. Rather too much is hidden than too little: a property that is misspelt, or stands in
//! the wrong place, is the very one whose line is shown.

use std::ops::Range;

use super::document::{Content, Entry, Node};
use crate::api::check::nearest;

/// Properties whose values are secrets.
const SECRET: &[&str] = &["accountKey", "adminUserPassword", "instrumentationKey", "password"];

/// Parts of names of properties whose values are secrets, whatever they are called. In lower case.
const TELLING: &[&str] = &["accountkey", "instrumentationkey", "passphrase", "passwd", "password", "secret", "token"];

/// Properties in which everything is a secret but what is [`OPEN`].
const HOLDERS: &[&str] = &[
    "appInsightsReference",
    "credentials",
    "credentialsInfo",
    "passwordSecretReference",
    "secrets",
    "userAccountSettings",
];

/// What may be shown of those.
const OPEN: &[&str] = &[
    "adminUserName",
    "adminUserSSHPublicKey",
    "adminUserSshPublicKey",
    "component",
    "id",
    "name",
    "secretUrl",
    "sourceVault",
    "username",
];

/// The secrets of a file that could be read.
pub(super) fn of_document(root: &Node) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    collect(root, false, &mut spans);
    spans
}

/// What may be secrets of a text that could not be read, where it looks as if it had any: all values.
pub(super) fn of_text(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    if !TELLING.iter().chain(&["credentials"]).any(|word| lower.contains(word)) {
        return Vec::new();
    }
    let mut start = 0;
    let mut spans = Vec::new();
    for line in text.split_inclusive('\n') {
        spans.push(start + value_of(line)..start + line.len());
        start += line.len();
    }
    spans
}

/// Where the value on a line begins: behind the first colon, or behind the sign of a list.
fn value_of(line: &str) -> usize {
    let indent = line.len() - line.trim_start().len();
    match line.find(':') {
        Some(colon) => colon + 1,
        None if line[indent..].starts_with('-') => indent + 1,
        None => indent,
    }
}

fn collect(node: &Node, is_held: bool, spans: &mut Vec<Range<usize>>) {
    match &node.content {
        Content::Scalar { .. } if is_held => spans.push(node.span.clone()),
        Content::Scalar { .. } => {}
        Content::List(items) => items.iter().for_each(|item| collect(item, is_held, spans)),
        Content::Object(entries) => entries.iter().for_each(|entry| collect_entry(entry, is_held, spans)),
    }
}

fn collect_entry(entry: &Entry, is_held: bool, spans: &mut Vec<Range<usize>>) {
    let key = entry.key.as_str();
    if SECRET.contains(&key) || (is_held && key == "value") {
        return spans.push(entry.value.span.clone());
    }
    let is_scalar = matches!(entry.value.content, Content::Scalar { .. });
    let is_shown = OPEN.contains(&key) || (is_scalar && !is_held && !HOLDERS.contains(&key) && !is_telling(key));
    collect(&entry.value, !is_shown && (is_held || is_scalar || HOLDERS.contains(&key)), spans);
}

/// Whether the name of a property says that its value is a secret, or would if it were spelt right.
fn is_telling(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    TELLING.iter().any(|word| lower.contains(word)) || nearest(key, SECRET.iter().copied()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::spec::document;

    /// The text with every hidden byte blotted out.
    fn blotted(text: &str, spans: &[Range<usize>]) -> String {
        let sign = |(at, sign): (usize, char)| {
            let is_hidden = spans.iter().any(|span| span.contains(&at));
            if is_hidden && !sign.is_whitespace() { '*' } else { sign }
        };
        text.char_indices().map(sign).collect()
    }

    #[test]
    fn secrets_are_hidden_wherever_and_however_they_are_written() {
        let text = "name: shown\nenvironmentVariables: [{name: A, value: shown}]\ncontainerSettings: {imageSourceRegistry: \
                    {image: shown, credentials: {username: shown, passwrod: hidden, pw: hidden, 1: hidden}}}\nsecrets:\n  \
                    - {name: shown, value: hidden, valeu: hidden}\n  - hidden\n  - name: shown\n    valueSecretReference: \
                    {sourceVault: {id: shown}, secretUrl: shown, x: hidden}\nmountVolumes: {azureFileShares: \
                    [{relativeMountPath: shown, credentials: hidden}, {accountName: shown, credentials: {accountkey: \
                    hidden}}]}\nuserAccountSettings: {adminUserName: shown, adminUserPassword: [hidden]}\nmySecret: \
                    hidden\nPASSWORD: hidden\ncode: shown\n";
        let spans = of_document(&document::parse(text).expect("YAML").root);
        let shown = blotted(text, &spans);
        assert!(!shown.contains("hidden"), "{shown}");
        assert_eq!(shown.matches("shown").count(), text.matches("shown").count(), "{shown}");
    }

    #[test]
    fn of_a_text_that_cannot_be_read_no_value_is_shown_where_there_may_be_a_secret() {
        let text =
            "secrets:\n  - name: A\n    value: hidden\n  - hidden\nhidden\n\"value\": \"hidden\", \"x\": hidden\n";
        insta::assert_snapshot!(blotted(text, &of_text(text)), @r#"
        secrets:
          - name: *
            value: ******
          - ******
        ******
        "value": ********* **** ******
        "#);
        assert!(of_text("nodeCount: [1\n").is_empty());
    }
}
