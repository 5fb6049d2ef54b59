//! Settings of a server: `server.yaml`, and flags on top.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::gpus::Gpus;
use super::home::Home;
use super::quotas::QuotaSettings;
use super::size::Limit;
use super::ssh::SshSettings;
use super::storage::Storage;
use super::{ConfigError, env};

/// Everything a server needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where everything is.
    pub home: Home,
    /// This program, which is also the supervisor of jobs.
    pub executable: PathBuf,
    /// Without work for so long, it leaves; `None`: it stays.
    pub leave_when_idle: Option<Duration>,
    /// Where it listens beside its Unix socket.
    pub listening: Listening,
    /// The api-versions that it speaks, as text; none: all that it knows.
    pub api_versions: Vec<String>,
    /// Key vaults on the network, by name.
    pub vaults: BTreeMap<String, VaultSettings>,
    /// The most bytes that one output file of a job takes; `None`: as many as there are.
    pub most_output_bytes: Option<u64>,
    /// How it runs containers.
    pub containers: Containers,
    /// The GPUs that nodes may have, by name; `None`: all that the machine has.
    pub gpus: Option<Vec<String>>,
    /// How many clusters and cores there may be.
    pub quotas: QuotaSettings,
    /// Where volumes are.
    pub storage: Storage,
    /// How nodes offer SSH.
    pub ssh: SshSettings,
}

/// How a server runs the containers of jobs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Containers {
    /// `docker`, `podman`, or the path of a program with the command line of one of them; `None`: the first that is
    /// there.
    pub engine: Option<String>,
    /// Options of that program before its subcommand, each word by itself.
    pub options: Vec<String>,
    /// More options of its `run`, each word by itself.
    pub run_options: Vec<String>,
    /// Whether containers see the GPUs of the machine; `None`: when it has some.
    pub gpus: Option<bool>,
}

/// A key vault on the network, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VaultSettings {
    /// Where it is, such as `https://demo.vault.azure.net`.
    pub url: String,
    /// A file with the token, which others keep fresh.
    pub token_file: PathBuf,
}

/// Where no setting says how much one output file takes: more than anybody reads, less than most disks hold.
const MOST_OUTPUT: u64 = 10 << 30;

/// Where a server listens beside its Unix socket, and with which certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listening {
    /// `HOST:PORT` each; none: nowhere.
    pub addresses: Vec<String>,
    /// Whether TLS is spoken on loopback addresses too.
    pub tls: bool,
    /// PEM file of the certificate and its chain; without one, the server makes one.
    pub certificate: Option<PathBuf>,
    /// PEM file of its key.
    pub key: Option<PathBuf>,
    /// More names for a certificate that the server makes.
    pub host_names: Vec<String>,
}

/// `server.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ServerFile {
    listen: Vec<String>,
    tls: bool,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    host_names: Vec<String>,
    api_versions: Vec<String>,
    containers: Containers,
    gpus: Gpus,
    vaults: BTreeMap<String, VaultSettings>,
    max_output_file_size: Option<Limit>,
    quotas: QuotaSettings,
    storage: Storage,
    ssh: SshSettings,
}

