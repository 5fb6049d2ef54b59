//! `ssh` among the nodes of a job without passwords, as in Batch AI: on the host with the machine's scp, sftp and rsync,
//! and in containers whose image has nothing but a shell.

use serde_json::{Value, json};

use crate::support::podman::IMAGE;
use crate::support::{Done, Podman, Sandbox, is_left_out, process, wait_until};

/// Shell text that names the two nodes: this one and the other one.
const NODES: &str = "here=${AZ_BATCH_HOST_LIST%,*}; there=${AZ_BATCH_HOST_LIST#*,}; cd $AZ_BATCHAI_JOB_TEMP; \
                     shared=$AZ_BATCHAI_SHARED_JOB_TEMP";

fn job(commands: &str) -> Value {
    json!({ "nodeCount": 2, "customToolkitSettings": { "commandLine": format!("{NODES}\n{commands}") } })
}

fn contained(commands: &str) -> Value {
    let mut job = job(commands);
    job["containerSettings"] = json!({ "imageSourceRegistry": { "image": IMAGE } });
    job
}

/// A sandbox with a cluster `c` of two nodes.
fn two_nodes() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    sandbox
}

/// The same whose server has this Podman.
fn two_nodes_with(podman: &Podman) -> Sandbox {
    let sandbox = Sandbox::new();
    podman.serve(&sandbox);
    sandbox.cluster("c", 2);
    sandbox
}

fn run(sandbox: &Sandbox, job: &Value) -> Done {
    sandbox.spec("job.json", job);
    sandbox.run("job run -c c -f job.json -n a")
}

/// Runs a job that succeeds and leaves nothing, and returns its output.
#[track_caller]
fn output(sandbox: &Sandbox, job: &Value) -> String {
    let done = run(sandbox, job).succeeds();
    wait_until("nothing of the job is left", || sandbox.job_processes().is_empty());
    assert!(!done.stderr.contains("rror"), "{}", done.stderr);
    done.stdout
}

#[track_caller]
fn on_host(commands: &str) -> String {
    output(&two_nodes(), &job(commands))
}

/// The same in containers; `None` when there is no Podman.
#[track_caller]
fn in_containers(commands: &str) -> Option<String> {
    let podman = Podman::new()?;
    let printed = output(&two_nodes_with(&podman), &contained(commands));
    assert_eq!(podman.containers(), [] as [&str; 0]);
    Some(printed)
}

/// What a test of the service's first SDK did on each node.
const PASSWORDLESS: &str = "for node in $(echo $AZ_BATCH_HOST_LIST | tr , ' '); do \
                            ssh $node -o StrictHostKeyChecking=no hostname >/dev/null && echo done; done";

#[test]
fn every_node_is_reached_without_a_password_on_the_host() {
    assert_eq!(on_host(PASSWORDLESS), "done\ndone\n");
}

#[test]
fn every_node_is_reached_without_a_password_in_containers() {
    let Some(printed) = in_containers(PASSWORDLESS) else { return };
    assert_eq!(printed, "done\ndone\n");
}

/// Both ways of 100 MB that hold every byte.
const MUCH: &str = "head -c 100000000 /dev/urandom > much; [ $(wc -c < much) = 100000000 ] || exit 1; md5sum < much; ssh $there md5sum < much; \
                    ssh $there cat < much | md5sum";

#[track_caller]
fn is_the_same_three_times(printed: &str) {
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines.len() == 3 && lines[0].len() > 32, "{printed}");
    assert!(lines.iter().all(|line| *line == lines[0]), "{printed}");
}

#[test]
fn standard_input_and_output_are_passed_on_byte_for_byte() {
    is_the_same_three_times(&on_host(MUCH));
}

#[test]
fn standard_input_and_output_are_passed_on_byte_for_byte_in_containers() {
    if let Some(printed) = in_containers(MUCH) {
        is_the_same_three_times(&printed);
    }
}

