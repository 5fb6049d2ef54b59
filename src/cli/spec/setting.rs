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
        let steps = steps(path, start)?;
        let value = self::value(value, start, start + path.len() + 1)?;
        Ok(Self { steps, value })
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

/// The steps of a path that begins at byte `start`.
fn steps(path: &str, start: usize) -> Result<Vec<Step>, Found> {
    let mut steps = Vec::new();
    let mut at = start;
    for part in path.split('.') {
        let (key, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        if key.is_empty() {
            return Err(wrong(at..at + part.len().max(1), "a name is missing here, such as `nodeCount`"));
        }
        steps.push(Step { to: To::Key(key.to_owned()), span: at..at + key.len() });
        at += key.len();
        while !rest.is_empty() {
            let Some((inside, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
                let message = "write the element of a list as `[0]`, or `[+]` for a new one";
                return Err(wrong(at..at + rest.len(), message));
            };
            let span = at..at + inside.len() + 2;
            at = span.end;
            steps.push(Step { to: element(inside, &span)?, span });
            rest = behind;
        }
        at += 1;
    }
    if steps.len() > LONGEST {
        return Err(wrong(start..start + path.len(), format!("nothing lies deeper than {LONGEST} steps")));
    }
    Ok(steps)
}

/// What stands in brackets.
fn element(inside: &str, span: &Range<usize>) -> Result<To, Found> {
    if inside == "+" {
        return Ok(To::New);
    }
    inside.parse().map(To::Index).map_err(|_| {
        let message = format!("{inside:?} is no element of a list: write `[0]`, or `[+]` for a new one");
        wrong(span.clone(), message)
    })
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
    let Some((step, rest)) = steps.split_first() else {
        *node = value;
        return Ok(());
    };
    let next = match &step.to {
        To::Key(key) => property(node, key, &step.span, rest.is_empty(), path)?,
        To::Index(index) => item(node, Some(*index), &step.span, path)?,
        To::New => item(node, None, &step.span, path)?,
    };
    put(next, rest, value, path)
}

/// The property of an object; a new one is null. `is_last`: what is wrong with its name is wrong with the setting.
fn property<'n>(
    node: &'n mut Node,
    key: &str,
    span: &Range<usize>,
    is_last: bool,
    path: &mut Vec<Segment>,
) -> Result<&'n mut Node, Found> {
    if node.is_null() {
        *node = Node { span: span.clone(), content: Content::Object(Vec::new()) };
    }
    let Content::Object(entries) = &mut node.content else {
        return Err(unfit(span, path, &format!("is no object, so it has no `{key}`")));
    };
    let at = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        entries.push(Entry { key: key.to_owned(), key_span: span.clone(), value: Node::null(span.clone()) });
        entries.len() - 1
    });
    if is_last {
        entries[at].key_span = span.clone();
    }
    path.push(Segment::from(key));
    Ok(&mut entries[at].value)
}

/// The element of a list; without `index` a new one, which is null.
fn item<'n>(
    node: &'n mut Node,
    index: Option<usize>,
    span: &Range<usize>,
    path: &mut Vec<Segment>,
) -> Result<&'n mut Node, Found> {
    if node.is_null() {
        *node = Node { span: span.clone(), content: Content::List(Vec::new()) };
    }
    let Content::List(items) = &mut node.content else { return Err(unfit(span, path, "is no list")) };
    let at = match index {
        Some(index) if index >= items.len() => return Err(unfit(span, path, &beyond(items.len()))),
        Some(index) => index,
        None => {
            items.push(Node::null(span.clone()));
            items.len() - 1
        }
    };
    path.push(Segment::from(at));
    Ok(&mut items[at])
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
