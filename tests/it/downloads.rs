//! Downloads by signed address, as `requests.get(downloadUrl)` of azure-cli asks for them: no token, ranges.

use std::path::PathBuf;

use batchai::domain::Timestamp;
use batchai::domain::secret::MasterKey;
use batchai::domain::signature::Signer;
use batchai::operations::downloads::{OwnedFile, Owner};
use batchai::server::signed;
use serde_json::json;

use crate::support::{Answer, Gate, Network, Rest, SUBSCRIPTION, Sandbox};

const JOB: &str = "resourceGroups/default/providers/Microsoft.BatchAI/workspaces/default/experiments/default/jobs";

/// What the listing of a job with this one file says of it: its real path.
#[track_caller]
fn real_path(rest: &Rest, job: &str, file: &str) -> PathBuf {
    let list = format!("/subscriptions/{SUBSCRIPTION}/{JOB}/{job}/listOutputFiles?outputdirectoryid=OUT");
    let listed = rest.post(&list).is(200).json();
    let entries = listed["value"].as_array().expect("a list").clone();
    let entry = entries.iter().find(|entry| entry["name"] == file).expect("the file");
    entry["downloadUrl"].as_str().and_then(|url| url.strip_prefix("file://")).expect("a path").into()
}

/// The address that a client behind TCP would get for a file of the job whose number is `number`.
fn address(sandbox: &Sandbox, number: i64, uuid: &str, path: &str, expires: &str) -> String {
    let key = std::fs::read(sandbox.home().join("secret.key")).expect("the key");
    let signer = Signer::new(&MasterKey::new(key.try_into().expect("32 bytes")), "download");
    let file = OwnedFile { owner: Owner::Job, number, uuid: uuid.into(), directory: "OUT".into(), path: path.into() };
    signed::address(&signer, &file, expires.parse::<Timestamp>().expect("a time"))
}

/// A job that ran `command` in its output directory, and the server it ran on.
struct Ran {
    sandbox: Sandbox,
    rest: Rest,
    /// The output directory.
    folder: PathBuf,
}

const LATER: &str = "2999-01-01T00:00:00Z";

impl Ran {
    fn new(command: &str) -> Self {
        let sandbox = Sandbox::new();
        let command = format!("cd $AZ_BATCHAI_OUTPUT_OUT; echo 0123456789 > digits; {command}");
        submit(&sandbox, "run", &command);
        let rest = Rest::new(&sandbox, "2018-05-01");
        let folder = real_path(&rest, "train", "digits").parent().expect("a folder").to_owned();
        Self { sandbox, rest, folder }
    }

    /// The identity of the job, which is part of where its files are.
    fn uuid(&self) -> String {
        uuid_of(&self.folder)
    }

    fn address(&self, path: &str) -> String {
        address(&self.sandbox, 1, &self.uuid(), path, LATER)
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.rest.send("GET", &self.address(path), headers, None)
    }
}

fn submit(sandbox: &Sandbox, verb: &str, command: &str) {
    sandbox.spec(
        "job.json",
        &json!({ "outputDirectories": [{ "id": "OUT" }], "customToolkitSettings": { "commandLine": command } }),
    );
    sandbox.run(&format!("job {verb} -f job.json -n train")).succeeds();
}

fn uuid_of(folder: &std::path::Path) -> String {
    let parts: Vec<String> = folder.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let at = parts.iter().position(|part| part == "jobs").expect("the segment of the job");
    parts[at + 2].clone()
}

