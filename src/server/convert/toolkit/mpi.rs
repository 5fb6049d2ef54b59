//! Toolkits under an MPI launcher: CNTK, Caffe, Chainer, Horovod, and any command.

use super::Reader;
use crate::api::job as wire;
use crate::api::toolkit::{CaffeSettings, ChainerSettings, CntkSettings, CustomMpiSettings, HorovodSettings};
use crate::domain::job::Toolkit;
use crate::domain::job::spec::{CaffeProgram, CntkProgram, MpiScript};

/// The language is filled in when it is absent (recordings of azure-cli, June 2018).
pub(super) fn cntk(settings: &CntkSettings, reader: &mut Reader<'_>) -> Option<Toolkit> {
    reader.settings = "cntkSettings";
    let process_count = reader.process_count(settings.process_count);
    let given = settings.language_type.as_deref();
    let program = match (given.map(str::to_lowercase).as_deref(), &settings.config_file_path) {
        (Some("python"), _) => python(settings, reader),
        (Some("brainscript"), _) | (None, Some(_)) => brain_script(settings, reader),
        (None, None) if settings.python_script_file_path.is_some() => python(settings, reader),
        (None, None) => {
            reader.add("configFilePath", "either configFilePath or pythonScriptFilePath must be given");
            return None;
        }
        (Some(_), _) => {
            reader.add("languageType", format!("`{}` must be BrainScript or Python", given.unwrap_or_default()));
            return None;
        }
    };
    Some(Toolkit::Cntk { program, arguments: settings.command_line_args.clone(), process_count })
}

fn python(settings: &CntkSettings, reader: &mut Reader<'_>) -> CntkProgram {
    if settings.config_file_path.is_some() {
        reader.add("configFilePath", "it belongs to BrainScript: Python has pythonScriptFilePath");
    }
    CntkProgram::Python {
        script: required(reader, "pythonScriptFilePath", settings.python_script_file_path.as_deref()),
        interpreter: Reader::program(settings.python_interpreter_path.as_ref()),
    }
}

fn brain_script(settings: &CntkSettings, reader: &mut Reader<'_>) -> CntkProgram {
    for (property, value) in [
        ("pythonScriptFilePath", &settings.python_script_file_path),
        ("pythonInterpreterPath", &settings.python_interpreter_path),
    ] {
        if value.is_some() {
            reader.add(property, "it belongs to Python: BrainScript has configFilePath");
        }
    }
    CntkProgram::BrainScript { config: required(reader, "configFilePath", settings.config_file_path.as_deref()) }
}

pub(super) fn caffe(settings: &CaffeSettings, reader: &mut Reader<'_>) -> Option<Toolkit> {
    reader.settings = "caffeSettings";
    let process_count = reader.process_count(settings.process_count);
    let program = match (&settings.config_file_path, &settings.python_script_file_path) {
        (Some(config), None) => {
            if settings.python_interpreter_path.is_some() {
                reader.add("pythonInterpreterPath", "it belongs to pythonScriptFilePath: a solver needs none");
            }
            CaffeProgram::Config(reader.text("configFilePath", config))
        }
        (None, Some(script)) => CaffeProgram::Python {
            script: reader.text("pythonScriptFilePath", script),
            interpreter: Reader::program(settings.python_interpreter_path.as_ref()),
        },
        (None, None) => {
            reader.add("configFilePath", "either configFilePath or pythonScriptFilePath must be given");
            return None;
        }
        (Some(_), Some(_)) => {
            reader.add("configFilePath", "configFilePath and pythonScriptFilePath exclude each other");
            return None;
        }
    };
    Some(Toolkit::Caffe { program, arguments: settings.command_line_args.clone(), process_count })
}

pub(super) fn chainer(settings: &ChainerSettings, reader: &mut Reader<'_>) -> Toolkit {
    reader.settings = "chainerSettings";
    let ChainerSettings { python_script_file_path, python_interpreter_path, command_line_args, process_count } =
        settings;
    Toolkit::Chainer(MpiScript {
        script: reader.text("pythonScriptFilePath", python_script_file_path),
        interpreter: Reader::program(python_interpreter_path.as_ref()),
        arguments: command_line_args.clone(),
        process_count: reader.process_count(*process_count),
    })
}

