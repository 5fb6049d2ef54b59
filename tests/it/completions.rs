//! Completion: what the program answers to a shell, and what real shells make of it.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use batchai::cli::completion::vm_sizes;
use batchai::domain::vm_size;
use serde_json::json;

use crate::support::sandbox::Done;
use crate::support::{Network, Sandbox, is_left_out, wait_until};

const SCRIPTS: [(&str, &str); 4] =
    [("bash", "batchai.bash"), ("zsh", "_batchai"), ("fish", "batchai.fish"), ("powershell", "batchai.ps1")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn script(file: &str) -> PathBuf {
    root().join("completions").join(file)
}

/// What a shell that has split the line is told about its last word, of which the name comes first.
fn asked(sandbox: &Sandbox, line: &str) -> Vec<String> {
    asked_with(sandbox, line, &[])
}

#[track_caller]
fn asked_with(sandbox: &Sandbox, line: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let index = (words.len() - 1).to_string();
    let mut command = sandbox.command(["__complete", "fish", &index].into_iter().chain(words));
    let done = Done::of(&command.envs(variables.iter().copied()).output().expect("the program")).succeeds();
    assert_eq!(done.stderr, "", "{line}");
    done.stdout.lines().map(str::to_owned).collect()
}

fn values(told: &[String]) -> Vec<&str> {
    told.iter().map(|line| line.split('\t').next().unwrap_or_default()).collect()
}

/// Waits for an answer: on a busy machine the first may come too late to be given.
#[track_caller]
fn completes(sandbox: &Sandbox, line: &str, expected: &[&str]) {
    wait_until(&format!("`{line}` is completed to {expected:?}"), || values(&asked(sandbox, line)) == expected);
}

/// Two jobs in the default experiment, and one in another.
fn with_jobs() -> Sandbox {
    let sandbox = Sandbox::new();
    let write = "cd $AZ_BATCHAI_OUTPUT_MODEL && mkdir sub && touch 'a b.txt' 'it$x.txt' sub/m.json";
    let directories = json!([{ "id": "MODEL" }]);
    let spec = json!({ "customToolkitSettings": { "commandLine": write }, "outputDirectories": directories });
    sandbox.spec("job.json", &spec);
    sandbox.run("job run -f job.json -n train").succeeds();
    sandbox.run("job run -f job.json -n train-2").succeeds();
    sandbox.run("workspace create -n ws").succeeds();
    sandbox.run("experiment create -w ws -n exp").succeeds();
    sandbox.run("job run -w ws -e exp -f job.json -n other").succeeds();
    sandbox
}

#[test]
fn the_program_prints_the_committed_scripts() {
    let sandbox = Sandbox::new();
    for (shell, file) in SCRIPTS {
        let committed = std::fs::read_to_string(script(file)).expect("a script");
        assert!(committed.contains(&format!("batchai completion {shell}")), "{file} does not say how to install it");
        assert!(committed.contains(&format!("batchai __complete {shell} ")), "{file} does not ask the program");
        sandbox.run(&format!("completion {shell}")).succeeds().prints(&committed).does_not_say("install");
    }
    assert!(!sandbox.home().exists());
}

#[test]
fn a_shell_that_is_not_known_is_an_error_that_names_those_that_are() {
    let done = Sandbox::new().run("completion tcsh").fails_with(2);
    done.says("bash").says("zsh").says("fish").says("powershell");
}

#[test]
fn its_help_leads_with_an_example() {
    let help = Sandbox::new().run("completion --help").succeeds();
    assert!(help.stdout.starts_with("Example: batchai completion bash\n"), "{}", help.stdout);
}

#[test]
fn without_a_server_commands_flags_and_words_are_completed_and_nothing_is_started_or_made() {
    let sandbox = Sandbox::new();
    let first = asked(&sandbox, "batchai ");
    assert!(values(&first).contains(&"job") && values(&first).contains(&"completion"), "{first:?}");
    assert!(!first.iter().any(|told| told.starts_with('_') || told.starts_with('-')), "{first:?}");
    assert_eq!(values(&asked(&sandbox, "batchai exp")), ["experiment"]);
    assert_eq!(values(&asked(&sandbox, "batchai job list --work")), ["--workspace"]);
    assert_eq!(values(&asked(&sandbox, "batchai job list -w a --work")), [""; 0], "it was given");
    assert_eq!(values(&asked(&sandbox, "batchai job list -o ta")), ["table"]);
    assert_eq!(values(&asked(&sandbox, "batchai job list --output=ta")), ["--output=table"]);
    assert_eq!(values(&asked(&sandbox, "batchai completion z")), ["zsh"]);
    assert_eq!(
        values(&asked(&sandbox, "batchai cluster create -s standard_nc24rs_v")),
        ["Standard_NC24rs_v2", "Standard_NC24rs_v3"]
    );
    assert_eq!(values(&asked(&sandbox, "batchai config get defaults.work")), ["defaults.workspace"]);
    assert_eq!(values(&asked(&sandbox, "batchai config set output=ta")), ["output=table"]);
    assert_eq!(values(&asked(&sandbox, "batchai configure -d wor")), ["workspace="]);
    assert_eq!(asked(&sandbox, "batchai job run -f jo"), ["\tfiles"]);
    assert_eq!(asked(&sandbox, "batchai man "), ["\tdirectories"]);
    assert_eq!(asked(&sandbox, "batchai job show -n "), [""; 0]);
    assert_eq!(asked(&sandbox, "batchai job run -n "), [""; 0], "a new name is for the user to find");
    assert_eq!(asked(&sandbox, "batchai nonsense job "), asked(&sandbox, "batchai job "));
    assert!(!sandbox.home().exists() && sandbox.servers().is_empty());
}

#[test]
fn what_is_hidden_is_not_offered() {
    let sandbox = Sandbox::new();
    for line in ["batchai _", "batchai server run --a", "batchai server run --leave", "batchai job logs --jo"] {
        assert_eq!(asked(&sandbox, line), [""; 0], "{line}");
    }
}

#[test]
fn a_question_that_nobody_understands_is_a_wrong_command() {
    for words in ["__complete", "__complete tcsh 1 batchai", "__complete zsh x batchai", "__complete bash x"] {
        Sandbox::new().run(words).fails_with(2);
    }
}

#[test]
fn names_are_those_that_the_server_knows_now() {
    let sandbox = with_jobs();
    completes(&sandbox, "batchai job show -n ", &["train-2", "train"]);
    completes(&sandbox, "batchai job show ", &["train-2", "train"]);
    completes(&sandbox, "batchai job show train ", &["train-2"]);
    completes(&sandbox, "batchai job show --name=train-", &["--name=train-2"]);
    completes(&sandbox, "batchai job logs -j train-", &["train-2"]);
    completes(&sandbox, "batchai job show -w ws -e exp ", &["other"]);
    completes(&sandbox, "batchai job show -g elsewhere -n ", &[]);
    completes(&sandbox, "batchai job list -w ", &["default", "ws"]);
    completes(&sandbox, "batchai job list -w ws -e ", &["exp"]);
    completes(&sandbox, "batchai job list -g ", &["default"]);
    completes(&sandbox, "batchai cluster show ", &["local"]);
    completes(&sandbox, "batchai job file stream -j train -d ", &["stdouterr", "MODEL"]);
    completes(&sandbox, "batchai job file stream -j train -d MODEL -f ", &["a b.txt", "it$x.txt", "sub/"]);
    completes(&sandbox, "batchai job file stream -j train -d MODEL -f sub/", &["sub/m.json"]);
    completes(&sandbox, "batchai job file stream -j train -d MODEL -p sub -f ", &["m.json"]);
    completes(&sandbox, "batchai job file list -j train -d MODEL -p ", &["sub/"]);
    completes(&sandbox, "batchai config set defaults.workspace=w", &["defaults.workspace=ws"]);
    let id = |name| {
        format!(
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default/providers/Microsoft.BatchAI/workspaces/ws/experiments/exp/jobs/{name}"
        )
    };
    completes(&sandbox, "batchai job show -w ws -e exp --ids ", &[&id("other")]);
    wait_until("the state is told", || asked(&sandbox, "batchai job show train-") == ["train-2\tsucceeded"]);

    sandbox.run("server token create ci --role reader").succeeds();
    completes(&sandbox, "batchai server token revoke ", &["ci"]);
    for (vault, name) in [("demo", "token"), ("demo", "key"), ("default", "other")] {
        sandbox.run_fed(&format!("vault set -v {vault} {name}"), "hunter2").succeeds();
    }
    completes(&sandbox, "batchai vault list -v ", &["default", "demo"]);
    completes(&sandbox, "batchai vault delete -v demo ", &["key", "token"]);
    completes(&sandbox, "batchai vault set ", &["other"]);
    sandbox.run("config set defaults.workspace=ws defaults.experiment=exp").succeeds();
    completes(&sandbox, "batchai job show ", &["other"]);
    completes(&sandbox, "batchai job show -e default -w default train-", &["train-2"]);
    let of_environment = [("AZURE_DEFAULTS_WORKSPACE", "default"), ("AZURE_DEFAULTS_EXPERIMENT", "default")];
    wait_until("the environment wins", || {
        values(&asked_with(&sandbox, "batchai job show -n ", &of_environment)) == ["train-2", "train"]
    });
}

#[test]
fn a_server_that_is_down_is_not_started_and_nobody_hears_of_it() {
    let sandbox = with_jobs();
    completes(&sandbox, "batchai job show train-", &["train-2"]);
    sandbox.run("server stop").succeeds();
    assert_eq!(asked(&sandbox, "batchai job show -n "), [""; 0]);
    sandbox.file("../home/config.yaml", "nonsense: [");
    assert_eq!(asked(&sandbox, "batchai job show -n "), [""; 0]);
    assert_eq!(values(&asked(&sandbox, "batchai job show --na")), ["--name"]);
    assert!(sandbox.servers().is_empty());
}

#[test]
fn names_come_from_the_server_that_the_line_or_the_settings_choose() {
    let (sandbox, user) = (with_jobs(), Sandbox::new());
    sandbox.run("server stop").succeeds();
    let network = Network::start(&sandbox, "");
    let token = network.token("ci", "--role reader");
    let told = |line: &str, more: &[(&str, &str)]| {
        let variables: Vec<(&str, &str)> = [("BATCHAI_TOKEN", token.as_str())].iter().chain(more).copied().collect();
        asked_with(&user, line, &variables)
    };
    let chosen = format!("batchai --endpoint {} job show train-", network.url);
    wait_until("the flag chooses", || values(&told(&chosen, &[])) == ["train-2"]);
    let variable = [("BATCHAI_ENDPOINT", network.url.as_str())];
    wait_until("the variable chooses", || values(&told("batchai job show train-", &variable)) == ["train-2"]);
    assert_eq!(asked(&user, &chosen), [""; 0], "without a token");
    assert!(!user.home().exists() && user.servers().is_empty());
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    assert_eq!(asked(&sandbox, &format!("batchai --endpoint http://{address} job show -n ")), [""; 0]);
}

#[test]
fn the_vm_sizes_are_those_whose_cores_are_known() {
    let offered: BTreeSet<String> =
        vm_sizes::ALL.iter().filter(|size| **size != "local").map(|size| size.to_uppercase()).collect();
    let source = std::fs::read_to_string(root().join("src/domain/vm_size.rs")).expect("a source file");
    let known = source.lines().filter_map(|line| line.trim().strip_prefix("size(\"")?.split('"').next());
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    assert_eq!(offered, known);
    assert!(known.iter().all(|size| vm_size::find(size).is_some()));
}

/// A shell that has the program in its PATH, and a user's home.
fn shell(sandbox: &Sandbox, name: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_batchai"));
    let folder = program.parent().expect("a folder").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command
        .current_dir(sandbox.work())
        .env_clear()
        .env("PATH", format!("{folder}:{path}"))
        .env("HOME", sandbox.work())
        .env("LC_ALL", "C.UTF-8")
        .env("BATCHAI_HOME", sandbox.home())
        .stdin(Stdio::null());
    command
}

#[track_caller]
fn offered(command: &mut Command) -> Vec<String> {
    let name = command.get_program().display().to_string();
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "cannot start {name}: {error}; install it, as tests/run does, or leave it out: tests/run --without {name}"
        )
    });
    let done = Done::of(&output).succeeds();
    assert_eq!(done.stderr, "", "{name}");
    done.stdout.lines().map(str::to_owned).collect()
}