/// How a command is given, where it starts, and what comes back.
const COMMANDS: &str = r#"
    ssh $there 'exit 7'; echo code $?
    ssh -p 22 -xq -i key -o Port=23 -l me me@$there -T echo 'a  b' '"c  d"'
    ssh -- $there echo -n kept
    echo; ssh ssh://me@$there:22 'pwd; echo $AZ_BATCHAI_JOB_TEMP'; echo $HOME
    printf 'echo from a script\necho the rest of it\n' | ssh $there
    echo 'echo "script with $1"' | ssh $there sh -s argument
    ssh -n $there cat; echo nothing $?
    ssh $there cat <&-; echo closed $?
    for node in localhost $(uname -n) $here; do ssh $node 'echo $AZ_BATCHAI_JOB_TEMP'; done; echo $AZ_BATCHAI_JOB_TEMP
    ssh $there "ssh $here 'echo \$AZ_BATCHAI_JOB_TEMP'"
    ssh $there 'wait; echo waited'
    while :; do echo y; done | ssh $there 'read y; echo $y'
    ssh $there 'while :; do echo y; done' 2>/dev/null | head -n 1
    ssh -f $there "until [ -e $shared/go ]; do sleep 0.05; done; echo from behind > $shared/new; mv $shared/new $shared/behind"
    touch $shared/go; until [ -e $shared/behind ]; do sleep 0.05; done; cat $shared/behind
"#;

#[track_caller]
fn comes_back(printed: &str) {
    let lines: Vec<&str> = printed.lines().collect();
    let [code, words, kept, home, over_there, own_home, rest @ ..] = &lines[..] else { panic!("{printed}") };
    assert_eq!([*code, *words, *kept], ["code 7", "a b c  d", "kept"], "{printed}");
    assert_eq!(home, own_home, "it starts at home\n{printed}");
    assert_eq!(
        rest[..5],
        ["from a script", "the rest of it", "script with argument", "nothing 0", "closed 0"],
        "{printed}"
    );
    let own = rest[5];
    assert!(own != *over_there && own.ends_with("/nodes/0/temp"), "{printed}");
    assert_eq!(rest[5..10], [own; 5], "this node by all its names, and from the other one\n{printed}");
    assert_eq!(rest[10..], ["waited", "y", "y", "from behind"], "{printed}");
}

#[test]
fn commands_are_taken_as_ssh_takes_them() {
    comes_back(&on_host(COMMANDS));
}

#[test]
fn commands_are_taken_as_ssh_takes_them_in_containers() {
    if let Some(printed) = in_containers(COMMANDS) {
        comes_back(&printed);
    }
}

/// A command over there that ends with its caller, however that ends. Its id means something over there only.
const CALLERS: &str = r#"
    for signal in TERM INT KILL; do
        rm -f $shared/id
        # As a program of its own: in the background of a script, it would ignore INT.
        ssh $there "trap 'echo politely > $shared/said' TERM; echo \$\$ > $shared/new; mv $shared/new $shared/id; sleep 600 & sleep 600 & wait; exit 3" &
        caller=$!
        until [ -e $shared/id ]; do sleep 0.02; done
        [ $signal = INT ] || kill -$signal $caller
        [ $signal != INT ] || kill -HUP $caller
        wait $caller; echo $signal $?
        ssh $there "while kill -0 $(cat $shared/id) 2>/dev/null; do sleep 0.02; done"
        cat $shared/said; rm $shared/said
    done
    until [ "$(ls $shared/../remote/calls)" = requests ]; do sleep 0.05; done
    ssh $there 'ps -o args 2>/dev/null || ps' | grep -cx 'sleep 600'
"#;

#[track_caller]
fn ends_with_its_caller(printed: &str) {
    assert_eq!(printed, "TERM 143\npolitely\nINT 129\npolitely\nKILL 137\npolitely\n0\n");
}

#[test]
fn a_command_ends_with_its_caller() {
    let sandbox = two_nodes();
    // `ps` shows whatever else sleeps on this machine.
    let commands = CALLERS.replace("sleep 600", &format!("sleep 6{}", std::process::id()));
    let commands = commands.replace("ps -o args", "ps -eo args");
    ends_with_its_caller(&output(&sandbox, &with_success(job(&commands))));
}

#[test]
fn a_command_ends_with_its_caller_in_containers() {
    let Some(podman) = Podman::new() else { return };
    ends_with_its_caller(&output(&two_nodes_with(&podman), &with_success(contained(CALLERS))));
}

