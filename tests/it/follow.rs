//! Following what a job writes: every byte, once, in order, until the last one, and never longer.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use crate::support::{Running, Sandbox, wait_for, wait_until};

fn submit(sandbox: &Sandbox, name: &str, command: &str) {
    sandbox.job_file(command);
    sandbox.run(&format!("job create -f job.json -n {name}")).succeeds();
}

fn lines(last: u32) -> String {
    (1..=last).map(|number| format!("{number}\n")).collect()
}

/// Not with `assert_eq`, whose message would be as long as the text.
#[track_caller]
fn assert_same(found: &[u8], expected: &[u8]) {
    let first = found.iter().zip(expected).position(|(a, b)| a != b);
    assert!(found == expected, "{} bytes instead of {}, other from {first:?} on", found.len(), expected.len());
}

#[test]
fn two_hundred_thousand_lines_pass_through_job_run() {
    let sandbox = Sandbox::new();
    sandbox.job_file("seq 1 200000; seq 1 200000 >&2");
    let done = sandbox.run("job run -f job.json -n a").succeeds();
    assert_same(done.stdout.as_bytes(), lines(200_000).as_bytes());
    assert!(done.stderr.contains(&lines(200_000)), "the job's errors are not whole");
}

#[test]
fn two_hundred_thousand_lines_are_streamed_while_they_are_written() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", &format!("seq 1 100000; {}; seq 100001 200000", sandbox.gate("go").wait()));
    let streaming = sandbox.start("job file stream -j a -f stdout.txt");
    streaming.prints("\n100000\n");
    sandbox.gate("go").open();
    let done = streaming.ends().succeeds();
    assert_same(done.stdout.as_bytes(), lines(200_000).as_bytes());
    // And again from the file of the job that has ended.
    let done = sandbox.run("job file stream -j a -f stdout.txt").succeeds();
    assert_same(done.stdout.as_bytes(), lines(200_000).as_bytes());
}

#[test]
fn output_that_is_no_text_arrives_as_it_is() {
    let sandbox = Sandbox::new();
    let copy = sandbox.path("copy");
    sandbox.job_file(&format!("head -c 3000000 /dev/urandom | tee {}", copy.display()));
    let output = sandbox.command(["job", "run", "-f", "job.json", "-n", "a"]).output().expect("the program");
    let written = fs::read(copy).expect("the copy");
    assert_eq!(written.len(), 3_000_000);
    assert_same(&output.stdout, &written);
    let stream = ["job", "file", "stream", "-j", "a", "-f", "stdout.txt"];
    assert_same(&sandbox.command(stream).output().expect("the program").stdout, &written);
}

#[test]
fn what_is_written_is_shown_before_the_job_ends_also_without_a_newline() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&format!("printf 'half a line'; printf 'an error' >&2; {}", sandbox.gate("go").wait()));
    let running = sandbox.start("job run -f job.json");
    running.prints("half a line");
    running.says("an error");
    sandbox.gate("go").open();
    running.ends().succeeds().prints("half a line");
}

#[test]
fn a_character_whose_bytes_are_written_one_after_the_other_is_shown_whole() {
    let sandbox = Sandbox::new();
    let [one, two] = ["one", "two"].map(|name| sandbox.gate(name).wait());
    // An e with an accent, and a grinning face, each with a pause inside.
    let text = format!(r"printf 'a\303'; {one}; printf '\251b\360\237'; {two}; printf '\230\200c\n'");
    submit(&sandbox, "a", &text);
    sandbox.job_file(&text);
    let running = sandbox.start("job run -f job.json -n b");
    let streaming = sandbox.start("job file stream -j a -f stdout.txt");
    running.prints("a");
    sandbox.gate("one").open();
    running.prints("éb");
    assert!(String::from_utf8(running.stdout()).is_ok());
    sandbox.gate("two").open();
    running.ends().succeeds().prints("aéb😀c\n");
    streaming.ends().succeeds().prints("aéb😀c\n");
}

#[test]
fn the_beginning_of_a_character_that_never_ends_is_not_swallowed() {
    let sandbox = Sandbox::new();
    sandbox.job_file(r"printf 'a\303'");
    let output = sandbox.command(["job", "run", "-f", "job.json"]).output().expect("the program");
    assert_eq!(output.stdout, b"a\xc3");
}

#[test]
fn a_file_may_be_followed_before_it_is_there() {
    let sandbox = Sandbox::new();
    let text = format!(
        "{}; cd $AZ_BATCHAI_OUTPUT_LOGS; mkdir -p deep/er; echo one > deep/er/log; {}; echo two >> deep/er/log",
        sandbox.gate("go-1").wait(),
        sandbox.gate("go-2").wait()
    );
    let job = serde_json::json!({
        "outputDirectories": [{ "id": "LOGS" }], "customToolkitSettings": { "commandLine": text }
    });
    sandbox.file("job.json", &job.to_string());
    sandbox.run("job create -f job.json -n a").succeeds();
    let streaming = sandbox.start("job file stream -j a -d LOGS -p deep/er -f log");
    streaming.says("The file \"deep/er/log\" not found. Waiting for the job to generate it.");
    sandbox.gate("go-1").open();
    streaming.prints("one\n");
    sandbox.gate("go-2").open();
    streaming.ends().succeeds().prints("one\ntwo\n");
    sandbox.run("job file list -j a -d LOGS -p deep/er").succeeds().prints_part("\"log\"");
}

