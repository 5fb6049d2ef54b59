//! Where the SSH server of a node listens.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, TcpListener};

/// Where nodes listen, and what clients are told. The composition root decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshPlace {
    /// The address that all nodes share; `None`: each has its own loopback address.
    pub shared: Option<IpAddr>,
    /// What clients are told instead of the address.
    pub shown: Option<String>,
    /// The first port, where they share an address.
    pub first_port: u16,
    /// Whether any node listens.
    pub is_on: bool,
}

impl Default for SshPlace {
    fn default() -> Self {
        Self { shared: None, shown: None, first_port: 50000, is_on: true }
    }
}

/// Ports on a loopback address of a node's own: that of SSH for who may have it, one that people know, any.
const OWN: [u16; 3] = [22, 2222, 0];

impl SshPlace {
    /// The address that clients are told; `None`: that of the node.
    #[must_use]
    pub fn told(&self) -> Option<String> {
        self.shown.clone().or_else(|| self.shared.map(|address| address.to_string()))
    }

    /// Listens for the node at this address: at the port that it has already, else at the first that is free and that no
    /// other node has.
    pub(super) fn listen(&self, node: &str, port: Option<u16>, taken: &BTreeSet<u16>) -> io::Result<TcpListener> {
        let address = match self.shared {
            Some(address) => address,
            None => node.parse().map_err(io::Error::other)?,
        };
        // Where the settings have changed since, the port of an address of its own is not one of the shared address.
        let kept = port.filter(|port| self.shared.is_none() || *port >= self.first_port);
        let candidates: Vec<u16> = match (kept, self.shared) {
            (Some(port), _) => vec![port],
            (None, Some(_)) => (self.first_port..=u16::MAX).filter(|port| !taken.contains(port)).collect(),
            (None, None) => OWN.into(),
        };
        first_free(&candidates, |port| TcpListener::bind((address, port)))
    }
}

fn first_free<L>(ports: &[u16], listen: impl Fn(u16) -> io::Result<L>) -> io::Result<L> {
    let mut last = io::Error::new(io::ErrorKind::AddrInUse, "no port is left");
    for port in ports {
        match listen(*port) {
            Ok(listener) => return Ok(listener),
            // Another port of an address that is not ours would be no better.
            Err(e) if !matches!(e.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => return Err(e),
            Err(e) => last = e,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_port_that_is_free_is_taken() {
        let listen = |free: &[u16], ports: &[u16]| {
            let try_port = |port| if free.contains(&port) { Ok(port) } else { Err(io::ErrorKind::AddrInUse.into()) };
            first_free(ports, try_port).map_err(|error| error.kind())
        };
        assert_eq!(listen(&[22, 2222], &OWN), Ok(22));
        assert_eq!(listen(&[2222, 0], &OWN), Ok(2222));
        assert_eq!(listen(&[], &OWN), Err(io::ErrorKind::AddrInUse));
        assert_eq!(listen(&[], &[]), Err(io::ErrorKind::AddrInUse));
        let foreign = |_| Err::<u16, _>(io::Error::from(io::ErrorKind::AddrNotAvailable));
        assert_eq!(first_free(&OWN, foreign).map_err(|e| e.kind()), Err(io::ErrorKind::AddrNotAvailable));
    }

    #[test]
    fn nodes_that_share_an_address_have_the_lowest_ports_that_are_free() {
        let place = SshPlace { shared: Some(IpAddr::from([127, 0, 0, 1])), first_port: 64123, ..SshPlace::default() };
        let first = place.listen("127.70.0.1", None, &[64123].into()).expect("a port");
        let second = place.listen("127.70.0.2", None, &[64123].into()).expect("a port");
        let ports = [&first, &second].map(|listener| listener.local_addr().expect("it listens").port());
        assert!(ports[0] > 64123 && ports[1] > ports[0], "{ports:?}");
        drop(first);
        let again = place.listen("127.70.0.1", Some(ports[0]), &BTreeSet::new()).expect("its port");
        assert_eq!(again.local_addr().expect("it listens").port(), ports[0]);
        let moved = place.listen("127.70.0.3", Some(22), &BTreeSet::new()).expect("another port");
        assert!(moved.local_addr().expect("it listens").port() >= 64123);
        assert_eq!(place.told().as_deref(), Some("127.0.0.1"));
    }
}
