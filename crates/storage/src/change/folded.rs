//! Changes that have left the log for `segments.redb`, window by window.

use crate::change::Record;
use crate::database::codec::{self, Kind};
use crate::error::Result;
use bincode::{Decode, Encode};

/// Changes of one window that have left the log together.
#[derive(Debug, Default, Encode, Decode)]
pub(crate) struct Folded {
    /// Every change of this window up to this number is in here.
    pub(crate) through: u64,
    pub(crate) changes: Vec<Record>,
}

/// Reads folded changes.
pub(crate) fn open_folded(key: u64, record: &[u8]) -> Result<Folded> {
    let (window, number) = (key >> 32, key & 0xFFFF_FFFF);
    let place = format_args!("folded changes {number} of window {window}");
    codec::open_value(Kind::Overlay, record, &place)
}