/// `grep -c` that counts nothing is not what the job is about.
fn with_success(mut job: Value) -> Value {
    let command = format!("{}\nexit 0", job["customToolkitSettings"]["commandLine"].as_str().expect("a command"));
    job["customToolkitSettings"]["commandLine"] = command.into();
    job
}

#[test]
fn nothing_of_a_command_outlives_its_job() {
    let sandbox = two_nodes();
    let id = sandbox.path("id");
    let commands = format!(
        "ssh $there 'trap \"\" TERM HUP INT; echo $$ > {0}.new; mv {0}.new {0}; while :; do sleep 1; done'",
        id.display()
    );
    sandbox.spec("job.json", &job(&commands));
    sandbox.run("job create -c c -f job.json -n a").succeeds();
    let remote = sandbox.wait_for_id("id");
    sandbox.run("job terminate -n a -y").succeeds();
    assert!(!process::is_running(remote));
    assert_eq!(sandbox.job_processes(), [] as [i32; 0]);
}

#[test]
fn the_preparation_and_secrets_reach_other_nodes_and_the_users_search_path_does_not_hide_the_way() {
    let sandbox = two_nodes();
    sandbox.file("bin/ssh", "#!/bin/sh\necho the wrong one\n");
    let mut job = job("ssh $there 'echo $TOKEN'; cat $shared/prepared");
    job["jobPreparation"] = json!({ "commandLine":
        "ssh ${AZ_BATCH_HOST_LIST#*,} 'echo prepared by $AZ_BATCHAI_JOB_TEMP' > $AZ_BATCHAI_SHARED_JOB_TEMP/prepared" });
    job["secrets"] = json!([{ "name": "TOKEN", "value": "hunter2" }]);
    job["environmentVariables"] =
        json!([{ "name": "PATH", "value": format!("{}:$PATH", sandbox.work().join("bin").display()) }]);
    let printed = output(&sandbox, &job);
    assert!(printed.starts_with("hunter2\nprepared by /") && printed.ends_with("/nodes/1/temp\n"), "{printed}");
}

#[test]
fn what_means_nothing_between_nodes_is_said() {
    let printed = on_host(
        "for words in -N '-L 1:localhost:2' -f '-O check' '-s shell'; do ssh $words ${there} 2>&1; echo $?; done; \
         ssh -o 2>&1; echo $?; ssh -s $there telnet 2>&1; echo $?",
    );
    let there = "127.";
    let lines: Vec<&str> = printed.lines().collect();
    for (at, begin, part) in [
        (0, "ssh: -N does nothing on ", "forwarded ports"),
        (2, "ssh: cannot forward ports (-L) to ", "connect to 127."),
        (4, "ssh: cannot go to the background without a command", ""),
        (6, "ssh: there is no connection to ", "to check (-O)"),
    ] {
        assert!(lines[at].starts_with(begin) && lines[at].contains(part), "{printed}");
        assert_eq!(lines[at + 1], "255", "{printed}");
    }
    assert!(printed.contains(there) && printed.contains("ssh: option -o needs a value\n255\n"), "{printed}");
    assert!(printed.contains("has no subsystem `telnet`, only sftp\n255\n"), "{printed}");
}

#[test]
fn other_hosts_and_ports_are_left_to_the_ssh_of_the_machine() {
    let sandbox = two_nodes();
    for name in ["ssh", "scp"] {
        let path = sandbox.file(&format!("bin/{name}"), "#!/bin/sh\necho the machine: \"$@\"\n");
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    }
    let mut job = job("ssh -p 24 $here true | sed s/$here/HERE/; ssh -q me@example.invalid 'a  b'; ssh -V");
    let path = format!("{}:/usr/bin:/bin", sandbox.work().join("bin").display());
    job["environmentVariables"] = json!([{ "name": "PATH", "value": path }]);
    let printed = output(&sandbox, &job);
    assert_eq!(printed, "the machine: -p 24 HERE true\nthe machine: -q me@example.invalid a  b\nthe machine: -V\n");
}

