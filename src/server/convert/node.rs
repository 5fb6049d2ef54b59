//! Nodes: domain to wire.

use crate::api::node::RemoteLoginInformation;
use crate::api::page::Page;
use crate::api::version::ApiVersion;
use crate::domain::login::Logins;
use crate::domain::node::Node;

/// How to log in to nodes, as answered: always one page (Swagger 2018-05-01). The port is 0 where a node offers no SSH,
/// which the service did not know: its clusters always had an account. Only our version tells the host key.
#[must_use]
pub fn remote_login(nodes: &[Node], logins: &Logins, version: ApiVersion) -> Page<RemoteLoginInformation> {
    let login = |node: &Node| {
        let Node { index: _, id, address, ssh_port, gpus: _, state: _, since: _ } = node;
        let told = logins.address.as_ref().filter(|_| ssh_port.is_some());
        RemoteLoginInformation {
            node_id: id.clone(),
            ip_address: told.unwrap_or(address).clone(),
            port: ssh_port.unwrap_or(0),
            host_key: logins.host_key.clone().filter(|_| version.is_ours() && ssh_port.is_some()),
        }
    };
    Page { value: nodes.iter().map(login).collect(), next_link: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::node::NodeState;

    fn told(ssh_port: Option<u16>, address: Option<&str>, version: ApiVersion) -> String {
        let node = Node {
            index: 0,
            id: "tvm".into(),
            address: "127.70.0.1".into(),
            ssh_port,
            gpus: Vec::new(),
            state: NodeState::Preparing,
            since: Timestamp::UNIX_EPOCH,
        };
        let logins = Logins { address: address.map(str::to_owned), host_key: Some("ssh-ed25519 A".into()), open: 1 };
        serde_json::to_string(&remote_login(&[node], &logins, version).value).expect("JSON")
    }

    #[test]
    fn a_node_is_told_where_it_is_reached_and_our_version_how_it_is_known() {
        insta::assert_snapshot!(
            told(Some(22), None, ApiVersion::V2018May),
            @r#"[{"nodeId":"tvm","ipAddress":"127.70.0.1","port":22}]"#
        );
        insta::assert_snapshot!(
            told(Some(50001), Some("gpu.example.org"), ApiVersion::Ours),
            @r#"[{"nodeId":"tvm","ipAddress":"gpu.example.org","port":50001,"hostKey":"ssh-ed25519 A"}]"#
        );
        insta::assert_snapshot!(
            told(None, Some("gpu.example.org"), ApiVersion::Ours),
            @r#"[{"nodeId":"tvm","ipAddress":"127.70.0.1","port":0}]"#
        );
    }
}
