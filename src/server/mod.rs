//! The far end of the wire, and the composition root: the only place that names a concrete engine.
//!
//! [`serve`] takes the lock of the data directory, opens store and engine, starts the scheduler, listens,
//! and takes all of that down in reverse order. Jobs do not notice either.

mod access;
pub mod authorise;
mod body;
pub mod certificates;
pub mod convert;
mod drivers;
pub mod error;
pub mod extract;
mod headers;
mod key;
pub mod lifetime;
pub mod links;
pub mod listening;
mod middleware;
pub mod origin;
mod paths;
pub mod peer;
mod query;
mod range;
mod router;
pub mod routes;
pub mod signed;
pub mod spoken;
mod tcp;
mod unversioned;
mod vaults;
pub mod versions;
mod wire;

use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use tokio::net::UnixListener;

use self::lifetime::Lifetime;
use self::listening::{ListenError, Open};
use self::peer::Peer;
use self::routes::server::Identity;
use self::spoken::Spoken;
use self::vaults::KeyVaults;
use crate::api::server::{Build, ServerStatus};
use crate::api::version::ApiVersion;
use crate::config::home::Home;
use crate::config::program::built_at;
use crate::config::quotas::{Cores, QuotaSettings};
use crate::config::server::{Containers, ServerSettings};
use crate::config::ssh::SshSettings;
use crate::domain::Timestamp;
use crate::domain::name::RunId;
use crate::domain::quota::Quotas;
use crate::domain::secret::Seal;
use crate::domain::signature::Signer;
use crate::domain::storage_account::AccountKeys;
use crate::engine::container::ContainerSettings;
use crate::engine::local::{LocalEngine, LocalSettings, SshPlace};
use crate::engine::secrets::Safe;
use crate::engine::{Engine, EngineError};
use crate::operations::watch::FileWatch;
use crate::operations::{Context, long, moving, snapshots, storage};
use crate::scheduler::{self, Bell, Scheduler};
use crate::store::{Store, StoreError};

/// How long a server that starts waits for one that is leaving.
const HANDOVER: Duration = Duration::from_secs(10);

/// How long requests may go on after the server was asked to leave. Long waits are simply cut: clients ask again.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// The longest time that a request which works, rather than waits, keeps a server that was asked to leave.
const LAST_WORK: Duration = Duration::from_secs(5);

/// Why a server could not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another one serves this data directory.
    #[error("a server for {} is running already (pid {pid})", data.display())]
    AlreadyRunning {
        /// The data directory.
        data: PathBuf,
        /// Its process id, as it wrote it down.
        pid: String,
    },
    /// The data directory cannot be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// `make`, `lock` ...
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The database cannot be used.
    #[error("cannot open the database")]
    Store(#[from] StoreError),
    /// An api-version that this server is to speak is none that it knows.
    #[error("`{text}`, in `apiVersions` of server.yaml, is no api-version that this server knows: it knows {known}")]
    Version {
        /// What the settings say.
        text: String,
        /// What it could be.
        known: String,
    },
    /// A key vault cannot be asked as the settings have it.
    #[error("the key vault `{name}`, in `vaults` of server.yaml, cannot be used: {why}")]
    Vault {
        /// Its name there.
        name: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// The engine cannot be used.
    #[error("cannot start the local engine")]
    Engine(#[from] EngineError),
}

/// Serves until asked to leave. `ready` is called once, when requests are answered.
///
/// # Errors
/// See [`ServeError`]; before `ready` nothing was changed that a later start would trip over.
pub async fn serve(settings: ServerSettings, ready: impl FnOnce(&ServerStatus)) -> Result<(), ServeError> {
    let home = &settings.home;
    let spoken = spoken(&settings)?;
    home.make().map_err(io_error("make the folder", home.data()))?;
    let _lock = lock(home).await?;
    let network = listening::open(&settings.listening, home, Timestamp::now()).await?;
    // Before any other thread makes files: `listen` narrows the umask of the whole process for a moment.
    let listener = listen(home)?;
    let (context, scheduler) = compose(&settings).inspect_err(|_| {
        let _ = std::fs::remove_file(home.socket());
    })?;

    let lifetime = Lifetime::start();
    // Before anybody is told that it serves, and may want it to leave.
    leave_on_signals(&lifetime);
    let status = Arc::new(status(&settings, &network));
    ready(&status);
    say_where(&status);
    let identity = Identity { status, lifetime: lifetime.clone(), user: user().into() };
    let app = application(&settings, context.clone(), identity, spoken);
    for listener in network.listeners {
        tokio::spawn(listener.serve(app.clone(), lifetime.clone()));
    }
    if let Some(idle) = leave_when_idle(&settings) {
        tokio::spawn(lifetime.clone().leave_when_idle(idle, context.clone()));
    }

    let asked = lifetime.clone();
    let app = app.layer(axum::Extension(Peer::Socket));
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        asked.left().await;
    });
    tokio::select! {
        result = server => result.map_err(io_error("serve", &home.socket()))?,
        () = async { lifetime.left().await; tokio::time::sleep(LAST_REQUESTS).await } => {}
    }
    let _ = tokio::time::timeout(LAST_WORK, lifetime.at_rest()).await;
    tracing::info!("leaving: {}", lifetime.left().await);
    // The lock goes last: whoever gets it finds nobody else at work.
    let _ = std::fs::remove_file(home.socket());
    scheduler.stop();
    Ok(())
}

