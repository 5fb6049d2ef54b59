//! batchai: one self-contained binary that is client, server and per-job supervisor. It mirrors `az batchai`,
//! speaks the REST API of Azure Batch AI, and really runs the jobs. This page is the map of the house.
//!
//! *cli asks, client sends, server converts, operations decides, store remembers, scheduler notices, engine
//! starts, supervisor stays.*
//!
//! # Layers
//!
//! Imports only go down; modules of one row never import each other. `tests/it/architecture.rs` holds them to it.
//!
//! ```text
//! row 5  main                                       argv -> cli::run -> exit code
//! row 4  cli                                        what the user types and sees
//! row 3  client            | server                 the two ends of one wire
//! row 2  operations        | scheduler              what a request does | what happens on its own
//! row 1  store             | engine                 what we remember | where things run
//! row 0  api | domain | supervisor | config
//! ```
//!
//! # The way of `batchai job run -f job.yaml`
//!
//! 1. [`cli::spec`] reads the file: all mistakes at once, each with its place, or a body of [`api`].
//! 2. [`client`] finds the local server or starts it ([`client::local`]), sends the code folder if the server
//!    does not have it ([`client::snapshot`]), and puts the job.
//! 3. [`server::convert`] makes a [`domain::job::JobSpec`] of it, or all field errors.
//! 4. [`operations::jobs::create`] writes it into the [`store`]; the commit rings the [`scheduler`]'s bell.
//! 5. The scheduler's tick plans (pure), writes down that the job runs as run R on nodes N, and only then asks
//!    the [`engine`] to launch R.
//! 6. [`engine::launch`] makes a plan (pure), the local engine writes it into a run directory and starts
//!    `batchai __supervise` on it.
//! 7. The [`supervisor`] makes directories, unpacks the code, mounts, starts containers, prepares, starts the
//!    processes, waits, ends what is left, and writes how it ended.
//! 8. The engine sees the supervisor go, the scheduler lets the event happen to the job, the store commits,
//!    and whoever waits for the job is answered.
//!
//! # What is not there, on purpose
//!
//! - [`domain`] reads no clock, no file, no environment; every rule in it has a test of a few lines.
//! - `client` and `server` never import each other; the words between them are [`api`].
//! - A job's life never depends on the server's: no pipe, no parent, only the run directory
//!   ([`supervisor::run_dir`]).
//! - An engine never decides what state a job is in; a job's execution changes through
//!   [`domain::job::Job::apply`] only.
//! - Nothing below `cli` prints; nothing but `main` exits.
//! - There is no unsafe code.
//! - On other systems than Linux there is no server: of the rows above, `cli`, `client`, `api` and `config` are all.
//!
//! # To change X, start at Y
//!
//! | X | Y |
//! | --- | --- |
//! | a command, flag or text | [`cli::commands`] |
//! | what a job file may say | [`api::job`], then [`cli::spec`] and [`server::convert::job`] |
//! | a table column | [`cli::output::rows`] |
//! | what the Tab key offers | [`cli::completion::values`] |
//! | a setting of commands, and the variables for it | [`config::settings`] |
//! | which jobs, clusters and so on a command is about | [`cli::targets`] |
//! | what a flag of `az` makes of a request | [`cli::request`] |
//! | what is fetched, and what is left alone | [`cli::download::plan`] |
//! | what is uploaded, and under which name | [`cli::upload::plan`] |
//! | what lies in shares and containers, and who may use it | [`operations::storage`], [`engine::storage`], [`server::routes::storage`] |
//! | what `doctor` says | [`cli::doctor::judge`] |
//! | an endpoint | [`api::path`], [`api::catalogue`], `server/router.rs`, [`server::routes`] |
//! | what a body may hold, and what is wrong with it | [`server::convert`] |
//! | what the two oldest api-versions say otherwise | [`server::versions`] |
//! | what goes on after its request was answered | [`operations::long`] |
//! | who may do what over the network | [`domain::token`], `server/access.rs`, [`server::authorise`] |
//! | what a server that does not know our api-version is asked | [`client::older`] |
//! | what `--verbose` and `--debug` show | [`cli::exchange`] |
//! | when a job starts, and where | `scheduler/plan.rs`, `scheduler/placement.rs` |
//! | which nodes go, and what becomes of the jobs on them | `scheduler/departures.rs`, `scheduler/interruptions.rs` |
//! | how many clusters and nodes there may be | [`config::quotas`], [`domain::quota`], `scheduler/quotas.rs` |
//! | what the log tells of clusters, nodes and jobs | `scheduler/history.rs` |
//! | how a toolkit's processes are started | [`engine::toolkit`] |
//! | a variable of the job's environment | [`engine::environment`] |
//! | how launchers of MPI reach other nodes | [`engine::mpi`], `supervisor/remote.rs`, `supervisor/agent.sh` |
//! | what a dry run shows | [`engine::preview`], [`operations::plans`], [`cli::commands::job::dry_run`], [`cli::dry_run`] |
//! | what is said before, during and instead of the wait for a deletion | [`cli::ending`] |
//! | what `job explain` says | [`domain::job::waiting`], [`domain::job::ending`], [`operations::explanations`] |
//! | what a container sees, and which engine makes it | [`engine::container`], `engine/local/containers.rs`, [`supervisor::containers`] |
//! | how a node is made ready | `engine/local/nodes.rs`, `engine/local/setting_up.rs`, [`engine::setup_task`] |
//! | SSH to nodes | `engine/local/ssh`, [`supervisor::login`], [`config::ssh`]; [`cli::ssh`] for `node exec` |
//! | where volumes really are, and what mounts them | [`config::storage`], [`engine::drivers`], [`engine::volumes`] |
//! | who mounts them | of jobs `supervisor/steps/mounting.rs`, of nodes the same by [`engine::holder`] and `engine/local/holding.rs` |
//! | files on volumes that no node has mounted | [`engine::far`], `engine/local/far.rs` |
//! | the way of a secret | [`domain::secret`], [`engine::secrets`], [`supervisor::secrets`] |
//! | secrets in key vaults | [`api::vault`], [`operations::vaults`], `server/vaults`, `engine/local/fetching.rs` |
//! | how large something may be | [`api::limits`], [`engine::environment`] |
//! | what of a file is never shown | `cli/spec/hidden.rs` |
//! | where files lie | [`config::home`], [`engine::directories`], [`supervisor::run_dir`] |
//! | a data directory that was moved | [`operations::moving`]; of nodes `engine/local/nodes.rs`, of runs `supervisor/moved.rs` |
//! | how things are ended | `supervisor/ladder.rs` |
//! | what is stored | [`store`], whose documents are [`domain`] values |

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
#[cfg(target_os = "linux")]
pub mod domain;
#[cfg(target_os = "linux")]
pub mod engine;
#[cfg(target_os = "linux")]
pub mod operations;
#[cfg(target_os = "linux")]
pub mod scheduler;
#[cfg(target_os = "linux")]
pub mod server;
#[cfg(target_os = "linux")]
pub mod store;
#[cfg(target_os = "linux")]
pub mod supervisor;