#[test]
fn an_image_without_ssh_says_what_it_lacks() {
    let commands = "ssh example.invalid true 2>&1; echo $?; scp a $there:b 2>&1; echo $?; \
                    ssh -s $there sftp 2>&1; echo $?";
    let Some(printed) = in_containers(commands) else { return };
    let lines: Vec<&str> = printed.lines().collect();
    let begins = [
        "ssh: cannot reach example.invalid: it is no node of this job, and there is no other ssh on the PATH: install",
        "255",
        "scp: there is no scp on the PATH: install the OpenSSH client here, or copy with `ssh NODE 'cat > FILE' < FILE`",
        "127",
        "ssh: there is no sftp-server on this node: install openssh-sftp-server there",
        "127",
    ];
    assert_eq!(lines.len(), begins.len(), "{printed}");
    assert!(lines.iter().zip(begins).all(|(line, begin)| line.starts_with(begin)), "{printed}");
}

/// Whether the machine has what copies files; fails when it is not there and nobody said that it need not be.
#[track_caller]
fn has_copiers() -> bool {
    if is_left_out("ssh") {
        return false;
    }
    for program in ["/usr/bin/scp", "/usr/bin/sftp", "/usr/bin/rsync", "/usr/lib/openssh/sftp-server"] {
        assert!(
            std::path::Path::new(program).exists(),
            "{program} is not there: `tests/run` installs it, `tests/run --without ssh` goes on without it"
        );
    }
    true
}

#[test]
fn files_are_copied_between_nodes_by_the_programs_of_the_machine() {
    if !has_copiers() {
        return;
    }
    let printed = on_host(
        r#"
        mkdir -p from/deep "from/with blanks"; seq 100000 > from/deep/file; echo x > "from/with blanks/x"
        over=$(ssh $there 'echo $AZ_BATCHAI_JOB_TEMP')
        scp -q -r from $there:$over/scp && diff -r from $over/scp && echo scp
        scp -O -q -P 22 me@$there:$over/scp/deep/file back && cmp back from/deep/file && echo scp back
        echo "put -r from $over/sftp" | sftp -q -b - $there >/dev/null && diff -r from $over/sftp && echo sftp
        rsync -a from/ $there:$over/rsync && diff -r from $over/rsync && echo rsync
        rsync -a -e 'ssh -p 23' $there:$over/rsync/ again && diff -r from again && echo rsync back
        tar c from | ssh $there "mkdir $over/tar && tar x -C $over/tar" && diff -r from $over/tar/from && echo tar
        "#,
    );
    assert_eq!(printed, "scp\nscp back\nsftp\nrsync\nrsync back\ntar\n");
}

#[test]
fn forty_commands_at_once_each_get_their_own_input() {
    let printed =
        on_host("for i in $(seq 40); do (echo $i | ssh $there 'read n; echo $n; exit $n'; echo code $?) & done; wait");
    let mut lines: Vec<&str> = printed.lines().collect();
    let mut expected: Vec<String> = (1..=40).flat_map(|i| [i.to_string(), format!("code {i}")]).collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

#[test]
fn a_data_directory_with_blanks_and_quotes_in_its_path_is_no_hindrance() {
    let mut sandbox = Sandbox::new();
    sandbox.move_home(sandbox.path("my data's $x"));
    sandbox.cluster("c", 2);
    let commands = "cd \"$AZ_BATCHAI_JOB_TEMP\"; echo read | ssh $there 'cat; pwd'; echo $HOME";
    let printed = output(&sandbox, &job(commands).clone());
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!((lines[0], lines[1]), ("read", lines[2]), "{printed}");
}

#[test]
fn every_toolkit_has_it() {
    let sandbox = two_nodes();
    sandbox.file("code/t.py", "import os, subprocess\nsubprocess.run(['ssh', os.environ['AZ_BATCH_HOST_LIST'].split(',')[1], 'echo over there'])\n");
    let job = json!({ "nodeCount": 2, "code": "code",
        "pyTorchSettings": { "pythonScriptFilePath": "t.py", "pythonInterpreterPath": "python3" } });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -c c -f job.json -n a").succeeds();
    sandbox.run("job file stream -j a -f stdout-1.txt").succeeds().prints("over there\n");
}
