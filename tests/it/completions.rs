//! The completion scripts: the committed ones are those that the program prints, and they complete.

use std::path::Path;
use std::process::{Command, Stdio};

use clap_complete::Shell;

use crate::support::Sandbox;
use crate::support::sandbox::Done;

const SCRIPTS: [(&str, Shell, &str); 3] =
    [("bash", Shell::Bash, "batchai.bash"), ("zsh", Shell::Zsh, "_batchai"), ("fish", Shell::Fish, "batchai.fish")];

#[test]
fn the_committed_scripts_are_those_of_the_command_line_as_it_is() {
    for (_, shell, file) in SCRIPTS {
        let mut made = Vec::new();
        clap_complete::generate(shell, &mut visible(&batchai::cli::definition()), "batchai", &mut made);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file);
        if std::env::var_os("BATCHAI_TESTS_REFRESH").is_some() {
            std::fs::write(&path, &made).expect("a file that can be written");
        }
        let committed = std::fs::read(&path).unwrap_or_default();
        assert!(
            made == committed,
            "completions/{file} is stale; refresh it: BATCHAI_TESTS_REFRESH=1 cargo test --test it the_committed_scripts"
        );
    }
}

/// The same command without whatever is hidden, of which the generators know nothing.
fn visible(command: &clap::Command) -> clap::Command {
    let fixed = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let mut shown = clap::Command::new(fixed(command.get_name())).disable_help_subcommand(true);
    if let Some(about) = command.get_about() {
        shown = shown.about(about.clone());
    }
    if let Some(version) = command.get_version() {
        shown = shown.version(fixed(version));
    }
    shown
        .args(command.get_arguments().filter(|arg| !arg.is_hide_set()).cloned())
        .subcommands(command.get_subcommands().filter(|command| !command.is_hide_set()).map(visible))
}

#[test]
fn the_program_prints_the_committed_scripts() {
    let sandbox = Sandbox::new();
    for (shell, _, file) in SCRIPTS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file);
        let committed = std::fs::read_to_string(path).expect("a script");
        assert!(sandbox.run(&format!("completion {shell}")).succeeds().stdout == committed, "{shell}");
    }
}

#[test]
fn what_is_hidden_is_in_no_script() {
    let sandbox = Sandbox::new();
    for (shell, _, _) in SCRIPTS {
        let printed = sandbox.run(&format!("completion {shell}")).succeeds().stdout;
        assert!(printed.contains("terminate"), "{shell}: nothing is in it");
        for hidden in ["__supervise", "supervise", "announce", "leave-when-idle"] {
            assert!(!printed.contains(hidden), "{shell}: {hidden}");
        }
    }
}

#[test]
fn bash_completes_commands_flags_and_values_out_of_the_script() {
    assert_eq!(completed_by_bash(&["batchai", "exp"]), ["experiment"]);
    assert_eq!(completed_by_bash(&["batchai", "job", "t"]), ["terminate"]);
    assert_eq!(completed_by_bash(&["batchai", "job", "list", "--work"]), ["--workspace"]);
    assert_eq!(completed_by_bash(&["batchai", "job", "list", "-o", "t"]), ["table", "tsv"]);
    assert_eq!(completed_by_bash(&["batchai", "completion", ""]).last().map(String::as_str), Some("fish"));
    assert_eq!(completed_by_bash(&["batchai", "server", "run", "--a"]), [""; 0]);
}

#[test]
fn a_shell_that_is_not_known_is_an_error_that_names_those_that_are() {
    Sandbox::new().run("completion tcsh").fails_with(2).says("bash").says("zsh").says("fish");
}

#[test]
fn completion_starts_no_server_and_makes_no_folder() {
    let sandbox = Sandbox::new();
    sandbox.run("completion bash").succeeds();
    assert!(!sandbox.home().exists());
}

#[test]
fn its_help_leads_with_an_example() {
    let help = Sandbox::new().run("completion --help").succeeds();
    assert!(help.stdout.starts_with("Example: batchai completion bash\n"), "{}", help.stdout);
}

/// What a bash that has read the script offers for the last of `words`.
fn completed_by_bash(words: &[&str]) -> Vec<String> {
    let sandbox = Sandbox::new();
    let script = sandbox.run("completion bash").succeeds().stdout;
    let script = sandbox.file("batchai.bash", &script);
    // The generated function takes the command, the word to complete and the one before it.
    let ask = r#"
        source "$1" || exit 1
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _batchai "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        [ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-c", ask, "bash"]).arg(script).args(words).stdin(Stdio::null());
    let done = Done::of(&bash.output().expect("bash")).succeeds();
    done.stdout.lines().map(str::to_owned).collect()
}