#[test]
fn a_file_that_never_comes_is_missing_when_the_job_has_ended() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", &sandbox.gate("go").wait());
    let streaming = sandbox.start("job file stream -j a -f never.txt");
    streaming.says("Waiting for the job to generate it.");
    sandbox.gate("go").open();
    streaming.ends().fails_with(3).prints("").says("The file \"never.txt\" not found for the completed job.");
    sandbox.run("job file stream -j a -f never.txt").fails_with(3).says("`batchai job file list");
}

#[test]
fn a_file_of_a_job_that_is_not_there_is_not_awaited() {
    let sandbox = Sandbox::new();
    sandbox.run("job file stream -j none -f stdout.txt").fails_with(3);
    submit(&sandbox, "a", "true");
    sandbox.run("job file stream -j none -f stdout.txt").fails_with(3).says("`batchai job list");
    sandbox.run("job file stream -j a -d NONE -f x").fails_with(1).says("has no output directory `NONE`");
}

fn read_slowly(mut child: Child) -> (Vec<u8>, i32) {
    let mut read = Vec::new();
    child.stdout.take().expect("its output").read_to_end(&mut read).expect("bytes");
    (read, child.wait().expect("a child").code().expect("an exit code"))
}

#[test]
fn a_reader_who_begins_to_read_when_all_is_over_gets_every_byte() {
    let sandbox = Sandbox::new();
    sandbox.job_file("seq 1 1000000; exit 4");
    // More than pipes and sockets hold: both have to stop in the middle.
    let spawn = |words: &[&str]| {
        let mut command = sandbox.command(words);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program")
    };
    let running = spawn(&["job", "run", "-f", "job.json", "-n", "a"]);
    wait_until("the job is there", || sandbox.run("job show -n a").code == 0);
    let streaming = spawn(&["job", "file", "stream", "-j", "a", "-f", "stdout.txt"]);
    sandbox.wait_for_state("a", "failed");
    let expected = lines(1_000_000);
    for (child, code) in [(running, 4), (streaming, 0)] {
        let (read, found) = read_slowly(child);
        assert_eq!(found, code);
        assert_same(&read, expected.as_bytes());
    }
}

/// Reads one line of a command's output, and no more; answers the line, and the command with its output closed.
fn first_line(sandbox: &Sandbox, words: &str) -> (String, Child) {
    let mut command = sandbox.command(words.split_whitespace());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    (line, child)
}

fn code_and_errors(mut child: Child) -> (i32, String) {
    let status = wait_for("the program has ended", || child.try_wait().expect("a child"));
    let mut errors = String::new();
    child.stderr.take().expect("its errors").read_to_string(&mut errors).expect("text");
    (status.code().expect("an exit code"), errors)
}

#[test]
fn a_stream_whose_reader_has_seen_enough_ends_quietly() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", &format!("echo first; {}; seq 1 100000; sleep 600", sandbox.gate("go").wait()));
    let (line, streaming) = first_line(&sandbox, "job file stream -j a -f stdout.txt");
    assert_eq!(line, "first\n");
    sandbox.gate("go").open();
    assert_eq!(code_and_errors(streaming), (0, String::new()));
    assert_eq!(sandbox.job("a")["executionState"], "running", "the job is none of its business");
}

#[test]
fn job_run_whose_reader_has_seen_enough_still_waits_for_the_exit_code() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&format!("echo first; {}; seq 1 100000; exit 7", sandbox.gate("go").wait()));
    let (line, running) = first_line(&sandbox, "job run -f job.json -n a");
    assert_eq!(line, "first\n");
    sandbox.gate("go").open();
    let (code, errors) = code_and_errors(running);
    assert_eq!(code, 7, "{errors}");
    assert!(!errors.to_lowercase().contains("broken pipe"), "{errors}");
}

#[test]
fn several_readers_follow_the_same_file() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", &format!("seq 1 50000; {}; seq 50001 100000", sandbox.gate("go").wait()));
    let readers: Vec<Running> = (0..3).map(|_| sandbox.start("job file stream -j a -f stdout.txt")).collect();
    readers.iter().for_each(|reader| reader.prints("\n50000\n"));
    sandbox.gate("go").open();
    for reader in readers {
        assert_same(reader.ends().succeeds().stdout.as_bytes(), lines(100_000).as_bytes());
    }
}

#[test]
fn a_child_that_outlives_the_job_and_keeps_its_output_open_holds_nobody() {
    let sandbox = Sandbox::new();
    sandbox.job_file("sleep 600 & setsid sleep 600 & echo out; exit 6");
    sandbox.run("job run -f job.json -n a").fails_with(6).prints("out\n");
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints("out\n");
    assert_eq!(sandbox.job_processes().len(), 0);
}