/// What bash puts in the place of what is before the cursor. Options that it is given are shown as `compopt ...`.
#[track_caller]
fn bash(sandbox: &Sandbox, line: &str) -> Vec<String> {
    // The builtin works only while somebody presses Tab.
    let ask = r#"
        compopt() { echo "compopt $*"; }
        source "$1" || exit 1
        COMP_LINE=$2 COMP_POINT=${#2}
        _batchai
        [ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = shell(sandbox, "bash");
    bash.args(["--noprofile", "--norc", "-c", ask, "bash"]).arg(script("batchai.bash")).arg(line);
    // Not `posix`, not interactive, but with the breaks of a user's bash.
    bash.env("COMP_WORDBREAKS", " \t\n\"'@><=;|&(:");
    offered(&mut bash)
}

/// The matches that zsh would add, in order; what it would do with paths is shown as `_files ...`.
#[track_caller]
fn zsh(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    // The builtins work only while somebody presses Tab.
    let ask = r#"
        compdef() { [[ $1 == _batchai && $2 == batchai ]] || exit 1; }
        compset() { print -r -- "compset $*"; }
        _files() { print -r -- "_files $*"; }
        compadd() { local -a found=("${(@P)argv[-1]}"); (( $#found )) && print -rl -- "$found[@]"; true; }
        source "$1" || exit 1
        shift
        words=("$@") CURRENT=$# PREFIX="$@[-1]"
        _batchai
    "#;
    let mut zsh = shell(sandbox, "zsh");
    zsh.args(["-f", "-c", ask, "zsh"]).arg(script("_batchai")).args(words);
    offered(&mut zsh)
}

/// What fish offers.
#[track_caller]
fn fish(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let mut fish = shell(sandbox, "fish");
    fish.args(["--no-config", "-c", "source $argv[1]; complete -C $argv[2]"]).arg(script("batchai.fish")).arg(line);
    offered(&mut fish)
}

#[test]
fn bash_completes() {
    if is_left_out("bash") {
        return;
    }
    let sandbox = with_jobs();
    assert_eq!(bash(&sandbox, "batchai exp"), ["experiment"]);
    assert_eq!(bash(&sandbox, "batchai job list --work"), ["--workspace"]);
    assert_eq!(bash(&sandbox, "batchai job list --output=ta"), ["table"]);
    assert_eq!(bash(&sandbox, "batchai job run -f "), ["compopt -o default"]);
    assert_eq!(bash(&sandbox, "batchai man "), ["compopt -o dirnames"]);
    assert_eq!(bash(&sandbox, "batchai configure -d wor"), ["compopt -o nospace", "workspace="]);
    wait_until("jobs are completed", || bash(&sandbox, "batchai job show -n ") == ["train-2", "train"]);
    wait_until("jobs are completed after a sign", || bash(&sandbox, "batchai job show --name=train-") == ["train-2"]);
    let files = "batchai job file stream -j train -d MODEL -f ";
    wait_until("odd names are quoted", || {
        bash(&sandbox, files) == ["compopt -o nospace", r"a\ b.txt", r"it\$x.txt", "sub/"]
    });
    wait_until("odd names fit into quotes", || bash(&sandbox, &format!("{files}\"it")) == [r"it\$x.txt"]);
    sandbox.run("server stop").succeeds();
    assert_eq!(bash(&sandbox, "batchai job show -n "), [""; 0]);
    assert!(sandbox.servers().is_empty());
}

#[test]
fn zsh_completes() {
    if is_left_out("zsh") {
        return;
    }
    let sandbox = with_jobs();
    assert_eq!(zsh(&sandbox, &["batchai", "exp"]), ["experiment"]);
    assert_eq!(zsh(&sandbox, &["batchai", "job", "list", "--work"]), ["--workspace"]);
    assert_eq!(zsh(&sandbox, &["batchai", "job", "list", "-o", "ta"]), ["table"]);
    assert_eq!(zsh(&sandbox, &["batchai", "job", "run", "-f", ""]), ["compset -P --[^=]##=", "_files "]);
    assert_eq!(zsh(&sandbox, &["batchai", "man", ""]), ["compset -P --[^=]##=", "_files -/"]);
    wait_until("jobs are completed", || zsh(&sandbox, &["batchai", "job", "show", "-n", ""]) == ["train-2", "train"]);
    wait_until("odd names are left to zsh", || {
        let words = ["batchai", "job", "file", "stream", "-j", "'train'", "-d", "MODEL", "-f", ""];
        zsh(&sandbox, &words) == ["a b.txt", "it$x.txt", "sub/"]
    });
    sandbox.run("server stop").succeeds();
    assert_eq!(zsh(&sandbox, &["batchai", "job", "show", "-n", ""]), [""; 0]);
    assert!(sandbox.servers().is_empty());
}

#[test]
fn fish_completes() {
    if is_left_out("fish") {
        return;
    }
    let sandbox = with_jobs();
    assert_eq!(values(&fish(&sandbox, "batchai exp")), ["experiment"]);
    assert_eq!(values(&fish(&sandbox, "batchai job sh")), ["show"]);
    assert_eq!(values(&fish(&sandbox, "batchai job list --work")), ["--workspace"]);
    assert_eq!(values(&fish(&sandbox, "batchai job list -o ta")), ["table"]);
    assert_eq!(values(&fish(&sandbox, "batchai job run -f job")), ["job.json"]);
    assert_eq!(values(&fish(&sandbox, "batchai job run --config-file=job")), ["--config-file=job.json"]);
    wait_until("jobs are completed", || values(&fish(&sandbox, "batchai job show -n ")) == ["train-2", "train"]);
    wait_until("odd names are left to fish", || {
        let line = "batchai job file stream -j 'train' -d MODEL -f ";
        values(&fish(&sandbox, line)) == ["a b.txt", "it$x.txt", "sub/"]
    });
    sandbox.run("server stop").succeeds();
    assert_eq!(fish(&sandbox, "batchai job show -n "), [""; 0]);
    assert!(sandbox.servers().is_empty());
}

#[test]
fn powershell_is_given_words_and_a_number_and_quotes_what_it_is_told() {
    let text = std::fs::read_to_string(script("batchai.ps1")).expect("a script");
    for part in [
        "Register-ArgumentCompleter -Native -CommandName batchai",
        "& batchai __complete powershell $index @words 2>$null",
        "-split \"`t\", 2",
        "[System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)",
    ] {
        assert!(text.contains(part), "{part}");
    }
    // It drops empty words at the end.
    let done = Sandbox::new().run("__complete powershell 2 batchai completion").succeeds();
    assert!(done.stdout.starts_with("bash\t"), "{}", done.stdout);
}
