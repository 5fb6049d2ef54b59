//! `server run | start | stop | logs`: the server of this machine. Linux only, like the server itself.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::api::server::ServerStatus;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output;
use crate::cli::report::Failure;
use crate::cli::session::Session;
use crate::client::ClientError;
use crate::client::local::READY;
use crate::config::env;
use crate::config::home::Home;
use crate::config::server::{Listening, ServerFile, ServerSettings, idle_time};
use crate::server::listening::ListenError;
use crate::server::{ServeError, serve};

/// Where a server listens beside its own socket.
#[derive(Debug, Args)]
pub struct ListenArgs {
    /// Also listen on this address, with tokens; off this machine with TLS. May be given several times.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Vec<String>,
    /// Speak TLS on this machine's own addresses too.
    #[arg(long)]
    tls: bool,
    /// Certificate for TLS, with its chain (PEM); without one, the server makes one.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// One more name for the certificate that the server makes. May be given several times.
    #[arg(long, value_name = "NAME")]
    host_name: Vec<String>,
}

impl ListenArgs {
    /// The same words again, for a server that is started in the background; files by their full path.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
        self.listen.iter().for_each(|address| add("--listen", address));
        self.host_name.iter().for_each(|name| add("--host-name", name));
        for (flag, file) in [("--certificate", &self.certificate), ("--key", &self.key)] {
            if let Some(file) = file {
                let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
                add(flag, &file.display().to_string());
            }
        }
        words.extend(self.tls.then(|| "--tls".to_owned()));
        words
    }

    fn settings(&self, file: ServerFile) -> Listening {
        let flags = Listening {
            addresses: self.listen.clone(),
            tls: self.tls,
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            host_names: self.host_name.clone(),
        };
        flags.over(file)
    }
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    listen: ListenArgs,
    /// Say on standard output, in one line, that it listens or why it does not; become a daemon.
    #[arg(long, hide = true)]
    announce: bool,
    /// Leave after some time without work.
    #[arg(long, hide = true)]
    leave_when_idle: bool,
}

/// Runs `start`.
///
/// # Errors
/// With what to tell the user.
pub(super) async fn start(session: &Session, args: &ListenArgs) -> Outcome {
    let words = args.words();
    match session.client.server_status().await {
        Ok(ServerStatus { leaves_when_idle: false, pid, .. }) if !words.is_empty() => {
            let message = format!("the server is running already (pid {pid}), and listens where it was told to");
            return Err(Failure::new(ExitCode::Refused, message)
                .hint("`batchai server stop` stops it; jobs go on, and the next server takes them over"));
        }
        Ok(ServerStatus { leaves_when_idle: false, pid, .. }) => {
            session.report.note(&format!("The server is running already (pid {pid})."));
            return Ok(ExitCode::Ok.value());
        }
        Ok(_) | Err(ClientError::NotRunning) => {}
        Err(error) => return Err(error.into()),
    }
    // One that was started by a command leaves by itself; this one is to stay. Jobs do not notice.
    session.client.start_server(&words).await?;
    let status = session.client.server_status().await?;
    session.report.note(&format!("The server is running (pid {}).", status.pid));
    for address in &status.addresses {
        session.report.note(&format!("It listens on {address}."));
    }
    if let Some(fingerprint) = &status.fingerprint {
        session.report.note(&format!("Clients know it by {fingerprint}."));
    }
    Ok(ExitCode::Ok.value())
}

/// Runs `stop`.
///
/// # Errors
/// With what to tell the user.
pub(super) async fn stop(session: &Session) -> Outcome {
    let active = session.client.server_status().await.map(|status| status.active_jobs);
    if session.client.stop_server().await? {
        let jobs = match active {
            Ok(0) | Err(_) => String::new(),
            Ok(1) => " 1 job goes on without it, or waits for the next one.".into(),
            Ok(count) => format!(" {count} jobs go on without it, or wait for the next one."),
        };
        session.report.note(&format!("The server has left.{jobs}"));
    } else {
        session.report.note("No server was running.");
    }
    Ok(ExitCode::Ok.value())
}

