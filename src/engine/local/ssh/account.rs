//! Who may log in to a node: the administrator of its cluster, with a key or a password.
//!
//! Decisions only; called by [`super::connection`].

use ring::hmac;
use ring::rand::SystemRandom;
use russh::keys::{Algorithm, PublicKey};
use russh::{MethodKind, MethodSet};

use crate::domain::cluster::Admin;
use crate::domain::sentence::sentence;
use crate::engine::secrets::Safe;

/// An account.
pub(super) struct Account {
    name: String,
    key: Option<PublicKey>,
    password: Option<Password>,
}

/// A password that nobody can read, only try.
struct Password {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl Password {
    /// `None` when the machine has no random numbers.
    fn new(text: &str) -> Option<Self> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok()?;
        let tag = hmac::sign(&key, text.as_bytes());
        Some(Self { key, tag })
    }

    /// Takes as long for a wrong one as for the right one.
    fn is(&self, text: &str) -> bool {
        hmac::verify(&self.key, text.as_bytes(), self.tag.as_ref()).is_ok()
    }
}

impl Account {
    /// The account of an administrator. A key that is none, or a password that cannot be opened, opens nothing, which the
    /// log says.
    pub(super) fn open(admin: &Admin, safe: &Safe) -> Self {
        let parse = |line: &String| match PublicKey::from_openssh(line) {
            Ok(key) => Some(key),
            Err(error) => {
                tracing::warn!(account = %admin.name, %error, "the SSH public key of a cluster cannot be used");
                None
            }
        };
        let open = |secret| match safe.open(&format!("the password of the account `{}`", admin.name), secret) {
            Ok(text) => Password::new(&text),
            Err(error) => {
                tracing::warn!("{}", sentence(&error));
                None
            }
        };
        Self {
            name: admin.name.clone(),
            key: admin.ssh_public_key.as_ref().and_then(parse),
            password: admin.password.as_ref().and_then(open),
        }
    }

    /// Whether this is its key, and the signature one that is still trusted: SHA-1 is not (RFC 8332).
    pub(super) fn has_key(&self, user: &str, key: &PublicKey, algorithm: &Algorithm) -> bool {
        let is_trusted = *algorithm != Algorithm::Rsa { hash: None };
        let is_ours = self.key.as_ref().is_some_and(|ours| ours.key_data() == key.key_data());
        self.name == user && is_trusted && is_ours
    }

    /// Whether this is its password. A wrong name takes as long.
    pub(super) fn has_password(&self, user: &str, password: &str) -> bool {
        let is_right = self.password.as_ref().is_some_and(|ours| ours.is(password));
        self.name == user && is_right
    }

    /// The ways to log in to it.
    pub(super) fn methods(&self) -> MethodSet {
        let mut methods = MethodSet::empty();
        methods.push(MethodKind::PublicKey);
        if self.password.is_some() {
            methods.push(MethodKind::KeyboardInteractive);
            methods.push(MethodKind::Password);
        }
        methods
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use russh::keys::HashAlg;

    use super::*;
    use crate::domain::secret::{MasterKey, Seal, SecretValue};

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn account(key: Option<&str>, password: Option<&str>) -> Account {
        let seal = Arc::new(Seal::new(&MasterKey::new([1; 32])));
        let password = password.map(|text| SecretValue::Sealed(seal.seal(text)));
        let admin = Admin { name: "me".into(), ssh_public_key: key.map(str::to_owned), password };
        Account::open(&admin, &Safe::new(seal))
    }

    #[test]
    fn a_key_opens_for_its_user_and_with_a_trusted_signature() {
        let account = account(Some(&format!("{KEY} comment")), None);
        let key = PublicKey::from_openssh(KEY).expect("a key");
        let trusted = Algorithm::Rsa { hash: Some(HashAlg::Sha512) };
        assert!(account.has_key("me", &key, &Algorithm::Ed25519) && account.has_key("me", &key, &trusted));
        assert!(!account.has_key("you", &key, &Algorithm::Ed25519));
        assert!(!account.has_key("me", &key, &Algorithm::Rsa { hash: None }));
        assert!(!account.has_password("me", ""));
        assert_eq!(account.methods().to_vec(), [MethodKind::PublicKey]);
    }

    #[test]
    fn a_password_opens_for_its_user_only() {
        let account = account(None, Some("hunter2 ü"));
        assert!(account.has_password("me", "hunter2 ü"));
        for (user, password) in [("me", ""), ("me", "hunter2"), ("you", "hunter2 ü"), ("", "")] {
            assert!(!account.has_password(user, password), "{user} {password}");
        }
        assert!(!account.has_key("me", &PublicKey::from_openssh(KEY).expect("a key"), &Algorithm::Ed25519));
    }

    #[test]
    fn what_is_no_key_opens_nothing() {
        let account = account(Some("ssh-rsa nonsense"), None);
        assert!(account.key.is_none());
    }
}
