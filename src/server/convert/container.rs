//! Containers of jobs.

use super::secret::{self, Given};
use super::{FieldErrors, Rules};
use crate::api::job as wire;
use crate::domain::job::Container;
use crate::domain::job::spec::RegistryLogin;

const TARGET: &str = "properties.containerSettings";

/// Settings to a container; `None` when something in them is wrong, and noted.
pub(super) fn container(
    settings: &wire::ContainerSettings,
    rules: &Rules<'_>,
    errors: &mut FieldErrors,
) -> Option<Container> {
    let before = errors.0.len();
    let wire::ContainerSettings { image_source_registry: registry, shm_size } = settings;
    super::check_filled(format!("{TARGET}.imageSourceRegistry.image"), &registry.image, errors);
    if let Some(size) = shm_size.as_deref().filter(|size| !is_size(size)) {
        errors.add(format!("{TARGET}.shmSize"), format!("`{size}` must be a size in the words of docker, such as 16g"));
    }
    let login = registry.credentials.as_ref().map(|credentials| login(credentials, rules, errors));
    (errors.0.len() == before).then(|| Container {
        image: registry.image.clone(),
        registry: registry.server_url.clone().filter(|url| !url.is_empty()),
        login: login.flatten(),
        shm_size: shm_size.clone(),
    })
}

fn login(
    credentials: &wire::PrivateRegistryCredentials,
    rules: &Rules<'_>,
    errors: &mut FieldErrors,
) -> Option<RegistryLogin> {
    let target = format!("{TARGET}.imageSourceRegistry.credentials");
    super::check_filled(format!("{target}.username"), &credentials.username, errors);
    let given = Given {
        clear: ("password", credentials.password.as_deref()),
        reference: ("passwordSecretReference", credentials.password_secret_reference.as_ref()),
    };
    let password = secret::value(&target, &given, rules, errors)?;
    Some(RegistryLogin { username: credentials.username.clone(), password })
}

/// A number and at most a unit, as docker reads it: `64000000`, `512m`, `1.5g`, `16gb`, `2GiB`.
fn is_size(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[number.len()..].to_lowercase();
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let prefix = unit.trim_end_matches('b').trim_end_matches('i');
    let is_unit = ["", "b", "ib"].iter().any(|end| unit == format!("{prefix}{end}"));
    is_digits(whole) && fraction.is_none_or(is_digits) && is_unit && ["", "k", "m", "g", "t", "p"].contains(&prefix)
}

/// A container as answered: who logs in to the registry, and not how.
pub(super) fn back(container: &Container) -> wire::ContainerSettings {
    let Container { image, registry, login, shm_size } = container;
    wire::ContainerSettings {
        image_source_registry: wire::ImageSourceRegistry {
            server_url: registry.clone(),
            image: image.clone(),
            credentials: login.as_ref().map(|login| wire::PrivateRegistryCredentials {
                username: login.username.clone(),
                ..Default::default()
            }),
        },
        shm_size: shm_size.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_size;

    #[test]
    fn a_size_is_what_docker_takes() {
        assert!(["64", "512m", "16gb", "16G", "1B", "1.5g", "2GiB", "1tb"].into_iter().all(is_size));
        assert!(
            ["", "g", "-1g", "1.g", ".5g", "1.2.3g", "16 gb", "16xb", "1bb"].into_iter().all(|text| !is_size(text))
        );
    }
}