pub(super) fn horovod(settings: &HorovodSettings, reader: &mut Reader<'_>) -> Toolkit {
    reader.settings = "horovodSettings";
    let HorovodSettings { python_script_file_path, python_interpreter_path, command_line_args, process_count } =
        settings;
    Toolkit::Horovod(MpiScript {
        script: reader.text("pythonScriptFilePath", python_script_file_path),
        interpreter: Reader::program(python_interpreter_path.as_ref()),
        arguments: command_line_args.clone(),
        process_count: reader.process_count(*process_count),
    })
}

pub(super) fn custom(settings: &CustomMpiSettings, reader: &mut Reader<'_>) -> Toolkit {
    reader.settings = "customMpiSettings";
    Toolkit::CustomMpi {
        command_line: reader.text("commandLine", &settings.command_line),
        process_count: reader.process_count(settings.process_count),
    }
}

fn required(reader: &mut Reader<'_>, property: &str, text: Option<&str>) -> String {
    match text {
        Some(text) => reader.text(property, text),
        None => {
            reader.add(property, "it is required");
            String::new()
        }
    }
}

/// The settings as answered. Toolkits without MPI are not of this module.
pub(super) fn back(toolkit: &Toolkit, wire: &mut wire::JobSpec) {
    match toolkit {
        Toolkit::Cntk { program, arguments, process_count } => {
            wire.cntk_settings = Some(cntk_back(program, arguments, *process_count));
        }
        Toolkit::Caffe { program, arguments, process_count } => {
            wire.caffe_settings = Some(caffe_back(program, arguments, *process_count));
        }
        Toolkit::Chainer(MpiScript { script, interpreter, arguments, process_count }) => {
            wire.chainer_settings = Some(ChainerSettings {
                python_script_file_path: script.clone(),
                python_interpreter_path: interpreter.clone(),
                command_line_args: arguments.clone(),
                process_count: Some(*process_count),
            });
        }
        Toolkit::Horovod(MpiScript { script, interpreter, arguments, process_count }) => {
            wire.horovod_settings = Some(HorovodSettings {
                python_script_file_path: script.clone(),
                python_interpreter_path: interpreter.clone(),
                command_line_args: arguments.clone(),
                process_count: Some(*process_count),
            });
        }
        Toolkit::CustomMpi { command_line, process_count } => {
            wire.custom_mpi_settings =
                Some(CustomMpiSettings { command_line: command_line.clone(), process_count: Some(*process_count) });
        }
        Toolkit::Custom { .. } | Toolkit::PyTorch { .. } | Toolkit::TensorFlow { .. } | Toolkit::Caffe2 { .. } => {}
    }
}

fn cntk_back(program: &CntkProgram, arguments: &Option<String>, process_count: u32) -> CntkSettings {
    let common = CntkSettings {
        command_line_args: arguments.clone(),
        process_count: Some(process_count),
        ..CntkSettings::default()
    };
    match program {
        CntkProgram::BrainScript { config } => {
            CntkSettings { language_type: Some("BrainScript".into()), config_file_path: Some(config.clone()), ..common }
        }
        CntkProgram::Python { script, interpreter } => CntkSettings {
            language_type: Some("Python".into()),
            python_script_file_path: Some(script.clone()),
            python_interpreter_path: interpreter.clone(),
            ..common
        },
    }
}

fn caffe_back(program: &CaffeProgram, arguments: &Option<String>, process_count: u32) -> CaffeSettings {
    let common = CaffeSettings {
        command_line_args: arguments.clone(),
        process_count: Some(process_count),
        ..CaffeSettings::default()
    };
    match program {
        CaffeProgram::Config(config) => CaffeSettings { config_file_path: Some(config.clone()), ..common },
        CaffeProgram::Python { script, interpreter } => CaffeSettings {
            python_script_file_path: Some(script.clone()),
            python_interpreter_path: interpreter.clone(),
            ..common
        },
    }
}
