//! The two forms of a file, and which of its properties are looked over.

use schemars::Schema;
use serde_json::{Map, Value, json};

/// What a file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A job.
    Job,
    /// A cluster.
    Cluster,
    /// A file server.
    FileServer,
}

impl Subject {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Cluster => "cluster",
            Self::FileServer => "file server",
        }
    }

    /// The properties that say which resource the file is about, rather than what it is like.
    pub(super) fn envelope(self) -> &'static [&'static str] {
        match self {
            Self::Job => &["name", "workspace", "experiment", "resourceGroup", "code"],
            Self::Cluster | Self::FileServer => &["name", "workspace", "resourceGroup"],
        }
    }

    /// Properties that a file may leave out although the wire may not, each with the type that has it; the empty
    /// word is the resource itself.
    fn optional(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Job => &[("", "cluster"), ("", "nodeCount")],
            Self::Cluster => &[],
            Self::FileServer => &[
                ("", "sshConfiguration"),
                ("", "dataDisks"),
                ("SshConfiguration", "userAccountSettings"),
                ("UserAccountSettings", "adminUserName"),
                ("DataDisks", "diskSizeInGB"),
                ("DataDisks", "diskCount"),
                ("DataDisks", "storageAccountType"),
            ],
        }
    }
}

/// Where the properties of the resource stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In `properties`.
    Arm,
    /// At the top level.
    Flat,
}

/// The schema of a file, from the schema of the resource's own properties. `cluster` is a name, an id or a
/// reference in a file.
pub(super) fn schema(resource: &Schema, subject: Subject, form: Form) -> Schema {
    let mut resource = resource.as_object().cloned().unwrap_or_default();
    let mut definitions = resource.remove("$defs").unwrap_or_else(|| json!({}));
    for (kind, key) in subject.optional() {
        let object = if kind.is_empty() { Some(&mut resource) } else { definitions[*kind].as_object_mut() };
        relax(object.expect("every type that is named is one of the resource"), key);
    }
    let mut own = match resource.remove("properties") {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    };
    let envelope = subject.envelope().iter().map(|key| ((*key).to_owned(), json!({"type": ["string", "null"]})));
    match form {
        Form::Flat => {
            own.extend(envelope);
            resource.insert("properties".to_owned(), Value::Object(own));
        }
        Form::Arm => {
            resource.insert("properties".to_owned(), Value::Object(own));
            let mut top: Map<String, Value> = envelope.collect();
            top.insert("properties".to_owned(), Value::Object(std::mem::take(&mut resource)));
            resource.insert("type".to_owned(), json!("object"));
            resource.insert("properties".to_owned(), Value::Object(top));
        }
    }
    resource.insert("$defs".to_owned(), definitions);
    Schema::from(resource)
}

/// Lets a property of an object be absent or null.
pub(super) fn relax(object: &mut Map<String, Value>, key: &str) {
    if let Some(Value::Array(required)) = object.get_mut("required") {
        required.retain(|required| required != key);
    }
    let Some(schema) = object.get_mut("properties").and_then(|properties| properties.get_mut(key)) else { return };
    let mut relaxed = Map::new();
    if let Some(description) = schema.as_object_mut().and_then(|schema| schema.remove("description")) {
        relaxed.insert("description".to_owned(), description);
    }
    let text = if key == "cluster" { vec![json!({"type": "string"})] } else { Vec::new() };
    let any: Vec<Value> = text.into_iter().chain([schema.take(), json!({"type": "null"})]).collect();
    relaxed.insert("anyOf".to_owned(), Value::Array(any));
    *schema = Value::Object(relaxed);
}
