//! Paths and links that are made to lead out of a volume, and never do.

use std::fs;
use std::os::unix::fs::symlink;

use super::{fields, of_account};
use crate::support::{Rest, Sandbox};

#[test]
fn no_path_of_a_request_leads_out() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2026-11-01");
    rest.send("PUT", &of_account("shares/data?resourceGroup=g"), &[], Some(b"")).is(201);
    fs::write(sandbox.home().join("storage/acc/shares/secret"), "secret").expect("a file");
    let odd = [
        "../secret",
        "..%2Fsecret",
        "%2e%2e/secret",
        "a/%2E%2E/%2e%2e/secret",
        "%2Fetc%2Fpasswd",
        "/etc/passwd",
        "a%00b",
        "..",
        "%2e%2e",
        "a%0Ab",
        "a%1Bb",
        "%7F",
    ];
    for path in odd {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = rest.send(method, &of_account(&format!("shares/data/files/{path}")), &[], Some(b"x"));
            let is_harmless = matches!((method, answer.status), (_, 400) | ("GET", 404) | ("DELETE", 204));
            assert!(is_harmless, "{method} {path}: {} {}", answer.status, answer.text());
            assert!(!answer.text().contains("root:") && answer.text() != "secret", "{path}");
        }
    }
    for name in ["..", "%2e%2e", "a%2Fb", "%00", "a%20b", "."] {
        for path in [format!("shares/{name}?resourceGroup=g"), format!("shares/{name}/files/x")] {
            let answer = rest.send("PUT", &of_account(&path), &[], Some(b"x"));
            assert!(answer.status >= 400 && answer.status < 500, "{path}: {} {}", answer.status, answer.text());
        }
    }
    let kept = fs::read_to_string(sandbox.home().join("storage/acc/shares/secret")).expect("a file");
    assert_eq!(kept, "secret");
    assert_eq!(fields(&rest.get(&of_account("shares/data/files?recursive=true")).is(200).json(), "name").len(), 0);
}

#[test]
fn links_that_a_job_made_lead_nobody_out() {
    let sandbox = Sandbox::new();
    let outside = sandbox.path("outside");
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("kept"), "kept").expect("a file");
    sandbox.run("cluster create -n c --target 1 --afs-name data --storage-account-name acc").succeeds();
    let at = outside.display();
    sandbox.job_file(&format!(
        "cd $AZ_BATCHAI_MOUNT_ROOT/afs && mkdir sub && echo in > sub/file && ln -s '{at}' out && ln -s '{at}/kept' file \
         && ln -s sub near && ln -s loop loop && ln -s .. sub/up && mkfifo pipe"
    ));
    sandbox.run("job run -c c -f job.json").succeeds();

    let listed = sandbox.run("storage list -s data -r").succeeds().json();
    assert_eq!(fields(&listed, "name"), ["near", "sub", "sub/file", "sub/up"]);
    for path in ["out", "out/kept", "file", "sub/up/out/kept"] {
        let done = sandbox.run(&format!("storage download -s data -d back {path}"));
        assert!(done.code == 1 && done.stderr.contains("by a link"), "{path}: {}", done.stderr);
    }
    sandbox.file("new", "new");
    sandbox.run("storage upload new -s data -p out").fails_with(1).says("leads out of the volume by a link");
    sandbox.run("storage upload new -s data -p near").succeeds();
    assert_eq!(fs::read_to_string(sandbox.home().join("storage/acc/shares/data/sub/new")).expect("a file"), "new");
    sandbox.file("file", "new");
    sandbox.run("storage upload file -s data").succeeds();
    let kept = || fs::read_to_string(outside.join("kept")).expect("a file");
    assert_eq!(kept(), "kept", "the link was replaced, not what it leads to");
    sandbox.run("storage delete -s data out/kept -y").fails_with(1).says("by a link");
    sandbox.run("storage delete -s data out near -y").succeeds();
    assert_eq!(kept(), "kept");
    sandbox.run("storage download -s data sub -d back").succeeds();
    assert_eq!(fs::read_to_string(sandbox.path("back/sub/file")).expect("a file"), "in\n");
}

#[test]
fn links_of_the_user_are_followed_only_inside_of_what_was_named() {
    let sandbox = Sandbox::new();
    sandbox.file("secret", "secret");
    sandbox.file("data/file", "file");
    for (target, name) in [("file", "near"), ("../secret", "out"), ("gone", "nowhere")] {
        symlink(target, sandbox.path("data").join(name)).expect("a link");
    }
    let done = sandbox.run("storage upload data -s data --account-name acc").succeeds();
    assert_eq!(fields(&done.json(), "name"), ["data/file", "data/near"]);
    done.says("data/out is left out: the link leads out of the folder").says("data/nowhere is left out");
}
