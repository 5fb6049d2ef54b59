//! Ports that lead to a node and from it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use super::{Login, bytes};
use crate::support::{Done, wait_for};

/// Echoes everything, on this address, until the test ends. Returns the port.
fn echo(address: &str, greeting: &'static [u8]) -> u16 {
    let listener = TcpListener::bind((address, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = stream.write_all(greeting);
                let mut read = stream.try_clone().expect("the other half");
                let _ = std::io::copy(&mut read, &mut stream);
                let _ = stream.shutdown(std::net::Shutdown::Write);
            });
        }
    });
    port
}

/// A client that forwards, gone with the test.
struct Forwarding(Child);

impl Drop for Forwarding {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn forwarding(login: &Login, options: &[&str]) -> Forwarding {
    let mut ssh = login.ssh(&["-N", "-o", "ExitOnForwardFailure=yes"]);
    // The address is the last of the words, and ssh takes options behind it.
    Forwarding(ssh.args(options).stdin(Stdio::null()).spawn().expect("ssh"))
}

fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

#[track_caller]
fn connect(port: u16) -> TcpStream {
    wait_for("the forwarded port is there", || TcpStream::connect(("127.0.0.1", port)).ok())
}

/// Sends and takes back, at once.
#[track_caller]
fn comes_back(stream: &mut TcpStream, data: &[u8]) {
    let mut writing = stream.try_clone().expect("the other half");
    let (sent, expected) = (data.to_vec(), data.len());
    let writer = std::thread::spawn(move || {
        writing.write_all(&sent).expect("it is taken");
        writing.shutdown(std::net::Shutdown::Write).expect("an end");
    });
    let mut back = Vec::new();
    stream.read_to_end(&mut back).expect("it comes back");
    writer.join().expect("the writer");
    assert!(back == data, "{} of {expected} bytes came back", back.len());
}

#[test]
fn a_port_leads_to_what_the_node_reaches_its_own_address_first() {
    let Some(login) = Login::new(1) else { return };
    let (address, _) = login.address();
    let of_node = echo(&address, b"node ");
    let of_machine = echo("127.0.0.1", b"machine ");
    let (first, second, third) = (free(), free(), free());
    let to = |local: u16, host: &str, port: u16| format!("{local}:{host}:{port}");
    let _ssh = forwarding(
        &login,
        &[
            "-L",
            &to(first, "localhost", of_node),
            "-L",
            &to(second, "localhost", of_machine),
            "-L",
            &to(third, "127.0.0.1", 1),
        ],
    );
    for (port, greeting) in [(first, "node hello"), (second, "machine hello")] {
        let mut stream = connect(port);
        stream.write_all(b"hello").expect("it is taken");
        let mut said = vec![0; greeting.len()];
        stream.read_exact(&mut said).expect("it answers");
        assert_eq!(String::from_utf8_lossy(&said), greeting);
    }
    // Nobody listens there: however often somebody tries, the others go on.
    for _ in 0..210 {
        let mut nobody = connect(third);
        assert_eq!(nobody.read_to_end(&mut Vec::new()).unwrap_or(0), 0);
    }
    let mut said = [0; 5];
    connect(first).read_exact(&mut said).expect("it answers");
    assert_eq!(&said, b"node ");
}

#[test]
fn much_goes_through_a_port_unchanged() {
    let Some(login) = Login::new(1) else { return };
    let (address, _) = login.address();
    let (far, near) = (echo(&address, b""), free());
    let _ssh = forwarding(&login, &["-L", &format!("{near}:localhost:{far}")]);
    let data = bytes(16 << 20);
    comes_back(&mut connect(near), &data);
    // Somebody who takes nothing does not hold up the others for ever.
    let mut stuck = connect(near);
    stuck.write_all(&data[..1 << 20]).expect("it is taken");
    comes_back(&mut connect(near), &data[..1 << 20]);
}

#[test]
fn a_port_of_the_node_leads_back() {
    let Some(login) = Login::new(1) else { return };
    let (address, _) = login.address();
    let (near, far) = (echo("127.0.0.1", b""), free());
    let _ssh = forwarding(&login, &["-R", &format!("{far}:127.0.0.1:{near}")]);
    let mut stream = wait_for("the node listens", || TcpStream::connect((address.as_str(), far)).ok());
    comes_back(&mut stream, &bytes(1 << 20));
    assert!(TcpStream::connect(("127.0.0.1", far)).is_err(), "the node has an address of its own");
}

#[test]
fn agents_and_windows_are_not_forwarded() {
    let Some(login) = Login::new(1) else { return };
    let done = Done::of(&login.ssh(&["-A", "-X"]).arg("echo \"$SSH_AUTH_SOCK$DISPLAY\"").output().expect("ssh"));
    done.succeeds().prints("\n");
}
