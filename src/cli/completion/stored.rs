//! Names of shares, containers and what is in them, as the server knows them now.

use std::collections::BTreeSet;

use clap_complete::engine::CompletionCandidate;

use super::live::Wanted;
use super::typed::Typed;
use crate::api::path::encode;
use crate::api::storage::{CONTAINER, SHARE, StoredFile, Volume, VolumePlace};
use crate::cli::session::Session;

/// Names of that kind; none when they cannot be known now.
pub async fn names(
    session: &Session,
    typed: &Typed,
    wanted: Wanted,
    current: &str,
) -> Option<Vec<CompletionCandidate>> {
    let account = typed.first(&["account_name", "storage_account_name"]).or(session.settings.storage.account.clone());
    let mut volumes = session.client.glance_at_volumes(&session.subscription).await.ok()?;
    volumes.retain(|volume| account.as_ref().is_none_or(|account| volume.account_name.eq_ignore_ascii_case(account)));
    match wanted {
        Wanted::Share => Some(of_kind(&volumes, SHARE.0)),
        Wanted::Container => Some(of_kind(&volumes, CONTAINER.0)),
        Wanted::StoredFolder => files(session, typed, &volumes, current, false).await,
        _ => files(session, typed, &volumes, current, true).await,
    }
}

fn of_kind(volumes: &[Volume], kind: &str) -> Vec<CompletionCandidate> {
    let names: BTreeSet<&str> =
        volumes.iter().filter(|volume| volume.kind == kind).map(|volume| volume.name.as_str()).collect();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// Files and folders below the typed part of a path, in the volume that was named.
async fn files(
    session: &Session,
    typed: &Typed,
    volumes: &[Volume],
    current: &str,
    with_files: bool,
) -> Option<Vec<CompletionCandidate>> {
    let share = typed.first(&["share_name"]).map(|name| (SHARE, name));
    let (kind, name) = share.or_else(|| typed.first(&["container_name"]).map(|name| (CONTAINER, name)))?;
    let is_named = |volume: &&Volume| volume.kind == kind.0 && volume.name.eq_ignore_ascii_case(&name);
    let account = volumes.iter().find(is_named)?.account_name.clone();
    let place = VolumePlace { subscription: session.subscription.clone(), account, kind, name };
    let (folder, _) = current.rsplit_once('/').unwrap_or_default();
    let path = format!("{}?directory={}", place.files(), encode(folder));
    let found = session.client.glance::<StoredFile>(&path).await.ok()?.value;
    let found = found.into_iter().filter(|file| with_files || file.file_type == "directory");
    let word = |file: StoredFile| if file.file_type == "directory" { file.name + "/" } else { file.name };
    Some(found.map(|file| CompletionCandidate::new(word(file))).collect())
}
