//! What answers hold although the Swagger documents do not say so, and why each is right.

use serde_json::Value;

/// Something that a document lacks.
pub struct Addition {
    /// The api-version of the document.
    pub version: &'static str,
    /// A JSON pointer to what is added: a property, or `-` for one more value of an enumeration.
    pub at: &'static str,
    /// What is added, as JSON.
    pub value: &'static str,
    /// Why answers have it all the same.
    pub reason: &'static str,
}

/// All of them.
pub const ADDITIONS: &[Addition] = &[
    Addition {
        version: "2018-05-01",
        at: "/definitions/JobProperties/properties/experimentName",
        value: r#"{"type": "string"}"#,
        reason: "the service answered it to the end (azure-sdk-for-net recordings, June 2018)",
    },
    Addition {
        version: "2018-05-01",
        at: "/definitions/ToolType/enum/-",
        value: r#""pytorch""#,
        reason: "the description of the type names it, and jobs had it (Azure/BatchAI recipes)",
    },
    Addition {
        version: "2018-03-01",
        at: "/definitions/ToolType/enum/-",
        value: r#""pytorch""#,
        reason: "this version brought the toolkit (Azure/BatchAI recipes)",
    },
    Addition {
        version: "2017-09-01-preview",
        at: "/definitions/AzureFileShareReference/properties/credentialsInfo",
        value: r##"{"$ref": "#/definitions/AzureStorageCredentialsInfo"}"##,
        reason: "the preview sent this word for `credentials` (azure-cli recordings, December 2017)",
    },
    Addition {
        version: "2017-09-01-preview",
        at: "/definitions/AzureBlobFileSystemReference/properties/credentialsInfo",
        value: r##"{"$ref": "#/definitions/AzureStorageCredentialsInfo"}"##,
        reason: "the preview sent this word for `credentials` (azure-cli recordings, December 2017)",
    },
    Addition {
        version: "2017-09-01-preview",
        at: "/definitions/UserAccountSettings/properties/adminUserSSHPublicKey",
        value: r#"{"type": "string"}"#,
        reason: "the preview spelt the key so (azure-cli recordings, December 2017)",
    },
    Addition {
        version: "2017-09-01-preview",
        at: "/definitions/JobProperties/properties/constraints/properties/maxRetryCount",
        value: r#"{"type": "integer"}"#,
        reason: "the preview sent it (azure-cli recordings, December 2017)",
    },
    Addition {
        version: "2017-09-01-preview",
        at: "/definitions/DataDisks/properties/fileSystemType",
        value: r#"{"type": "string"}"#,
        reason: "the preview sent it (azure-cli recordings, December 2017)",
    },
    Addition {
        version: "2017-09-01-preview",
        at: "/definitions/DataDisks/properties/raidLevel",
        value: r#"{"type": "string"}"#,
        reason: "the preview sent it (azure-cli recordings, December 2017)",
    },
];

impl Addition {
    /// Puts it where it belongs. An addition that the document has already has no right to be.
    #[track_caller]
    pub fn apply_to(&self, document: &mut Value) {
        let (parent, name) = self.at.rsplit_once('/').expect("a pointer");
        let value: Value = serde_json::from_str(self.value).expect("JSON");
        match document.pointer_mut(parent) {
            Some(Value::Array(values)) if !values.contains(&value) => values.push(value),
            Some(Value::Object(members)) if !members.contains_key(name) => {
                members.insert(name.into(), value);
            }
            _ => panic!("{}: cannot add {} ({})", self.version, self.at, self.reason),
        }
    }
}

/// Adds to every enumeration its values as the preview sent them: capitalized, while its document has them in lower
/// case (azure-sdk-for-net and azure-cli recordings, October and December 2017).
pub fn capitalize(document: &mut Value) {
    match document {
        Value::Object(members) => {
            if let Some(Value::Array(values)) = members.get_mut("enum") {
                let all = values.iter().filter_map(Value::as_str).map(capitalized);
                let missing: Vec<Value> = all.filter(|value| !values.contains(value)).collect();
                values.extend(missing);
            }
            members.values_mut().for_each(capitalize);
        }
        Value::Array(values) => values.iter_mut().for_each(capitalize),
        _ => {}
    }
}

fn capitalized(word: &str) -> Value {
    match word {
        "lowpriority" => "LowPriority".into(),
        "waitforjobcompletion" => "WaitForJobCompletion".into(),
        _ => format!("{}{}", word[..1].to_uppercase(), &word[1..]).into(),
    }
}
