//! Secrets as they are kept: sealed with a key that only the server has.
//!
//! `server/convert` seals what arrives, engines open it when a process needs it. Nothing in between, and nothing
//! that is stored, holds a secret in the clear. Pure: the key is handed in.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use serde::{Deserialize, Serialize};

/// The key of an installation: 32 random bytes, from which every other key is derived.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// The key made of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key for one purpose; different purposes have unrelated keys (HMAC-SHA256 of the purpose).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), purpose.as_bytes());
        let mut derived = [0; 32];
        derived.copy_from_slice(tag.as_ref());
        derived
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

/// A secret that only its [`Seal`] can open: base64 of nonce and ChaCha20-Poly1305 text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<sealed>")
    }
}

/// Seals and opens secrets.
///
/// The nonce is a keyed digest of the secret, so that the same secret has the same sealed form: that is what lets a
/// repeated PUT be recognised without opening anything. Whoever reads the database learns which secrets are equal,
/// and nothing else.
pub struct Seal {
    cipher: LessSafeKey,
    nonces: hmac::Key,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(..)")
    }
}

/// Why a secret cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret was sealed with another key than the one of this server: give it anew")]
pub struct CannotOpen;

impl Seal {
    /// The seal of an installation.
    #[must_use]
    pub fn new(key: &MasterKey) -> Self {
        let cipher = UnboundKey::new(&CHACHA20_POLY1305, &key.derive("seal"));
        Self {
            cipher: LessSafeKey::new(cipher.expect("the key has the length of the cipher's keys")),
            nonces: hmac::Key::new(hmac::HMAC_SHA256, &key.derive("nonce")),
        }
    }

    /// Seals a text.
    #[must_use]
    pub fn seal(&self, text: &str) -> Sealed {
        let digest = hmac::sign(&self.nonces, text.as_bytes());
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&digest.as_ref()[..NONCE_LEN]);
        let mut content = text.as_bytes().to_vec();
        let sealed =
            self.cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut content);
        sealed.expect("a text is far shorter than what the cipher can seal");
        Sealed(BASE64.encode([&nonce, content.as_slice()].concat()))
    }

    /// Opens what this seal has sealed.
    ///
    /// # Errors
    /// When another key sealed it, or it was changed since.
    pub fn open(&self, sealed: &Sealed) -> Result<String, CannotOpen> {
        let bytes = BASE64.decode(&sealed.0).map_err(|_| CannotOpen)?;
        let (nonce, content) = bytes.split_at_checked(NONCE_LEN).ok_or(CannotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CannotOpen)?;
        let mut content = content.to_vec();
        let text = self.cipher.open_in_place(nonce, Aad::empty(), &mut content).map_err(|_| CannotOpen)?;
        String::from_utf8(text.to_vec()).map_err(|_| CannotOpen)
    }
}

/// A secret, or where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretValue {
    /// Given in the clear, and sealed since.
    Sealed(Sealed),
    /// Kept in a key vault.
    KeyVault {
        /// The id of the vault.
        vault: String,
        /// The address of the secret in it.
        url: String,
    },
}

/// A variable whose value never comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretVariable {
    /// The name of the variable.
    pub name: String,
    /// What it is set to.
    pub value: SecretValue,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_with_the_same_key_only_and_does_not_show_itself() {
        let seal = Seal::new(&MasterKey::new([7; 32]));
        let sealed = seal.seal("hunter2 ü");
        assert_eq!(seal.open(&sealed), Ok("hunter2 ü".into()));
        assert_eq!(seal.seal("hunter2 ü"), sealed);
        assert_ne!(seal.seal("hunter3"), sealed);
        assert_eq!(Seal::new(&MasterKey::new([8; 32])).open(&sealed), Err(CannotOpen));
        assert_eq!(seal.open(&Sealed("AAAA".into())), Err(CannotOpen));
        let shown = format!("{sealed:?} {}", serde_json::to_string(&sealed).expect("text"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn keys_of_different_purposes_are_different() {
        let key = MasterKey::new([7; 32]);
        assert_ne!(key.derive("seal"), key.derive("nonce"));
    }
}
