//! Packets of the SSH File Transfer Protocol, version 3 (draft-ietf-secsh-filexfer-02): reading and writing their fields.
//!
//! Pure. Knows nothing of files.

/// Why a packet cannot be read: it ends too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooShort;

/// The fields of a packet, from its beginning.
pub(super) struct Fields<'p>(pub &'p [u8]);

impl<'p> Fields<'p> {
    fn take(&mut self, count: usize) -> Result<&'p [u8], TooShort> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(TooShort)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, TooShort> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn number(&mut self) -> Result<u32, TooShort> {
        let bytes = self.take(4)?.try_into().map_err(|_| TooShort)?;
        Ok(u32::from_be_bytes(bytes))
    }

    pub(super) fn long(&mut self) -> Result<u64, TooShort> {
        let bytes = self.take(8)?.try_into().map_err(|_| TooShort)?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// Bytes with their count before them.
    pub(super) fn bytes(&mut self) -> Result<&'p [u8], TooShort> {
        let count = self.number()?;
        self.take(usize::try_from(count).map_err(|_| TooShort)?)
    }
}

/// A packet that is being written; its length comes first.
pub(super) struct Packet(Vec<u8>);

impl Packet {
    /// An answer of this kind to the request of this id.
    pub(super) fn answer(kind: u8, id: u32) -> Self {
        Self::of(kind).number(id)
    }

    /// A packet of this kind.
    pub(super) fn of(kind: u8) -> Self {
        Self(vec![0, 0, 0, 0, kind])
    }

    pub(super) fn number(mut self, number: u32) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    pub(super) fn long(mut self, number: u64) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        // No field is longer than a packet, whose length has 32 bits.
        self.0.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// What goes over the wire.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len() - 4).unwrap_or(u32::MAX);
        self.0[..4].copy_from_slice(&length.to_be_bytes());
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_less_is_an_error() {
        let whole = Packet::answer(104, 7).bytes(b"name").long(1 << 40).finish();
        assert_eq!(whole[..4], [0, 0, 0, 21]);
        let mut fields = Fields(&whole[4..]);
        assert_eq!((fields.byte(), fields.number()), (Ok(104), Ok(7)));
        assert_eq!((fields.bytes(), fields.long()), (Ok(&b"name"[..]), Ok(1 << 40)));
        assert_eq!(fields.byte(), Err(TooShort));
        assert_eq!(Fields(&[0, 0, 0, 9, 1]).bytes(), Err(TooShort));
        assert_eq!(Fields(&[255, 255, 255, 255, 1]).bytes(), Err(TooShort));
    }
}
