//! Directories of jobs: what they read, what they write, and the prefixes that say where.

use super::{FieldErrors, Rules};
use crate::api::job as wire;
use crate::domain::job::spec::{Input, Output};
use crate::domain::mount::relative_path;

/// Directories a job reads; nothing is asked of their paths, because nothing is made or checked.
pub(super) fn inputs(inputs: &[wire::InputDirectory], errors: &mut FieldErrors) -> Vec<Input> {
    check_ids("properties.inputDirectories", inputs.iter().map(|input| input.id.as_str()), errors);
    inputs.iter().map(|input| Input { id: input.id.clone(), path: input.path.clone() }).collect()
}

/// Directories a job writes.
pub(super) fn outputs(outputs: &[wire::OutputDirectory], rules: &Rules<'_>, errors: &mut FieldErrors) -> Vec<Output> {
    const TARGET: &str = "properties.outputDirectories";
    check_ids(TARGET, outputs.iter().map(|output| output.id.as_str()), errors);
    let mut found = Vec::new();
    for (at, output) in outputs.iter().enumerate() {
        let target = format!("{TARGET}[{at}]");
        if output.id.eq_ignore_ascii_case(crate::api::file::STDOUTERR) {
            let message = format!("`{}` is the id of the standard output directory: choose another", output.id);
            errors.add(format!("{target}.id"), message);
        }
        check_prefix(&format!("{target}.pathPrefix"), output.path_prefix.as_deref(), rules, errors);
        let suffix = output.path_suffix.as_deref().filter(|suffix| !suffix.is_empty());
        let path_suffix = suffix.and_then(|suffix| {
            let path = relative_path(suffix).ok_or_else(|| format!("`{suffix}` must be a relative path without `..`"));
            errors.take(&format!("{target}.pathSuffix"), path)
        });
        found.push(Output { id: output.id.clone(), path_prefix: output.path_prefix.clone(), path_suffix });
    }
    found
}

/// Only our version may leave a prefix out. Where it leads is known when the job starts.
pub(super) fn check_prefix(target: &str, prefix: Option<&str>, rules: &Rules<'_>, errors: &mut FieldErrors) {
    match prefix {
        Some(prefix) => super::check_filled(target, prefix, errors),
        None if rules.version.is_ours() => {}
        None => errors.add(target, "it is required, such as $AZ_BATCHAI_MOUNT_ROOT/afs"),
    }
}

/// Ids become parts of variable names, and are the names of directories to clients.
fn check_ids<'a>(target: &str, ids: impl Iterator<Item = &'a str>, errors: &mut FieldErrors) {
    let mut seen: Vec<&str> = Vec::new();
    for (at, id) in ids.enumerate() {
        let target = format!("{target}[{at}].id");
        let is_word = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_word {
            errors.add(target, format!("`{id}` must be letters, digits and `_`: it becomes part of a variable's name"));
        } else if seen.contains(&id) {
            errors.add(target, format!("`{id}` is used twice"));
        }
        seen.push(id);
    }
}

/// A directory that is read, as answered.
pub(super) fn input_back(Input { id, path }: &Input) -> wire::InputDirectory {
    wire::InputDirectory { id: id.clone(), path: path.clone() }
}

/// A directory that is written, as answered.
pub(super) fn output_back(Output { id, path_prefix, path_suffix }: &Output) -> wire::OutputDirectory {
    wire::OutputDirectory { id: id.clone(), path_prefix: path_prefix.clone(), path_suffix: path_suffix.clone() }
}
