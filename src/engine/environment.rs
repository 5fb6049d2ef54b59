//! The environment of a node's commands and of the toolkit's processes: built, never inherited.
//!
//! Four layers: what any program on this machine expects, what launchers of MPI need ([`super::mpi`]), what the service
//! promises (azure-docs `batch-ai`, "environment variables"), and the user's own variables. Pure. Called by [`super::launch`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::EngineError;
use super::directories::{JOB_MOUNT_ROOT, JOB_TEMP, JOB_TEMP_DIR, MOUNT_ROOT};
use super::{gpus, mpi};
use crate::domain::job::JobSpec;
use crate::domain::name::RunId;
use crate::supervisor::run_dir::RUN_MARKER;

/// Azure Batch's name for where commands start; ranks that a launcher starts find their way by it.
pub const WORKING_DIRECTORY: &str = "AZ_BATCH_TASK_WORKING_DIR";

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// The most bytes of one variable with its name and the `=` (Linux: `MAX_ARG_STRLEN` of execve(2), without the zero).
const MOST_OF_VARIABLE: usize = 128 * 1024 - 1;

/// The most bytes of all variables: three quarters of what execve(2) takes where nobody has changed the size of the
/// stack; the rest is for commands and secrets.
const MOST_OF_VARIABLES: usize = 3 * 512 * 1024;

/// What programs expect to know of the machine and its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// `PATH` for jobs that bring none.
    pub search_path: String,
    /// `HOME`.
    pub home: String,
    /// `USER` and `LOGNAME`.
    pub user: String,
    /// `SHELL`.
    pub shell: String,
    /// `LANG`.
    pub language: String,
    /// How many GPUs there are for all nodes together.
    pub gpus: u32,
}

/// What a node of a run looks like from inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeView {
    /// The cluster's mounts.
    pub mount_root: PathBuf,
    /// The job's own mounts.
    pub job_mount_root: PathBuf,
    /// For this job on this node only.
    pub job_temp: PathBuf,
    /// Shared by the nodes of this job.
    pub shared_job_temp: PathBuf,
    /// Where commands on this node start.
    pub working_directory: PathBuf,
    /// The Open MPI host file.
    pub host_file: PathBuf,
    /// What starts a command on another node of the job.
    pub agent: PathBuf,
    /// Addresses of all nodes of the job; the first is the master.
    pub addresses: Vec<String>,
    /// The GPUs that are its own.
    pub gpus: Vec<String>,
    /// How many GPUs programs are to reckon with ([`gpus::counted`]).
    pub counted_gpus: u32,
}

/// What the machine, unless the job has a container, and the service give; directories of the job and the user's variables come on top.
#[must_use]
pub fn base(host: &Host, spec: &JobSpec, run: &RunId, node: &NodeView) -> Variables {
    let path = |path: &PathBuf| path.to_string_lossy().into_owned();
    let mut all = mpi::variables(&node.agent, node.addresses.len());
    if spec.container.is_none() {
        all.extend(of_host(host, spec.search_path.as_deref()));
    }
    let ours = [
        ("TMPDIR", path(&node.job_temp)),
        (MOUNT_ROOT, path(&node.mount_root)),
        (JOB_MOUNT_ROOT, path(&node.job_mount_root)),
        (JOB_TEMP, path(&node.job_temp)),
        (JOB_TEMP_DIR, path(&node.job_temp)),
        ("AZ_BATCHAI_SHARED_JOB_TEMP", path(&node.shared_job_temp)),
        ("AZ_BATCHAI_MPI_HOST_FILE", path(&node.host_file)),
        // Launchers start ranks of all nodes in the directory of the first; by this each finds its own.
        (WORKING_DIRECTORY, path(&node.working_directory)),
        ("AZ_BATCH_HOST_LIST", node.addresses.join(",")),
        ("AZ_BATCHAI_NUM_GPUS", node.counted_gpus.to_string()),
        (RUN_MARKER, run.0.clone()),
    ];
    all.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    all.extend(gpus::variables(&node.gpus, host.gpus));
    all
}

