//! The Unix socket of a sandbox's server as a TCP address, for programs that speak only that.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::Sandbox;

/// Starts the server of the sandbox; answers a URL on the loopback interface that leads to it until the tests end.
#[track_caller]
pub fn relay(sandbox: &Sandbox) -> String {
    sandbox.run("server start").succeeds();
    let socket: PathBuf = sandbox.home().join("server.sock");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A server that has gone is for the client to find out.
            let _ = connect(client, &socket);
        }
    });
    format!("http://{address}")
}

fn connect(client: TcpStream, socket: &Path) -> std::io::Result<()> {
    let server = UnixStream::connect(socket)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from_server, mut to_client) = (server, client);
    std::thread::spawn(move || {
        let _ = copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    Ok(())
}
