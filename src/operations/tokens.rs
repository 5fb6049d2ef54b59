//! Tokens: made, listed, revoked, and recognised.
//!
//! The text of a token is 256 random bits and is answered once, by [`create`]; what is remembered is its digest. So
//! whoever reads the database cannot come in with what stands there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};

use super::{Context, Kind, OperationError};
use crate::domain::Timestamp;
use crate::domain::name::Name;
use crate::domain::token::{Role, Token};
use crate::store::{Store, Stored};

/// What every token begins with, so that one in a log or a repository is recognised as such.
const PREFIX: &str = "bai_";

/// What is asked of a new token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What it is called.
    pub name: Name,
    /// What its holder may do.
    pub role: Role,
    /// The only resource group it opens, lower case.
    pub group: Option<String>,
    /// From when on it opens nothing.
    pub expires: Option<Timestamp>,
}

/// Makes a token. The second value is its text, which nobody can ask for again.
///
/// # Errors
/// When the name is taken, or the store fails.
pub async fn create(context: &Context, new: NewToken) -> Result<(Token, String), OperationError> {
    context.store.ensure_room()?;
    let text = new_text()?;
    let NewToken { name, role, group, expires } = new;
    let token = Token { name, digest: digest_of(&text), role, group, created: (context.clock)(), expires };
    let stored = context.store.write(move |tx| {
        if tx.token(&token.name)?.is_some() {
            let reason = ": revoke it first, or choose another name";
            return Err(OperationError::Conflict { kind: Kind::Token, name: token.name.to_string(), reason });
        }
        tx.insert_token(&token)?;
        Ok(token)
    });
    Ok((stored.await?, text))
}

/// All tokens, oldest first.
///
/// # Errors
/// When the store fails.
pub fn list(store: &Store) -> Result<Vec<Token>, OperationError> {
    let stored: Vec<Stored<Token>> = store.read(|reader| Ok::<_, OperationError>(reader.tokens()?))?;
    Ok(stored.into_iter().map(|stored| stored.value).collect())
}

/// Takes a token away; from then on it opens nothing.
///
/// # Errors
/// When there is none of that name, or the store fails.
pub async fn revoke(context: &Context, name: Name) -> Result<(), OperationError> {
    let revoked = context.store.write(move |tx| {
        let token = tx.token(&name)?.ok_or_else(|| OperationError::not_found(Kind::Token, &name))?;
        tx.delete_token(token.number)?;
        Ok(())
    });
    revoked.await
}

/// The token of that text; `None` when there is none.
///
/// # Errors
/// When the store fails.
pub fn find(store: &Store, text: &str) -> Result<Option<Token>, OperationError> {
    let digest = digest_of(text);
    let found: Option<Stored<Token>> =
        store.read(|reader| Ok::<_, OperationError>(reader.token_by_digest(&digest)?))?;
    Ok(found.map(|stored| stored.value).filter(|token| is_same(&token.digest, &digest)))
}

fn new_text() -> Result<String, OperationError> {
    let mut bytes = [0; 32];
    let failed = |_| OperationError::Invalid { target: "token", message: "The system has no random bytes".into() };
    SystemRandom::new().fill(&mut bytes).map_err(failed)?;
    Ok(format!("{PREFIX}{}", BASE64.encode(bytes)))
}

fn digest_of(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// In a time that does not depend on where the two differ.
fn is_same(stored: &str, presented: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"compare");
    hmac::verify(&key, stored.as_bytes(), hmac::sign(&key, presented.as_bytes()).as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_256_random_bits_of_text_that_an_address_or_a_shell_takes_as_it_is() {
        let (one, other) = (new_text().expect("a token"), new_text().expect("a token"));
        assert_ne!(one, other);
        let bits = one.strip_prefix(PREFIX).expect("the prefix");
        assert_eq!(bits.len(), 43);
        assert!(bits.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{bits}");
    }

    #[test]
    fn only_the_same_text_is_the_same() {
        assert!(is_same(&digest_of("bai_a"), &digest_of("bai_a")));
        assert!(!is_same(&digest_of("bai_a"), &digest_of("bai_b")));
        assert!(!is_same(&digest_of("bai_a"), ""));
    }
}