/// What any program expects of the machine. Inside a container the image says that.
fn of_host(host: &Host, search_path: Option<&str>) -> Variables {
    [
        ("PATH", search_path.unwrap_or(&host.search_path)),
        ("HOME", &host.home),
        ("USER", &host.user),
        ("LOGNAME", &host.user),
        ("SHELL", &host.shell),
        ("LANG", &host.language),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// What commands see on a node of this machine, with these GPUs, that belongs to no job yet.
#[must_use]
pub fn of_node(host: &Host, mount_root: &Path, gpus: &[String]) -> Variables {
    let mut all = of_host(host, None);
    all.extend(gpus::variables(gpus, host.gpus));
    all.insert(MOUNT_ROOT.to_owned(), mount_root.to_string_lossy().into_owned());
    all
}

/// The user's variables laid over `ours`, in their order; each may refer to those before it. Variables of the
/// service and the run's marker stay what they are.
#[must_use]
pub fn with_user_variables(ours: &Variables, user: &[(String, String)]) -> Variables {
    let mut all = ours.clone();
    for (name, value) in user.iter().filter(|(name, _)| !is_reserved(name)) {
        let value = expand(value, &all);
        all.insert(name.clone(), value);
    }
    all
}

/// Whether the user's variables can be given to a program over `ours`, with all that they refer to. To be asked before
/// [`with_user_variables`]: variables that refer to each other can grow without end.
///
/// # Errors
/// [`EngineError::NotStarted`] that names the variable which is too large, or says that all are too large together.
pub fn check_user_variables(ours: &Variables, user: &[(String, String)]) -> Result<(), EngineError> {
    let mut all = ours.clone();
    for (name, value) in user.iter().filter(|(name, _)| !is_reserved(name)) {
        let most = MOST_OF_VARIABLE.saturating_sub(name.len() + 1);
        let Some(value) = expand_up_to(most, value, &all) else {
            return Err(EngineError::NotStarted(format!(
                "the variable `{name}` has more than {most} bytes with all that it refers to, which is more than Linux \
                 gives to a program: put it into a file"
            )));
        };
        all.insert(name.clone(), value);
    }
    // A pointer and the zero at its end for each (execve(2)).
    let together: usize = all.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
    if together > MOST_OF_VARIABLES {
        return Err(EngineError::NotStarted(format!(
            "the variables have {together} bytes together, but Linux gives about {MOST_OF_VARIABLES} to a program: put \
             the large ones into a file"
        )));
    }
    Ok(())
}

/// Has programs of this folder found before all others, whoever has set the search path. Inside a container the image
/// says what comes after. A folder with a colon in its path can be on no search path.
pub fn put_first_on_search_path(folder: &Path, all: &mut Variables) {
    if let Some(folder) = folder.to_str().filter(|folder| !folder.contains(':')) {
        let after = all.get("PATH").map_or("$PATH", String::as_str);
        let path = format!("{folder}:{after}");
        all.insert("PATH".into(), path);
    }
}

/// The variables of `all` that a process has over those of its node.
#[must_use]
pub fn difference(all: &Variables, node: &Variables) -> Variables {
    all.iter().filter(|(name, value)| node.get(*name) != Some(value)).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// Whether no user sets this variable.
pub(super) fn is_reserved(name: &str) -> bool {
    name == RUN_MARKER || name == WORKING_DIRECTORY || name.starts_with("AZ_BATCHAI_")
}

/// Replaces `$NAME` and `${NAME}` by their values. What is unknown, `$$`, and any other `$` stay as written.
#[must_use]
pub fn expand(text: &str, variables: &Variables) -> String {
    expand_up_to(usize::MAX, text, variables).unwrap_or_default()
}

/// The same; `None` when it becomes longer than `most` bytes.
fn expand_up_to(most: usize, text: &str, variables: &Variables) -> Option<String> {
    let mut expanded = String::with_capacity(text.len().min(most));
    let mut rest = text;
    while let Some(at) = rest.find('$').filter(|_| expanded.len() <= most) {
        expanded.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match reference(rest) {
            Some((name, length)) => {
                expanded.push_str(variables.get(name).map_or(&rest[..length], String::as_str));
                length
            }
            None => {
                let length = if rest.starts_with("$$") { 2 } else { 1 };
                expanded.push_str(&rest[..length]);
                length
            }
        };
        rest = &rest[length..];
    }
    expanded.push_str(rest);
    (expanded.len() <= most).then_some(expanded)
}

/// The name that `text`, which begins with `$`, refers to, and the length of the reference.
fn reference(text: &str) -> Option<(&str, usize)> {
    let after = &text[1..];
    let (inner, around) = match after.strip_prefix('{') {
        Some(braced) => (&braced[..braced.find('}')?], 3),
        None => {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            (&after[..end], 1)
        }
    };
    let is_name = inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((inner, inner.len() + around))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn variables_that_grow_without_end_are_noticed_before_they_do() {
        let user = |pairs: &[(&str, String)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let told = |user: &[(String, String)]| match check_user_variables(&variables(&[("P", "/mnt")]), user) {
            Err(EngineError::NotStarted(why)) => why,
            other => format!("{other:?}"),
        };
        assert_eq!(told(&user(&[("A", "$P/a".into()), ("B", "$A:$A".into())])), "Ok(())");
        let doubling: Vec<(String, String)> = (0..64).map(|n| (format!("V{}", n + 1), format!("$V{n}$V{n}"))).collect();
        let doubling = [user(&[("V0", "0123456789".into())]), doubling].concat();
        assert!(
            told(&doubling).starts_with("the variable `V14` has more than 131067 bytes with all that it refers to")
        );
        let many: Vec<(String, String)> = (0..20).map(|n| (format!("V{n}"), "x".repeat(100_000))).collect();
        assert!(told(&many).starts_with("the variables have 2000"), "{}", told(&many));
        let ours = user(&[("AZ_BATCHAI_X", "x".repeat(200_000))]);
        assert_eq!(told(&ours), "Ok(())", "it is not set");
    }

    #[test]
    fn references_expand_and_everything_else_stays() {
        let known = variables(&[("A", "1"), ("A_B", "2"), ("ROOT", "/mnt")]);
        for (text, expected) in [
            ("$ROOT/x", "/mnt/x"),
            ("${A}B", "1B"),
            ("$A_B$A", "21"),
            ("$AB ${AB}", "$AB ${AB}"),
            ("$$A", "$$A"),
            ("100$", "100$"),
            ("$1 ${} ${A", "$1 ${} ${A"),
            ("größe $A ü", "größe 1 ü"),
        ] {
            assert_eq!(expand(text, &known), expected, "{text:?}");
        }
    }

    #[test]
    fn the_users_variables_see_those_before_them_and_cannot_replace_ours() {
        let ours = variables(&[("PATH", "/bin"), ("AZ_BATCHAI_NUM_GPUS", "0"), (RUN_MARKER, "r")]);
        let user = [
            ("DATA", "/d"),
            ("PATH", "$DATA/bin:$PATH"),
            ("EARLY", "$LATE"),
            ("LATE", "x"),
            ("AZ_BATCHAI_NUM_GPUS", "9"),
            (RUN_MARKER, "other"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()));
        let all = with_user_variables(&ours, &user);
        let expected = variables(&[
            ("PATH", "/d/bin:/bin"),
            ("AZ_BATCHAI_NUM_GPUS", "0"),
            (RUN_MARKER, "r"),
            ("DATA", "/d"),
            ("EARLY", "$LATE"),
            ("LATE", "x"),
        ]);
        assert_eq!(all, expected);
    }

    #[test]
    fn the_first_folder_of_the_search_path_is_before_the_users_own() {
        let path = |folder: &str, all: &[(&str, &str)]| {
            let mut all = variables(all);
            put_first_on_search_path(Path::new(folder), &mut all);
            all.get("PATH").cloned()
        };
        assert_eq!(path("/r/bin/0", &[("PATH", "/opt:/bin")]).as_deref(), Some("/r/bin/0:/opt:/bin"));
        assert_eq!(path("/r/bin/0", &[]).as_deref(), Some("/r/bin/0:$PATH"), "that of the image");
        assert_eq!(path("/a:b/bin/0", &[("PATH", "/bin")]).as_deref(), Some("/bin"));
    }

    #[test]
    fn a_process_carries_only_what_differs_from_its_node() {
        let node = variables(&[("A", "1"), ("B", "2")]);
        let all = variables(&[("A", "1"), ("B", "3"), ("C", "4")]);
        assert_eq!(difference(&all, &node), variables(&[("B", "3"), ("C", "4")]));
    }

    proptest! {
        #[test]
        fn any_text_expands_without_harm_and_nothing_changes_without_variables(text in ".*") {
            prop_assert_eq!(expand(&text, &Variables::new()), text);
        }
    }
}
