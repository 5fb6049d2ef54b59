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
    if let Err(why) = check_image(&registry.image) {
        errors.add(format!("{TARGET}.imageSourceRegistry.image"), why);
    }
    if let Some(url) = registry.server_url.as_deref().filter(|url| !url.is_empty() && !is_server(url)) {
        let why = format!("`{url}` must be the host of a registry, such as demo.azurecr.io");
        errors.add(format!("{TARGET}.imageSourceRegistry.serverUrl"), why);
    }
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
    // It would end the name where it stands between name and password.
    if credentials.username.contains([':', '\0']) {
        errors.add(format!("{target}.username"), "it must not have a `:` in it");
    }
    let given = Given {
        clear: ("password", credentials.password.as_deref()),
        reference: ("passwordSecretReference", credentials.password_secret_reference.as_ref()),
    };
    let password = secret::value(&target, &given, rules, errors)?;
    Some(RegistryLogin { username: credentials.username.clone(), password })
}

/// Whether an image has a name that engines take: `[registry/]path[:tag][@digest]` (Docker's reference documentation,
/// "image references").
fn check_image(image: &str) -> Result<(), String> {
    if image.trim().is_empty() {
        return Err("it must not be empty".into());
    }
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        Some(_) | None => (name, None),
    };
    let (registry, path) = match path.split_once('/') {
        Some((first, rest)) if first == "localhost" || first.contains(['.', ':']) => (Some(first), rest),
        Some(_) | None => (None, path),
    };
    let is_word = |text: &str, more: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let is_part = |part: &str| is_word(part, "._-") && !part.contains(|c: char| c.is_ascii_uppercase());
    if path.chars().any(|c| c.is_ascii_uppercase()) && path.to_lowercase().split('/').all(is_part) {
        return Err(format!("`{image}` cannot be the name of an image: only the tag may have capital letters"));
    }
    let is_digest = |digest: &str| {
        digest.split_once(':').is_some_and(|(kind, hex)| is_word(kind, "+._-") && hex.len() >= 32 && is_word(hex, ""))
    };
    let is_valid = registry.is_none_or(is_host)
        && path.split('/').all(is_part)
        && tag.is_none_or(|tag| tag.len() <= 128 && is_word(tag, "._-"))
        && digest.is_none_or(is_digest);
    let why =
        || format!("`{image}` cannot be the name of an image, such as ubuntu:18.04 or demo.azurecr.io/team/image");
    if is_valid { Ok(()) } else { Err(why()) }
}

/// A host name or address, with a port or without.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => (host, Some(port)),
        Some(_) | None => (text, None),
    };
    let is_plain = |host: &str, more: &str| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.map_or_else(|| is_plain(host, ".-") && !host.starts_with(['.', '-']), |inner| is_plain(inner, ":."))
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The host of a registry, or its address as `docker login` takes it.
fn is_server(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
    let (host, path) = host.split_once('/').unwrap_or((host, ""));
    is_host(host) && path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
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
    use super::{check_image, is_server, is_size};

    #[test]
    fn an_image_has_a_name_that_engines_take() {
        let digest = format!("ubuntu@sha256:{}", "0a".repeat(32));
        for image in [
            "ubuntu",
            "ubuntu:18.04",
            "microsoft/2.5.1-gpu-python3.5-cuda9.0-cudnn7.0:V1",
            "demo.azurecr.io/team/image:latest",
            "localhost:5000/a/b_c--d:T",
            "nvcr.io/nvidia/tensorflow:18.04-py3",
            &digest,
        ] {
            assert_eq!(check_image(image), Ok(()), "{image}");
        }
        for image in [
            "",
            " ",
            "-v",
            "--privileged",
            "ubuntu 18",
            "ubuntu\n",
            "ubuntu\0",
            "Ubuntu",
            "docker://ubuntu",
            "docker-archive:/tmp/x",
            "https://demo.azurecr.io/x",
            "ubuntu:",
            "/ubuntu",
            "ubuntu/",
            "a//b",
            "ubuntu:-x",
            "ubuntu@sha256:12",
            "ubuntu;rm",
        ] {
            assert!(check_image(image).is_err(), "{image:?}");
        }
        assert!(check_image("Me/Image:1").is_err_and(|why| why.contains("capital letters")));
    }

    #[test]
    fn a_registry_is_a_host() {
        let fine =
            ["demo.azurecr.io", "https://index.docker.io/v1/", "http://127.0.0.1:5000", "[::1]:5000", "registry"];
        assert!(fine.into_iter().all(is_server));
        assert!(
            ["-x", "a b", "demo.azurecr.io\n", "me:pw@demo.azurecr.io", "ftp://x"]
                .into_iter()
                .all(|url| !is_server(url))
        );
    }

    #[test]
    fn a_size_is_what_docker_takes() {
        assert!(["64", "512m", "16gb", "16G", "1B", "1.5g", "2GiB", "1tb"].into_iter().all(is_size));
        assert!(
            ["", "g", "-1g", "1.g", ".5g", "1.2.3g", "16 gb", "16xb", "1bb"].into_iter().all(|text| !is_size(text))
        );
    }
}
