//! How large the parts of a job or a cluster may be: what Linux gives to a program, and what a file system takes.
//!
//! Called with the properties of a resource by the command line, which knows the lines they stand on, and by the server.

use serde_json::{Map, Value};

use super::check::Segment;

/// The most bytes of one variable, its name and the `=` included (Linux: `MAX_ARG_STRLEN` of execve(2), without the
/// zero at the end).
pub const MOST_OF_VARIABLE: usize = 128 * 1024 - 1;

/// The most bytes of all variables together: half of what Linux takes where nobody has changed the size of the stack
/// (execve(2)); the rest is for the variables of the service and the command.
pub const MOST_OF_VARIABLES: usize = 1024 * 1024;

/// The most bytes of a text that becomes a command or a part of one; some of [`MOST_OF_VARIABLE`] is for what is put
/// around it.
const MOST_OF_COMMAND: usize = 120 * 1024;

/// The most bytes of a path of which something is made: half of Linux's `PATH_MAX`, because more is put around it.
const MOST_OF_PATH: usize = 2048;

/// The most bytes of one name in a path (Linux: `NAME_MAX`).
const MOST_OF_NAME: usize = 255;

/// What each variable costs beside its bytes: a pointer, and the zero at its end.
const COST: usize = 9;

/// Properties whose values are paths of which something is made.
const PATHS: [&str; 5] = ["pathPrefix", "pathSuffix", "relativeMountPath", "sourceDirectory", "stdOutErrPathPrefix"];

/// Lists of variables.
const VARIABLES: [&str; 2] = ["environmentVariables", "secrets"];

/// Something that is too large: the path to it, and what is wrong with it. Nothing of it is quoted.
pub type TooLarge = (Vec<Segment>, String);

/// Everything in the properties of a job or a cluster that is too large.
#[must_use]
pub fn too_large(resource: &Value) -> Vec<TooLarge> {
    let mut walk = Walk { path: Vec::new(), found: Vec::new() };
    walk.value(resource);
    walk.found
}

struct Walk {
    path: Vec<Segment>,
    found: Vec<TooLarge>,
}

