//! `--set PATH=VALUE`: another value for one place of the file.
//!
//! A path is `customToolkitSettings.commandLine` or `environmentVariables[0].value`; `[+]` adds an element. A value
//! that begins with `{`, `[` or a quotation mark is YAML; any other is what the same unquoted text means in a file,
//! colons and all; an empty one takes the property away. Knows nothing of jobs or clusters.

use std::ops::Range;

use super::document::{self, Content, Entry, Node};
use super::report::{Found, Severity};
use super::scalar;
use super::texts::Texts;
use crate::api::check::Segment;

/// The longest path: more than any property lies deep.
const LONGEST: usize = 32;

/// One step of a path, and the bytes it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    to: To,
    span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum To {
    Key(String),
    Index(usize),
    New,
}

/// A place and its new value.
#[derive(Debug)]
pub(super) struct Setting {
    steps: Vec<Step>,
    value: Node,
}

impl Setting {
    /// Reads one argument and adds it to the texts.
    pub(super) fn read(argument: &str, texts: &mut Texts) -> Result<Self, Found> {
        let Some((path, value)) = argument.split_once('=') else {
            let at = texts.add("", "");
            let message = "it needs a place of the file and its new value, such as `--set nodeCount=4`";
            return Err(wrong(at..at, message));
        };
        let start = texts.add(path, argument);
        let steps = steps(path).map_err(|(span, message)| wrong(start + span.start..start + span.end, message))?;
        let steps = steps.into_iter().map(|(to, span)| Step { to, span: start + span.start..start + span.end });
        let value = self::value(value, start, start + path.len() + 1)?;
        Ok(Self { steps: steps.collect(), value })
    }

    /// The bytes of the value.
    pub(super) fn value_span(&self) -> Range<usize> {
        self.value.span.clone()
    }

    /// Puts the value into a file whose properties stand in `properties` if it has any; `beside` are those that
    /// stand beside it in both forms.
    pub(super) fn apply(mut self, root: &mut Node, is_arm: bool, beside: &[&str]) -> Result<(), Found> {
        let is = |step: &Step, word: &str| matches!(&step.to, To::Key(key) if key == word);
        let names_properties = self.steps.first().is_some_and(|step| is(step, "properties"));
        let stands_beside = self.steps.first().is_some_and(|step| beside.iter().any(|word| is(step, word)));
        if names_properties && !is_arm {
            self.steps.remove(0);
        } else if is_arm && !names_properties && !stands_beside {
            let span = self.steps.first().map_or(0..0, |step| step.span.clone());
            self.steps.insert(0, Step { to: To::Key("properties".to_owned()), span });
        }
        put(root, &self.steps, self.value, &mut Vec::new())
    }
}

fn wrong(span: Range<usize>, message: impl Into<String>) -> Found {
    Found::new(Severity::Error, span, &[], message)
}

/// The steps of a path, each with its bytes.
fn steps(path: &str) -> Result<Vec<(To, Range<usize>)>, (Range<usize>, String)> {
    let mut steps = Vec::new();
    let mut at = 0;
    for part in path.split('.') {
        let (key, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        if key.is_empty() {
            return Err((at..at + part.len().max(1), "a name is missing here, such as `nodeCount`".to_owned()));
        }
        steps.push((To::Key(key.to_owned()), at..at + key.len()));
        at += key.len();
        while !rest.is_empty() {
            let inside = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
            let Some((inside, behind)) = inside else {
                let message = "write the element of a list as `[0]`, or `[+]` for a new one";
                return Err((at..at + rest.len(), message.to_owned()));
            };
            let span = at..at + inside.len() + 2;
            let to = match inside {
                "+" => To::New,
                number => To::Index(number.parse().map_err(|_| {
                    (span.clone(), format!("{number:?} is no element of a list: write `[0]`, or `[+]` for a new one"))
                })?),
            };
            at = span.end;
            steps.push((to, span));
            rest = behind;
        }
        at += 1;
    }
    if steps.len() > LONGEST {
        return Err((0..path.len(), format!("nothing lies deeper than {LONGEST} steps")));
    }
    Ok(steps)
}

/// The value of a text that begins at byte `start`, and its path at byte `path`.
fn value(text: &str, path: usize, start: usize) -> Result<Node, Found> {
    let span = start..start + text.len();
    if !text.trim_start().starts_with(['{', '[', '"', '\'']) {
        return Ok(Node::scalar(scalar::resolve(text), text.to_owned(), span));
    }
    // Problems point at the path: of a text that could not be read nobody knows what in it is secret.
    match document::parse(text) {
        Ok(document::Document { mut root, repeated }) if repeated.is_empty() => {
            root.shift(start);
            Ok(root)
        }
        Ok(document::Document { repeated, .. }) => {
            let key = repeated.first().map(|repeated| repeated.key.as_str()).unwrap_or_default();
            Err(wrong(path..start - 1, format!("`{key}` is in the value twice")))
        }
        Err(fault) => {
            let message = fault.message;
            Err(wrong(
                path..start - 1,
                format!("{message}; to give a text that begins like this, put it in `\"` for YAML too"),
            ))
        }
    }
}

/// Puts `value` where `steps` lead from `node`, which lies at `path`; what is not there on the way is made.
fn put(node: &mut Node, steps: &[Step], value: Node, path: &mut Vec<Segment>) -> Result<(), Found> {
    let Some((Step { to, span }, rest)) = steps.split_first() else {
        *node = value;
        return Ok(());
    };
    match to {
        To::Key(key) => {
            if node.is_null() {
                *node = Node { span: span.clone(), content: Content::Object(Vec::new()) };
            }
            let Content::Object(entries) = &mut node.content else {
                return Err(unfit(span, path, &format!("is no object, so it has no `{key}`")));
            };
            let at = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
                let value = Node::null(span.clone());
                entries.push(Entry { key: key.clone(), key_span: span.clone(), value });
                entries.len() - 1
            });
            if rest.is_empty() {
                entries[at].key_span = span.clone();
            }
            path.push(Segment::from(key.as_str()));
            put(&mut entries[at].value, rest, value, path)
        }
        To::Index(_) | To::New => {
            if node.is_null() && *to == To::New {
                *node = Node { span: span.clone(), content: Content::List(Vec::new()) };
            }
            let count = match &node.content {
                Content::List(items) => items.len(),
                Content::Scalar { .. } if node.is_null() => 0,
                Content::Scalar { .. } | Content::Object(_) => return Err(unfit(span, path, "is no list")),
            };
            let Content::List(items) = &mut node.content else {
                return Err(unfit(span, path, "has no elements: write `[+]` to add one"));
            };
            let index = match to {
                To::Index(index) if *index < count => *index,
                To::Index(_) => return Err(unfit(span, path, &beyond(count))),
                To::Key(_) | To::New => {
                    items.push(Node::null(span.clone()));
                    count
                }
            };
            path.push(Segment::from(index));
            put(&mut items[index], rest, value, path)
        }
    }
}

fn beyond(count: usize) -> String {
    match count {
        0 => "has no elements: write `[+]` to add one".to_owned(),
        1 => "has one element, `[0]`: write `[+]` to add another".to_owned(),
        count => format!("has the elements `[0]` to `[{}]`: write `[+]` to add another", count - 1),
    }
}

fn unfit(span: &Range<usize>, path: &[Segment], message: &str) -> Found {
    let what = match path.split_last() {
        None | Some((Segment::Index(_), _)) => "what is there".to_owned(),
        Some((Segment::Key(key), _)) => format!("`{key}`"),
    };
    Found::new(Severity::Error, span.clone(), path, format!("{what} {message}"))
}
