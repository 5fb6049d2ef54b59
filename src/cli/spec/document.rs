//! A YAML or JSON text as a tree in which every key and value knows where it stands. JSON is read as the part of
//! YAML that it is.
//!
//! Scalars follow the core schema of YAML 1.2: `yes`, `on` and `12:30` are text. Aliases are resolved, within
//! bounds; merge keys and tags of one's own are refused. Knows nothing of jobs or clusters.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::{Map, Value};
use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span, Tag, options};

use super::scalar;
use super::syntax::{self, Fault};
use crate::api::check::{At, Segment};

/// How deep values may lie in each other, aliases resolved: what a recursive walk takes without fear.
const DEEPEST: usize = 100;
/// How many values a document may have, aliases resolved: far more than any job needs, far less than a bomb makes.
const MOST_NODES: usize = 100_000;

/// A value and the bytes it stands in.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) content: Content,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    /// A scalar, and its text before it became a number, a boolean or null.
    Scalar {
        value: Value,
        written: String,
    },
    List(Vec<Node>),
    Object(Vec<Entry>),
}

/// A property.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: Node,
}

/// A document, and the keys that it repeats.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) root: Node,
    pub(super) repeated: Vec<Repeated>,
}

/// A key that an object has twice.
#[derive(Debug)]
pub(super) struct Repeated {
    pub(super) key: String,
    pub(super) first: Range<usize>,
    pub(super) again: Range<usize>,
}

/// Reads the one document of a text.
pub(super) fn parse(text: &str) -> Result<Document, Fault> {
    let options = options! { emit_comments: false, flow_nesting_limit: DEEPEST, block_nesting_limit: DEEPEST };
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| syntax::fault(&error, text))?;
        builder.take(event, &span, text)?;
    }
    match builder.root {
        Some(root) => Ok(Document { root, repeated: builder.repeated }),
        None => Err(Fault::new(0..0, "there is nothing in the file")),
    }
}

impl Node {
    /// The bytes of the thing at `path`, or of the nearest thing around it where the file does not have it.
    pub(super) fn locate(&self, path: &[Segment], at: At) -> Range<usize> {
        let (mut node, mut key) = (self, None);
        for segment in path {
            (node, key) = match (segment, &node.content) {
                (Segment::Key(name), Content::Object(entries)) => match entries.iter().find(|e| e.key == *name) {
                    Some(entry) => (&entry.value, Some(&entry.key_span)),
                    None => break,
                },
                (Segment::Index(index), Content::List(items)) => match items.get(*index) {
                    Some(item) => (item, None),
                    None => break,
                },
                _ => break,
            };
        }
        match key {
            Some(key) if at == At::Key || node.span.is_empty() => key.clone(),
            _ => node.head(),
        }
    }

    /// The bytes to point at: all of a scalar, but only the first key of an indented object.
    fn head(&self) -> Range<usize> {
        match &self.content {
            Content::Object(entries) => match entries.first() {
                Some(first) if first.key_span.start == self.span.start => first.key_span.clone(),
                _ => self.span.clone(),
            },
            Content::Scalar { .. } | Content::List(_) => self.span.clone(),
        }
    }

    /// The scalar at `path` as it is written in the file.
    pub(super) fn written(&self, path: &[Segment]) -> Option<String> {
        let node = path.iter().try_fold(self, |node, segment| match (segment, &node.content) {
            (Segment::Key(name), Content::Object(entries)) => Some(&entries.iter().find(|e| e.key == *name)?.value),
            (Segment::Index(index), Content::List(items)) => items.get(*index),
            _ => None,
        })?;
        match &node.content {
            Content::Scalar { written, .. } => Some(written.clone()),
            Content::List(_) | Content::Object(_) => None,
        }
    }

    /// The value without the positions. Of a repeated key the first counts.
    pub(super) fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar { value, .. } => value.clone(),
            Content::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Content::Object(entries) => {
                let mut object = Map::new();
                for entry in entries {
                    object.entry(entry.key.clone()).or_insert_with(|| entry.value.to_value());
                }
                Value::Object(object)
            }
        }
    }

    /// How many values there are, this one included, and how deep they lie.
    fn measure(&self) -> (usize, usize) {
        let sum = |(count, depth): (usize, usize), inner: &Self| {
            let (more, deeper) = inner.measure();
            (count + more, depth.max(deeper + 1))
        };
        match &self.content {
            Content::Scalar { .. } => (1, 0),
            Content::List(items) => items.iter().fold((1, 0), sum),
            Content::Object(entries) => entries.iter().map(|entry| &entry.value).fold((1, 0), sum),
        }
    }
}

