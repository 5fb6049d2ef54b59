//! What one invocation works with: settings, connection, printer.

use std::future::Future;
use std::path::PathBuf;

use clap::Args;
use serde::de::DeserializeOwned;

use super::exchange;
use super::exit_code::ExitCode;
use super::output::query::Query;
use super::output::rows::Row;
use super::output::{Format, Output, Printer};
use super::report::{Failure, Report};
use super::targets::each;
use super::{Global, Outcome};
use crate::api::id::{Child, ResourceId};
use crate::api::server::Build;
use crate::api::server::is_this_machine;
use crate::client::Client;
use crate::client::local::LocalServer;
use crate::client::observer::Seen;
use crate::client::remote::Remote;
use crate::client::resources::Waits;
use crate::config::client::ClientSettings;
use crate::config::env;
use crate::config::home::{Home, SocketAddress};
use crate::config::logins::Logins;
use crate::config::program::built_at;

/// The subscription of a user who has none: any id is accepted and exists from first use.
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// The name of everything that nobody named.
pub const DEFAULT: &str = "default";

/// One invocation.
pub struct Session {
    /// The connection.
    pub client: Client,
    /// Notes, warnings, errors.
    pub report: Report,
    /// Results.
    pub printer: Printer,
    /// Whether the user chose the format of results, rather than nobody.
    pub is_format_given: bool,
    /// What the user has set.
    pub settings: ClientSettings,
    /// The subscription that ids begin with.
    pub subscription: String,
    /// What chose the server: a flag, a variable, the configuration, or the lack of them.
    pub chosen_by: &'static str,
    /// The file of servers that were logged in to.
    pub logins: PathBuf,
    _socket: SocketAddress,
}

/// Which servers a command may speak to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The one that the user chose.
    Anywhere,
    /// The local one, whatever the user chose: the command is about it.
    Local,
}

/// A name and whether the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Given by flag, file, environment or configuration, rather than made up here.
    pub is_given: bool,
}

impl Named {
    /// The first that was given, or `default`.
    #[must_use]
    pub fn first<const N: usize>(given: [Option<String>; N]) -> Self {
        match given.into_iter().flatten().next() {
            Some(name) => Self { name, is_given: true },
            None => Self { name: DEFAULT.into(), is_given: false },
        }
    }
}

/// `-g` and `-w`.
#[derive(Debug, Clone, Default, Args)]
pub struct WorkspaceScope {
    /// Resource group; `default` when not configured.
    #[arg(long, short = 'g', value_name = "GROUP")]
    pub resource_group: Option<String>,
    /// Workspace; `default` when not configured.
    #[arg(long, short = 'w', value_name = "NAME")]
    pub workspace: Option<String>,
}

/// `-g`, `-w` and `-e`.
#[derive(Debug, Clone, Default, Args)]
pub struct ExperimentScope {
    #[command(flatten)]
    pub workspace: WorkspaceScope,
    /// Experiment; `default` when not configured.
    #[arg(long, short = 'e', value_name = "NAME")]
    pub experiment: Option<String>,
}

/// `-y` and `--no-wait`, of commands that end something.
#[derive(Debug, Clone, Args)]
pub struct Ending {
    /// Do not ask for confirmation.
    #[arg(long, short)]
    pub yes: bool,
    /// Do not wait until it is done.
    #[arg(long)]
    pub no_wait: bool,
}

impl Ending {
    /// Whether the command waits for what it began.
    #[must_use]
    pub fn waits(&self) -> Waits {
        if self.no_wait { Waits::No } else { Waits::Yes }
    }
}

impl Session {
    /// Reads the settings; nothing is sent and no server is started yet.
    ///
    /// # Errors
    /// When the settings or the data directory cannot be used.
    pub fn open(global: &Global, report: Report, reach: Reach) -> Result<Self, Failure> {
        let home = Home::find()?;
        let settings = ClientSettings::load(&home.client_config())?;
        home.make().map_err(|error| unusable(&home, &error))?;
        Self::of(&home, settings, global, report, reach)
    }

    /// For somebody who only looks: makes no folder, says nothing, and is `None` where there is nothing to look at.
    #[must_use]
    pub fn peek(global: &Global) -> Option<Self> {
        let home = Home::find().ok()?;
        let settings = ClientSettings::load(&home.client_config()).ok()?;
        if endpoint(global, &settings).is_none() && !home.socket().exists() {
            return None;
        }
        Self::of(&home, settings, global, Report { only_errors: true, ..Report::default() }, Reach::Anywhere).ok()
    }

