//! The commands against a server that somebody else wrote: it knows 2018-05-01, and what the service did and our own
//! server does not.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{Done, Sandbox};

/// What was asked.
struct Asked {
    /// Method and path, without the query.
    what: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Value,
}

/// What is said: status, headers with a line break behind each, body.
type Said = (u16, String, String);

/// A server of one test; it goes with the process.
struct Foreign {
    url: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Foreign {
    /// Answers with what `answer` says; of another api-version than 2018-05-01 it knows nothing.
    fn start(answer: impl Fn(&str, &Asked) -> Said + Send + Sync + 'static) -> Self {
        Self::start_for_any(move |own, asked| {
            let is_storage = asked.what.contains("/storage/");
            if is_storage || asked.query.contains("api-version=2018-05-01") {
                answer(own, asked)
            } else {
                error(400, "InvalidApiVersionParameter", "The api-version is invalid")
            }
        })
    }

    /// The same of one that does not look at the api-version.
    fn start_for_any(answer: impl Fn(&str, &Asked) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (log, own) = (Arc::new(Mutex::new(Vec::new())), url.clone());
        let written = log.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &own, &written, &answer);
            }
        });
        Self { url, log }
    }

    fn run(&self, user: &Sandbox, words: &str) -> Done {
        let mut command = user.command(words.split_whitespace());
        command.env("BATCHAI_ENDPOINT", &self.url).env("BATCHAI_TOKEN", "my-token");
        Done::of(&command.output().expect("the program"))
    }

    /// Everything it was asked, in order, and with what.
    fn asked(&self) -> Vec<String> {
        self.log.lock().expect("the log").clone()
    }
}

fn serve(stream: TcpStream, own: &str, log: &Mutex<Vec<String>>, answer: &impl Fn(&str, &Asked) -> Said) {
    let Some(asked) = read(&stream) else { return };
    let range = asked.headers.get("range").map(|range| format!(" {range}")).unwrap_or_default();
    let has_token = asked.headers.contains_key("authorization");
    log.lock().expect("the log").push(format!("{}{range}{}", asked.what, if has_token { "" } else { " (no token)" }));
    let (status, headers, body) = answer(own, &asked);
    let mut stream = stream;
    // Whoever hung up reads nothing.
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\r\n{body}",
        body.len()
    );
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (method, rest) = line.trim_end().split_once(' ')?;
    let target = rest.split_once(' ')?.0;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (what, query) = (format!("{method} {path}"), query.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { what, query, headers, body: serde_json::from_slice(&body).unwrap_or_default() })
}

fn error(status: u16, code: &str, message: &str) -> Said {
    (status, String::new(), json!({ "error": { "code": code, "message": message } }).to_string())
}

fn ok(body: &Value) -> Said {
    (200, String::new(), body.to_string())
}

const JOB: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default/providers/\
                   Microsoft.BatchAI/workspaces/default/experiments/default/jobs/j";

fn job(state: &str) -> Value {
    json!({ "id": JOB, "name": "j", "type": "Microsoft.BatchAI/workspaces/experiments/jobs", "properties": {
        "provisioningState": "succeeded", "provisioningStateTransitionTime": "2018-06-06T20:19:17.24Z",
        "creationTime": "2018-06-06T20:19:17.24Z", "executionState": state,
        "executionStateTransitionTime": "2018-06-06T20:19:17.24Z", "toolType": "custom",
        "jobOutputDirectoryPathSegment": "s", "cluster": { "id": "c" }, "nodeCount": 1,
        "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/afs",
        "executionInfo": { "startTime": "2018-06-06T20:19:17.24Z", "endTime": "2018-06-06T20:19:19Z", "exitCode": 0 },
    } })
}

fn job_file(user: &Sandbox) {
    let command = json!({ "commandLine": "true" });
    let spec = json!({ "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/afs", "customToolkitSettings": command });
    user.spec("job.json", &spec);
}

/// 202, and where to ask.
fn accepted(header: &str, own: &str) -> Said {
    (202, format!("{header}: {own}/operations/7?api-version=2018-05-01\r\nRetry-After: 0\r\n"), String::new())
}

