//! Toolkits: exactly one of nine, each with its own settings.
//!
//! Whether this server can run it is the engine's business: here a job is refused only for what no server could run.

mod mpi;
mod script;
#[cfg(test)]
mod tests;

use super::FieldErrors;
use crate::api::job as wire;
use crate::domain::job::Toolkit;

/// A bound against slips of the keyboard; what a node really has is known when the job starts.
const MAX_PROCESSES_PER_NODE: u32 = 64;

/// The wire names of the toolkits that are given, in the order of the Swagger document.
fn given(wire: &wire::JobSpec) -> Vec<&'static str> {
    [
        ("cntkSettings", wire.cntk_settings.is_some()),
        ("pyTorchSettings", wire.py_torch_settings.is_some()),
        ("tensorFlowSettings", wire.tensor_flow_settings.is_some()),
        ("caffeSettings", wire.caffe_settings.is_some()),
        ("caffe2Settings", wire.caffe2_settings.is_some()),
        ("chainerSettings", wire.chainer_settings.is_some()),
        ("customToolkitSettings", wire.custom_toolkit_settings.is_some()),
        ("customMpiSettings", wire.custom_mpi_settings.is_some()),
        ("horovodSettings", wire.horovod_settings.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, is_given)| is_given.then_some(name))
    .collect()
}

/// The one toolkit of a job.
pub(super) fn toolkit(wire: &wire::JobSpec, errors: &mut FieldErrors) -> Option<Toolkit> {
    if let Err(message) = exactly_one(&given(wire)) {
        errors.add("properties", message);
        return None;
    }
    let mut reader = Reader { nodes: wire.node_count.max(1), errors, settings: "" };
    let before = reader.errors.0.len();
    let toolkit = None
        .or_else(|| wire.custom_toolkit_settings.as_ref().map(|settings| script::custom(settings, &mut reader)))
        .or_else(|| wire.py_torch_settings.as_ref().map(|settings| script::py_torch(settings, &mut reader)))
        .or_else(|| wire.tensor_flow_settings.as_ref().map(|settings| script::tensor_flow(settings, &mut reader)))
        .or_else(|| wire.caffe2_settings.as_ref().map(|settings| script::caffe2(settings, &mut reader)))
        .or_else(|| wire.cntk_settings.as_ref().and_then(|settings| mpi::cntk(settings, &mut reader)))
        .or_else(|| wire.caffe_settings.as_ref().and_then(|settings| mpi::caffe(settings, &mut reader)))
        .or_else(|| wire.chainer_settings.as_ref().map(|settings| mpi::chainer(settings, &mut reader)))
        .or_else(|| wire.horovod_settings.as_ref().map(|settings| mpi::horovod(settings, &mut reader)))
        .or_else(|| wire.custom_mpi_settings.as_ref().map(|settings| mpi::custom(settings, &mut reader)));
    toolkit.filter(|_| reader.errors.0.len() == before)
}

fn exactly_one(given: &[&str]) -> Result<(), String> {
    match given {
        [_] => Ok(()),
        [] => Err("a job needs the settings of one toolkit, such as customToolkitSettings with a commandLine".into()),
        several => Err(format!("a job has exactly one toolkit, this one has {}", several.join(" and "))),
    }
}

/// What the settings of every toolkit are read with.
struct Reader<'e> {
    /// Nodes of the job, at least 1.
    nodes: u32,
    errors: &'e mut FieldErrors,
    /// The property that holds the settings.
    settings: &'static str,
}

impl Reader<'_> {
    fn add(&mut self, property: &str, message: impl Into<String>) {
        self.errors.add(format!("properties.{}.{property}", self.settings), message);
    }

    /// A text that must say something.
    fn text(&mut self, property: &str, text: &str) -> String {
        if text.trim().is_empty() {
            self.add(property, "it must not be empty");
        }
        text.to_owned()
    }

    /// A program that may be left out; an empty one is none.
    fn program(path: Option<&String>) -> Option<String> {
        path.filter(|path| !path.trim().is_empty()).cloned()
    }

    /// As given, or one process per node, which the answer then shows (recordings of azure-sdk-for-python, June
    /// 2018).
    fn process_count(&mut self, given: Option<u32>) -> u32 {
        let count = given.unwrap_or(self.nodes);
        self.bounded("processCount", count);
        count
    }

    fn bounded(&mut self, property: &str, count: u32) {
        if count == 0 {
            self.add(property, "it must be at least 1");
        }
        if count > self.nodes.saturating_mul(MAX_PROCESSES_PER_NODE) {
            self.add(property, format!("it is {count}, but at most {MAX_PROCESSES_PER_NODE} per node are possible"));
        }
    }
}

/// The settings as answered, in their place of the spec.
pub(super) fn settings_back(toolkit: &Toolkit, wire: &mut wire::JobSpec) {
    match toolkit {
        Toolkit::Custom { .. } | Toolkit::PyTorch { .. } | Toolkit::TensorFlow { .. } | Toolkit::Caffe2 { .. } => {
            script::back(toolkit, wire);
        }
        Toolkit::Cntk { .. }
        | Toolkit::Caffe { .. }
        | Toolkit::Chainer(_)
        | Toolkit::Horovod(_)
        | Toolkit::CustomMpi { .. } => mpi::back(toolkit, wire),
    }
}
