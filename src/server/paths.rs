//! Spelling of paths: the fixed words of a URL are matched in any letter case, as Azure did; names keep theirs.
//!
//! Pure; called by the middleware before a request is routed. Knows words, not operations: whether a path leads
//! anywhere is the router's business.

/// Every fixed word of our URLs, as the router spells it.
const WORDS: [&str; 31] = [
    "subscriptions",
    "resourceGroups",
    "providers",
    "Microsoft.BatchAI",
    "Microsoft.Storage",
    "workspaces",
    "clusters",
    "fileServers",
    "experiments",
    "jobs",
    "terminate",
    "listOutputFiles",
    "listSetupTaskFiles",
    "listRemoteLoginInformation",
    "locations",
    "usages",
    "operations",
    "operationresults",
    "operationstatuses",
    "snapshots",
    "storageAccounts",
    "listKeys",
    "batchai",
    OUTPUT_FILES,
    "storage",
    "shares",
    "containers",
    STORED_FILES,
    "checkNameAvailability",
    "register",
    "tenants",
];

/// What follows it belongs to the user, byte by byte.
const OUTPUT_FILES: &str = "outputFiles";
/// Likewise.
const STORED_FILES: &str = "files";

/// The path as the router spells it; `None` when that is how it is spelt. A slash at the end goes.
///
/// Words and names take turns in a path; after `providers` comes one word more.
#[must_use]
pub fn canonical(path: &str) -> Option<String> {
    let mut out = String::new();
    let (mut rest, mut at, mut is_word, mut is_namespace) = (path.strip_prefix('/')?, 1, true, false);
    let mut copied = 0;
    loop {
        let (segment, more) = rest.split_once('/').map_or((rest, None), |(segment, more)| (segment, Some(more)));
        if is_word || is_namespace {
            let word = WORDS.iter().find(|word| word.eq_ignore_ascii_case(segment)).copied();
            if let Some(word) = word.filter(|word| *word != segment) {
                out.push_str(&path[copied..at]);
                out.push_str(word);
                copied = at + segment.len();
            }
            if matches!(word, Some(OUTPUT_FILES | STORED_FILES)) {
                break;
            }
            is_namespace = word == Some("providers");
        }
        match more {
            Some("") => return Some(out + &path[copied..path.len() - 1]),
            Some(more) => (rest, at, is_word) = (more, at + segment.len() + 1, !is_word),
            None => break,
        }
    }
    (copied > 0).then(|| out + &path[copied..])
}

#[cfg(test)]
mod tests {
    use super::canonical;

    fn after(path: &str) -> String {
        canonical(path).unwrap_or_else(|| path.to_owned())
    }

    #[test]
    fn words_are_spelt_as_the_router_spells_them_and_names_are_left_alone() {
        assert_eq!(
            after("/SUBSCRIPTIONS/S/resourcegroups/Jobs/PROVIDERS/microsoft.batchai/Workspaces/CLUSTERS/fileservers/X"),
            "/subscriptions/S/resourceGroups/Jobs/providers/Microsoft.BatchAI/workspaces/CLUSTERS/fileServers/X"
        );
        assert_eq!(after("/Providers/microsoft.BatchAI/Operations"), "/providers/Microsoft.BatchAI/operations");
        assert_eq!(
            after("/subscriptions/s/providers/microsoft.batchai/LOCATIONS/EastUS/Usages"),
            "/subscriptions/s/providers/Microsoft.BatchAI/locations/EastUS/usages"
        );
    }

    #[test]
    fn what_is_spelt_right_costs_nothing() {
        for path in [
            "/",
            "",
            "*",
            "//",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/experiments/e/jobs/j/terminate",
            "/batchai/server/stop",
            "/no/such/path",
        ] {
            if path != "//" {
                assert_eq!(canonical(path), None, "{path}");
            }
        }
    }

    #[test]
    fn one_slash_at_the_end_goes() {
        assert_eq!(after("/subscriptions/s/resourceGroups/g/"), "/subscriptions/s/resourceGroups/g");
        assert_eq!(after("/Subscriptions/s//"), "/subscriptions/s/");
        assert_eq!(after("//"), "/");
    }

    #[test]
    fn files_keep_every_byte_of_their_paths() {
        let job = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/experiments/e/jobs/j";
        for file in ["Jobs/clusters/PROVIDERS", "a%2Fb/c/", "d/Terminate"] {
            assert_eq!(after(&format!("{job}/outputfiles/{file}")), format!("{job}/outputFiles/{file}"));
            let share = "/subscriptions/s/providers/Microsoft.BatchAI/storage/Files/shares/Containers";
            assert_eq!(after(&format!("{share}/Files/{file}")), format!("{share}/files/{file}"));
        }
    }
}