fn compose(settings: &ServerSettings) -> Result<(Context, Scheduler), ServeError> {
    let bell = Bell::new();
    let store = Store::open(&settings.home.database(), bell.hook())?;
    let key_file = settings.home.secret_key();
    let key = key::load_or_make(&key_file).map_err(io_error("use the key file", &key_file))?;
    let (seal, signer) = (Arc::new(Seal::new(&key)), Signer::new(&key, "download"));
    let account_keys = AccountKeys::new(&key);
    let data = settings.home.data().to_owned();
    let here = std::fs::canonicalize(&data).map_err(io_error("find", &data))?;
    moving::follow(&store, &settings.home.place(), &here).map_err(io_error("follow the data directory to", &here))?;
    let vaults = KeyVaults::open(store.clone(), seal.clone(), &settings.vaults);
    let vaults = vaults.map_err(|(name, why)| ServeError::Vault { name, why })?;
    let remote_vaults = Arc::new(vaults.addresses());
    let safe = Safe::new(seal.clone()).with_vaults(Arc::new(vaults));
    let local = LocalSettings {
        most_output_bytes: settings.most_output_bytes,
        containers: container_settings(&settings.containers),
        gpus: settings.gpus.clone(),
        drivers: drivers::drivers(&settings.storage),
        ssh: ssh_place(&settings.ssh),
        ..LocalSettings::new(settings.executable.clone(), safe)
    };
    let engine: Arc<dyn Engine> = Arc::new(LocalEngine::open(data, local, bell.hook())?);
    let quotas = quotas(&settings.quotas, engine.cores());
    let watch = FileWatch::start().map_err(io_error("watch", settings.home.data()))?;
    let scheduler =
        scheduler::start(store.clone(), engine.clone(), bell, Timestamp::now, || RunId(new_id()), quotas.clone());
    let scheduler = scheduler.map_err(io_error("start the scheduler of", settings.home.data()))?;
    let clock = Timestamp::now;
    let context = Context { store, engine, watch, clock, new_id, seal, signer, account_keys, remote_vaults, quotas };
    snapshots::tidy(&context);
    storage::writing::tidy(&context);
    long::tidy(&context);
    Ok((context, scheduler))
}

fn quotas(settings: &QuotaSettings, cores: u32) -> Quotas {
    let QuotaSettings { clusters, dedicated, low_priority, families } = settings;
    let of_family = |(name, limit): (&String, &Cores)| Some((name.to_uppercase(), limit.limit(cores)?));
    Quotas {
        clusters: clusters.0,
        dedicated: dedicated.limit(cores),
        low_priority: low_priority.limit(cores),
        families: families.iter().filter_map(of_family).collect(),
    }
}

fn container_settings(containers: &Containers) -> ContainerSettings {
    let Containers { engine, options, run_options, gpus } = containers.clone();
    let engine = engine.filter(|engine| !engine.is_empty());
    ContainerSettings { engine, options, run_options, without_gpus: gpus == Some(false) }
}

fn ssh_place(settings: &SshSettings) -> SshPlace {
    let SshSettings { enabled, listen, address, first_port } = settings.clone();
    SshPlace { shared: listen, shown: address, first_port, is_on: enabled }
}

fn spoken(settings: &ServerSettings) -> Result<Spoken, ServeError> {
    let known = || ApiVersion::ALL.map(ApiVersion::as_str).join(", ");
    Spoken::parse(&settings.api_versions).map_err(|text| ServeError::Version { text, known: known() })
}

