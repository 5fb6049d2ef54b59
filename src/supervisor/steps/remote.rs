//! Serving the commands that processes of the run ask for on its nodes.

use std::collections::BTreeMap;

use super::Run;
use crate::supervisor::family::End;
use crate::supervisor::remote::{self, Remote, Request};
use crate::supervisor::shell::{self, Order};
use crate::supervisor::{note, sentence};

impl Run<'_> {
    /// From now on nodes can start commands on each other. A run whose nodes have no addresses has nobody to reach.
    pub(super) fn open_remote(&mut self) {
        if self.launch.nodes.iter().all(|node| node.address.is_empty()) {
            return;
        }
        let opened = Remote::open(self.dir, &self.launch.nodes).and_then(|remote| Ok((remote.descriptor()?, remote)));
        match opened {
            Ok((descriptor, remote)) => {
                self.watch.attend(descriptor);
                self.remote = Some(remote);
            }
            // Most jobs start nothing on other nodes.
            Err(error) => {
                let problem = format!("nodes of the job cannot start commands on each other: {error}");
                note(&problem);
                self.say_to_all(&problem);
            }
        }
    }

    /// Starts what is asked for now.
    pub(super) fn serve_remote(&mut self) {
        for request in self.remote.as_mut().map(Remote::requests).unwrap_or_default() {
            self.start_remote(request);
        }
    }

    fn start_remote(&mut self, request: Request) {
        let launch = self.launch;
        if self.watch.interruption().is_some() {
            return request.refuse("the job is ending");
        }
        let place = match remote::find(&launch.nodes, &request.host) {
            Ok(place) => place,
            Err(why) => return request.refuse(&why),
        };
        // Who no longer waits for it is told nothing.
        let Ok([(stdout, to_stdout), (stderr, to_stderr)]) = request.call.outputs() else { return };
        let how = self.how(place);
        let Some(remote) = &mut self.remote else { return };
        let (node, name) = (&launch.nodes[place], remote.next_name());
        let order = Order {
            name: &name,
            command: &request.command,
            directory: &node.working_directory,
            environment: [&node.environment, &BTreeMap::new(), self.secrets.variables()],
            run: &launch.run,
            stdout: &stdout,
            stderr: &stderr,
        };
        match shell::start_into(&order, how, to_stdout.into(), to_stderr.into()) {
            Ok(pid) => {
                self.logs[place].say(&format!("{name} started as process {pid}"));
                remote.started(pid, name, place, request.call);
            }
            Err(error) => request.refuse(&sentence(&error)),
        }
    }

    /// A process has ended for which the run does not wait.
    pub(super) fn other_ended(&mut self, pid: i32, end: End) {
        if let Some(path) = self.servers.ended(pid, end) {
            self.say_to_all(&format!("whoever served {} {end}", path.display()));
            return;
        }
        if let Some((name, place)) = self.remote.as_mut().and_then(|remote| remote.ended(pid, end)) {
            self.logs[place].say(&format!("{name} {end}"));
        }
    }

    /// From now on nobody starts anything.
    pub(super) fn close_remote(&mut self) {
        self.watch.attend_no_others();
        if let Some(remote) = self.remote.take() {
            remote.close();
        }
    }
}