#[test]
fn a_signed_address_gives_the_file_and_says_what_state_it_is_in() {
    let ran = Ran::new("");
    let whole = ran.get("digits", &[]).is(200);
    assert_eq!(whole.text(), "0123456789\n");
    assert_eq!(whole.header("content-length"), Some("11"));
    assert_eq!(whole.header("content-type"), Some("application/octet-stream"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let head = ran.rest.send("HEAD", &ran.address("digits"), &[], None).is(200);
    assert_eq!(head.text(), "");
    for name in ["content-length", "etag", "last-modified", "accept-ranges"] {
        assert!(head.header(name).is_some_and(|value| Some(value) == whole.header(name)), "{name}: {head:?}");
    }
    let modified = whole.header("last-modified").expect("a date");
    assert!(modified.ends_with(" GMT") && modified.len() == 29, "{modified}");
}

#[test]
fn a_range_is_sent_alone_and_only_of_the_same_state_of_the_file() {
    let ran = Ran::new("");
    for (range, text, place) in [
        ("bytes=2-4", "234", "bytes 2-4/11"),
        ("bytes=8-", "89\n", "bytes 8-10/11"),
        ("bytes=-2", "9\n", "bytes 9-10/11"),
    ] {
        let part = ran.get("digits", &[("Range", range)]).is(206);
        assert_eq!((part.text().as_str(), part.header("content-range")), (text, Some(place)), "{range}");
        assert_eq!(part.header("content-length"), Some(text.len().to_string().as_str()));
    }
    assert_eq!(ran.get("digits", &[("Range", "bytes=0-1,3-4")]).is(200).text(), "0123456789\n");
    let etag = ran.get("digits", &[]).header("etag").expect("a tag").to_owned();
    let resume = [("Range", "bytes=8-"), ("If-Range", etag.as_str())];
    assert_eq!(ran.get("digits", &resume).is(206).text(), "89\n");
    std::fs::write(ran.folder.join("digits"), "abcdefghijk").expect("another content");
    assert_eq!(ran.get("digits", &resume).is(200).text(), "abcdefghijk");
}

#[test]
fn a_file_that_grows_is_fetched_piece_by_piece_as_az_does() {
    let sandbox = Sandbox::new();
    let (more, end) = (Gate::new(&sandbox, "more"), Gate::new(&sandbox, "end"));
    let command = format!(
        "cd $AZ_BATCHAI_OUTPUT_OUT; : > empty; echo one > log; {}; echo two >> log; {}",
        more.wait(),
        end.wait()
    );
    submit(&sandbox, "create", &command);
    let rest = Rest::new(&sandbox, "2018-05-01");
    crate::support::wait_until("the job writes", || {
        let list = format!("/subscriptions/{SUBSCRIPTION}/{JOB}/train/listOutputFiles?outputdirectoryid=OUT");
        rest.post(&list).is(200).json()["value"].as_array().is_some_and(|files| {
            files.iter().any(|file| file["name"] == "log" && file["properties"]["contentLength"] == 4)
        })
    });
    let folder = real_path(&rest, "train", "log").parent().expect("a folder").to_owned();
    let url = |file: &str| address(&sandbox, 1, &uuid_of(&folder), file, LATER);
    let from = |file: &str, at: usize| rest.send("GET", &url(file), &[("Range", &format!("bytes={at}-"))], None);
    assert_eq!(from("log", 0).is(206).text(), "one\n");
    let nothing_new = from("log", 4).is(416);
    assert_eq!(nothing_new.header("content-range"), Some("bytes */4"));
    assert_eq!(nothing_new.json()["error"]["code"], "InvalidRange");
    assert_eq!(from("empty", 0).is(416).header("content-range"), Some("bytes */0"));
    more.open();
    crate::support::wait_until("there is more", || from("log", 4).status == 206);
    assert_eq!(from("log", 4).is(206).text(), "two\n");
    end.open();
    sandbox.run("job wait -n train").succeeds();
    assert_eq!(rest.send("GET", &url("log"), &[], None).is(200).text(), "one\ntwo\n");
}

#[test]
fn an_address_that_has_expired_or_was_changed_opens_nothing() {
    let ran = Ran::new("echo secret > other");
    let refused = |url: &str, why: &str| {
        let answer = ran.rest.send("GET", url, &[], None).is(403).json();
        assert_eq!(answer["error"]["code"], "AuthenticationFailed", "{url}");
        assert!(answer["error"]["message"].as_str().is_some_and(|text| text.contains(why)), "{url}: {answer}");
    };
    let expired = address(&ran.sandbox, 1, &ran.uuid(), "digits", "2018-06-08T10:00:00Z");
    refused(&expired, "Signature not valid in the specified time frame");
    let good = ran.address("digits");
    let unsigned = good.split_once('?').expect("a query").0;
    for changed in [
        good.replace("digits", "other"),
        good.replace("/OUT/", "/stdouterr/"),
        good.replace("se=2999", "se=3000"),
        good.replace("sig=", "sig=A"),
        good.replace("/downloads/1-", "/downloads/2-"),
        good.replace("/downloads/1-", "/downloads/x"),
        unsigned.to_owned(),
    ] {
        refused(&changed, "Signature did not match");
    }
    ran.get("digits", &[]).is(200);
}

#[test]
fn a_signed_address_leads_out_of_its_directory_neither_by_a_link_nor_by_dots() {
    let ran = Ran::new("mkfifo pipe; mkdir folder; ln -s digits near");
    assert_eq!(ran.get("near", &[]).is(200).text(), "0123456789\n");
    ran.sandbox.file("secret.txt", "hunter2\n");
    let link = ran.folder.join("digits");
    std::fs::remove_file(&link).expect("gone");
    std::os::unix::fs::symlink(ran.sandbox.work().join("secret.txt"), &link).expect("a link");
    for path in ["digits", "near", "../../stdouterr/stdout.txt", "folder", "pipe"] {
        let refused = ran.get(path, &[]).is(400);
        assert!(!refused.text().contains("hunter2"), "{path}");
    }
    ran.get("absent", &[]).is(404);
}

#[test]
fn an_address_of_a_job_that_is_gone_does_not_open_the_next_of_its_name() {
    let ran = Ran::new("");
    let old = ran.address("digits");
    ran.sandbox.run("job delete -n train -y").succeeds();
    ran.rest.send("GET", &old, &[], None).is(404);
    submit(&ran.sandbox, "run", "echo next > $AZ_BATCHAI_OUTPUT_OUT/digits");
    ran.rest.send("GET", &old, &[], None).is(404);
}

#[test]
fn a_listing_is_checked_and_every_page_of_it_is_reached_by_both_methods() {
    let ran = Ran::new("mkdir folder; touch a b");
    let list = |query: &str| format!("/subscriptions/{SUBSCRIPTION}/{JOB}/train/listOutputFiles{query}");
    for (query, target) in [
        ("", "outputdirectoryid"),
        ("?outputdirectoryid=NOPE", "outputdirectoryid"),
        ("?outputdirectoryid=OUT&linkexpiryinminutes=4", "linkexpiryinminutes"),
        ("?outputdirectoryid=OUT&linkexpiryinminutes=601", "linkexpiryinminutes"),
        ("?outputdirectoryid=OUT&maxresults=0", "maxresults"),
        ("?outputdirectoryid=OUT&directory=../..", "directory"),
    ] {
        let refused = ran.rest.post(&list(query)).is(400).json();
        assert_eq!(refused["error"]["target"], target, "{query}");
    }
    let absent = ran.rest.post(&list("?outputdirectoryid=OUT&directory=nowhere")).is(200).json();
    assert_eq!(absent, json!({ "value": [] }));
    let mut next = Some(list("?outputdirectoryid=OUT&directory=.&linkexpiryinminutes=600&maxresults=1"));
    let mut names = Vec::new();
    for method in ["POST", "GET", "POST", "GET"] {
        let link = next.expect("another page");
        let page = ran.rest.send(method, &link, &[], None).is(200).json();
        names.push(page["value"][0]["name"].as_str().expect("a name").to_owned());
        next = page["nextLink"].as_str().map(str::to_owned);
        assert!(next.as_ref().is_none_or(|link| link.contains("&linkexpiryinminutes=600")), "{next:?}");
    }
    assert_eq!((names, next), (["a", "b", "digits", "folder"].map(str::to_owned).to_vec(), None));
    let folder = ran.rest.post(&list("?outputdirectoryid=OUT")).is(200).json()["value"][3].clone();
    assert_eq!(folder, json!({ "name": "folder", "fileType": "directory" }));
}

#[test]
fn an_address_that_was_listed_over_the_network_needs_no_token() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    submit(&sandbox, "run", "cd $AZ_BATCHAI_OUTPUT_OUT; echo 0123456789 > 'a b?ü'");
    let token = network.token("r", "--role reader");
    let list = format!("/subscriptions/{SUBSCRIPTION}/{JOB}/train/listOutputFiles?outputdirectoryid=OUT");
    let listed = network.send(Some(&token), "POST", &list, "").is(200).json();
    let url = listed["value"][0]["downloadUrl"].as_str().expect("an address").to_owned();
    let path = url.strip_prefix(&network.url).expect("an address of this server");
    let fetched = network.send(None, "GET", &format!("{path}&api-version=x"), "").is(200);
    assert_eq!(fetched.text(), "0123456789\n");
    network.send(None, "GET", &path.replace("sig=", "sig=A"), "").is(403);
}
