//! A file on its way to a spec: its tree with positions, its value, and what has been found wrong so far.

use std::ops::Range;
use std::path::{Path, PathBuf};

use schemars::Schema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::document::{self, Document, Node, Repeated};
use super::error::SpecError;
use super::form::{self, Form, Subject};
use super::hidden;
use super::options::Options;
use super::placeholders;
use super::report::{self, FileProblem, Found, Report, Severity};
use super::setting::Setting;
use super::source::Source;
use super::texts::Texts;
use super::upgrade;
use crate::api::check::{self, At, Problem, Segment};

pub(super) struct Draft {
    texts: Texts,
    folder: PathBuf,
    root: Node,
    value: Value,
    subject: Subject,
    form: Form,
    found: Vec<Found>,
    secret: Vec<Range<usize>>,
}

impl Draft {
    /// Reads a file as far as it can be read without knowing what a job or a cluster is.
    pub(super) fn open(source: &Source, subject: Subject, options: &Options) -> Result<Self, SpecError> {
        let file = source.load()?;
        let texts = Texts::of_file(&file.name, &file.text);
        let Document { root, repeated } = document::parse(&file.text)
            .map_err(|fault| SpecError::Syntax(Report::of_fault(&texts, fault, &file.text)))?;
        let twice = |repeated: Repeated| {
            let first = report::line_of(&file.text, repeated.first.start);
            let message = format!("`{}` is here a second time: the first is on line {first}", repeated.key);
            Found::new(Severity::Error, repeated.again, &[], message)
        };
        let found = repeated.into_iter().map(twice).collect();
        if !root.is_object() {
            let word = subject.word();
            let message = if root.is_null() {
                format!("there is nothing in the file: a {word} file has lines such as `name: mine`")
            } else {
                format!("a {word} file has lines such as `name: mine` at its top level, not a list or a text")
            };
            let found = vec![Found::new(Severity::Error, root.span, &[], message)];
            return Err(SpecError::Problems(Report::new(&texts, found, &[])));
        }
        let form = if root.get("properties").is_some() { Form::Arm } else { Form::Flat };
        let (value, secret) = (Value::Null, Vec::new());
        let mut draft = Self { texts, folder: file.folder, root, value, subject, form, found, secret };
        draft.lay_over(&options.set);
        draft.secret.extend(hidden::of_document(&draft.root));
        draft.found.extend(upgrade::upgrade(&mut draft.root, subject, form));
        draft.found.extend(placeholders::replace(&mut draft.root, options.storage.as_ref()));
        draft.value = draft.root.to_value();
        // The file itself may name its resource group; only what lies deeper can have been printed.
        for value in draft.value.as_object_mut().into_iter().flat_map(|object| object.values_mut()) {
            super::printed::restore(value);
        }
        Ok(draft)
    }

    /// Puts the values of the command line into the file.
    fn lay_over(&mut self, settings: &[String]) {
        for argument in settings {
            let placed = Setting::read(argument, &mut self.texts).and_then(|setting| {
                let value = setting.value_span();
                setting.apply(&mut self.root, self.form == Form::Arm, self.subject.envelope()).inspect_err(|_| {
                    // It is in no place that would tell whether it is a secret.
                    self.secret.push(value);
                })
            });
            self.found.extend(placed.err());
        }
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
        &self.folder
    }

    /// Converts what is plain, compares with the schema, and gives the problems that were found by it.
    pub(super) fn check(&mut self, resource: &Schema) -> Vec<Problem> {
        let schema = form::schema(resource, self.subject, self.form);
        check::coerce_as_written(&schema, &mut self.value, &|path| self.root.written(path));
        let problems = check::problems(&schema, &self.value);
        for problem in &problems {
            let span = self.root.locate(&problem.path, problem.at);
            self.found.push(Found::new(Severity::Error, span, &problem.path, problem.to_string()));
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
        self.found.push(Found::new(Severity::Error, self.root.locate(&path, at), &path, message));
    }

    /// Something is wrong with a property beside those of the resource.
    pub(super) fn report_envelope(&mut self, key: &str, message: impl Into<String>) {
        let path = [Segment::from(key)];
        self.found.push(Found::new(Severity::Error, self.root.locate(&path, At::Value), &path, message));
    }

    /// The spec, when nothing was wrong, and what else there is to be said of the file.
    pub(super) fn finish<T: DeserializeOwned>(mut self) -> Result<(T, Vec<FileProblem>), SpecError> {
        if !self.found.iter().any(|found| found.severity == Severity::Error) {
            let mut resource = self.resource();
            if let (Value::Object(resource), Form::Flat) = (&mut resource, self.form) {
                resource.retain(|key, _| !self.subject.envelope().contains(&key.as_str()));
            }
            match serde_json::from_value(resource) {
                Ok(spec) => return Ok((spec, Report::new(&self.texts, self.found, &self.secret).warnings)),
                Err(error) => {
                    let message = format!("this cannot be read as a {}: {error}", self.subject.word());
                    self.report(&[], At::Key, message);
                }
            }
        }
        Err(SpecError::Problems(Report::new(&self.texts, self.found, &self.secret)))
    }
}

/// A path of the file as the user wrote it, seen from the current folder.
pub(super) fn beside(folder: &Path, path: &str) -> PathBuf {
    folder.join(path).components().collect()
}
