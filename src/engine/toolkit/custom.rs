//! Custom: one command, once, on the first node, however many nodes there are (Swagger 2018-05-01).

use super::ToolkitProcess;
use crate::engine::environment::Variables;

pub(super) fn process(command_line: &str) -> ToolkitProcess {
    ToolkitProcess {
        name: "job".into(),
        node: 0,
        command: command_line.to_owned(),
        environment: Variables::new(),
        is_awaited: true,
        file_suffix: String::new(),
    }
}
