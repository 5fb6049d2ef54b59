//! A process of a run -> the script that starts it inside a container. Pure.
//!
//! The script is read from standard input by the `/bin/sh` of the image, whatever that is: values are exported by it
//! and never arguments of a program of the host, nor part of what the engine remembers.

use super::quote::quoted;
use super::run_dir::RUN_MARKER;
use super::shell::Order;

/// Variables that the image sets, not the host: a value may refer to them, such as `/opt/bin:$PATH`.
const OF_THE_IMAGE: [&str; 6] = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG"];

/// Variables that a shell does not let anybody set; programs started by `env` get them all the same.
const READ_ONLY: [&str; 6] = ["UID", "EUID", "PPID", "SHELLOPTS", "BASHOPTS", "BASH_VERSINFO"];

/// Preparations leave in `~/.bashrc` what the job is to find (BatchAI recipes with Intel MPI: `source .../mpivars.sh`).
/// Those of common images return at once unless there is a prompt.
const RC: &str = "if [ -f ~/.bashrc ]; then PS1='# '; . ~/.bashrc; unset PS1; fi";

/// The script.
///
/// # Errors
/// The name of a secret variable that cannot be set without being seen.
pub fn script(order: &Order<'_>) -> Result<String, String> {
    let [node, own, secrets] = order.environment;
    let mut all: std::collections::BTreeMap<&str, String> =
        node.iter().chain(own).map(|(name, value)| (name.as_str(), with_references(value))).collect();
    all.extend(secrets.iter().map(|(name, value)| (name.as_str(), quoted(value))));
    all.insert(RUN_MARKER, quoted(order.run));

    let (exported, odd): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| can_be_exported(name));
    if let Some((name, _)) = odd.iter().find(|(name, _)| secrets.contains_key(*name)) {
        return Err((*name).to_owned());
    }
    let exports: String = exported.iter().map(|(name, value)| format!("export {name}={value}\n")).collect();
    let odd: String = odd.iter().map(|(name, value)| format!("{}{value} ", quoted(&format!("{name}=")))).collect();
    let env = if odd.is_empty() { String::new() } else { format!("env {odd}") };
    let directory = quoted(&order.directory.display().to_string());
    let (plain, rich) = (quoted(order.command), quoted(&format!("{RC}\n{}", order.command)));
    Ok(format!(
        "{exports}cd {directory} || exit 126\n\
         set -- /bin/bash; [ -x \"$1\" ] || set -- /usr/local/bin/bash; [ -x \"$1\" ] || set --\n\
         [ $# -eq 0 ] || exec {env}\"$1\" -c {rich} </dev/null\n\
         exec {env}/bin/sh -c {plain} </dev/null\n"
    ))
}

fn can_be_exported(name: &str) -> bool {
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name && !READ_ONLY.contains(&name)
}

/// One word in which nothing means anything but the variables of the image.
fn with_references(text: &str) -> String {
    let mut word = String::new();
    let mut rest = text;
    let mut begin = 0;
    while let Some(at) = rest[begin..].find('$').map(|at| begin + at) {
        match reference(&rest[at..]) {
            Some((name, length)) => {
                word.push_str(&format!("{}\"${{{name}}}\"", quoted(&rest[..at])));
                rest = &rest[at + length..];
                begin = 0;
            }
            None => begin = at + if rest[at..].starts_with("$$") { 2 } else { 1 },
        }
    }
    word + &quoted(rest)
}