    fn of(
        home: &Home,
        settings: ClientSettings,
        global: &Global,
        report: Report,
        reach: Reach,
    ) -> Result<Self, Failure> {
        let printer = printer(global, &settings)?;
        let socket = home.socket_address().map_err(|error| unusable(home, &error))?;
        let executable = std::env::current_exe().map_err(|error| {
            Failure::new(ExitCode::Refused, format!("cannot tell where the program batchai itself is: {error}"))
        })?;
        let local = LocalServer {
            data: home.data().to_owned(),
            socket: socket.path().to_owned(),
            server_lock: home.server_lock(),
            start_lock: home.start_lock(),
            log: home.server_log(),
            build: Build::of_this_version(built_at(&executable)),
            executable,
            arguments: ["server", "run", "--announce"].map(String::from).to_vec(),
            leave_when_idle: "--leave-when-idle".into(),
        };
        let chosen_by;
        let mut client = match endpoint(global, &settings).filter(|_| reach == Reach::Anywhere) {
            Some((endpoint, origin)) => {
                let remote = remote(&endpoint, home)?;
                chosen_by = origin;
                report.info(&format!("the server is {} (by {chosen_by})", remote.origin()));
                Client::of(remote, local)?
            }
            None => {
                chosen_by = if reach == Reach::Local { "this command is about it" } else { "no endpoint is given" };
                report.info(&format!("the server is the local one at {} ({chosen_by})", local.socket.display()));
                Client::new(local)?
            }
        };
        if report.is_verbose {
            client.observe(move |seen| tell(report, seen));
        }
        let is_format_given = global.output.is_some() || global.query.is_some() || settings.output.is_some();
        let subscription = global.subscription.as_ref().or(settings.subscription.as_ref());
        let subscription = subscription.map_or(SUBSCRIPTION, String::as_str).to_owned();
        check_subscription(&subscription)?;
        Ok(Self {
            client,
            report,
            printer,
            is_format_given,
            settings,
            subscription,
            chosen_by,
            logins: home.logins(),
            _socket: socket,
        })
    }

    /// Whether the server is on this machine, as far as its address tells.
    #[must_use]
    pub fn is_near(&self) -> bool {
        self.client.remote().is_none_or(|remote| remote.url().host_str().is_some_and(is_this_machine))
    }

    /// Prints a result.
    ///
    /// # Errors
    /// When stdout takes no more.
    pub fn print(&self, output: &Output<'_>) -> Outcome {
        self.printer.print(output)?;
        Ok(ExitCode::Ok.value())
    }

    /// Prints one thing, or all that were named.
    ///
    /// # Errors
    /// With what to tell the user.
    pub async fn show<T: Row + DeserializeOwned>(&self, ids: &[ResourceId]) -> Outcome {
        let found: Vec<T> = each(self, ids, async |id| Ok(self.client.get(&id).await?)).await?;
        match found.as_slice() {
            [only] if ids.len() == 1 => self.print(&Output::one(only)),
            all => self.print(&Output::list(all)),
        }
    }

    /// The resource group: flag, then what else was given.
    #[must_use]
    pub fn group(&self, flag: Option<&String>) -> String {
        flag.or(self.settings.defaults.group.as_ref()).map_or(DEFAULT, String::as_str).to_owned()
    }

    /// The workspace that the flags and settings name.
    #[must_use]
    pub fn workspace(&self, scope: &WorkspaceScope) -> Named {
        Named::first([scope.workspace.clone(), self.settings.defaults.workspace.clone()])
    }

    /// The experiment that the flags and settings name.
    #[must_use]
    pub fn experiment(&self, scope: &ExperimentScope) -> Named {
        Named::first([scope.experiment.clone(), self.settings.defaults.experiment.clone()])
    }

    /// The id of something in a workspace.
    ///
    /// # Errors
    /// When a name in it can be no name: it would lead to another thing than the one that was named.
    pub fn id(&self, scope: &WorkspaceScope, child: Child) -> Result<ResourceId, Failure> {
        checked(ResourceId {
            subscription: self.subscription.clone(),
            group: self.group(scope.resource_group.as_ref()),
            workspace: self.workspace(scope).name,
            child,
        })
    }

    /// The id of a job.
    ///
    /// # Errors
    /// As [`Session::id`].
    pub fn job(&self, scope: &ExperimentScope, name: &str) -> Result<ResourceId, Failure> {
        self.id(&scope.workspace, Child::Job(self.experiment(scope).name, name.to_owned()))
    }
}

/// Runs a command that talks to a server.
///
/// # Errors
/// Those of the command.
pub fn with_session<F>(global: &Global, report: Report, command: impl FnOnce(Session) -> F) -> Outcome
where
    F: Future<Output = Outcome>,
{
    with_session_of(Reach::Anywhere, global, report, command)
}

