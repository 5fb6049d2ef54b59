//! File server files.

use schemars::schema_for;
use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::error::SpecError;
use super::form::Subject;
use super::options::Options;
use super::report::FileProblem;
use super::rules::{self, at};
use super::source::Source;
use crate::api::file_server::{FileServerSpec, StorageAccountType};

/// What a file server file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileServerFile {
    /// The file server's name.
    pub name: Option<String>,
    /// The workspace's name.
    pub workspace: Option<String>,
    /// The resource group's name.
    pub resource_group: Option<String>,
    /// What the disks are made of, where the file says it; `spec` has the default where it does not.
    pub storage_account_type: Option<StorageAccountType>,
    /// The file server. What flags may add can be missing: the VM size is then `None`, the administrator's name
    /// empty, the size and the number of disks 0.
    pub spec: FileServerSpec,
    /// What else there is to be said of the file; for the user to read.
    pub warnings: Vec<FileProblem>,
}

/// Reads a file server file, which may leave out everything that has a flag.
///
/// # Errors
/// See [`SpecError`]; all problems of the file at once.
pub fn file_server_file(source: &Source) -> Result<FileServerFile, SpecError> {
    file_server_file_with(source, &Options::default())
}

/// The same, with what the command line lays over the file.
///
/// # Errors
/// See [`SpecError`]; all problems of the file and of what was laid over it at once.
pub fn file_server_file_with(source: &Source, options: &Options) -> Result<FileServerFile, SpecError> {
    let mut draft = Draft::open(source, Subject::FileServer, options)?;
    draft.check(&schema_for!(FileServerSpec));
    rules::names(&mut draft);
    let resource = draft.resource();
    let storage = at(&resource, &["dataDisks", "storageAccountType"]).cloned();
    if let Some(resource) = draft.resource_mut() {
        complete(resource);
    }
    let (name, workspace) = (draft.envelope("name"), draft.envelope("workspace"));
    let resource_group = draft.envelope("resourceGroup");
    let (spec, warnings) = draft.finish::<FileServerSpec>()?;
    let storage_account_type = storage.map(|_| spec.data_disks.storage_account_type);
    Ok(FileServerFile { name, workspace, resource_group, storage_account_type, spec, warnings })
}

/// Fills in what the wire needs and a file may leave out.
fn complete(resource: &mut Map<String, Value>) {
    if let Some(ssh) = filled(resource, "sshConfiguration", json!({})).as_object_mut()
        && let Some(account) = filled(ssh, "userAccountSettings", json!({})).as_object_mut()
    {
        filled(account, "adminUserName", json!(""));
    }
    if let Some(disks) = filled(resource, "dataDisks", json!({})).as_object_mut() {
        filled(disks, "diskSizeInGB", json!(0));
        filled(disks, "diskCount", json!(0));
        filled(disks, "storageAccountType", json!(StorageAccountType::default()));
    }
}

fn filled<'o>(object: &'o mut Map<String, Value>, key: &str, default: Value) -> &'o mut Value {
    let value = object.entry(key).or_insert(Value::Null);
    if value.is_null() {
        *value = default;
    }
    value
}