/// A job of two ranks, each of which runs the shell text.
fn two_ranks(sandbox: &Sandbox, text: &str) {
    let script = sandbox.file("rank.sh", text);
    let job = serde_json::json!({ "nodeCount": 2, "pyTorchSettings": {
        "pythonInterpreterPath": "/bin/sh", "pythonScriptFilePath": script.display().to_string()
    } });
    sandbox.file("job.json", &job.to_string());
}

#[test]
fn every_line_of_two_ranks_is_whole_and_says_whose_it_is() {
    let sandbox = Sandbox::new();
    two_ranks(
        &sandbox,
        "r=$AZ_BATCHAI_TASK_INDEX; n=0\n\
         while [ $n -lt 2000 ]; do printf 'of %s: ' $r; echo $n; n=$((n + 1)); done\n\
         echo \"error of $r\" >&2; printf 'last of %s' $r",
    );
    let done = sandbox.run("job run -f job.json -n a").succeeds();
    for rank in 0..2 {
        let mut expected: Vec<String> = (0..2000).map(|n| format!("[{rank}] of {rank}: {n}")).collect();
        expected.push(format!("[{rank}] last of {rank}"));
        let prefix = format!("[{rank}] ");
        let found: Vec<&str> = done.stdout.lines().filter(|line| line.starts_with(&prefix)).collect();
        assert_eq!(found, expected);
        assert!(done.stderr.contains(&format!("[{rank}] error of {rank}\n")), "{}", done.stderr);
    }
    assert_eq!(done.stdout.lines().count(), 2 * 2001, "every line belongs to one of them");
    sandbox.run("job file stream -j a -f stdout-1.txt").succeeds().prints_part("of 1: 1999\nlast of 1");
}

#[test]
fn the_output_of_two_ranks_is_shown_while_both_run() {
    let sandbox = Sandbox::new();
    two_ranks(&sandbox, &format!("echo here is $AZ_BATCHAI_TASK_INDEX; {}", sandbox.gate("go").wait()));
    let running = sandbox.start("job run -f job.json");
    running.prints("[0] here is 0\n");
    running.prints("[1] here is 1\n");
    sandbox.gate("go").open();
    running.ends().succeeds();
}

#[test]
fn what_the_preparation_says_is_shown_and_is_not_the_output_of_the_job() {
    let sandbox = Sandbox::new();
    let job = serde_json::json!({
        "jobPreparation": { "commandLine": "echo prepared; echo with an error >&2" },
        "customToolkitSettings": { "commandLine": "echo out" }
    });
    sandbox.file("job.json", &job.to_string());
    let done = sandbox.run("job run -f job.json").succeeds().prints("out\n");
    done.says("prepared\n").says("with an error\n");
}

#[test]
fn a_pipe_among_the_output_files_holds_nobody() {
    let sandbox = Sandbox::new();
    let text = format!(
        "cd $AZ_BATCHAI_OUTPUT_ODD; mkfifo pipe; ln -s / out; ln -s nowhere loose; echo x > file; {}",
        sandbox.gate("go").wait()
    );
    let job = serde_json::json!({
        "outputDirectories": [{ "id": "ODD" }], "customToolkitSettings": { "commandLine": text }
    });
    sandbox.file("job.json", &job.to_string());
    sandbox.run("job create -f job.json -n a").succeeds();
    sandbox.start("job file stream -j a -d ODD -f file").prints("x\n");
    let listed = sandbox.run("job file list -j a -d ODD").succeeds().json();
    let names: Vec<&str> = listed.as_array().expect("a list").iter().filter_map(|file| file["name"].as_str()).collect();
    assert_eq!(names, ["file", "pipe"]);
    sandbox.start("job file stream -j a -d ODD -f pipe").ends().fails_with(1).says("a special file of the job");
    sandbox.start("job file stream -j a -d ODD -p out/etc -f passwd").ends().fails_with(1).prints("");
    sandbox.gate("go").open();
    sandbox.run("job wait -n a").succeeds();
}

#[test]
fn a_file_that_is_emptied_and_written_again_holds_nobody() {
    let sandbox = Sandbox::new();
    let text = format!(
        "f=$AZ_BATCHAI_STDOUTERR_DIR/f; echo 'a long first text' > $f; {}; echo short > $f",
        sandbox.gate("go").wait()
    );
    submit(&sandbox, "a", &text);
    let streaming = sandbox.start("job file stream -j a -f f");
    streaming.prints("a long first text\n");
    sandbox.gate("go").open();
    streaming.ends().succeeds().prints("a long first text\n");
    sandbox.run("job file stream -j a -f f").succeeds().prints("short\n");
}

#[test]
fn the_stream_of_a_job_that_is_deleted_ends() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", "echo out; sleep 600");
    let streaming = sandbox.start("job file stream -j a -f stdout.txt");
    streaming.prints("out\n");
    sandbox.run("job delete -n a -y").succeeds();
    streaming.ends().succeeds().prints("out\n");
}
