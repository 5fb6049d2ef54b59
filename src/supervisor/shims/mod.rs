//! The `ssh`, `scp`, `sftp` and `rsync` that are first on the PATH of a job: they reach the other nodes of the job without keys
//! (azure-docs `batch-ai`; the tests "password less ssh" of azure-sdk-for-python), on the host and in containers.
//!
//! `ssh` asks the supervisor as the agent of launchers does ([`super::remote`]), and adds what people expect of it:
//! standard input, the home directory, an end of the command when it ends itself. The others are the machine's with this
//! `ssh`. Scripts for the `/bin/sh` of any image. Called by [`super::remote`]; knows nothing of how commands start.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::quote::{quoted, quoted_path};
use super::run_dir::{LaunchNode, RunDir};

const SSH: &str = include_str!("ssh.sh");
const COPY: &str = include_str!("copy.sh");

/// Those that only are the machine's with our `ssh`, and what installs them.
const COPIERS: [(&str, &str); 3] = [("scp", "the OpenSSH client"), ("sftp", "the OpenSSH client"), ("rsync", "rsync")];

/// Writes the programs of all nodes of a run.
///
/// # Errors
/// When one of them cannot be made.
pub fn write_all(dir: &RunDir, nodes: &[LaunchNode]) -> io::Result<()> {
    for (place, node) in nodes.iter().enumerate() {
        let folder = dir.shims_of(place);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        write_program(&folder.join("ssh"), &ssh(dir, nodes, node))?;
        for (name, package) in COPIERS {
            write_program(&folder.join(name), &copier(name, package, dir, &folder))?;
        }
    }
    Ok(())
}

/// Writes a script that the user of the run can execute; none when only half of it could be written, which would do
/// nothing and say that all is well.
///
/// # Errors
/// When it cannot be made.
pub fn write_program(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o700).open(path)?;
    file.write_all(text.as_bytes()).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

fn ssh(dir: &RunDir, nodes: &[LaunchNode], here: &LaunchNode) -> String {
    let calls = quoted_path(&dir.calls());
    let names: Vec<String> = nodes.iter().map(|node| format!("{} {}", node.address, node.id)).collect();
    SSH.replace("@CALLS_AS_TEXT@", &quoted(&calls))
        .replace("@CALLS@", &calls)
        .replace("@BIN@", &quoted_path(&dir.shims()))
        .replace("@HERE@", &quoted(&here.address))
        .replace("@NODES@", &quoted(&names.join(" ")))
}

fn copier(name: &str, package: &str, dir: &RunDir, folder: &Path) -> String {
    let text = COPY.replace("@BIN@", &quoted_path(&dir.shims())).replace("@FOLDER@", &quoted_path(folder));
    text.replace("@NAME@", name).replace("@PACKAGE@", package)
}
