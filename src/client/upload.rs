//! The body of an upload: a snapshot's archive, made while it is sent.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use tokio::sync::mpsc;

use super::snapshot::{Snapshot, SnapshotError};

/// Bytes per piece.
const PIECE: usize = 256 * 1024;

/// Is told how many bytes of the archive have been handed to the connection; begins anew when they are sent again.
pub type Sent = Arc<dyn Fn(u64) + Send + Sync>;

/// The archive as a stream of pieces, and, should it break off, the reason.
pub(super) fn body(
    snapshot: &Snapshot,
    sent: Sent,
) -> (impl Stream<Item = io::Result<Bytes>> + use<>, Receiver<SnapshotError>) {
    let (pieces, mut received) = mpsc::channel(4);
    let (tell, reason) = std::sync::mpsc::channel();
    let snapshot = snapshot.clone();
    tokio::task::spawn_blocking(move || {
        let mut out = io::BufWriter::with_capacity(PIECE, Pieces(pieces.clone()));
        let written = snapshot.write_to(&mut out).and_then(|()| out.flush().map_err(SnapshotError::Send));
        if let Err(error) = written {
            // Nobody takes pieces any more when the server has answered early: its answer is the reason then. The receiver
            // of the reason may be gone too, together with whoever wanted to know.
            if !matches!(error, SnapshotError::Send(_)) {
                let _ = tell.send(error);
            }
            let _ = pieces.blocking_send(Err(io::Error::other("the code folder could not be read to its end")));
        }
    });
    let mut total = 0;
    let pieces = futures_util::stream::poll_fn(move |context| received.poll_recv(context));
    let counted = pieces.inspect_ok(move |piece: &Bytes| {
        total += piece.len() as u64;
        sent(total);
    });
    (counted, reason)
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
