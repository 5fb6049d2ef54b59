//! Signed download addresses: who has one may fetch one file of one job or set-up task for a while, and needs no token.
//!
//! They have the form of the storage addresses of Azure, a path and a shared access signature (azure-cli
//! recordings, June 2018). `routes::files` makes them, `routes::downloads` checks them. Pure.

use serde::Deserialize;

use crate::api::path;
use crate::domain::Timestamp;
use crate::domain::signature::Signer;
use crate::operations::downloads::{OwnedFile, Owner};

/// Version of the form, resource kind and permissions, as the service's addresses had them.
const FIXED: [&str; 3] = ["2016-05-31", "f", "rl"];

/// What the owner of a file begins with when it is a cluster.
pub const OF_CLUSTER: &str = "cluster-";

/// What an address carries beside its path. What is missing is empty, which nothing was ever signed with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Signature {
    sv: String,
    sr: String,
    se: String,
    sp: String,
    sig: String,
}

/// Why an address opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// This server did not make it, or somebody changed it.
    NotSigned,
    /// It was good once.
    Expired,
}

/// Path and query of the address of one file, good until `expires`, to the second.
#[must_use]
pub fn address(signer: &Signer, file: &OwnedFile, expires: Timestamp) -> String {
    let path = path_of(file);
    let se = expires.round(jiff::Unit::Second).unwrap_or(expires).to_string();
    let [sv, sr, sp] = FIXED;
    let sig = signer.sign(&signed_text(&path, [sv, sr, &se, sp]));
    format!("{path}?sv={sv}&sr={sr}&sig={sig}&se={}&sp={sp}", path::encode(&se))
}

/// Whether an address is good at `now`.
///
/// # Errors
/// See [`Refusal`].
pub fn check(signer: &Signer, file: &OwnedFile, signature: &Signature, now: Timestamp) -> Result<(), Refusal> {
    let Signature { sv, sr, se, sp, sig } = signature;
    if !signer.has_signed(&signed_text(&path_of(file), [sv, sr, se, sp]), sig) {
        return Err(Refusal::NotSigned);
    }
    match se.parse::<Timestamp>() {
        Ok(expires) if now < expires => Ok(()),
        Ok(_) | Err(_) => Err(Refusal::Expired),
    }
}

fn path_of(file: &OwnedFile) -> String {
    let of = match file.owner {
        Owner::Job => "",
        Owner::Cluster => OF_CLUSTER,
    };
    path::download(&format!("{of}{}-{}", file.number, file.uuid), &file.directory, &file.path)
}

/// A line each. The path has no line break because it is encoded, and a break in another part makes one line too
/// many: no two addresses have the same text.
fn signed_text(path: &str, parts: [&str; 4]) -> String {
    format!("{path}\n{}", parts.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::MasterKey;

    fn file() -> OwnedFile {
        OwnedFile {
            owner: Owner::Job,
            number: 7,
            uuid: "u-1".into(),
            directory: "MODEL".into(),
            path: "a b/ü.txt".into(),
        }
    }

    fn signer() -> Signer {
        Signer::new(&MasterKey::new([7; 32]), "download")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn signature(address: &str) -> Signature {
        let uri = address.parse().expect("an address");
        axum::extract::Query::try_from_uri(&uri).expect("a signature").0
    }

    #[test]
    fn an_address_has_the_form_of_a_storage_address() {
        let address = address(&signer(), &file(), at("2018-06-08T10:00:00.6Z"));
        let (path, query) = address.split_once('?').expect("a query");
        assert_eq!(path, "/downloads/7-u-1/MODEL/a%20b/%C3%BC.txt");
        let (before, rest) = query.split_once("&sig=").expect("a signature");
        let (sig, after) = rest.split_once('&').expect("an end");
        assert_eq!((before, after), ("sv=2016-05-31&sr=f", "se=2018-06-08T10%3A00%3A01Z&sp=rl"));
        assert_eq!(sig.len(), 43);
    }

    #[test]
    fn an_address_is_good_until_it_expires() {
        let signature = signature(&address(&signer(), &file(), at("2018-06-08T10:00:00Z")));
        let check = |now: &str| check(&signer(), &file(), &signature, at(now));
        assert_eq!(check("2018-06-08T09:59:59.9Z"), Ok(()));
        assert_eq!(check("2018-06-08T10:00:00Z"), Err(Refusal::Expired));
    }

    #[test]
    fn whatever_is_changed_in_an_address_makes_it_worthless() {
        let good = signature(&address(&signer(), &file(), at("2018-06-08T10:00:00Z")));
        let now = at("2018-06-08T09:00:00Z");
        let files = [
            OwnedFile { owner: Owner::Cluster, ..file() },
            OwnedFile { number: 8, ..file() },
            OwnedFile { uuid: "u-2".into(), ..file() },
            OwnedFile { directory: "stdouterr".into(), ..file() },
            OwnedFile { path: "a b/ü.txt/".into(), ..file() },
            OwnedFile { path: "../secret".into(), ..file() },
        ];
        for file in files {
            assert_eq!(check(&signer(), &file, &good, now), Err(Refusal::NotSigned), "{file:?}");
        }
        let signatures = [
            Signature { se: "2019-06-08T10:00:00Z".into(), ..good.clone() },
            Signature { sp: "rwl".into(), ..good.clone() },
            Signature { sv: "2016-05-31\nf".into(), sr: good.se.clone(), ..good.clone() },
            Signature { sig: String::new(), ..good },
            Signature::default(),
        ];
        for signature in signatures {
            assert_eq!(check(&signer(), &file(), &signature, now), Err(Refusal::NotSigned), "{signature:?}");
        }
    }
}
