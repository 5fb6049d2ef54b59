//! `--query`, as `az` has it.

use crate::support::Sandbox;

/// A job that has ended, with output of its own.
fn trained() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.job_file("exit 3");
    sandbox.run("job run -f job.json -n train").fails_with(3);
    sandbox
}

#[test]
fn a_query_sees_the_shape_that_az_shows() {
    let sandbox = trained();
    sandbox.run("job show -n train --query executionState").succeeds().prints("\"failed\"\n");
    sandbox
        .run("job show -n train --query [resourceGroup,cluster.resourceGroup] -o tsv")
        .succeeds()
        .prints("default\ndefault\n");
    sandbox.run("job list --query [?executionInfo.exitCode==`3`].name -o tsv").succeeds().prints("train\n");
    sandbox.run("job list --query length(@)").succeeds().prints("1\n");
    sandbox.run("job list --query sum([].nodeCount) -o yaml").succeeds().prints("1\n");
}

#[test]
fn columns_that_the_user_names_are_in_the_users_order() {
    let sandbox = trained();
    let words = ["job", "list", "--query", "[].{State: executionState, Job: name, Id: id}"];
    let table = sandbox.run_with(words.into_iter().chain(["-o", "table"])).succeeds().stdout;
    assert!(table.starts_with("State    Job    Id\n"), "{table}");
    let tsv = sandbox.run_with(words.into_iter().chain(["-o", "tsv"])).succeeds().stdout;
    assert!(tsv.starts_with("failed\ttrain\t/subscriptions/"), "{tsv}");
    let json = sandbox.run_with(words).succeeds().stdout;
    assert!(json.starts_with("[\n  {\n    \"Id\": "), "JSON is sorted: {json}");
}

#[test]
fn a_table_of_what_was_picked_finds_its_columns() {
    let sandbox = trained();
    sandbox.run("job list --query [].name -o table").succeeds().prints("Result\n--------\ntrain\n");
    let table = sandbox.run("workspace list --query [] -o table").succeeds().stdout;
    let titles: Vec<&str> = table.lines().next().expect("a header").split_whitespace().collect();
    assert!(titles.is_sorted() && titles.contains(&"ResourceGroup") && !titles.contains(&"Id"), "{titles:?}");
    sandbox.run("job list --query [].cluster -o table").succeeds();
    sandbox.run("job list --query [].{constraints:constraints} -o table").fails_with(1).prints("").says(
        "Table output unavailable. Use the --query option to specify an appropriate query. Use --debug for more info.",
    );
    sandbox.run("job list --query [?name=='nobody'] -o table").succeeds().prints("\n");
}

#[test]
fn what_picks_nothing_prints_nothing() {
    let sandbox = trained();
    for format in ["json", "jsonc", "yaml", "yamlc", "table", "tsv", "none"] {
        sandbox.run(&format!("job show -n train --query nothing -o {format}")).succeeds().prints("");
    }
}

#[test]
fn a_bad_query_is_a_usage_error_before_anything_is_done() {
    let sandbox = Sandbox::new();
    sandbox.job_file("true");
    for (query, said) in [
        ("[?name==", "it ends too early, at column 9"),
        ("[].nme | lenght(@)", "there is no function `lenght`; did you mean `length`?, at column 10"),
    ] {
        sandbox
            .run_with(["job", "create", "-f", "job.json", "--query", query])
            .fails_with(2)
            .prints("")
            .says(&format!("error: the query cannot be read: {said}"))
            .says("hint: queries are JMESPath");
    }
    assert!(!sandbox.home().join("server.sock").exists(), "a server was started");
    sandbox
        .run("job create -f job.json -n a --query length(nodeCount)")
        .fails_with(1)
        .prints("")
        .says("error: the query cannot be applied to the result: argument 1");
    sandbox.run("job show -n a").succeeds();
}