/// The variable of the image that `text` begins with, and the length of the reference.
fn reference(text: &str) -> Option<(&'static str, usize)> {
    OF_THE_IMAGE.into_iter().find_map(|name| {
        let braced = format!("${{{name}}}");
        if text.starts_with(&braced) {
            return Some((name, braced.len()));
        }
        let after = text.strip_prefix('$')?.strip_prefix(name)?;
        let ends = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        ends.then_some((name, name.len() + 1))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    type Variables = BTreeMap<String, String>;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn made(command: &str, environment: [&Variables; 3]) -> Result<String, String> {
        let file = Path::new("/dev/null");
        let directory = Path::new("/tmp");
        script(&Order { name: "job", command, directory, environment, run: "r", stdout: file, stderr: file })
    }

    /// What the shell of this machine makes of it.
    fn outcome(script: &str) -> (Option<i32>, String) {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-s").env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent").stdin(Stdio::piped());
        let mut child = shell.stdout(Stdio::piped()).spawn().expect("a shell");
        child.stdin.take().expect("its input").write_all(script.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        (output.status.code(), String::from_utf8(output.stdout).expect("text"))
    }

    #[test]
    fn a_script_says_what_runs_where_with_which_variables() {
        let own = variables(&[("PATH", "/opt:$PATH"), ("a.b", "1 2")]);
        let secret = variables(&[("TOKEN", "it's $PATH")]);
        insta::assert_snapshot!(made("echo 'x'", [&variables(&[("A", "1")]), &own, &secret]).expect("a script"), @r##"
        export A='1'
        export BATCHAI_RUN_ID='r'
        export PATH='/opt:'"${PATH}"''
        export TOKEN='it'\''s $PATH'
        cd '/tmp' || exit 126
        set -- /bin/bash; [ -x "$1" ] || set -- /usr/local/bin/bash; [ -x "$1" ] || set --
        [ $# -eq 0 ] || exec env 'a.b=''1 2' "$1" -c 'if [ -f ~/.bashrc ]; then PS1='\''# '\''; . ~/.bashrc; unset PS1; fi
        echo '\''x'\''' </dev/null
        exec env 'a.b=''1 2' /bin/sh -c 'echo '\''x'\''' </dev/null
        "##);
    }

    #[test]
    fn the_command_sees_its_variables_and_decides_the_exit_code() {
        let node = variables(&[("A", "1"), ("B", "$HOME/x ${USER} $$PATH $PATHS $"), ("UID", "7"), ("a.b", "c d")]);
        let own = variables(&[("A", "2\n3"), ("PATH", "$PATH:/opt")]);
        let secrets = variables(&[("S", "$PATH '")]);
        let command =
            "printf '%s|' \"$A\" \"$B\" \"$PATH\" \"$S\" \"$BATCHAI_RUN_ID\"; pwd; cat; env | grep a.b; exit 7";
        let (code, printed) = outcome(&made(command, [&node, &own, &secrets]).expect("a script"));
        assert_eq!(printed, "2\n3|/nonexistent/x  $$PATH $PATHS $|/usr/bin:/bin:/opt|$PATH '|r|/tmp\na.b=c d\n");
        assert_eq!(code, Some(7));
    }

    #[test]
    fn what_a_preparation_left_in_bashrc_is_there_for_the_job() {
        let home = tempfile::tempdir().expect("a folder");
        // As Ubuntu has it for root, and then the line of a preparation.
        let rc = "[ -z \"$PS1\" ] && return\nexport FROM_RC=$A\n";
        std::fs::write(home.path().join(".bashrc"), rc).expect("a file");
        let node = variables(&[("HOME", &home.path().display().to_string()), ("A", "1")]);
        let none = Variables::new();
        let (code, printed) =
            outcome(&made("echo \"$FROM_RC-$PS1-\"; exit 3", [&node, &none, &none]).expect("a script"));
        assert_eq!((code, printed.as_str()), (Some(3), "1--\n"));
    }

    #[test]
    fn a_secret_that_would_have_to_be_an_argument_is_refused_by_name() {
        let none = Variables::new();
        assert_eq!(made("x", [&none, &none, &variables(&[("a.b", "hunter2")])]), Err("a.b".into()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_value_and_any_command_arrive_as_they_are(value in "[^\0]{0,30}", text in "[^\0$]{0,30}") {
            let (node, own, secrets) =
                (variables(&[("V", &text)]), Variables::new(), variables(&[("S", &value)]));
            let command = format!("printf '%s\\n' \"$S\" \"$V\" {}", quoted(&value));
            let (_, printed) = outcome(&made(&command, [&node, &own, &secrets]).expect("a script"));
            prop_assert_eq!(printed, format!("{value}\n{text}\n{value}\n"));
        }
    }
}
