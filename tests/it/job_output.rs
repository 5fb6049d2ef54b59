//! Output that is long, fast, binary or without end: all of it arrives, or a note says what does not.

use std::fs;

use crate::support::{Done, Sandbox};

/// The file of a job, byte for byte.
fn downloaded(sandbox: &Sandbox, job: &str, file: &str) -> Vec<u8> {
    sandbox.run(&format!("job file download -j {job} -d stdouterr --file-name {file}")).succeeds();
    fs::read(sandbox.work().join(file)).expect("it is there")
}

#[test]
fn a_million_lines_arrive_and_the_job_ends_with_its_own_code() {
    let sandbox = Sandbox::new();
    sandbox.job_file("seq 1000000; seq 10 >&2; exit 4");
    let done = sandbox.run("job run -f job.json -n long").fails_with(4);
    let expected: String = (1..=1_000_000).map(|n| format!("{n}\n")).collect();
    assert!(done.stdout == expected, "{} bytes came, not {}", done.stdout.len(), expected.len());
    assert!(downloaded(&sandbox, "long", "stdout.txt") == expected.as_bytes());
    assert_eq!(downloaded(&sandbox, "long", "stderr.txt"), b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
}

#[test]
fn binary_output_arrives_byte_for_byte() {
    let sandbox = Sandbox::new();
    sandbox.job_file("head -c 3000000 /dev/urandom | tee $AZ_BATCHAI_STDOUTERR_DIR/copy; printf '\\0\\377' >&2");
    let mut command = sandbox.command("job run -f job.json -n bytes".split(' '));
    let output = command.output().expect("the program");
    let copy = downloaded(&sandbox, "bytes", "copy");
    assert_eq!(copy.len(), 3_000_000);
    assert!(output.stdout == copy, "what was followed differs: {} bytes", output.stdout.len());
    assert!(downloaded(&sandbox, "bytes", "stdout.txt") == copy);
    assert_eq!(downloaded(&sandbox, "bytes", "stderr.txt"), b"\0\xff");
    sandbox.run("job list -o table").succeeds().prints_part("bytes");
}

#[test]
fn a_file_that_reaches_the_bound_of_the_server_ends_with_a_note_and_its_job_goes_on() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.home()).expect("a folder");
    fs::write(sandbox.home().join("server.yaml"), "maxOutputFileSize: 100 kB\n").expect("settings");
    sandbox.job_file("yes | head -c 5000000; echo the end >&2");
    let done = sandbox.run("job run -f job.json -n chatty").succeeds().says("the end\n");
    let note = "\n[batchai] this file has reached 100000 bytes, the most that the server allows (maxOutputFileSize in \
                server.yaml): the rest is dropped\n";
    assert!(done.stdout.starts_with(&"y\n".repeat(50_000)) && done.stdout.ends_with(note), "{}", done.stdout.len());
    assert_eq!(done.stdout.len(), 100_000 + note.len());
    let log = String::from_utf8(downloaded(&sandbox, "chatty", "execution.log")).expect("text");
    assert!(log.contains(" stdout.txt holds its first 100000 bytes; 4900000 more were dropped\n"), "{log}");
}

#[test]
fn what_a_process_leaves_behind_with_its_output_open_delays_no_end() {
    let sandbox = Sandbox::new();
    sandbox.job_file("(trap '' TERM; while :; do echo more; sleep 0.05; done) & echo done");
    let done: Done = sandbox.run("job run -f job.json").succeeds();
    assert!(done.stdout.contains("done\n"), "{}", done.stdout);
    assert_eq!(sandbox.job_processes(), Vec::<i32>::new());
}
