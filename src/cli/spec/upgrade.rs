//! What files say that means nothing, or meant something to the api-versions 2017-09-01-preview and 2018-03-01:
//! taken away or rewritten, with a word about it.
//!
//! Old properties are understood in the ARM form only: nobody has written them in the flat one, which is younger.
//! Where Swagger and traffic of the old versions differ, both spellings are read (azure-cli recordings, 2017).

use std::ops::Range;

use super::document::{Content, Entry, Node};
use super::form::{Form, Subject};
use super::report::{Found, Severity};
use crate::api::PROVIDER;
use crate::api::check::Segment;

/// What answers of the REST API have at the top level: what was answered may be submitted again.
const OF_AN_ANSWER: &[&str] = &["id", "type"];

/// Read-only properties (Swagger 2018-05-01, and ours), likewise.
const READ_ONLY: &[&str] = &[
    "allocationState",
    "allocationStateTransitionTime",
    "creationTime",
    "currentNodeCount",
    "errors",
    "executionInfo",
    "executionState",
    "executionStateTransitionTime",
    "experimentName",
    "generation",
    "jobOutputDirectoryPathSegment",
    "mountSettings",
    "nodeStateCounts",
    "outputStreams",
    "provisioningState",
    "provisioningStateTransitionTime",
    "queueReason",
    "toolType",
];

/// Words for readers of the file, and for editors.
const COMMENTS: &[&str] = &["comment", "$comment", "_comment"];

/// Properties of old versions that stand in the resource or beside it, and what is in their place.
const OF_RESOURCE: &[(&str, &str)] = &[
    ("apiVersion", "a file of any version is read alike"),
    ("location", "the workspace says where things are"),
    ("tags", "only a workspace has tags"),
];

/// Properties of old versions by the property they stand in, and what is in their place.
const INSIDE: &[(&str, &str, &str)] = &[
    ("outputDirectories", "type", "what is in an output directory is not asked any more"),
    ("outputDirectories", "createNew", "output directories are always made"),
    ("setupTask", "runElevated", "a set-up task has the rights of its node"),
    ("dataDisks", "fileSystemType", "the server chooses it"),
    ("dataDisks", "raidLevel", "several disks always form one volume"),
];

/// Old names of properties, at any depth.
const RENAMED: &[(&str, &str)] =
    &[("credentialsInfo", "credentials"), ("adminUserSSHPublicKey", "adminUserSshPublicKey")];

/// Properties whose words were capitalized.
const WORDS: &[&str] = &["vmPriority", "nodeDeallocationOption", "cachingType"];

/// The names that are taken out of a resource and from beside it.
pub(super) fn ignored() -> Vec<&'static str> {
    let old = OF_RESOURCE.iter().map(|(key, _)| *key);
    ["$schema"].into_iter().chain(OF_AN_ANSWER.iter().copied()).chain(READ_ONLY.iter().copied()).chain(old).collect()
}

/// Rewrites a file; answers what there is to be said of it.
pub(super) fn upgrade(root: &mut Node, subject: Subject, form: Form) -> Vec<Found> {
    let mut upgrade = Upgrade { found: Vec::new(), answered: Vec::new() };
    root.take("$schema");
    upgrade.answer(root, OF_AN_ANSWER);
    upgrade.drop_old(root, &[]);
    let path = match form {
        Form::Flat => Vec::new(),
        Form::Arm => vec![Segment::from("properties")],
    };
    let resource = match form {
        Form::Flat => Some(&mut *root),
        Form::Arm => root.get_mut("properties"),
    };
    if let Some(resource) = resource {
        upgrade.answer(resource, READ_ONLY);
        if form == Form::Arm {
            upgrade.drop_old(resource, &path);
            if subject == Subject::Job {
                upgrade.priority(resource, &path);
            }
        }
    }
    upgrade.inside(root, "", &mut Vec::new(), form);
    upgrade.tell_answered();
    upgrade.found
}

struct Upgrade {
    found: Vec<Found>,
    /// What only a server says: the names, and the bytes of the first.
    answered: Vec<(String, Range<usize>)>,
}

impl Upgrade {
    fn warn(&mut self, entry: &Entry, path: &[Segment], message: String) {
        let path: Vec<Segment> = path.iter().cloned().chain([Segment::from(entry.key.as_str())]).collect();
        self.found.push(Found::new(Severity::Warning, entry.key_span.clone(), &path, message));
    }

    fn answer(&mut self, node: &mut Node, keys: &[&str]) {
        let taken = keys.iter().filter_map(|key| node.take(key));
        self.answered.extend(taken.map(|entry| (entry.key, entry.key_span)));
    }

    fn tell_answered(&mut self) {
        self.answered.sort_by_key(|(_, span)| span.start);
        let names: Vec<String> = self.answered.iter().map(|(key, _)| format!("`{key}`")).collect();
        if let Some((_, first)) = self.answered.first() {
            // In old job files it was a word of the user's; in answers it is one of many.
            let (severity, message) = match names.as_slice() {
                [only] if only == "`experimentName`" => {
                    (Severity::Warning, format!("ignored: {only}: write `experiment` beside `properties`, or give -e"))
                }
                _ => (Severity::Note, format!("ignored: {}: only a server says this", names.join(", "))),
            };
            self.found.push(Found::new(severity, first.clone(), &[], message));
        }
    }

