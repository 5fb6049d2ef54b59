//! Toolkits whose processes are started one by one: custom, PyTorch, TensorFlow, Caffe2.

use super::Reader;
use crate::api::job as wire;
use crate::api::toolkit::{Caffe2Settings, CustomToolkitSettings, PyTorchSettings, TensorFlowSettings};
use crate::domain::job::Toolkit;

pub(super) fn custom(settings: &CustomToolkitSettings, reader: &mut Reader<'_>) -> Toolkit {
    reader.settings = "customToolkitSettings";
    Toolkit::Custom { command_line: reader.text("commandLine", settings.command_line.as_deref().unwrap_or_default()) }
}

pub(super) fn py_torch(settings: &PyTorchSettings, reader: &mut Reader<'_>) -> Toolkit {
    reader.settings = "pyTorchSettings";
    let script = reader.text("pythonScriptFilePath", &settings.python_script_file_path);
    let process_count = reader.process_count(settings.process_count);
    if process_count > 0 && process_count < reader.nodes {
        let message = format!("it is {process_count}, but must be at least nodeCount, which is {}", reader.nodes);
        reader.add("processCount", message);
    }
    let backend = settings.communication_backend.clone();
    if let Some(word) = &backend
        && !["tcp", "gloo", "mpi"].contains(&word.to_lowercase().as_str())
    {
        reader.add("communicationBackend", format!("`{word}` must be TCP, Gloo or MPI"));
    }
    Toolkit::PyTorch {
        script,
        interpreter: Reader::program(settings.python_interpreter_path.as_ref()),
        arguments: settings.command_line_args.clone(),
        process_count,
        backend,
    }
}

/// Counts belong to distributed jobs only: a job of one node that names none has none (recipes of Azure/BatchAI).
/// Their defaults and bounds are those of Swagger 2018-05-01.
pub(super) fn tensor_flow(settings: &TensorFlowSettings, reader: &mut Reader<'_>) -> Toolkit {
    reader.settings = "tensorFlowSettings";
    let (workers, servers) = (settings.worker_count, settings.parameter_server_count);
    let is_distributed = reader.nodes > 1 || workers.is_some() || servers.is_some();
    let worker_count = is_distributed.then(|| workers.unwrap_or(reader.nodes));
    let parameter_server_count = is_distributed.then(|| servers.unwrap_or(1));
    if let Some(count) = worker_count {
        reader.bounded("workerCount", count);
    }
    if let Some(count) = parameter_server_count.filter(|count| *count > reader.nodes) {
        let message = format!("it is {count}, but must be at most nodeCount, which is {}", reader.nodes);
        reader.add("parameterServerCount", message);
    }
    Toolkit::TensorFlow {
        script: reader.text("pythonScriptFilePath", &settings.python_script_file_path),
        interpreter: Reader::program(settings.python_interpreter_path.as_ref()),
        master_arguments: settings.master_command_line_args.clone(),
        worker_arguments: settings.worker_command_line_args.clone(),
        parameter_server_arguments: settings.parameter_server_command_line_args.clone(),
        worker_count,
        parameter_server_count,
    }
}

pub(super) fn caffe2(settings: &Caffe2Settings, reader: &mut Reader<'_>) -> Toolkit {
    reader.settings = "caffe2Settings";
    Toolkit::Caffe2 {
        script: reader.text("pythonScriptFilePath", &settings.python_script_file_path),
        interpreter: Reader::program(settings.python_interpreter_path.as_ref()),
        arguments: settings.command_line_args.clone(),
    }
}

/// The settings as answered. Toolkits under MPI are not of this module.
pub(super) fn back(toolkit: &Toolkit, wire: &mut wire::JobSpec) {
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
        Toolkit::TensorFlow {
            script,
            interpreter,
            master_arguments,
            worker_arguments,
            parameter_server_arguments,
            worker_count,
            parameter_server_count,
        } => {
            wire.tensor_flow_settings = Some(TensorFlowSettings {
                python_script_file_path: script.clone(),
                python_interpreter_path: interpreter.clone(),
                master_command_line_args: master_arguments.clone(),
                worker_command_line_args: worker_arguments.clone(),
                parameter_server_command_line_args: parameter_server_arguments.clone(),
                worker_count: *worker_count,
                parameter_server_count: *parameter_server_count,
            });
        }
        Toolkit::Caffe2 { script, interpreter, arguments } => {
            wire.caffe2_settings = Some(Caffe2Settings {
                python_script_file_path: script.clone(),
                python_interpreter_path: interpreter.clone(),
                command_line_args: arguments.clone(),
            });
        }
        Toolkit::Cntk { .. }
        | Toolkit::Caffe { .. }
        | Toolkit::Chainer(_)
        | Toolkit::Horovod(_)
        | Toolkit::CustomMpi { .. } => {}
    }
}
