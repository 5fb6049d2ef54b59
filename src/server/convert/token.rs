//! Tokens.

use super::{FieldErrors, time};
use crate::api::token as wire;
use crate::domain::Timestamp;
use crate::domain::name::{GroupKey, Name};
use crate::domain::token::{Role, Token};
use crate::operations::tokens::NewToken;

/// The longest life that can be asked for, in days.
const LONGEST_LIFE: u32 = 36_500;

/// What a body asks for.
///
/// # Errors
/// All field errors.
pub fn new_token(body: &wire::TokenCreate, now: Timestamp) -> Result<NewToken, FieldErrors> {
    let mut errors = FieldErrors::default();
    let name = errors.take("name", Name::parse(&body.name));
    let role = errors.take("role", role(&body.role));
    let group =
        body.resource_group.as_ref().and_then(|group| errors.take("resourceGroup", GroupKey::parse("any", group)));
    let expires = body.expires_in_days.and_then(|days| errors.take("expiresInDays", after(now, days)));
    let group = group.map(|key| key.group);
    if group.is_some() && role == Some(Role::Owner) {
        errors.add(
            "role",
            "an owner manages the whole server: give the token of one resource group the role contributor",
        );
    }
    let made = name.zip(role).map(|(name, role)| NewToken { name, role, group, expires });
    errors.finish(made)
}

fn role(text: &str) -> Result<Role, String> {
    match text.to_ascii_lowercase().as_str() {
        "owner" => Ok(Role::Owner),
        "contributor" => Ok(Role::Contributor),
        "reader" => Ok(Role::Reader),
        _ => Err(format!("`{text}` is not a role: use owner, contributor or reader")),
    }
}

fn after(now: Timestamp, days: u32) -> Result<Timestamp, String> {
    let wrong = || format!("{days} days cannot be: use 1 to {LONGEST_LIFE}");
    if !(1..=LONGEST_LIFE).contains(&days) {
        return Err(wrong());
    }
    now.checked_add(jiff::SignedDuration::from_hours(24 * i64::from(days))).map_err(|_| wrong())
}

/// A token as answered, without its text.
#[must_use]
pub fn token(value: &Token) -> wire::Token {
    let Token { name, digest: _, role, group, created, expires } = value;
    wire::Token {
        name: name.to_string(),
        role: role.to_string(),
        resource_group: group.clone(),
        created: time(*created),
        expires: expires.map(time),
        token: None,
        warning: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(role: &str) -> wire::TokenCreate {
        wire::TokenCreate { name: "ci".into(), role: role.into(), ..Default::default() }
    }

    #[test]
    fn all_mistakes_come_at_once() {
        let wrong = wire::TokenCreate {
            name: "a b".into(),
            role: "root".into(),
            resource_group: Some("../x".into()),
            expires_in_days: Some(0),
        };
        let errors = new_token(&wrong, Timestamp::UNIX_EPOCH).expect_err("errors");
        let targets: Vec<&str> = errors.0.iter().map(|error| error.target.as_str()).collect();
        assert_eq!(targets, ["name", "role", "resourceGroup", "expiresInDays"]);
    }

    #[test]
    fn a_group_is_lower_case_and_days_count_from_now() {
        let asked = wire::TokenCreate { resource_group: Some("RG".into()), expires_in_days: Some(2), ..body("Reader") };
        let new = new_token(&asked, Timestamp::UNIX_EPOCH).expect("a token");
        assert_eq!((new.role, new.group.as_deref()), (Role::Reader, Some("rg")));
        assert_eq!(new.expires.map(Timestamp::as_second), Some(2 * 86_400));
    }

    #[test]
    fn an_owner_is_never_confined_to_a_group() {
        let asked = wire::TokenCreate { resource_group: Some("rg".into()), ..body("owner") };
        assert!(new_token(&asked, Timestamp::UNIX_EPOCH).is_err());
        assert!(new_token(&body("owner"), Timestamp::UNIX_EPOCH).is_ok());
    }
}
