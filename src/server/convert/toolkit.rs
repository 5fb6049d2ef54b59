//! Toolkits.

use super::FieldErrors;
use crate::api::job as wire;
use crate::api::toolkit::{CustomToolkitSettings, PyTorchSettings};
use crate::domain::job::Toolkit;

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

/// The one toolkit of a job that this server can run.
pub(super) fn toolkit(wire: &wire::JobSpec, errors: &mut FieldErrors) -> Option<Toolkit> {
    let given = given(wire);
    let [name] = given.as_slice() else {
        let message = match given.as_slice() {
            [] => "a job needs the settings of one toolkit, such as customToolkitSettings with a commandLine".into(),
            several => format!("a job has exactly one toolkit, this one has {}", several.join(" and ")),
        };
        errors.add("properties", message);
        return None;
    };
    if let Some(settings) = &wire.custom_toolkit_settings {
        return custom(settings, errors);
    }
    if let Some(settings) = &wire.py_torch_settings {
        return py_torch(settings, wire.node_count, errors);
    }
    let message = "this server does not run this toolkit yet; it runs customToolkitSettings and pyTorchSettings";
    errors.add(format!("properties.{name}"), message);
    None
}

fn custom(settings: &CustomToolkitSettings, errors: &mut FieldErrors) -> Option<Toolkit> {
    match settings.command_line.as_deref() {
        Some(command_line) if !command_line.trim().is_empty() => {
            Some(Toolkit::Custom { command_line: command_line.to_owned() })
        }
        Some(_) | None => {
            errors.add("properties.customToolkitSettings.commandLine", "it must not be empty");
            None
        }
    }
}

fn py_torch(settings: &PyTorchSettings, node_count: u32, errors: &mut FieldErrors) -> Option<Toolkit> {
    const TARGET: &str = "properties.pyTorchSettings";
    let before = errors.0.len();
    if settings.python_script_file_path.trim().is_empty() {
        errors.add(format!("{TARGET}.pythonScriptFilePath"), "it must not be empty");
    }
    let process_count = settings.process_count.unwrap_or(node_count);
    if process_count < node_count {
        let message = format!("it is {process_count}, but must be at least nodeCount, which is {node_count}");
        errors.add(format!("{TARGET}.processCount"), message);
    }
    if process_count > node_count.saturating_mul(MAX_PROCESSES_PER_NODE) {
        let message = format!("it is {process_count}, but at most {MAX_PROCESSES_PER_NODE} per node are possible");
        errors.add(format!("{TARGET}.processCount"), message);
    }
    match settings.communication_backend.as_deref().map(str::to_lowercase).as_deref() {
        None | Some("tcp" | "gloo") => {}
        Some("mpi") => {
            errors.add(format!("{TARGET}.communicationBackend"), "this server does not run MPI yet: use TCP or Gloo");
        }
        Some(other) => {
            errors.add(format!("{TARGET}.communicationBackend"), format!("`{other}` must be TCP, Gloo or MPI"));
        }
    }
    (errors.0.len() == before).then(|| Toolkit::PyTorch {
        script: settings.python_script_file_path.clone(),
        interpreter: settings.python_interpreter_path.clone(),
        arguments: settings.command_line_args.clone(),
        process_count,
        backend: settings.communication_backend.clone(),
    })
}

/// A bound against slips of the keyboard; the VM-size table has the real limits.
const MAX_PROCESSES_PER_NODE: u32 = 64;

/// The settings as answered, in their place of the spec.
pub(super) fn settings_back(toolkit: &Toolkit, wire: &mut wire::JobSpec) {
    match toolkit {
        Toolkit::Custom { command_line } => {
            wire.custom_toolkit_settings = Some(CustomToolkitSettings { command_line: Some(command_line.clone()) });
        }
        Toolkit::PyTorch { script, interpreter, arguments, process_count, backend } => {
            wire.py_torch_settings = Some(PyTorchSettings {
                python_script_file_path: script.clone(),
                python_interpreter_path: interpreter.clone(),
                command_line_args: arguments.clone(),
                process_count: Some(*process_count),
                communication_backend: backend.clone(),
            });
        }
        _ => {}
    }
}
