//! Who may read and write what.

use super::{fields, of_account};
use crate::support::{Network, SUBSCRIPTION, Sandbox};

#[test]
fn readers_read_and_contributors_stay_in_their_group() {
    let sandbox = Sandbox::new();
    sandbox.file("x", "secret");
    sandbox.run("storage upload x -s data --account-name acc -g mine").succeeds();
    let network = Network::start(&sandbox, "");
    let (share, file) = (of_account("shares/data"), of_account("shares/data/files/x"));
    let list = of_account("shares/data/files");
    let volumes = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/storage");
    for path in [&share, &file, &list, &volumes] {
        network.send(None, "GET", path, "").is(401);
    }

    let reader = network.token("reader", "--role reader -g mine");
    assert_eq!(network.send(Some(&reader), "GET", &file, "").is(200).text(), "secret");
    assert_eq!(fields(&network.send(Some(&reader), "GET", &list, "").is(200).json(), "name"), ["x"]);
    for method in ["PUT", "DELETE"] {
        for path in [&share, &file] {
            let answer = network.send(Some(&reader), method, path, "y").is(403);
            assert!(answer.text().contains("AuthorizationFailed"), "{}", answer.text());
        }
    }

    let other = network.token("other", "--role contributor -g theirs");
    for (method, path) in [
        ("GET", &file),
        ("GET", &list),
        ("GET", &share),
        ("PUT", &file),
        ("PUT", &share),
        ("DELETE", &file),
        ("DELETE", &share),
    ] {
        let answer = network.send(Some(&other), method, path, "y").is(403);
        assert!(answer.text().contains("LinkedAuthorizationFailed"), "{method} {path}: {}", answer.text());
    }
    network.send(Some(&other), "GET", &format!("{volumes}?accountName=ACC"), "").is(403);
    assert!(fields(&network.send(Some(&other), "GET", &volumes, "").is(200).json(), "name").is_empty());
    // A new account is theirs, whatever group they name.
    let new = share.replace("/acc/", "/theirs1/");
    network.send(Some(&other), "PUT", &format!("{new}?resourceGroup=mine"), "").is(201);
    let owned = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/theirs/providers/Microsoft.Storage/storageAccounts/theirs1"
    );
    network.send(Some(&other), "GET", &owned, "").is(200);
    let mine = network.token("mine", "--role contributor -g mine");
    network.send(Some(&mine), "GET", &new, "").is(403);
    network.send(Some(&mine), "PUT", &file, "changed").is(200);
    network.send(Some(&mine), "DELETE", &file, "").is(200);
}

#[test]
fn over_the_network_it_is_the_same() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    let token = network.token("ci", "--role contributor -g team");
    let user = Sandbox::new();
    user.file("data/deep/x", "x");
    network.run(&user, "storage upload data -s data --account-name acc", Some(&token)).succeeds();
    network.run(&user, "storage download -s data data -d back", Some(&token)).succeeds();
    assert_eq!(std::fs::read_to_string(user.path("back/data/deep/x")).expect("a file"), "x");
    let listed = network.run(&user, "storage list -s data -r", Some(&token)).succeeds().json();
    assert_eq!(fields(&listed, "name"), ["data", "data/deep", "data/deep/x"]);
    assert!(user.servers().is_empty(), "no local server is started");
}