fn application(settings: &ServerSettings, context: Context, identity: Identity, spoken: Spoken) -> axum::Router {
    let build = Build::of_this_version(built_at(&settings.executable)).to_string();
    let around = middleware::Around {
        build: HeaderValue::try_from(build).unwrap_or(HeaderValue::from_static("")),
        lifetime: identity.lifetime.clone(),
        new_id,
        clock: Timestamp::now,
    };
    // A layer of a router runs when the route has been chosen, so what changes the path is around a router of its own.
    axum::Router::new()
        .fallback_service(router::router(context.clone()).layer(axum::Extension(identity)))
        .layer(axum::middleware::from_fn_with_state(spoken, spoken::narrow))
        .layer(axum::middleware::from_fn_with_state(context, authorise::authorise))
        .layer(axum::middleware::from_fn_with_state(around, middleware::around))
}

/// Whoever listens on the network is waited for by others, who cannot start it.
fn leave_when_idle(settings: &ServerSettings) -> Option<Duration> {
    settings.leave_when_idle.filter(|_| settings.listening.addresses.is_empty())
}

fn say_where(status: &ServerStatus) {
    tracing::info!("listening on {}", status.socket);
    for address in &status.addresses {
        tracing::info!("listening on {address}");
    }
    if let Some(fingerprint) = &status.fingerprint {
        tracing::info!("clients know this server by {fingerprint}");
    }
    if !status.addresses.is_empty() {
        tracing::warn!("jobs run as {}: whoever holds a contributor's token has a shell as this user", user());
    }
}

/// As whom jobs run: whoever runs the server.
fn user() -> String {
    let id = rustix::process::getuid().as_raw();
    match std::env::var("USER") {
        Ok(name) if !name.is_empty() => format!("the server's own user {name} (id {id})"),
        Ok(_) | Err(_) => format!("the server's own user (id {id})"),
    }
}

fn status(settings: &ServerSettings, network: &Open) -> ServerStatus {
    ServerStatus {
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").into(),
        started: convert::time(Timestamp::now()),
        socket: settings.home.socket().display().to_string(),
        addresses: network.addresses.clone(),
        fingerprint: network.fingerprint.clone(),
        data_directory: settings.home.data().display().to_string(),
        leaves_when_idle: leave_when_idle(settings).is_some(),
        active_jobs: 0,
    }
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Takes the lock that only one server has. One that is leaving is waited for.
async fn lock(home: &Home) -> Result<File, ServeError> {
    let path = home.server_lock();
    let open = File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(&path);
    let mut file = open.map_err(io_error("open the lock", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(source)) => return Err(io_error("lock", &path)(source)),
        Err(TryLockError::WouldBlock) => {
            if is_answering(home).await {
                let pid = std::fs::read_to_string(&path).unwrap_or_default().trim().to_owned();
                return Err(ServeError::AlreadyRunning { data: home.data().to_owned(), pid });
            }
            file = wait_for_lock(file, &path).await?;
        }
    }
    let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(io_error("write", &path))?;
    Ok(file)
}

async fn wait_for_lock(file: File, path: &Path) -> Result<File, ServeError> {
    let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
    match tokio::time::timeout(HANDOVER, waiting).await {
        Ok(Ok(Ok(file))) => Ok(file),
        Ok(Ok(Err(source))) => Err(io_error("lock", path)(source)),
        Ok(Err(_)) | Err(_) => {
            let source = io::Error::new(io::ErrorKind::TimedOut, "another server holds it and does not answer");
            Err(io_error("lock", path)(source))
        }
    }
}

async fn is_answering(home: &Home) -> bool {
    match home.socket_address() {
        Ok(address) => tokio::net::UnixStream::connect(address.path()).await.is_ok(),
        Err(_) => false,
    }
}

/// Whoever has the lock may take the socket away from a server that died.
fn listen(home: &Home) -> Result<UnixListener, ServeError> {
    let path = home.socket();
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error("remove the old", &path)(error)),
        Ok(()) | Err(_) => {}
    }
    let address = home.socket_address().map_err(io_error("reach", &path))?;
    // Nobody else may connect, not even between making the socket and restricting it.
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(address.path());
    rustix::process::umask(before);
    bound.map_err(io_error("listen on", &path))
}

fn leave_on_signals(lifetime: &Lifetime) {
    use tokio::signal::unix::{SignalKind, signal};
    for (kind, why) in [(SignalKind::terminate(), "SIGTERM"), (SignalKind::interrupt(), "SIGINT")] {
        if let Ok(mut signals) = signal(kind) {
            let lifetime = lifetime.clone();
            tokio::spawn(async move {
                if signals.recv().await.is_some() {
                    lifetime.leave(why);
                }
            });
        }
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ServeError + use<> {
    let path = path.to_owned();
    move |source| ServeError::Io { action, path, source }
}