impl Walk {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(object) => self.object(object),
            Value::Array(list) => {
                for (index, item) in list.iter().enumerate() {
                    self.inside(Segment::from(index), |walk| walk.value(item));
                }
            }
            Value::String(text) if text.len() > MOST_OF_COMMAND => {
                let most = MOST_OF_COMMAND;
                self.report(format!(
                    "it has {} bytes, but a text that a command is made of has at most {most}",
                    text.len()
                ));
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn inside(&mut self, segment: Segment, look: impl FnOnce(&mut Self)) {
        self.path.push(segment);
        look(self);
        self.path.pop();
    }

    fn report(&mut self, why: String) {
        self.found.push((self.path.clone(), why));
    }

    fn object(&mut self, object: &Map<String, Value>) {
        let mut together = 0;
        for (key, value) in object {
            self.inside(Segment::from(key.as_str()), |walk| match value {
                Value::String(text) if PATHS.contains(&key.as_str()) => walk.directory(text),
                Value::Array(list) if VARIABLES.contains(&key.as_str()) => {
                    let before = together;
                    together += walk.variables(list);
                    if before <= MOST_OF_VARIABLES && together > MOST_OF_VARIABLES {
                        walk.report(format!(
                            "the variables have more than {MOST_OF_VARIABLES} bytes together, which no program is given: \
                             put the large ones into a file"
                        ));
                    }
                }
                value => walk.value(value),
            });
        }
    }

    /// Answers what they cost together.
    fn variables(&mut self, list: &[Value]) -> usize {
        let mut together = 0;
        for (index, variable) in list.iter().enumerate() {
            let length = |key: &str| variable.get(key).and_then(Value::as_str).map_or(0, str::len);
            let (name, value) = (length("name"), length("value"));
            together += name + 1 + value + COST;
            self.inside(Segment::from(index), |walk| {
                let (key, most) = if name > value { ("name", value) } else { ("value", name) };
                let most = MOST_OF_VARIABLE.saturating_sub(most + 1);
                let length = name.max(value);
                if length > most {
                    let why = format!(
                        "it has {length} bytes, but Linux gives at most {MOST_OF_VARIABLE} of a variable to a program, its \
                         name included: put it into a file"
                    );
                    walk.inside(Segment::from(key), |walk| walk.report(why));
                }
                if let Some(reference) = variable.get("valueSecretReference") {
                    walk.inside(Segment::from("valueSecretReference"), |walk| walk.value(reference));
                }
            });
        }
        together
    }

    fn directory(&mut self, text: &str) {
        if text.len() > MOST_OF_PATH {
            self.report(format!("it has {} bytes, but the path of a directory has at most {MOST_OF_PATH}", text.len()));
        } else if let Some(name) = text.split('/').find(|name| name.len() > MOST_OF_NAME) {
            let length = name.len();
            self.report(format!(
                "one of its names has {length} bytes, but no file system takes more than {MOST_OF_NAME}"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::check::render_path;

    /// One line for each thing that is too large.
    fn told(resource: &Value) -> String {
        let lines: Vec<String> =
            too_large(resource).iter().map(|(path, why)| format!("{}: {why}", render_path(path))).collect();
        lines.join("\n")
    }

    fn variable(name: usize, value: usize) -> Value {
        json!({ "name": "n".repeat(name), "value": "v".repeat(value) })
    }

    #[test]
    fn what_no_program_is_given_and_what_no_file_system_takes_is_told_with_its_place() {
        let long = "x".repeat(122_881);
        let resource = json!({
            "customToolkitSettings": { "commandLine": long },
            "pyTorchSettings": { "commandLineArgs": long, "pythonScriptFilePath": "x".repeat(5000) },
            "environmentVariables": [variable(1, 131_069), variable(1, 131_070), variable(131_071, 0)],
            "secrets": [variable(5, 200_000), { "name": "A", "valueSecretReference": { "secretUrl": long } }],
            "inputDirectories": [{ "id": "A", "path": "x/".repeat(2500) }],
            "outputDirectories": [
                { "id": "A", "pathPrefix": "x/".repeat(2500), "pathSuffix": "x".repeat(256) },
                { "id": "B", "pathPrefix": "x/".repeat(1024), "pathSuffix": "x".repeat(255) },
            ],
            "mountVolumes": { "unmanagedFileSystems": [{ "mountCommand": long, "relativeMountPath": "x".repeat(300) }] },
            "stdOutErrPathPrefix": "x".repeat(5000),
        });
        insta::assert_snapshot!(told(&resource), @r"
        customToolkitSettings.commandLine: it has 122881 bytes, but a text that a command is made of has at most 122880
        pyTorchSettings.commandLineArgs: it has 122881 bytes, but a text that a command is made of has at most 122880
        environmentVariables[1].value: it has 131070 bytes, but Linux gives at most 131071 of a variable to a program, its name included: put it into a file
        environmentVariables[2].name: it has 131071 bytes, but Linux gives at most 131071 of a variable to a program, its name included: put it into a file
        secrets[0].value: it has 200000 bytes, but Linux gives at most 131071 of a variable to a program, its name included: put it into a file
        secrets[1].valueSecretReference.secretUrl: it has 122881 bytes, but a text that a command is made of has at most 122880
        outputDirectories[0].pathPrefix: it has 5000 bytes, but the path of a directory has at most 2048
        outputDirectories[0].pathSuffix: one of its names has 256 bytes, but no file system takes more than 255
        mountVolumes.unmanagedFileSystems[0].mountCommand: it has 122881 bytes, but a text that a command is made of has at most 122880
        mountVolumes.unmanagedFileSystems[0].relativeMountPath: one of its names has 300 bytes, but no file system takes more than 255
        stdOutErrPathPrefix: it has 5000 bytes, but the path of a directory has at most 2048
        ");
    }

    #[test]
    fn ten_thousand_variables_are_fine_and_a_megabyte_of_them_is_not() {
        let many = |count: usize, length: usize| -> Vec<Value> { vec![variable(8, length); count] };
        assert_eq!(told(&json!({ "environmentVariables": many(10_000, 8) })), "");
        let together =
            json!({ "setupTask": { "environmentVariables": many(6, 100_000), "secrets": many(6, 100_000) } });
        insta::assert_snapshot!(told(&together), @r"setupTask.secrets: the variables have more than 1048576 bytes together, which no program is given: put the large ones into a file");
    }
}
