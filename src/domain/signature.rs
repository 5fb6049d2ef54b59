//! Signatures under texts that leave the server and come back.
//!
//! `server/signed` puts them under download addresses. Pure: the key is handed in.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::hmac;

use super::secret::MasterKey;

/// Signs texts, and knows its own signatures again: HMAC-SHA256 as base64 for URLs (RFC 4648, section 5).
#[derive(Clone)]
pub struct Signer(hmac::Key);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(..)")
    }
}

impl Signer {
    /// The signer of an installation for one purpose; no purpose accepts the signatures of another.
    #[must_use]
    pub fn new(key: &MasterKey, purpose: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key.derive(purpose)))
    }

    /// The signature of a text.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        BASE64.encode(hmac::sign(&self.0, text.as_bytes()))
    }

    /// Whether this signer made that signature of that text; takes as long for a wrong one as for a right one.
    #[must_use]
    pub fn has_signed(&self, text: &str, signature: &str) -> bool {
        let tag = BASE64.decode(signature).unwrap_or_default();
        hmac::verify(&self.0, text.as_bytes(), &tag).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_text_its_key_and_its_purpose_only() {
        let signer = Signer::new(&MasterKey::new([7; 32]), "download");
        let signature = signer.sign("text");
        assert!(signer.has_signed("text", &signature));
        assert!(!signer.has_signed("text ", &signature));
        assert!(!signer.has_signed("text", &signature[1..]));
        assert!(!signer.has_signed("text", ""));
        assert!(!Signer::new(&MasterKey::new([8; 32]), "download").has_signed("text", &signature));
        assert!(!Signer::new(&MasterKey::new([7; 32]), "other").has_signed("text", &signature));
        assert_eq!(format!("{signer:?}"), "Signer(..)");
    }
}
