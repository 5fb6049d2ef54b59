//! Nodes: domain to wire.

use crate::api::node::RemoteLoginInformation;
use crate::api::page::Page;
use crate::domain::node::Node;

/// The port of SSH. Nodes of a cluster shared one address in the service and had ports from 50000 on; here each node
/// has an address of its own.
const SSH: u16 = 22;

/// How to log in to nodes, as answered: always one page (Swagger 2018-05-01).
#[must_use]
pub fn remote_login(nodes: &[Node]) -> Page<RemoteLoginInformation> {
    let login = |node: &Node| {
        let Node { index: _, id, address, ssh_port: _, gpus: _, state: _, since: _ } = node;
        RemoteLoginInformation { node_id: id.clone(), ip_address: address.clone(), port: SSH }
    };
    Page { value: nodes.iter().map(login).collect(), next_link: None }
}