/// The same for a command that may be about the local server only.
///
/// # Errors
/// Those of the command.
pub fn with_session_of<F>(reach: Reach, global: &Global, report: Report, command: impl FnOnce(Session) -> F) -> Outcome
where
    F: Future<Output = Outcome>,
{
    let session = Session::open(global, report, reach)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(ExitCode::Refused, format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(command(session));
    // A thread that waits for a lock or for the keyboard must not keep the process.
    runtime.shutdown_background();
    outcome
}

/// An id whose names are names, as every command checks it before anything is sent.
///
/// # Errors
/// Says what is wrong with the first that is none.
pub fn checked(id: ResourceId) -> Result<ResourceId, Failure> {
    check_subscription(&id.subscription)?;
    check_group(&id.group)?;
    check_name("workspace", &id.workspace)?;
    match &id.child {
        Child::None => {}
        Child::Cluster(name) => check_name("cluster", name)?,
        Child::FileServer(name) => check_name("file server", name)?,
        Child::Experiment(name) => check_name("experiment", name)?,
        Child::Job(experiment, name) => {
            check_name("experiment", experiment)?;
            check_name("job", name)?;
        }
    }
    Ok(id)
}

/// A name as the service takes it: `^[-\w_]{1,64}$`.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_name(what: &str, name: &str) -> Result<(), Failure> {
    check(what, name, "-_", 64)
}

/// A resource group as Azure takes its name.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_group(name: &str) -> Result<(), Failure> {
    check("resource group", name, "-_.", 90)
}

/// A subscription, by id or name.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_subscription(name: &str) -> Result<(), Failure> {
    check("subscription", name, "-_.", 64)
}

fn check(what: &str, name: &str, signs: &str, most: usize) -> Result<(), Failure> {
    let length = name.chars().count();
    let wrong = name.chars().find(|c| !c.is_ascii_alphanumeric() && !signs.contains(*c));
    let problem = match wrong {
        _ if length == 0 => "it must have at least 1 character".into(),
        Some(wrong) => {
            let signs: Vec<String> = signs.chars().map(|sign| format!("`{sign}`")).collect();
            let (last, others) = signs.split_last().expect("there are signs");
            format!("`{wrong}` is not allowed: use letters, digits, {} and {last}", others.join(", "))
        }
        None if length > most => format!("it has {length} characters, at most {most} are allowed"),
        None if name.starts_with('.') => "it must not begin with a dot".into(),
        None => return Ok(()),
    };
    let usable = usable(name, signs, most);
    Err(Failure::new(ExitCode::Usage, format!("the {what} name `{name}` cannot be used: {problem}"))
        .hint(format!("`{usable}` can be one")))
}

/// A name that is like this one and can be one.
fn usable(name: &str, signs: &str, most: usize) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || signs.contains(c) { c } else { '-' };
    let usable: String = name.trim_start_matches('.').chars().map(allowed).take(most).collect();
    if usable.is_empty() { "train".into() } else { usable }
}

/// Standard output as the flags and the settings want it.
///
/// # Errors
/// When there is no such format.
pub fn printer(global: &Global, settings: &ClientSettings) -> Result<Printer, Failure> {
    let configured = || settings.output.as_deref().map(Format::named).transpose();
    let format = global.output.map_or_else(configured, |format| Ok(Some(format)))?;
    let query = global.query.as_deref().map(Query::parse).transpose()?;
    Ok(Printer { format: format.unwrap_or_default(), query })
}

/// The server that the user chose, and by what: flag, environment, file.
fn endpoint(global: &Global, settings: &ClientSettings) -> Option<(String, &'static str)> {
    if let Some(endpoint) = &global.endpoint {
        return Some((endpoint.clone(), "--endpoint"));
    }
    let is_variable = env::get(env::ENDPOINT).is_some();
    settings.endpoint.clone().map(|endpoint| (endpoint, if is_variable { env::ENDPOINT } else { "config.yaml" }))
}

fn tell(report: Report, seen: &Seen<'_>) {
    match seen {
        Seen::Exchange(whole) if report.is_debug => report.debug(&exchange::whole(whole)),
        Seen::Exchange(_) | Seen::Started | Seen::Replaced | Seen::FellBack(_) => report.info(&exchange::summary(seen)),
    }
}

/// A server on the network, with what opens it and whom to believe about it: the environment, then the login.
fn remote(endpoint: &str, home: &Home) -> Result<Remote, Failure> {
    let remote = Remote::new(endpoint)?;
    let logins = Logins::load(home.logins())?;
    let login = logins.find(&remote.origin());
    let token = env::get(env::TOKEN).or_else(|| login.map(|login| login.token.clone()));
    let authority = match env::get(env::CA_FILE) {
        Some(path) => Some(std::fs::read_to_string(&path).map_err(|error| {
            let message = format!("cannot read the certificates in {path} (BATCHAI_CA_FILE): {error}");
            Failure::new(ExitCode::Usage, message)
        })?),
        None => login.and_then(|login| login.certificate.clone()),
    };
    let remote = remote.with_token(token);
    Ok(match authority {
        Some(pem) => remote.with_authority(&pem)?,
        None => remote,
    })
}

fn unusable(home: &Home, error: &std::io::Error) -> Failure {
    let message = format!("the data directory {} cannot be used: {error}", home.data().display());
    Failure::new(ExitCode::Unreachable, message)
        .hint("set BATCHAI_HOME to a folder that you may write to, with free space")
}