#[test]
fn an_operation_is_polled_for_until_it_is_over_and_its_result_is_shown() {
    let polls = Mutex::new(0);
    let foreign = Foreign::start(move |own, asked| match asked.what.as_str() {
        what if what == format!("GET {JOB}") && *polls.lock().expect("polls") < 2 => {
            error(404, "JobNotFound", "The specified job j is not found")
        }
        what if what == format!("GET {JOB}") => ok(&job("queued")),
        what if what == format!("PUT {JOB}") => {
            let sent = asked.body.to_string();
            assert!(!sent.contains("null") && !sent.contains("searchPath"), "{sent}");
            accepted("Azure-AsyncOperation", own)
        }
        "GET /operations/7" => {
            let mut polls = polls.lock().expect("polls");
            *polls += 1;
            ok(&json!({ "status": if *polls < 2 { "InProgress" } else { "Succeeded" } }))
        }
        other => panic!("{other}"),
    });
    let user = Sandbox::new();
    job_file(&user);
    let made = foreign.run(&user, "job create -n j -c c -f job.json").succeeds().json();
    assert_eq!(made["executionState"], "queued");
    let (get, put, poll) = (format!("GET {JOB}"), format!("PUT {JOB}"), "GET /operations/7".to_owned());
    // The first one in our own api-version, which nobody there knows.
    assert_eq!(foreign.asked(), [put.clone(), get.clone(), put, poll.clone(), poll, get]);
}

#[test]
fn an_operation_that_failed_is_told_in_the_words_of_the_server() {
    let foreign = Foreign::start(|own, asked| match asked.what.as_str() {
        what if what == format!("GET {JOB}") => error(404, "JobNotFound", "The specified job j is not found"),
        what if what == format!("PUT {JOB}") => accepted("Azure-AsyncOperation", own),
        "GET /operations/7" => {
            ok(&json!({ "status": "Failed", "error": { "code": "Quota", "message": "There are no cores left" } }))
        }
        other => panic!("{other}"),
    });
    let user = Sandbox::new();
    job_file(&user);
    let failed = foreign.run(&user, "job create -n j -c c -f job.json").fails_with(1);
    failed.says("error: Deployment failed. There are no cores left").prints("");
}

#[test]
fn a_location_is_asked_until_it_answers_something_else_than_202() {
    let polls = Mutex::new(0);
    let foreign = Foreign::start(move |own, asked| match asked.what.as_str() {
        what if what == format!("DELETE {JOB}") => accepted("Location", own),
        "GET /operations/7" => {
            let mut polls = polls.lock().expect("polls");
            *polls += 1;
            if *polls < 3 { accepted("Location", own) } else { (204, String::new(), String::new()) }
        }
        other => panic!("{other}"),
    });
    let user = Sandbox::new();
    foreign.run(&user, "job delete -n j -y").succeeds().prints("");
    assert_eq!(foreign.asked().iter().filter(|asked| *asked == "GET /operations/7").count(), 3);
    foreign.run(&user, "job delete -n j -y --no-wait").succeeds();
    let asked = foreign.asked();
    assert!(asked.last().is_some_and(|asked| asked.starts_with("DELETE")), "{asked:?}");
}

