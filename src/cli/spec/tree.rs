//! Changes to a tree whose parts know where they stand.

use std::ops::Range;

use serde_json::Value;

use super::document::{Content, Entry, Node};

impl Node {
    /// Null, standing at `span`.
    pub(super) fn null(span: Range<usize>) -> Self {
        Self::scalar(Value::Null, String::new(), span)
    }

    /// A scalar as it was written at `span`.
    pub(super) fn scalar(value: Value, written: String, span: Range<usize>) -> Self {
        Self { span, content: Content::Scalar { value, written } }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { value: Value::Null, .. })
    }

    /// The text, where it is a text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { value, .. } => value.as_str(),
            Content::List(_) | Content::Object(_) => None,
        }
    }

    /// Another text in the same place.
    pub(super) fn set_text(&mut self, text: &str) {
        self.content = Content::Scalar { value: Value::String(text.to_owned()), written: text.to_owned() };
    }

    pub(super) fn is_object(&self) -> bool {
        matches!(&self.content, Content::Object(_))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Object(entries) => entries,
            Content::Scalar { .. } | Content::List(_) => &[],
        }
    }

    pub(super) fn entries_mut(&mut self) -> Option<&mut Vec<Entry>> {
        match &mut self.content {
            Content::Object(entries) => Some(entries),
            Content::Scalar { .. } | Content::List(_) => None,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.entries_mut()?.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    /// Takes a property out, with every repetition of it; answers the first.
    pub(super) fn take(&mut self, key: &str) -> Option<Entry> {
        let entries = self.entries_mut()?;
        let first = entries.iter().position(|entry| entry.key == key).map(|at| entries.remove(at));
        entries.retain(|entry| entry.key != key);
        first
    }

    /// Moves everything `by` bytes on: the text that it was read from has become part of a longer one.
    pub(super) fn shift(&mut self, by: usize) {
        let moved = |span: &Range<usize>| span.start + by..span.end + by;
        self.span = moved(&self.span);
        match &mut self.content {
            Content::Scalar { .. } => {}
            Content::List(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Content::Object(entries) => {
                for entry in entries {
                    entry.key_span = moved(&entry.key_span);
                    entry.value.shift(by);
                }
            }
        }
    }
}