impl ServerFile {
    /// The file at `path`, which may be absent. Files that it names are relative to its folder.
    ///
    /// # Errors
    /// When the file is there and cannot be used.
    pub fn load(path: PathBuf) -> Result<Self, ConfigError> {
        let mut file: Self = match std::fs::read_to_string(&path) {
            Ok(text) => super::parse(&text).map_err(|message| ConfigError::Invalid { path: path.clone(), message })?,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Self::default(),
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        };
        if let Err(why) = file.ssh.check() {
            return Err(ConfigError::Invalid { path, message: why.into() });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        for named in [&mut file.certificate, &mut file.key].into_iter().flatten() {
            *named = folder.join(&*named);
        }
        for vault in file.vaults.values_mut() {
            vault.token_file = folder.join(&vault.token_file);
        }
        file.storage.find_from(folder);
        file.storage.check().map_err(|message| ConfigError::Invalid { path: path.clone(), message })?;
        Ok(file)
    }

    /// The api-versions that the server speaks; none: all that it knows.
    #[must_use]
    pub fn api_versions(&self) -> Vec<String> {
        self.api_versions.clone()
    }

    /// How it runs containers.
    #[must_use]
    pub fn containers(&self) -> Containers {
        self.containers.clone()
    }

    /// The GPUs that nodes may have, by name; `None`: all that the machine has.
    #[must_use]
    pub fn gpus(&self) -> Option<Vec<String>> {
        self.gpus.0.clone()
    }

    /// Where volumes are.
    #[must_use]
    pub fn storage(&self) -> Storage {
        self.storage.clone()
    }

    /// How nodes offer SSH.
    #[must_use]
    pub fn ssh(&self) -> SshSettings {
        self.ssh.clone()
    }

    /// The key vaults on the network, by name.
    #[must_use]
    pub fn vaults(&self) -> BTreeMap<String, VaultSettings> {
        self.vaults.clone()
    }

    /// How many clusters and cores there may be.
    #[must_use]
    pub fn quotas(&self) -> QuotaSettings {
        self.quotas.clone()
    }

    /// The most bytes that one output file of a job takes; `None`: as many as there are.
    #[must_use]
    pub fn most_output_bytes(&self) -> Option<u64> {
        self.max_output_file_size.map_or(Some(MOST_OUTPUT), |limit| limit.0)
    }
}

impl Listening {
    /// What the flags say, and the file where they say nothing.
    #[must_use]
    pub fn over(self, file: ServerFile) -> Self {
        let addresses = if self.addresses.is_empty() { file.listen } else { self.addresses };
        // Half of the one pair and half of the other would be no pair.
        let is_given = self.certificate.is_some() || self.key.is_some();
        let (certificate, key) = if is_given { (self.certificate, self.key) } else { (file.certificate, file.key) };
        let host_names = if self.host_names.is_empty() { file.host_names } else { self.host_names };
        Self { addresses, tls: self.tls || file.tls, certificate, key, host_names }
    }
}

/// How long a server that a command started waits for work.
const IDLE: Duration = Duration::from_secs(600);

/// How long a server that a command started waits for work before it leaves.
///
/// # Errors
/// When the variable has an impossible value.
pub fn idle_time() -> Result<Duration, ConfigError> {
    let Some(value) = env::get(env::IDLE_SECONDS) else { return Ok(IDLE) };
    match value.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => Err(ConfigError::Variable { name: env::IDLE_SECONDS, value, expected: "a whole number of seconds" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Result<ServerFile, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("server.yaml");
        std::fs::write(&path, text).expect("a file");
        ServerFile::load(path)
    }

    #[test]
    fn flags_win_over_the_file_and_a_pair_stays_a_pair() {
        let file = loaded("listen: ['127.0.0.1:1']\ntls: true\ncertificate: /f.pem\nkey: /f.key\nhostNames: [a]\n");
        let file = file.expect("settings");
        let flags = Listening { certificate: Some("g.pem".into()), ..Listening::default() };
        let both = flags.over(file.clone());
        assert_eq!(
            (both.addresses, both.tls, both.host_names),
            (vec!["127.0.0.1:1".to_owned()], true, vec!["a".into()])
        );
        assert_eq!((both.certificate, both.key), (Some("g.pem".into()), None));
        let flags = Listening { addresses: vec!["[::1]:2".into()], ..Listening::default() };
        assert_eq!(flags.over(file).addresses, ["[::1]:2"]);
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it_and_no_file_is_no_error() {
        let error = loaded("lisen: []").expect_err("an error").to_string();
        assert!(error.contains("lisen") && error.contains("server.yaml"), "{error}");
        assert_eq!(loaded("").ok(), Some(ServerFile::default()));
        assert_eq!(loaded("# listen: []\n").ok(), Some(ServerFile::default()));
    }

    #[test]
    fn an_error_quotes_no_line_of_the_file_because_secrets_are_put_there_by_mistake() {
        for text in [
            "vaults: {demo: {url: 'https://h', token: hunter2}}",
            "vaults: {demo: hunter2}",
            "tls: hunter2",
            "listen: hunter2",
            "vaults:\n  demo:\n    token: hunter2\n   url: x\n",
        ] {
            let error = loaded(text).expect_err("an error").to_string();
            assert!(error.contains("line ") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn containers_have_settings_of_their_own() {
        let text = "containers: {engine: podman, options: [--runtime, runc], runOptions: [--ulimit, 'nofile=1:1'], gpus: false}";
        let containers = loaded(text).expect("settings").containers();
        assert_eq!((containers.engine.as_deref(), containers.gpus), (Some("podman"), Some(false)));
        assert_eq!(
            (containers.options.join(" "), containers.run_options.join(" ")),
            ("--runtime runc".into(), "--ulimit nofile=1:1".into())
        );
        assert!(loaded("containers: {engin: podman}").expect_err("an error").to_string().contains("engin"));
    }

    #[test]
    fn output_has_a_bound_unless_somebody_takes_it_away() {
        let most = |text: &str| loaded(text).map(|file| file.most_output_bytes()).map_err(|error| error.to_string());
        assert_eq!(most(""), Ok(Some(10 << 30)));
        assert_eq!(most("maxOutputFileSize: 1 MB"), Ok(Some(1_000_000)));
        assert_eq!(most("maxOutputFileSize: none"), Ok(None));
        assert!(most("maxOutputFileSize: big").is_err_and(|error| error.contains("server.yaml")));
    }

    #[test]
    fn files_are_found_beside_the_settings() {
        let vaults = "vaults: {demo: {url: 'https://demo.vault.azure.net', tokenFile: demo.token}}\n";
        let file = loaded(&format!("certificate: my.pem\nkey: /abs.key\n{vaults}")).expect("settings");
        let vault = &file.vaults()["demo"];
        assert!(vault.token_file.is_absolute() && vault.token_file.ends_with("demo.token"), "{vault:?}");
        assert!(file.certificate.is_some_and(|path| path.is_absolute() && path.ends_with("my.pem")));
        assert_eq!(file.key, Some("/abs.key".into()));
    }
}