/// A list or an object that has begun.
struct Open {
    start: usize,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Object { entries: Vec<Entry>, key: Option<(String, Range<usize>)> },
}

#[derive(Default)]
struct Builder {
    documents: usize,
    root: Option<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    repeated: Vec<Repeated>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span, text: &str) -> Result<(), Fault> {
        let bytes = syntax::bytes(span, text);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Fault::new(bytes, "a second document begins here: a file describes one thing"));
                }
            }
            Event::Scalar(content, style, anchor, tag) => {
                let value = resolve(&content, style, tag.as_deref(), &bytes)?;
                let node = Node { span: bytes, content: Content::Scalar { value, written: content.into_owned() } };
                self.finish(node, anchor, style == ScalarStyle::Plain)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref(), &bytes, "seq")?;
                self.begin(bytes.start, anchor, Kind::List(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref(), &bytes, "map")?;
                self.begin(bytes.start, anchor, Kind::Object { entries: Vec::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { start, anchor, kind }) = self.open.pop() else { return Ok(()) };
                let content = match kind {
                    Kind::List(items) => Content::List(items),
                    Kind::Object { entries, .. } => Content::Object(entries),
                };
                self.finish(Node { span: start..bytes.end.max(start), content }, anchor, false)?;
            }
            Event::Alias(anchor) => self.alias(anchor, bytes)?,
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, start: usize, anchor: usize, kind: Kind) -> Result<(), Fault> {
        if let Some(Open { kind: Kind::Object { key: None, .. }, .. }) = self.open.last() {
            return Err(Fault::new(start..start, "a list or an object cannot be the name of a property"));
        }
        self.open.push(Open { start, anchor, kind });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Range<usize>) -> Result<(), Fault> {
        let Some(target) = self.anchors.get(&anchor) else {
            return Err(Fault::new(span, "this alias stands inside the value that it stands for"));
        };
        let (count, depth) = target.measure();
        if self.nodes + count > MOST_NODES || self.open.len() + depth > DEEPEST {
            return Err(Fault::new(span, "with its aliases resolved the document becomes too large"));
        }
        self.nodes += count;
        let content = target.content.clone();
        self.finish(Node { span, content }, 0, false)
    }

    /// Puts a finished value where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, plain: bool) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(Fault::new(node.span, format!("the document has more than {MOST_NODES} values")));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Object { entries, key }) => match key.take() {
                None => *key = Some(property_name(node, plain)?),
                Some((key, key_span)) => {
                    if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                        let (first, again) = (first.key_span.clone(), key_span.clone());
                        self.repeated.push(Repeated { key: key.clone(), first, again });
                    }
                    entries.push(Entry { key, key_span, value: node });
                }
            },
        }
        Ok(())
    }
}

fn property_name(node: Node, plain: bool) -> Result<(String, Range<usize>), Fault> {
    match node.content {
        Content::Scalar { written, .. } if plain && written == "<<" => {
            Err(Fault::new(node.span, "merge keys (`<<`) are not supported: write the properties out"))
        }
        Content::Scalar { written, .. } => Ok((written, node.span)),
        Content::List(_) | Content::Object(_) => {
            Err(Fault::new(node.span, "a list or an object cannot be the name of a property"))
        }
    }
}

fn resolve(content: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Range<usize>) -> Result<Value, Fault> {
    let text = || Ok(Value::String(content.to_owned()));
    match tag.map(|tag| (tag.core_suffix(), tag)) {
        None if style == ScalarStyle::Plain => Ok(scalar::resolve(content)),
        None | Some((Some("str"), _)) => text(),
        Some((Some("null" | "bool" | "int" | "float"), _)) => Ok(scalar::resolve(content)),
        Some((_, tag)) if tag.original() == "!" => text(),
        Some((_, tag)) => Err(unsupported(tag, span)),
    }
}

fn refuse_tag(tag: Option<&Tag>, span: &Range<usize>, own: &str) -> Result<(), Fault> {
    match tag.filter(|tag| tag.core_suffix() != Some(own)) {
        Some(tag) => Err(unsupported(tag, span)),
        None => Ok(()),
    }
}

fn unsupported(tag: &Tag, span: &Range<usize>) -> Fault {
    Fault::new(span.clone(), format!("the tag `{}` means nothing here: leave it out", tag.original()))
}
