//! A Python script as shell text: the same for every toolkit that has one.

/// A script with its interpreter and arguments. All three are shell text: variables and quotes work in them (recipes
/// of Azure/BatchAI).
pub(super) struct Script<'a> {
    /// The property that holds the settings, for messages.
    pub settings: &'static str,
    /// Names of interpreters where none is given, the first that is there.
    pub pythons: Pythons,
    pub script: &'a str,
    /// `None`: one of `pythons` on the PATH.
    pub interpreter: Option<&'a str>,
    pub arguments: Option<&'a str>,
}

impl Script<'_> {
    /// Runs the script in place of the shell.
    pub fn command(&self) -> String {
        let (script, arguments) = (self.script, more(self.arguments));
        match self.interpreter {
            Some(interpreter) => format!("exec {interpreter} {script}{arguments}"),
            None => format!("{}\nexec \"$python\" {script}{arguments}", find_python(self.settings, self.pythons)),
        }
    }
}

/// Names of interpreters, the one that is looked for first before the other.
pub(super) type Pythons = [&'static str; 2];

/// On a host of today `python` may be nothing or an old one.
pub(super) const OF_HOST: Pythons = ["python3", "python"];

/// Images have their frameworks in `python`; some have a `python3` of their system beside it, without any.
pub(super) const OF_IMAGE: Pythons = ["python", "python3"];

/// Arguments to stand behind a command.
pub(super) fn more(arguments: Option<&str>) -> String {
    arguments.map(|text| format!(" {text}")).unwrap_or_default()
}

/// Ends the shell with a message unless there is such a program. `what` it is called, and `program` as it is started.
pub(super) fn need(what: &str, program: &str) -> String {
    format!(
        "command -v {program} >/dev/null || {{\n  echo '{what} is needed to run this job, and there is no {program} on \
         its PATH: install it in jobPreparation, or name its folder with a PATH in environmentVariables' >&2\n  exit \
         127\n}}"
    )
}

fn find_python(settings: &str, [first, second]: Pythons) -> String {
    format!(
        "python=$(command -v {first} || command -v {second}) || {{\n  echo 'Python is needed to run this job, and \
         there is neither {first} nor {second} on its PATH: install it, or set {settings}.pythonInterpreterPath' >&2\n  \
         exit 127\n}}"
    )
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

    use super::*;

    fn script<'a>(interpreter: Option<&'a str>, arguments: Option<&'a str>) -> Script<'a> {
        Script { settings: "caffe2Settings", pythons: OF_HOST, script: "t.py", interpreter, arguments }
    }

    fn run(text: &str, path: &std::path::Path) -> Output {
        Command::new("/bin/sh").arg("-c").arg(text).env_clear().env("PATH", path).output().expect("sh")
    }

    #[test]
    fn a_given_interpreter_runs_the_script_with_the_arguments() {
        let script = Script { script: "$DIR/t.py", ..script(Some("/opt/python"), Some("--epochs 2")) };
        assert_eq!(script.command(), "exec /opt/python $DIR/t.py --epochs 2");
    }

    #[test]
    fn without_any_python_the_job_says_what_to_do() {
        let ran = run(&script(None, None).command(), "/nonexistent".as_ref());
        assert_eq!(ran.status.code(), Some(127));
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(said.starts_with("Python is needed to run this job"), "{said}");
        assert!(said.ends_with("set caffe2Settings.pythonInterpreterPath\n"), "{said}");
    }

    #[test]
    fn without_an_interpreter_the_first_python_on_the_path_runs_the_script() {
        let folder = tempfile::tempdir().expect("a directory");
        let make = |name: &str| {
            let python = folder.path().join(name);
            std::fs::write(&python, format!("#!/bin/sh\necho \"{name} ran $*\"\n")).expect("a script");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&python, mode).expect("permissions");
        };
        let ran = |pythons: Pythons| {
            let script = Script { pythons, ..script(None, Some("-x 'a  b'")) };
            String::from_utf8_lossy(&run(&script.command(), folder.path()).stdout).into_owned()
        };
        make("python");
        assert_eq!(ran(OF_HOST), "python ran t.py -x a  b\n");
        make("python3");
        assert_eq!(ran(OF_HOST), "python3 ran t.py -x a  b\n");
        assert_eq!(ran(OF_IMAGE), "python ran t.py -x a  b\n");
    }

    #[test]
    fn a_program_that_is_not_there_is_named_with_what_to_do() {
        let ran = run(&need("CNTK", "cntk"), "/nonexistent".as_ref());
        assert_eq!(ran.status.code(), Some(127));
        assert_eq!(
            String::from_utf8_lossy(&ran.stderr),
            "CNTK is needed to run this job, and there is no cntk on its PATH: install it in jobPreparation, or name \
             its folder with a PATH in environmentVariables\n"
        );
    }
}
