//! Holding volumes for others: nothing runs here but who serves them.

use std::collections::BTreeMap;
use std::fs::File;

use super::{Awaited, Ending, Run, Together};

/// No process has it, so that it never ends.
const NOBODY: i32 = 0;

impl Run<'_> {
    /// Says that all volumes are there, and stays until it is asked to end or one of them is lost.
    pub(super) fn hold(&mut self) -> Result<(), Ending> {
        let ready = self.dir.ready();
        let said = File::create(&ready);
        said.map_err(|error| Ending::set_up_failed(format!("cannot make {}: {error}", ready.display())))?;
        let forever = BTreeMap::from([(NOBODY, Awaited { name: String::new(), node: 0, holds: true })]);
        match self.wait_together(forever, None) {
            Together::Interrupted(why) => Err(self.interrupted(why)),
            Together::AllZero | Together::Failed { .. } | Together::TimedOut => unreachable!("nobody is waited for"),
        }
    }
}