#[test]
fn a_file_is_fetched_from_storage_that_renews_its_addresses_and_never_sees_the_token() {
    let fetched = Mutex::new(0);
    let foreign = Foreign::start(move |own, asked| {
        let mut fetched = fetched.lock().expect("fetches");
        let storage = |part: &str, from: usize| {
            (206, format!("Content-Range: bytes {from}-{}/*\r\n", from + part.len() - 1), part.to_owned())
        };
        match asked.what.as_str() {
            // The job ends after the third look at its file.
            what if what == format!("GET {JOB}") => ok(&job(if *fetched < 3 { "running" } else { "succeeded" })),
            what if what == format!("POST {JOB}/listOutputFiles") => {
                let link = format!("{own}/storage/stdout.txt?sig={}", if *fetched < 2 { "first" } else { "second" });
                ok(&json!({ "value": [{ "name": "stdout.txt", "fileType": "file", "downloadUrl": link }] }))
            }
            "GET /storage/stdout.txt" => {
                assert!(!asked.query.contains("api-version"), "{}", asked.query);
                *fetched += 1;
                match (*fetched, asked.query.as_str(), asked.headers["range"].as_str()) {
                    (1, "sig=first", "bytes=0-") => storage("one €\n", 0),
                    (2, "sig=first", "bytes=8-") => error(403, "AuthenticationFailed", "expired"),
                    (3, "sig=second", "bytes=8-") => error(416, "InvalidRange", "nothing new"),
                    // Storage that knows no ranges answers with the whole file.
                    (4, "sig=second", "bytes=8-") => (200, String::new(), "one €\ntwo\n".into()),
                    other => panic!("{other:?}"),
                }
            }
            other => panic!("{other}"),
        }
    });
    let user = Sandbox::new();
    foreign.run(&user, "job file stream -j j -f stdout.txt").succeeds().prints("one €\ntwo\n");
    for asked in foreign.asked() {
        assert_eq!(asked.ends_with("(no token)"), asked.contains("/storage/"), "{asked}");
    }
}

#[test]
fn an_address_that_never_opens_is_an_error_and_not_asked_for_ever() {
    let foreign = Foreign::start(|own, asked| match asked.what.as_str() {
        what if what == format!("GET {JOB}") => ok(&job("running")),
        what if what == format!("POST {JOB}/listOutputFiles") => {
            let link = format!("{own}/storage/stdout.txt?sig=s");
            ok(&json!({ "value": [{ "name": "stdout.txt", "fileType": "file", "downloadUrl": link }] }))
        }
        _ => error(403, "AuthenticationFailed", "Server failed to authenticate the request"),
    });
    let user = Sandbox::new();
    foreign.run(&user, "job file stream -j j -f stdout.txt").fails_with(4).says("failed to authenticate");
}

#[test]
fn a_server_that_takes_any_version_and_tells_of_no_change_is_not_asked_without_a_pause() {
    let foreign = Foreign::start_for_any(|_, asked| match asked.what.as_str() {
        what if what == format!("GET {JOB}") => ok(&job("running")),
        other => panic!("{other}"),
    });
    let user = Sandbox::new();
    foreign.run(&user, "job wait -n j --interval 3600 --timeout 1s").fails_with(5).says("job j is running");
    assert_eq!(foreign.asked().len(), 2, "the job, and then whether the server tells of changes");
    foreign.run(&user, "job wait -n j --timeout 1s").fails_with(5);
    assert!(foreign.asked().len() < 20, "{}", foreign.asked().len());
}

#[test]
fn output_of_a_server_that_takes_any_version_is_followed() {
    let looks = Mutex::new(0);
    let foreign = Foreign::start_for_any(move |own, asked| match asked.what.as_str() {
        what if what == format!("GET {JOB}") => {
            let mut looks = looks.lock().expect("looks");
            *looks += 1;
            ok(&job(if *looks < 4 { "running" } else { "succeeded" }))
        }
        what if what == format!("POST {JOB}/listOutputFiles") => {
            let link = format!("{own}/storage/stdout.txt?sig=s");
            ok(&json!({ "value": [{ "name": "stdout.txt", "fileType": "file", "downloadUrl": link }] }))
        }
        "GET /storage/stdout.txt" if asked.headers["range"] == "bytes=0-" => {
            (206, "Content-Range: bytes 0-3/4\r\n".into(), "out\n".into())
        }
        "GET /storage/stdout.txt" => error(416, "InvalidRange", "nothing new"),
        _ => error(404, "NotFound", "there is no such thing"),
    });
    let user = Sandbox::new();
    foreign.run(&user, "job logs j -f").succeeds().prints("out\n");
    foreign.run(&user, "job logs j").succeeds().prints("out\n");
    foreign.run(&user, "job file stream -j j -f stdout.txt").succeeds().prints("out\n");
}
