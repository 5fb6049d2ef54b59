//! The body of an upload: a snapshot's archive, made while it is sent.

use std::io::{self, Write};
use std::sync::mpsc::Receiver;

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;

use super::snapshot::{Snapshot, SnapshotError};

/// Bytes per piece.
const PIECE: usize = 256 * 1024;

/// The archive as a stream of pieces, and, should it break off, the reason.
pub(super) fn body(snapshot: &Snapshot) -> (impl Stream<Item = io::Result<Bytes>> + use<>, Receiver<SnapshotError>) {
    let (pieces, mut received) = mpsc::channel(4);
    let (tell, reason) = std::sync::mpsc::channel();
    let snapshot = snapshot.clone();
    tokio::task::spawn_blocking(move || {
        let mut out = io::BufWriter::with_capacity(PIECE, Pieces(pieces.clone()));
        let written = snapshot.write_to(&mut out).and_then(|()| out.flush().map_err(SnapshotError::Send));
        if let Err(error) = written {
            // The receiver of the reason may be gone, together with whoever wanted to know.
            let _ = tell.send(error);
            let _ = pieces.blocking_send(Err(io::Error::other("the code folder could not be read to its end")));
        }
    });
    (futures_util::stream::poll_fn(move |context| received.poll_recv(context)), reason)
}

struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.blocking_send(Ok(Bytes::copy_from_slice(piece))).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
