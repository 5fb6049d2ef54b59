//! The columns of file servers, nodes, usages and the files of setup tasks, as `az batchai` 0.4.10 had them.
//!
//! Apart from [`super::rows`] only because of its length; the same rules hold here.

use serde::Serialize;
use serde_json::Value;

use super::rows::{Row, group};
use crate::api::file_server::{FileServer, MountSettings};
use crate::api::node::{PreemptedNode, RemoteLoginInformation};
use crate::api::usage::Usage;

/// The Azure CLI left a column out where no row had anything to say in it; here it is empty.
impl Row for FileServer {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Name", "Resource Group", "Size", "Disks", "Public IP", "Internal IP", "Mount Point"]
    }

    fn cells(&self) -> Vec<String> {
        let spec = &self.properties.spec;
        let mount = self.properties.mount_settings.as_ref();
        let of_mount = |part: fn(&MountSettings) -> &String| mount.map(part).cloned().unwrap_or_default();
        let disks = &spec.data_disks;
        let disks = (disks.disk_count > 0).then(|| format!("{} x {} Gb", disks.disk_count, disks.disk_size_in_gb));
        vec![
            self.name.clone(),
            group(&self.id),
            spec.vm_size.clone().unwrap_or_default(),
            disks.unwrap_or_default(),
            of_mount(|mount| &mount.file_server_public_ip),
            of_mount(|mount| &mount.file_server_internal_ip),
            of_mount(|mount| &mount.mount_point),
        ]
    }
}

impl Row for RemoteLoginInformation {
    /// The Azure CLI showed ports as floating-point numbers, as its SDK typed them, which no `ssh -p` takes.
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["ID", "IP", "SSH Port"]
    }

    fn cells(&self) -> Vec<String> {
        let port = if self.port == 0 { String::new() } else { self.port.to_string() };
        vec![self.node_id.clone(), self.ip_address.clone(), port]
    }
}

/// Not in the Azure CLI.
impl Row for PreemptedNode {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["ID", "Jobs"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.node_id.clone(), self.jobs.join(", ")]
    }
}

impl Row for Usage {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Value", "Usage", "Limit"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.name.localized_value.clone(), self.current_value.to_string(), self.limit.to_string()]
    }
}

/// A file that a setup task wrote, as `cluster file list` shows it. The Azure CLI made these itself, out of what
/// a storage account listed, and so their keys are in snake case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetupFile {
    /// Name in its directory.
    pub name: String,
    /// Where it can be downloaded; none for a directory.
    pub download_url: Option<String>,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// Bytes; none for a directory.
    pub size: Option<u64>,
}

impl Row for SetupFile {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Name", "Is directory", "Size"]
    }

    fn cells(&self) -> Vec<String> {
        let is_directory = if self.is_directory { "yes" } else { "no" };
        let size = self.size.filter(|_| !self.is_directory);
        vec![self.name.clone(), is_directory.to_owned(), size.map(|bytes| bytes.to_string()).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::output::screen::Screen;
    use crate::cli::output::{Format, Output, Printer};

    fn printed(format: Format, value: &Output<'_>) -> String {
        let printer = Printer { format, query: None };
        printer.render(value, &Screen::default()).expect("a result").expect("a format that shows something")
    }

    #[test]
    fn file_servers_tell_their_disks_and_where_they_are_reached() {
        let id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.BatchAI/workspaces/ws/fileServers/nfs";
        let server: FileServer = serde_json::from_value(json!({"id": id, "name": "nfs", "type": "t", "properties": {
            "provisioningState": "succeeded", "provisioningStateTransitionTime": "2018-06-12T21:50:02Z",
            "creationTime": "2018-06-12T21:50:02Z", "vmSize": "STANDARD_DS1",
            "sshConfiguration": {"publicIPsToAllow": null, "userAccountSettings": {"adminUserName": "alice"}},
            "dataDisks": {"diskSizeInGB": 10, "cachingType": "none", "diskCount": 2, "storageAccountType": "Standard_LRS"},
            "mountSettings": {"mountPoint": "/mnt/data", "fileServerPublicIP": "127.0.0.1", "fileServerInternalIP": "127.0.0.2"}
        }}))
        .expect("a file server");
        insta::assert_snapshot!(printed(Format::Table, &Output::one(&server)), @r"
        Name    Resource Group    Size          Disks      Public IP    Internal IP    Mount Point
        ------  ----------------  ------------  ---------  -----------  -------------  -------------
        nfs     rg                STANDARD_DS1  2 x 10 Gb  127.0.0.1    127.0.0.2      /mnt/data
        ");
        let json = printed(Format::Json, &Output::one(&server));
        for key in ["diskSizeInGb", "fileServerPublicIp", "fileServerInternalIp", "publicIpsToAllow"] {
            assert!(json.contains(&format!("\"{key}\":")), "{key} is not in {json}");
        }
    }

    #[test]
    fn the_port_of_a_node_is_a_whole_number() {
        let node = RemoteLoginInformation {
            node_id: "tvm-1".into(),
            ip_address: "127.0.0.1".into(),
            port: 50000,
            host_key: None,
        };
        insta::assert_snapshot!(printed(Format::Json, &Output::list(std::slice::from_ref(&node))), @r#"
        [
          {
            "ipAddress": "127.0.0.1",
            "nodeId": "tvm-1",
            "port": 50000
          }
        ]
        "#);
        insta::assert_snapshot!(printed(Format::Table, &Output::list(&[node])), @r"
        ID     IP         SSH Port
        -----  ---------  ----------
        tvm-1  127.0.0.1  50000
        ");
    }

    #[test]
    fn usages_are_counted_against_their_limits() {
        let usage: Usage = serde_json::from_value(json!({
            "unit": "Count", "currentValue": 0, "limit": 20, "name": {"value": "clusters", "localizedValue": "Clusters"}
        }))
        .expect("a usage");
        insta::assert_snapshot!(printed(Format::Table, &Output::list(&[usage])), @r"
        Value     Usage    Limit
        --------  -------  -------
        Clusters  0        20
        ");
    }

    #[test]
    fn files_of_setup_tasks_keep_their_snake_case() {
        let files = [
            SetupFile { name: "logs".into(), download_url: None, is_directory: true, size: None },
            SetupFile { name: "out.txt".into(), download_url: Some("u".into()), is_directory: false, size: Some(0) },
        ];
        insta::assert_snapshot!(printed(Format::Table, &Output::list(&files)), @r"
        Name     Is directory    Size
        -------  --------------  ------
        logs     yes
        out.txt  no              0
        ");
        insta::assert_snapshot!(printed(Format::Json, &Output::one(&files[1])), @r#"
        {
          "download_url": "u",
          "is_directory": false,
          "name": "out.txt",
          "size": 0
        }
        "#);
    }
}
