//! The API over TCP, with and without TLS.
//!
//! Every connection is its own task: a handshake or a head of a request that never ends keeps nobody waiting and
//! nothing busy but itself, for [`HANDSHAKE`] and [`HEAD`]. Knows connections only; who may do what is `authorise`'s.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::{Extension, Router, middleware};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::lifetime::Lifetime;
use super::peer::Peer;

/// The longest time that a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The longest time that the head of a request may take, and that a connection is kept without one.
const HEAD: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 << 10;

/// Connections at the same time per address; further ones wait to be accepted.
const MOST_CONNECTIONS: usize = 1024;

/// Rest after an error that another try at once would meet again, such as too many open files.
const REST: Duration = Duration::from_millis(500);

/// An address that is listened on.
pub(super) struct Listener {
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
}

impl Listener {
    /// Begins to listen. With `tls`, every connection has to speak it.
    ///
    /// # Errors
    /// When the address is taken, or not one of this machine.
    pub(super) async fn bind(address: SocketAddr, tls: Option<Arc<rustls::ServerConfig>>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self { listener, acceptor: tls.map(TlsAcceptor::from) })
    }

    /// Where it really listens, as a URL: port 0 became a real one.
    ///
    /// # Errors
    /// When the system does not know.
    pub(super) fn url(&self) -> io::Result<String> {
        let peer = Peer::Tcp { tls: self.acceptor.is_some() };
        Ok(format!("{}://{}", peer.scheme(), self.listener.local_addr()?))
    }

    /// Serves until the server leaves.
    pub(super) async fn serve(self, app: Router, lifetime: Lifetime) {
        let peer = Peer::Tcp { tls: self.acceptor.is_some() };
        let app = if self.acceptor.is_some() { app.layer(middleware::map_response(strict)) } else { app };
        let app = app.layer(Extension(peer));
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        loop {
            let place = tokio::select! {
                place = places.clone().acquire_owned() => place,
                _ = lifetime.left() => return,
            };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = lifetime.left() => return,
            };
            match accepted {
                Ok((stream, _)) => {
                    let (acceptor, app, lifetime) = (self.acceptor.clone(), app.clone(), lifetime.clone());
                    tokio::spawn(async move {
                        serve_one(stream, acceptor, app, lifetime).await;
                        drop(place);
                    });
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }
}

/// Tells clients to come back over TLS only (RFC 6797).
async fn strict(mut response: Response) -> Response {
    let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    response
}

/// The other end went away before it was accepted: nothing is wrong with this one.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn serve_one(stream: TcpStream, acceptor: Option<TlsAcceptor>, app: Router, lifetime: Lifetime) {
    // Answers are small, and whoever waits for one waits for the delay too.
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else { return speak(stream, app, lifetime).await };
    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => speak(stream, app, lifetime).await,
        Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send, app: Router, lifetime: Lifetime) {
    let _connected = lifetime.connected();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(LARGEST_HEAD);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = lifetime.left() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection broke off: {error}");
    }
}