    fn drop_old(&mut self, node: &mut Node, path: &[Segment]) {
        for (key, instead) in OF_RESOURCE {
            if let Some(entry) = node.take(key) {
                self.warn(&entry, path, format!("ignored: `{key}`: {instead}"));
            }
        }
    }

    /// `priority` was a number (Swagger 2018-03-01: -1000 to 1000, default 0); 2018-05-01 has three words.
    fn priority(&mut self, resource: &mut Node, path: &[Segment]) {
        let Some(mut entry) = resource.take("priority") else { return };
        if entry.value.is_null() {
            return;
        }
        if resource.get("schedulingPriority").is_some_and(|word| !word.is_null()) {
            return self.warn(&entry, path, "ignored: `priority`: `schedulingPriority` is there".to_owned());
        }
        let value = entry.value.to_value();
        let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
        let word = match number {
            Some(-1000..=-1) => "low",
            Some(0) => "normal",
            Some(1..=1000) => "high",
            Some(_) | None => {
                let message = "`priority` was a number from -1000 to 1000: write `schedulingPriority` with `low`, \
                               `normal` or `high`";
                let path: Vec<Segment> = path.iter().cloned().chain([Segment::from("priority")]).collect();
                return self.found.push(Found::new(Severity::Error, entry.value.span, &path, message));
            }
        };
        self.warn(&entry, path, format!("`priority` is an old property: write `schedulingPriority: {word}`"));
        resource.take("schedulingPriority");
        entry.key = "schedulingPriority".to_owned();
        entry.value.set_text(word);
        resource.entries_mut().expect("a property was taken out of it").push(entry);
    }

    /// Ids of clusters and file servers had no workspace in them; the workspace of the file's own resource is where
    /// their names are looked for now.
    fn reference(&mut self, node: &mut Node, parent: &str, path: &[Segment]) {
        let (what, collection) = match parent {
            "cluster" => ("cluster", "clusters"),
            "fileServer" => ("file server", "fileServers"),
            _ => return,
        };
        let Some(id) = node.get_mut("id") else { return };
        let Some(name) = id.text().and_then(|id| old_name(id, collection)).map(str::to_owned) else { return };
        let message = format!(
            "this id is of an old version and names no workspace: {what} `{name}` of the same workspace is taken; write \
             `{name}`, or an id with a workspace"
        );
        let path: Vec<Segment> = path.iter().cloned().chain([Segment::from("id")]).collect();
        self.found.push(Found::new(Severity::Warning, id.span.clone(), &path, message));
        id.set_text(&name);
    }

    fn inside(&mut self, node: &mut Node, parent: &str, path: &mut Vec<Segment>, form: Form) {
        for key in COMMENTS {
            node.take(key);
        }
        if form == Form::Arm {
            self.old_inside(node, parent, path);
            self.reference(node, parent, path);
        }
        match &mut node.content {
            Content::Scalar { .. } => {}
            Content::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    path.push(Segment::from(index));
                    self.inside(item, parent, path, form);
                    path.pop();
                }
            }
            Content::Object(entries) => {
                for entry in entries {
                    path.push(Segment::from(entry.key.as_str()));
                    self.inside(&mut entry.value, &entry.key, path, form);
                    path.pop();
                }
            }
        }
    }

    fn old_inside(&mut self, node: &mut Node, parent: &str, path: &[Segment]) {
        for (_, key, instead) in INSIDE.iter().filter(|(of, ..)| *of == parent) {
            if let Some(entry) = node.take(key) {
                // A list of directories would say it of each.
                let message = format!("ignored: `{key}`: {instead}");
                if !self.found.iter().any(|found| found.message == message) {
                    self.warn(&entry, path, message);
                }
            }
        }
        for (old, new) in RENAMED {
            let is_there = node.get(new).is_some_and(|value| !value.is_null());
            let Some(mut entry) = node.take(old) else { continue };
            if is_there {
                self.warn(&entry, path, format!("ignored: `{old}`: `{new}` is there"));
                continue;
            }
            self.warn(&entry, path, format!("`{old}` is an old name: write `{new}`"));
            node.take(new);
            entry.key = (*new).to_owned();
            node.entries_mut().expect("a property was taken out of it").push(entry);
        }
        for entry in node.entries_mut().into_iter().flatten().filter(|entry| WORDS.contains(&entry.key.as_str())) {
            let Some(word) = entry.value.text() else { continue };
            let lower = word.to_lowercase();
            if word != lower {
                entry.value.set_text(&lower);
                let key = &entry.key;
                let path: Vec<Segment> = path.iter().cloned().chain([Segment::from(key.as_str())]).collect();
                let message = format!("words are lower case now: write `{key}` as `{lower}`");
                self.found.push(Found::new(Severity::Warning, entry.value.span.clone(), &path, message));
            }
        }
    }
}

/// The name in `/subscriptions/S/resourceGroups/G/providers/Microsoft.BatchAI/<collection>/<name>`.
fn old_name<'i>(id: &'i str, collection: &str) -> Option<&'i str> {
    let parts: Vec<&str> = id.trim().trim_start_matches('/').split('/').collect();
    let [subscriptions, _, groups, _, providers, provider, found, name] = parts.as_slice() else { return None };
    let words = [
        (subscriptions, "subscriptions"),
        (groups, "resourceGroups"),
        (providers, "providers"),
        (provider, PROVIDER),
        (found, collection),
    ];
    words.iter().all(|(word, expected)| word.eq_ignore_ascii_case(expected)).then_some(*name)
}