/// Runs `logs`.
///
/// # Errors
/// With what to tell the user.
pub(super) fn logs(session: &Session) -> Outcome {
    let path = &session.client.local().log;
    match std::fs::read(path) {
        Ok(text) => output::raw(&text).map(|_| ExitCode::Ok.value()).map_err(Failure::from),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            session.report.note("No server has run in the background yet, so there is no log.");
            Ok(ExitCode::Ok.value())
        }
        Err(error) => {
            Err(Failure::new(ExitCode::Refused, format!("cannot read the server's log {}: {error}", path.display())))
        }
    }
}

/// `server run`.
///
/// # Errors
/// When it cannot start; a client that started it gets the same text.
pub fn run_here(args: &RunArgs) -> Outcome {
    let result = serve_here(args);
    if let (Err(failure), true) = (&result, args.announce) {
        let mut line = failure.message.clone();
        for cause in &failure.causes {
            line.push_str(&format!(": {cause}"));
        }
        announce(&line.replace('\n', " "));
    }
    result
}

fn serve_here(args: &RunArgs) -> Outcome {
    if args.announce {
        // A terminal that is closed takes its session with it, but not this server. Refused only to a
        // process that leads a group already, which one in the background does not.
        let _ = rustix::process::setsid();
    }
    start_log();
    let executable = std::env::current_exe();
    let executable = executable
        .map_err(|error| Failure::new(ExitCode::Refused, format!("cannot tell where this program is: {error}")))?;
    let leave_when_idle = if args.leave_when_idle { Some(idle_time()?) } else { None };
    let home = Home::find()?;
    let file = ServerFile::load(home.server_config())?;
    let (api_versions, vaults) = (file.api_versions(), file.vaults());
    let (most_output_bytes, containers, gpus) = (file.most_output_bytes(), file.containers(), file.gpus());
    let (quotas, storage, ssh) = (file.quotas(), file.storage(), file.ssh());
    let listening = args.listen.settings(file);
    let settings = ServerSettings {
        home,
        executable,
        leave_when_idle,
        listening,
        api_versions,
        vaults,
        most_output_bytes,
        containers,
        gpus,
        quotas,
        storage,
        ssh,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(ExitCode::Refused, format!("cannot start threads: {error}")))?;
    let is_announced = args.announce;
    let served = runtime.block_on(serve(settings, |status| {
        if is_announced {
            announce(READY);
        } else {
            tracing::info!("serving {} (pid {})", status.data_directory, status.pid);
        }
    }));
    runtime.shutdown_background();
    served.map(|()| ExitCode::Ok.value()).map_err(Failure::from)
}

/// One line for whoever started this process; nobody reads a second one.
fn announce(line: &str) {
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    if let Ok(null) = std::fs::File::options().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(null);
    }
}

fn start_log() {
    let level = env::get(env::LOG).and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let ours = Targets::new().with_target("batchai", level);
    // A second start in one process keeps the first log.
    let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let failure = Self::from_error(ExitCode::Refused, &error);
        match error {
            ServeError::AlreadyRunning { .. } => failure.hint("`batchai server stop` stops it"),
            ServeError::Listen(ListenError::Bind { .. }) => {
                failure.hint(
                    "the address must be one of this machine, and its port free: `--listen 127.0.0.1:0` takes any free port",
                )
            }
            ServeError::Listen(ListenError::Address { .. }) => {
                Self { code: ExitCode::Usage, ..failure }.hint("for example `batchai server run --listen 127.0.0.1:8650`")
            }
            ServeError::Listen(_) | ServeError::Version { .. } | ServeError::Vault { .. } => failure,
            ServeError::Io { .. } | ServeError::Store(_) | ServeError::Engine(_) => {
                failure.hint("set BATCHAI_HOME to a folder that you may write to, with free space")
            }
        }
    }
}
