//! `scp` and `sftp` both ways.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use super::{Login, bytes};
use crate::support::Done;

/// `scp` with these options from and to these places; `@` stands for the first node.
#[track_caller]
fn scp(login: &Login, options: &[&str], from: &str, to: &str) -> Done {
    let (address, port) = login.address();
    let mut command = login.program("scp");
    command.args(["-q", "-o", "BatchMode=yes", "-P", &port.to_string()]).args(options);
    let place =
        |text: &str| text.strip_prefix('@').map_or_else(|| text.to_owned(), |path| format!("me@{address}:{path}"));
    Done::of(&command.arg(place(from)).arg(place(to)).output().expect("scp"))
}

#[test]
fn scp_copies_both_ways_in_both_of_its_protocols() {
    let Some(login) = Login::new(1) else { return };
    let data = bytes(5_000_001);
    std::fs::write(login.path("a file"), &data).expect("a file");
    for (number, options) in [&[][..], &["-O"]].into_iter().enumerate() {
        // The old protocol hands the name to a shell.
        let there = login.path(&format!("there-{number}"));
        scp(&login, options, "a file", &format!("@{}", there.display())).succeeds();
        assert!(std::fs::read(&there).expect("a file") == data);
        scp(&login, options, &format!("@{}", there.display()), "back").succeeds();
        assert!(std::fs::read(login.path("back")).expect("a file") == data);
        scp(&login, options, "@/no/such/file", "none").fails_with(1).says("No such file");
        scp(&login, options, "a file", "@/no/such/folder/x").fails_with(1);
    }
    // Relative to the home folder.
    scp(&login, &[], "a file", "@in-home").succeeds();
    let home = login.sandbox.home().parent().expect("a home folder");
    assert!(std::fs::read(home.join("in-home")).expect("a file") == data);
    scp(&login, &[], "@~/in-home", "back").succeeds();
}

#[test]
fn scp_copies_folders_with_modes_and_times() {
    let Some(login) = Login::new(1) else { return };
    let file = login.sandbox.file("tree/deep/run.sh", "#!/bin/sh\n");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o750)).expect("a mode");
    login.sandbox.file("tree/empty", "");
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&file).and_then(|file| file.set_modified(old)).expect("a time");
    for (name, options) in [("sftp", &["-rp"][..]), ("rcp", &["-rp", "-O"])] {
        let (there, back) = (login.path(&format!("{name}-there")), format!("{name}-back"));
        scp(&login, options, "tree", &format!("@{}", there.display())).succeeds();
        scp(&login, options, &format!("@{}", there.display()), &back).succeeds();
        for tree in [there, login.path(&back)] {
            let copied = std::fs::metadata(tree.join("deep/run.sh")).expect("a file");
            assert_eq!(copied.permissions().mode() & 0o777, 0o750);
            assert_eq!(copied.modified().expect("a time"), old);
            assert_eq!(std::fs::metadata(tree.join("empty")).expect("a file").len(), 0);
        }
    }
}

#[test]
fn sftp_lists_renames_links_and_removes() {
    let Some(login) = Login::new(1) else { return };
    let (address, port) = login.address();
    login.sandbox.file("far/one", "1");
    let mut command = login.program("sftp");
    let host = format!("me@{address}");
    command.args(["-q", "-o", "BatchMode=yes", "-P", &port.to_string(), "-b", "-", &host]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sftp");
    let script = format!(
        "cd {}\nput key.pub two\nrename two three\nln -s three link\nmkdir new\nchmod 700 new\nls -1\nrm one\nrmdir new\n",
        login.path("far").display()
    );
    child.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("it reads");
    let done = Done::of(&child.wait_with_output().expect("sftp")).succeeds();
    assert!(done.stdout.contains("link\nnew\none\nthree\n"), "{}", done.stdout);
    let mut left: Vec<String> = std::fs::read_dir(login.path("far"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    left.sort_unstable();
    assert_eq!(left, ["link", "three"]);
    assert_eq!(std::fs::read_link(login.path("far/link")).expect("a link").to_str(), Some("three"));
}
