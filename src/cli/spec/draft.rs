//! A file on its way to a spec: its tree with positions, its value, and what has been found wrong so far.

use std::ops::Range;
use std::path::{Path, PathBuf};

use schemars::Schema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::document::{self, Content, Document, Node, Repeated};
use super::error::SpecError;
use super::form::{self, Form, Subject};
use super::report::{self, Report};
use super::source::{Loaded, Source};
use crate::api::check::{self, At, Problem, Segment};

/// Properties whose text is never shown. `value` is one only below `secrets`.
const SECRET: &[&str] = &["accountKey", "adminUserPassword", "instrumentationKey", "password"];

pub(super) struct Draft {
    file: Loaded,
    root: Node,
    value: Value,
    subject: Subject,
    form: Form,
    found: Vec<(Range<usize>, String)>,
}

impl Draft {
    /// Reads a file as far as it can be read without knowing what a job or a cluster is.
    pub(super) fn open(source: &Source, subject: Subject) -> Result<Self, SpecError> {
        let file = source.load()?;
        let Document { root, repeated } = document::parse(&file.text).map_err(|fault| {
            SpecError::Syntax(Report::new(&file.name, &file.text, vec![(fault.span, fault.message)], &[]))
        })?;
        let twice = |repeated: Repeated| {
            let first = report::line_of(&file.text, repeated.first.start);
            (repeated.again, format!("`{}` is here a second time: the first is on line {first}", repeated.key))
        };
        let found = repeated.into_iter().map(twice).collect();
        let mut value = root.to_value();
        if !value.is_object() {
            let word = subject.word();
            let message = match value {
                Value::Null => format!("there is nothing in the file: a {word} file has lines such as `name: mine`"),
                _ => format!("a {word} file has lines such as `name: mine` at its top level, not a list or a text"),
            };
            let report = Report::new(&file.name, &file.text, vec![(root.span, message)], &[]);
            return Err(SpecError::Problems(report));
        }
        let form = if value.get("properties").is_some() { Form::Arm } else { Form::Flat };
        form::prune(&mut value, form);
        Ok(Self { file, root, value, subject, form, found })
    }

    /// The properties of the resource, to be filled in; `None` where they are no object.
    pub(super) fn resource_mut(&mut self) -> Option<&mut Map<String, Value>> {
        match self.form {
            Form::Flat => self.value.as_object_mut(),
            Form::Arm => self.value.get_mut("properties")?.as_object_mut(),
        }
    }

    /// The properties of the resource, for rules to look at.
    pub(super) fn resource(&self) -> Value {
        match self.form {
            Form::Flat => self.value.clone(),
            Form::Arm => self.value.get("properties").cloned().unwrap_or_default(),
        }
    }

    /// The text of a property that stands beside those of the resource.
    pub(super) fn envelope(&self, key: &str) -> Option<String> {
        self.value.get(key)?.as_str().map(str::to_owned)
    }

    /// The folder that relative paths of the file begin in.
    pub(super) fn folder(&self) -> &Path {
        &self.file.folder
    }

    /// Converts what is plain, compares with the schema, and gives the problems that were found by it.
    pub(super) fn check(&mut self, resource: &Schema) -> Vec<Problem> {
        let schema = form::schema(resource, self.subject, self.form);
        check::coerce_as_written(&schema, &mut self.value, &|path| self.root.written(path));
        let problems = check::problems(&schema, &self.value);
        for problem in &problems {
            self.found.push((self.root.locate(&problem.path, problem.at), problem.to_string()));
        }
        problems
    }

    /// Something is wrong with a property of the resource.
    pub(super) fn report(&mut self, path: &[Segment], at: At, message: impl Into<String>) {
        let prefix = match self.form {
            Form::Flat => None,
            Form::Arm => Some(Segment::from("properties")),
        };
        let path: Vec<Segment> = prefix.into_iter().chain(path.iter().cloned()).collect();
        self.found.push((self.root.locate(&path, at), message.into()));
    }

    /// Something is wrong with a property beside those of the resource.
    pub(super) fn report_envelope(&mut self, key: &str, message: impl Into<String>) {
        self.found.push((self.root.locate(&[Segment::from(key)], At::Value), message.into()));
    }

    /// The spec, when nothing was wrong.
    pub(super) fn finish<T: DeserializeOwned>(mut self) -> Result<T, SpecError> {
        if self.found.is_empty() {
            let mut resource = self.resource();
            if let (Value::Object(resource), Form::Flat) = (&mut resource, self.form) {
                resource.retain(|key, _| !self.subject.envelope().contains(&key.as_str()));
            }
            match serde_json::from_value(resource) {
                Ok(spec) => return Ok(spec),
                Err(error) => {
                    let message = format!("this cannot be read as a {}: {error}", self.subject.word());
                    self.report(&[], At::Key, message);
                }
            }
        }
        let secret = secrets(&self.root);
        Err(SpecError::Problems(Report::new(&self.file.name, &self.file.text, self.found, &secret)))
    }
}

/// A path of the file as the user wrote it, seen from the current folder.
pub(super) fn beside(folder: &Path, path: &str) -> PathBuf {
    folder.join(path).components().collect()
}

fn secrets(root: &Node) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    collect_secrets(root, false, &mut spans);
    spans
}

fn collect_secrets(node: &Node, below_secrets: bool, spans: &mut Vec<Range<usize>>) {
    match &node.content {
        Content::Scalar { .. } => {}
        Content::List(items) => items.iter().for_each(|item| collect_secrets(item, below_secrets, spans)),
        Content::Object(entries) => {
            for entry in entries {
                if SECRET.contains(&entry.key.as_str()) || (below_secrets && entry.key == "value") {
                    spans.push(entry.value.span.clone());
                }
                collect_secrets(&entry.value, below_secrets || entry.key == "secrets", spans);
            }
        }
    }
}
