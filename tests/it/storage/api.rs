//! What the server answers.

use serde_json::{Value, json};

use super::{fields, of_account};
use crate::support::{Answer, Rest, Sandbox};

fn put(rest: &Rest, path: &str, content: &[u8]) -> Answer {
    rest.send("PUT", &of_account(path), &[], Some(content))
}

/// A server with the share `data`.
fn with_share(sandbox: &Sandbox) -> Rest {
    let rest = Rest::new(sandbox, "2026-11-01");
    put(&rest, "shares/data?resourceGroup=g", b"").is(201);
    rest
}

fn code(answer: &Answer) -> Value {
    answer.json()["error"]["code"].clone()
}

#[test]
fn a_volume_and_its_files_are_made_read_in_ranges_replaced_and_removed() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2026-11-01");
    assert_eq!(code(&rest.get(&of_account("shares/data")).is(404)), "ResourceNotFound");
    assert_eq!(code(&put(&rest, "shares/data/files/x", b"x").is(404)), "ResourceNotFound");
    assert_eq!(code(&put(&rest, "shares/data", b"").is(400)), "InvalidParameter");
    let made = put(&rest, "Shares/Data?resourceGroup=G", b"").is(201).json();
    assert_eq!((&made["accountName"], &made["kind"], &made["name"]), (&json!("acc"), &json!("share"), &json!("data")));
    put(&rest, "shares/data?resourceGroup=other", b"").is(200);
    let account = format!(
        "/subscriptions/{}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acc",
        crate::support::SUBSCRIPTION
    );
    rest.get(&account).is(200);
    assert_eq!(code(&rest.get(&of_account("containers/data")).is(404)), "ContainerNotFound");
    assert_eq!(code(&rest.get(&of_account("shares/none/files")).is(404)), "ShareNotFound");
    assert_eq!(code(&rest.get(&of_account("tables/data/files")).is(400)), "InvalidParameter");

    let file = "shares/data/files/a/ü%20b";
    put(&rest, file, b"0123456789").is(201);
    put(&rest, &format!("{file}?executable=true"), b"0123456789abc").is(200);
    let whole = rest.get(&of_account(file)).is(200);
    assert_eq!((whole.body.as_slice(), whole.header("accept-ranges")), (&b"0123456789abc"[..], Some("bytes")));
    let part = rest.send("GET", &of_account(file), &[("Range", "bytes=3-5")], None).is(206);
    assert_eq!((part.body.as_slice(), part.header("content-range")), (&b"345"[..], Some("bytes 3-5/13")));
    assert_eq!(code(&rest.send("GET", &of_account(file), &[("Range", "bytes=13-")], None).is(416)), "InvalidRange");
    let tag = whole.header("etag").expect("a tag").to_owned();
    put(&rest, file, b"another").is(200);
    let range = [("Range", "bytes=3-"), ("If-Range", tag.as_str())];
    assert_eq!(rest.send("GET", &of_account(file), &range, None).is(200).body, b"another");
    let head = rest.send("HEAD", &of_account(file), &[], None).is(200);
    assert_eq!((head.header("content-length"), head.body.len()), (Some("7"), 0));

    assert_eq!(code(&rest.get(&of_account("shares/data/files/a")).is(400)), "InvalidParameter");
    assert_eq!(code(&rest.get(&of_account("shares/data/files/a/none")).is(404)), "StoredFileNotFound");
    assert_eq!(code(&put(&rest, "shares/data/files/a", b"x").is(400)), "InvalidParameter");
    assert_eq!(code(&put(&rest, &format!("{file}/below"), b"x").is(400)), "InvalidParameter");
    rest.delete(&of_account(file)).is(200);
    rest.delete(&of_account(file)).is(204);
    rest.delete(&of_account("shares/data/files/a")).is(200);
    assert_eq!(rest.get(&of_account("shares/data/files")).is(200).json(), json!({ "value": [] }));
    rest.delete(&of_account("shares/data")).is(200);
    rest.delete(&of_account("shares/data")).is(204);
}

#[test]
fn a_long_list_comes_in_pages_that_put_together_are_all_of_it() {
    let sandbox = Sandbox::new();
    let rest = with_share(&sandbox);
    let files = ["a/b/1", "a/b/2", "a/c", "a-b", "ä ?&", "z/1"];
    for file in files {
        let encoded: String =
            file.bytes().map(|byte| if byte == b'/' { "/".into() } else { format!("%{byte:02X}") }).collect();
        put(&rest, &format!("shares/data/files/{encoded}"), file.as_bytes()).is(201);
    }
    let all = ["a", "a/b", "a/b/1", "a/b/2", "a/c", "a-b", "z", "z/1", "ä ?&"];
    for size in [1, 2, 5000] {
        let mut next = Some(of_account(&format!("shares/data/files?recursive=true&maxresults={size}")));
        let mut found = Vec::new();
        while let Some(link) = next {
            let page = rest.get(&link).is(200).json();
            assert!(page["value"].as_array().expect("a page").len() <= size);
            found.extend(fields(&page, "name"));
            next = page["nextLink"].as_str().map(str::to_owned);
        }
        assert_eq!(found, all, "pages of {size}");
    }
    let one_level = rest.get(&of_account("shares/data/files?directory=a")).is(200).json();
    assert_eq!(fields(&one_level, "name"), ["a/b", "a/c"]);
    let one_file = rest.get(&of_account("shares/data/files?directory=a/c")).is(200).json();
    assert_eq!(fields(&one_file, "name"), ["a/c"]);
    assert_eq!(one_file["value"][0]["properties"]["contentLength"], 3);
    for wrong in ["maxresults=0", "maxresults=5001", "directory=..", "directory=/etc", "recursive=maybe"] {
        rest.get(&of_account(&format!("shares/data/files?{wrong}"))).is(400);
    }
}

#[test]
fn the_flat_versions_know_none_of_it() {
    let sandbox = Sandbox::new();
    let rest = with_share(&sandbox);
    for version in ["2018-03-01", "2017-09-01-preview"] {
        let answer = rest.speaking(version).get(&of_account("shares/data"));
        assert_eq!((answer.status, code(&answer)), (404, json!("InvalidResourceType")));
    }
}
