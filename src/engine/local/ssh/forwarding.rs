//! Connections that a client has the node make, and those that it has the node take for it (RFC 4254, 7).

use std::io;
use std::time::Duration;

use russh::server::Handle;
use russh::{ChannelOpenFailure, ChannelReadHalf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::inflow::Outlet;
use super::session::Writer;

const LONGEST_CONNECT: Duration = Duration::from_secs(20);

/// Names of the machine itself, as a client has them.
const ITSELF: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Where a connection goes that a client asks for, the first that answers: a node is a machine of its own to its users,
/// so its own address comes before that of the machine that all nodes share.
fn targets<'a>(host: &'a str, node: &'a str) -> Vec<&'a str> {
    if !ITSELF.contains(&host) {
        return vec![host];
    }
    let mut all = vec![node, "127.0.0.1"];
    if host != "127.0.0.1" {
        all.push("::1");
    }
    all
}

/// Connects to where the client wants to.
///
/// # Errors
/// Why it cannot, in the words of the protocol.
pub(super) async fn connect(host: &str, port: u32, node: &str) -> Result<TcpStream, ChannelOpenFailure> {
    let port = u16::try_from(port).map_err(|_| ChannelOpenFailure::ConnectFailed)?;
    for target in targets(host, node) {
        if let Ok(Ok(stream)) = tokio::time::timeout(LONGEST_CONNECT, TcpStream::connect((target, port))).await {
            // Whoever speaks over it has its own idea of what belongs together.
            let _ = stream.set_nodelay(true);
            return Ok(stream);
        }
    }
    Err(ChannelOpenFailure::ConnectFailed)
}

/// Moves bytes between a connection and its channel until both sides have said all.
pub(super) async fn join(stream: TcpStream, outlet: Outlet, writer: Writer) {
    let (mut read, write) = stream.into_split();
    let outwards = async {
        loop {
            let mut buffer = Vec::with_capacity(32 * 1024);
            match read.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(_) if writer.data_bytes(buffer).await.is_err() => break,
                Ok(_) => {}
            }
        }
        let _ = writer.eof().await;
    };
    tokio::join!(outwards, outlet.pour(write));
    let _ = writer.close().await;
}

/// Listens for a client on the node: on its own address, whatever the client calls it.
///
/// # Errors
/// When the port is not free.
pub(super) async fn listen(address: &str, port: u32, node: &str) -> io::Result<TcpListener> {
    let port = u16::try_from(port).map_err(io::Error::other)?;
    let is_all = matches!(address, "" | "*" | "0.0.0.0" | "::");
    let address = if is_all || ITSELF.contains(&address) { node } else { address };
    let address: std::net::IpAddr = address.parse().map_err(io::Error::other)?;
    if !address.is_loopback() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "a node listens for its clients on loopback only"));
    }
    TcpListener::bind((address, port)).await
}

/// Offers every connection that comes to the client, until the task is ended.
pub(super) async fn take(listener: TcpListener, address: String, port: u32, client: Handle) {
    while let Ok((stream, peer)) = listener.accept().await {
        let (client, address) = (client.clone(), address.clone());
        tokio::spawn(async move {
            let opened = client.channel_open_forwarded_tcpip(address, port, peer.ip().to_string(), peer.port().into());
            // One that the client does not want is closed by being dropped.
            if let Ok(channel) = opened.await {
                let (read, write) = channel.split();
                pass(stream, read, write.into()).await;
            }
        });
    }
}

/// The same as [`join`] for a channel that we opened.
async fn pass(stream: TcpStream, mut channel: ChannelReadHalf, writer: Writer) {
    let (mut read, mut write) = stream.into_split();
    let inwards = async {
        let _ = tokio::io::copy(&mut channel.make_reader(), &mut write).await;
        let _ = write.shutdown().await;
    };
    let outwards = async {
        let mut out = writer.make_writer();
        let _ = tokio::io::copy(&mut read, &mut out).await;
        let _ = writer.eof().await;
    };
    tokio::join!(inwards, outwards);
    let _ = writer.close().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_node_comes_before_the_machine() {
        assert_eq!(targets("localhost", "127.70.0.1"), ["127.70.0.1", "127.0.0.1", "::1"]);
        assert_eq!(targets("127.0.0.1", "127.70.0.1"), ["127.70.0.1", "127.0.0.1"]);
        assert_eq!(targets("127.70.0.2", "127.70.0.1"), ["127.70.0.2"]);
        assert_eq!(targets("example.org", "127.70.0.1"), ["example.org"]);
    }

    #[tokio::test]
    async fn a_node_listens_for_clients_on_its_own_address() {
        let bound = |address| async move {
            let listener = listen(address, 0, "127.70.0.9").await;
            listener.map(|l| l.local_addr().expect("it listens").ip().to_string()).map_err(|e| e.kind())
        };
        assert_eq!(bound("localhost").await, Ok("127.70.0.9".into()));
        assert_eq!(bound("").await, Ok("127.70.0.9".into()));
        assert_eq!(bound("8.8.8.8").await, Err(io::ErrorKind::PermissionDenied));
        assert!(listen("localhost", 70_000, "127.70.0.9").await.is_err());
    }
}
