//! Tokens: who may do what over the network, and where.
//!
//! [`decide`] is the whole rule; `server/authorise` asks it before any handler runs. The roles are those of Azure's
//! role-based access control (Owner, Contributor, Reader), cut down to what this server has. Pure: time is handed in.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::name::Name;

/// What the holder of a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Everything, tokens and the server itself included.
    Owner,
    /// Everything but tokens and the server itself; sets secrets of key vaults.
    Contributor,
    /// Looks, and changes nothing; sees which secrets there are, and none of their values.
    Reader,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "owner",
            Self::Contributor => "contributor",
            Self::Reader => "reader",
        })
    }
}

/// A token as it is remembered: never its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What its owner calls it.
    pub name: Name,
    /// SHA-256 of its text, hexadecimal.
    pub digest: String,
    /// What its holder may do.
    pub role: Role,
    /// The only resource group it opens, lower case, in every subscription; `None`: all of them.
    pub group: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it opens nothing; `None`: never.
    pub expires: Option<Timestamp>,
}

/// What a request would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Look.
    Read,
    /// Change something.
    Write,
    /// Manage tokens, or the server itself.
    Administer,
}

/// Where a request would do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this resource group; any letter case.
    Group(String),
    /// Where nothing of any group is revealed, or lists show the caller's group only.
    Shared,
    /// Anywhere else.
    Everywhere,
}

/// A request, as far as permission goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What.
    pub verb: Verb,
    /// Where.
    pub place: Place,
}

/// Why a token does not open something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is too old.
    Expired(Timestamp),
    /// Its role may not do that.
    Role,
    /// It is for another resource group.
    Group,
}

/// Whether the holder of `token` may do `action` at that time.
///
/// # Errors
/// Says why not.
pub fn decide(token: &Token, action: &Action, at: Timestamp) -> Result<(), Refusal> {
    if let Some(expired) = token.expires.filter(|expires| *expires <= at) {
        return Err(Refusal::Expired(expired));
    }
    let may = match action.verb {
        Verb::Read => true,
        Verb::Write => token.role != Role::Reader,
        // Whoever is confined to a group could make a token that is not.
        Verb::Administer => token.role == Role::Owner && token.group.is_none(),
    };
    if !may {
        return Err(Refusal::Role);
    }
    match (&token.group, &action.place) {
        (None, _) | (Some(_), Place::Shared) => Ok(()),
        (Some(own), Place::Group(group)) if own.eq_ignore_ascii_case(group) => Ok(()),
        (Some(_), Place::Group(_) | Place::Everywhere) => Err(Refusal::Group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(role: Role, group: Option<&str>) -> Token {
        let created = Timestamp::UNIX_EPOCH;
        let name = Name::parse("t").expect("a name");
        Token { name, digest: String::new(), role, group: group.map(str::to_owned), created, expires: None }
    }

    fn decided(token: &Token, verb: Verb, place: &Place) -> Result<(), Refusal> {
        decide(token, &Action { verb, place: place.clone() }, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_role_allows_its_verbs_and_no_other() {
        let verbs = [Verb::Read, Verb::Write, Verb::Administer];
        let cases = [
            (Role::Owner, [Ok(()), Ok(()), Ok(())]),
            (Role::Contributor, [Ok(()), Ok(()), Err(Refusal::Role)]),
            (Role::Reader, [Ok(()), Err(Refusal::Role), Err(Refusal::Role)]),
        ];
        let places = [Place::Group("any".into()), Place::Shared, Place::Everywhere];
        for (role, expected) in cases {
            for place in &places {
                let found = verbs.map(|verb| decided(&token(role, None), verb, place));
                assert_eq!(found, expected, "{role} {place:?}");
            }
        }
    }

    #[test]
    fn a_token_of_a_group_opens_this_group_and_what_is_shared() {
        let cases = [
            (Place::Group("Mine".into()), Ok(())),
            (Place::Shared, Ok(())),
            (Place::Group("other".into()), Err(Refusal::Group)),
            (Place::Group("mine2".into()), Err(Refusal::Group)),
            (Place::Group(String::new()), Err(Refusal::Group)),
            (Place::Everywhere, Err(Refusal::Group)),
        ];
        for role in [Role::Owner, Role::Contributor, Role::Reader] {
            for (place, expected) in &cases {
                assert_eq!(decided(&token(role, Some("mine")), Verb::Read, place), *expected, "{role} {place:?}");
            }
        }
    }

    #[test]
    fn nobody_who_is_confined_to_a_group_manages_tokens_or_the_server() {
        let confined = token(Role::Owner, Some("mine"));
        for place in [Place::Group("mine".into()), Place::Shared, Place::Everywhere] {
            assert_eq!(decided(&confined, Verb::Administer, &place), Err(Refusal::Role));
        }
        assert_eq!(decided(&confined, Verb::Write, &Place::Group("MINE".into())), Ok(()));
    }

    #[test]
    fn a_token_opens_nothing_from_the_moment_it_expires() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let token = Token { expires: Some(at(10)), ..token(Role::Owner, None) };
        let action = Action { verb: Verb::Read, place: Place::Shared };
        assert_eq!(decide(&token, &action, at(9)), Ok(()));
        assert_eq!(decide(&token, &action, at(10)), Err(Refusal::Expired(at(10))));
    }
}
