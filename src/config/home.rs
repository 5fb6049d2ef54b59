//! Every file of an installation, once.
//!
//! ```text
//! $BATCHAI_HOME, or the user's data folder + batchai      (mode 0700)
//!   server.sock   where the local server listens          (mode 0600)
//!   server.lock   held by the server for as long as it lives
//!   start.lock    held by a client while it starts the server
//!   server.log    what a server in the background has to say
//!   batchai.db    what the server remembers
//!   secret.key    what seals the secrets in it                (mode 0600)
//!   tls/          certificate authority and certificate of a server that was given none
//!   runs/ nodes/ output/ storage/ snapshots/              the engine's
//! $BATCHAI_HOME, or the user's configuration folder + batchai
//!   config.yaml   settings of commands
//!   server.yaml   settings of the server
//!   logins.yaml   servers that were logged in to             (mode 0600)
//! ```

use std::fs::{DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{ConfigError, env};

/// The folders of an installation; nothing is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    data: PathBuf,
    config: PathBuf,
}

/// The longest path of a Unix socket that every kernel takes, in bytes.
const LONGEST_SOCKET_PATH: usize = 107;

impl Home {
    /// The folders that the environment asks for.
    ///
    /// # Errors
    /// When neither `BATCHAI_HOME` nor a home folder is known.
    pub fn find() -> Result<Self, ConfigError> {
        if let Some(home) = env::get(env::HOME) {
            let home = std::path::absolute(home).map_err(|_| ConfigError::NoHome)?;
            return Ok(Self { data: home.clone(), config: home });
        }
        let data = dirs::data_dir().ok_or(ConfigError::NoHome)?.join("batchai");
        let config = dirs::config_dir().ok_or(ConfigError::NoHome)?.join("batchai");
        Ok(Self { data, config })
    }

    /// Where the server keeps everything.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Makes the data directory, for nobody but this user, when it is not there.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn make(&self) -> io::Result<()> {
        for_this_user().create(&self.data)
    }

    /// Where the local server listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.data.join("server.sock")
    }

    /// The socket in a form that fits into a socket address, however long the path of the folder is.
    ///
    /// # Errors
    /// When the folder has a long path and cannot be opened.
    pub fn socket_address(&self) -> io::Result<SocketAddress> {
        let path = self.socket();
        if path.as_os_str().len() <= LONGEST_SOCKET_PATH {
            return Ok(SocketAddress { path, _folder: None });
        }
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            let folder = File::open(&self.data)?;
            let path = PathBuf::from(format!("/proc/self/fd/{}/server.sock", folder.as_raw_fd()));
            Ok(SocketAddress { path, _folder: Some(folder) })
        }
        // Nobody listens there.
        #[cfg(not(target_os = "linux"))]
        Ok(SocketAddress { path, _folder: None })
    }

    /// Held by the server for as long as it lives.
    #[must_use]
    pub fn server_lock(&self) -> PathBuf {
        self.data.join("server.lock")
    }

    /// Held by a client while it starts the server.
    #[must_use]
    pub fn start_lock(&self) -> PathBuf {
        self.data.join("start.lock")
    }

    /// What a server in the background has to say.
    #[must_use]
    pub fn server_log(&self) -> PathBuf {
        self.data.join("server.log")
    }

    /// What the server remembers.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("batchai.db")
    }

    /// Where the data directory was when a server last ran on it.
    #[must_use]
    pub fn place(&self) -> PathBuf {
        self.data.join("place")
    }

    /// What seals the secrets that the server remembers.
    #[must_use]
    pub fn secret_key(&self) -> PathBuf {
        self.data.join("secret.key")
    }

    /// Certificate authority and certificate of a server that was given none.
    #[must_use]
    pub fn tls(&self) -> PathBuf {
        self.data.join("tls")
    }

    /// Settings of the server.
    #[must_use]
    pub fn server_config(&self) -> PathBuf {
        self.config.join("server.yaml")
    }

    /// Servers that were logged in to.
    #[must_use]
    pub fn logins(&self) -> PathBuf {
        self.config.join("logins.yaml")
    }

    /// Settings of commands.
    #[must_use]
    pub fn client_config(&self) -> PathBuf {
        self.config.join("config.yaml")
    }
}

/// Makes folders that nobody but this user may look into, where the system knows modes.
pub(super) fn for_this_user() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// A path to the socket, good for as long as this lives.
#[derive(Debug)]
pub struct SocketAddress {
    path: PathBuf,
    _folder: Option<File>,
}

impl SocketAddress {
    /// The path to bind or connect to.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
