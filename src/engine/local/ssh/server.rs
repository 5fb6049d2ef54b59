//! The thread that serves SSH for all nodes: listeners, connections, and how many there may be.
//!
//! It is started with the first node that needs it. Programs of sessions are started on it, because the kernel hangs them
//! up when the thread that started them ends.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use russh::keys::{Algorithm, PrivateKey};
use russh::server::{Config, run_stream};
use russh::{Preferred, SshId, compression};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::account::Account;
use super::connection::Connection;
use super::guard::Guard;
use super::inflow::WINDOW;
use super::process::Setting;
use crate::engine::local::record::Key;

/// Connections at once, of all nodes; and those of them that have not logged in.
const MOST_CONNECTIONS: usize = 500;
const MOST_STRANGERS: usize = 50;

/// Whoever has not logged in by then is sent away (OpenSSH: `LoginGraceTime`, 120 s).
const LOGIN_GRACE: Duration = Duration::from_secs(60);

/// Tries of one connection (OpenSSH: `MaxAuthTries`).
const MOST_TRIES: usize = 6;

/// What every wrong try takes.
const REFUSAL: Duration = Duration::from_millis(300);

/// A client that has not answered for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);

/// A node, as its connections see it.
pub(super) struct Node {
    /// For the log.
    pub id: String,
    /// Its own loopback address.
    pub address: String,
    /// Where it listens.
    pub port: u16,
    pub account: Account,
    pub setting: Arc<Setting>,
    /// Nothing is started on it any more.
    pub is_closed: AtomicBool,
}

/// What a connection says of itself: told when somebody has logged in.
pub(super) type Welcome = tokio::sync::Notify;

enum Order {
    Open(Key, std::net::TcpListener, Arc<Node>),
    /// Answered when nothing is started on the node any more.
    Close(Key, mpsc::Sender<()>),
}

/// The thread. Dropping this ends it.
pub(super) struct Server {
    orders: Option<UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts it. `key` is by which clients know it.
    ///
    /// # Errors
    /// When there is no room for a thread.
    pub(super) fn start(key: PrivateKey, guard: Guard) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(8).build()?;
        let (orders, taken) = unbounded_channel();
        let shared = Arc::new(Shared {
            key,
            guard: Arc::new(Mutex::new(guard)),
            connections: Arc::new(Semaphore::new(MOST_CONNECTIONS)),
            strangers: Arc::new(Semaphore::new(MOST_STRANGERS)),
        });
        let work = move || {
            runtime.block_on(serve(shared, taken));
            // Whoever looks up a name may take his time.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("ssh".into()).spawn(work)?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Has a node listen.
    pub(super) fn open(&self, key: Key, listener: std::net::TcpListener, node: Arc<Node>) {
        self.order(Order::Open(key, listener, node));
    }

    /// Returns when the node does not listen any more, its connections are cut, and nothing is started on it.
    pub(super) fn close(&self, key: Key) {
        let (done, wait) = mpsc::channel();
        self.order(Order::Close(key, done));
        // An error means that the thread has ended, and with it everything.
        let _ = wait.recv();
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Shared {
    key: PrivateKey,
    guard: Arc<Mutex<Guard>>,
    connections: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

struct Listening {
    node: Arc<Node>,
    task: tokio::task::JoinHandle<()>,
}

async fn serve(shared: Arc<Shared>, mut orders: UnboundedReceiver<Order>) {
    let mut nodes: HashMap<Key, Listening> = HashMap::new();
    while let Some(order) = orders.recv().await {
        match order {
            Order::Open(key, listener, node) => match listening(&shared, listener, &node) {
                Ok(task) => drop(nodes.insert(key, Listening { node, task })),
                Err(error) => tracing::error!(node = %node.id, %error, "cannot listen for SSH"),
            },
            Order::Close(key, done) => {
                if let Some(Listening { node, task }) = nodes.remove(&key) {
                    node.is_closed.store(true, Ordering::Release);
                    task.abort();
                    let _ = task.await;
                }
                let _ = done.send(());
            }
        }
    }
}

fn listening(
    shared: &Arc<Shared>,
    listener: std::net::TcpListener,
    node: &Arc<Node>,
) -> io::Result<tokio::task::JoinHandle<()>> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    Ok(tokio::spawn(accept(listener, Arc::new(config(&shared.key, node)), Arc::clone(shared), Arc::clone(node))))
}

fn config(key: &PrivateKey, node: &Node) -> Config {
    Config {
        server_id: SshId::Standard(concat!("SSH-2.0-batchai_", env!("CARGO_PKG_VERSION")).into()),
        methods: node.account.methods(),
        auth_rejection_time: REFUSAL,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![key.clone()],
        window_size: WINDOW,
        max_auth_attempts: MOST_TRIES,
        inactivity_timeout: None,
        keepalive_interval: Some(SILENCE),
        keepalive_max: 3,
        preferred: preferred(),
        ..Config::default()
    }
}

/// What the library prefers, without signatures by SHA-1 (RFC 8332) and without compression, which a loopback or a fast
/// network only makes slower.
fn preferred() -> Preferred {
    let key = Preferred::DEFAULT.key.iter().filter(|algorithm| **algorithm != Algorithm::Rsa { hash: None });
    Preferred { key: key.cloned().collect(), compression: vec![compression::NONE].into(), ..Preferred::DEFAULT }
}

/// Takes connections until it is ended, and ends them with itself.
async fn accept(listener: TcpListener, config: Arc<Config>, shared: Arc<Shared>, node: Arc<Node>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (config, shared, node) = (Arc::clone(&config), Arc::clone(&shared), Arc::clone(&node));
                connections.spawn(connection(stream, peer, config, shared, node));
            }
            Err(error) => {
                // As when no more files can be opened: others may be closed soon.
                tracing::warn!(node = %node.id, %error, "cannot take a connection of SSH");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

/// Closes a connection whoever else holds it: the library serves it in a task of its own.
struct Cut(std::net::TcpStream);

impl Drop for Cut {
    fn drop(&mut self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, config: Arc<Config>, shared: Arc<Shared>, node: Arc<Node>) {
    let (Ok(_place), Ok(stranger)) =
        (Arc::clone(&shared.connections).try_acquire_owned(), Arc::clone(&shared.strangers).try_acquire_owned())
    else {
        tracing::warn!(node = %node.id, "too many connections of SSH: one was closed at once");
        return;
    };
    let Ok((stream, cut)) = with_cut(stream) else { return };
    let welcome = Arc::new(Welcome::new());
    let client = Connection::new(Arc::clone(&node), Arc::clone(&shared.guard), Arc::clone(&welcome), peer);
    let run = async { run_stream(config, stream, client).await?.await };
    tokio::pin!(run);
    let ended = tokio::select! {
        ended = &mut run => Some(ended),
        () = welcome.notified() => None,
        () = tokio::time::sleep(LOGIN_GRACE) => return drop(cut),
    };
    drop(stranger);
    let ended = match ended {
        Some(ended) => ended,
        None => run.await,
    };
    if let Err(error) = ended {
        tracing::debug!(node = %node.id, %peer, %error, "a connection of SSH has ended");
    }
    drop(cut);
}

fn with_cut(stream: TcpStream) -> io::Result<(TcpStream, Cut)> {
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let cut = Cut(stream.try_clone()?);
    Ok((TcpStream::from_std(stream)?, cut))
}
