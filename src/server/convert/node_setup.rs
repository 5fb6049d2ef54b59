//! What is done to a node before jobs: the set-up task, and counters that nobody sends.

use super::secret::{self, Given};
use super::{FieldErrors, Rules};
use crate::api::cluster as wire;
use crate::api::{EnvironmentVariable, ResourceReference};
use crate::domain::cluster::SetupTask;

/// A set-up task; whatever is wrong in it is noted.
pub(super) fn setup_task(task: &wire::SetupTask, rules: &Rules<'_>, errors: &mut FieldErrors) -> SetupTask {
    const TARGET: &str = "properties.nodeSetup.setupTask";
    for (property, text) in
        [("commandLine", &task.command_line), ("stdOutErrPathPrefix", &task.std_out_err_path_prefix)]
    {
        super::check_filled(format!("{TARGET}.{property}"), text, errors);
    }
    let variables = task.environment_variables.as_deref().unwrap_or_default();
    super::check_variables(&format!("{TARGET}.environmentVariables"), variables, errors);
    let secrets = task.secrets.as_deref().unwrap_or_default();
    SetupTask {
        command_line: task.command_line.clone(),
        environment: variables.iter().map(|v| (v.name.clone(), v.value.clone())).collect(),
        secrets: secret::variables(&format!("{TARGET}.secrets"), secrets, variables, rules, errors),
        std_out_err_prefix: task.std_out_err_path_prefix.clone(),
    }
}

/// The id of the Application Insights component. Its key is looked at and forgotten: this server sends no counters.
pub(super) fn counters(
    settings: &wire::PerformanceCountersSettings,
    rules: &Rules<'_>,
    errors: &mut FieldErrors,
) -> String {
    const TARGET: &str = "properties.nodeSetup.performanceCountersSettings.appInsightsReference";
    let reference = &settings.app_insights_reference;
    super::check_filled(format!("{TARGET}.component.id"), &reference.component.id, errors);
    let given = Given {
        clear: ("instrumentationKey", reference.instrumentation_key.as_deref()),
        reference: ("instrumentationKeySecretReference", reference.instrumentation_key_secret_reference.as_ref()),
    };
    let _forgotten = secret::value(TARGET, &given, rules, errors);
    reference.component.id.clone()
}

/// A set-up task as answered. `suffix` is where below the prefix its output lies.
pub(super) fn setup_task_back(task: &SetupTask, suffix: String) -> wire::SetupTask {
    let SetupTask { command_line, environment, secrets, std_out_err_prefix } = task;
    let variables: Vec<EnvironmentVariable> = environment
        .iter()
        .map(|(name, value)| EnvironmentVariable { name: name.clone(), value: value.clone() })
        .collect();
    wire::SetupTask {
        command_line: command_line.clone(),
        environment_variables: (!variables.is_empty()).then_some(variables),
        secrets: secret::variables_back(secrets),
        std_out_err_path_prefix: std_out_err_prefix.clone(),
        std_out_err_path_suffix: Some(suffix),
    }
}

/// The counters as answered: the component, and not its key.
pub(super) fn counters_back(component: &str) -> wire::PerformanceCountersSettings {
    wire::PerformanceCountersSettings {
        app_insights_reference: wire::AppInsightsReference {
            component: ResourceReference { id: component.to_owned() },
            ..Default::default()
        },
    }
}
