//! `storage download`.

use std::path::PathBuf;

use clap::Args;

use super::place::{VolumeArgs, stored_path};
use crate::api::error::code;
use crate::api::storage::VolumePlace;
use crate::cli::Outcome;
use crate::cli::download::fetch::Fetch;
use crate::cli::download::source::Source;
use crate::cli::download::{Fetched, Remote};
use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::Session;
use crate::cli::upload::pattern::matches;

/// Arguments.
#[derive(Debug, Args)]
pub struct DownloadArgs {
    /// Files and folders of the share or container; all of it when none is named.
    #[arg(value_name = "STORED")]
    stored: Vec<String>,
    /// A file or folder, likewise.
    #[arg(long, short = 'p')]
    path: Vec<String>,
    #[command(flatten)]
    volume: VolumeArgs,
    /// The folder to write to, made when it is not there; the one you are in when left out.
    #[arg(long, short = 'd', visible_alias = "dest", value_name = "FOLDER", default_value = ".")]
    destination: PathBuf,
    /// Only files whose path is like this: `*` (across folders), `?`, `[seq]`, `[!seq]`.
    #[arg(long, value_name = "GLOB")]
    pattern: Option<String>,
    /// Replace other files that are in the way.
    #[arg(long)]
    force: bool,
    /// Say what would be fetched, and fetch nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Fetches them.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &DownloadArgs, session: &Session) -> Outcome {
    let place = args.volume.place(session).await?;
    let fetch = Fetch {
        source: Source::Volume(&session.client, &place),
        to: &args.destination,
        force: args.force,
        other_folder: "-d",
        report: session.report,
    };
    let fetched = async {
        let files = wanted(args, &fetch, &place).await?;
        if args.dry_run {
            return Ok(files.iter().map(|file| planned(file, args)).collect());
        }
        fetch.all(&files).await
    };
    tokio::select! {
        fetched = fetched => {
            let fetched: Vec<Fetched> = fetched?;
            if fetched.is_empty() {
                session.report.note("There was nothing to download.");
            }
            session.print(&Output::list(&fetched))
        }
        Ok(()) = tokio::signal::ctrl_c() => {
            session.report.note("Broken off. What was fetched stays; the same command goes on where it ended.");
            Ok(ExitCode::Interrupted.value())
        }
    }
}

/// All files that are named, or lie in a folder that is, by what they will be called.
async fn wanted(args: &DownloadArgs, fetch: &Fetch<'_>, place: &VolumePlace) -> Result<Vec<Remote>, Failure> {
    let named: Vec<&str> = args.stored.iter().chain(&args.path).map(String::as_str).collect();
    let named = if named.is_empty() { vec![""] } else { named };
    let mut files = Vec::new();
    for name in named {
        let path = stored_path(name)?;
        let found = fetch.source.list(&path).await.map_err(|error| {
            let is_missing = error.code() == Some(code::STORED_FILE_NOT_FOUND);
            let failure = Failure::from(error);
            if is_missing { failure.hint("letter case counts in paths") } else { failure }
        })?;
        let is_file = matches!(found.as_slice(), [only] if only.path == path);
        let under = match own_name(name, &path, place) {
            Some(own) if !is_file => Some(own.to_owned()),
            Some(_) | None => None,
        };
        files.extend(found.into_iter().filter(|file| is_wanted(file, args)).map(|file| match &under {
            Some(own) => Remote { below: format!("{own}/{}", file.below), ..file },
            None => file,
        }));
    }
    files.sort_by(|a, b| a.below.cmp(&b.below));
    if let Some(pair) = files.windows(2).find(|pair| pair[0].below == pair[1].below && pair[0].path != pair[1].path) {
        let message = format!("both {} and {} would be {}", pair[0].path, pair[1].path, pair[0].below);
        return Err(Failure::new(ExitCode::Usage, format!("cannot download: {message}"))
            .hint("download them one after the other, each with its own -d"));
    }
    files.dedup_by(|a, b| a.path == b.path && a.below == b.below);
    Ok(files)
}

fn is_wanted(file: &Remote, args: &DownloadArgs) -> bool {
    args.pattern.as_deref().is_none_or(|pattern| matches(pattern, &file.below))
}

/// The name under which a folder arrives; `None` when what is in it is meant.
fn own_name<'n>(written: &str, path: &'n str, place: &'n VolumePlace) -> Option<&'n str> {
    let is_content = written == "." || written.ends_with("/.") || written == "./";
    let own = if path.is_empty() { place.name.as_str() } else { path.rsplit_once('/').map_or(path, |(_, own)| own) };
    (!is_content).then_some(own)
}

fn planned(file: &Remote, args: &DownloadArgs) -> Fetched {
    Fetched {
        name: file.path.clone(),
        path: args.destination.join(&file.below).display().to_string(),
        size: file.size,
        status: "would be downloaded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::storage::SHARE;

    #[test]
    fn a_folder_arrives_under_its_own_name_unless_its_content_is_meant() {
        let place = VolumePlace { subscription: "s".into(), account: "a".into(), kind: SHARE, name: "data".into() };
        for (written, path, own) in [
            ("", "", Some("data")),
            (".", "", None),
            ("mnist/", "mnist", Some("mnist")),
            ("mnist/model", "mnist/model", Some("model")),
            ("mnist/model/.", "mnist/model", None),
        ] {
            assert_eq!(own_name(written, path, &place), own, "{written:?}");
        }
    }
}
