//! Whether the two files of a store are of one moment.
//!
//! Each commit of a file writes a counter of its own, and that of the other file as last seen. A
//! file whose counter is below what the other one saw is of an earlier moment. Only what the other
//! file may rest on is counted: appends, which `segments.redb` does without, count in neither, so
//! a log that lacks nothing else is an earlier state of the store. Stores of formats 1 and 2 have
//! no counters, which is as if all were 0.

use crate::database::codec::{self, Kind, Packing};
use crate::database::tables::{META, meta};
use crate::error::{Error, Mismatch, Result};
use bincode::{Decode, Encode};
use redb::{ReadableTable, StorageError, TableError, WriteTransaction};

/// What one file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Counters {
    /// Its own counter.
    pub(crate) own: u64,
    /// That of the other file, as it was last seen.
    pub(crate) other: u64,
}

/// Whether a commit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// The other file may come to rest on it.
    Yes,
    /// The other file does without it.
    No,
}

impl Counters {
    /// The same after one more commit.
    pub(crate) fn after(self, counted: Counted) -> Self {
        Self { own: self.own.saturating_add(u64::from(counted == Counted::Yes)), ..self }
    }

    /// Reads what [`Counters::write`] wrote; all are 0 where there is nothing.
    pub(crate) fn read(facts: &impl ReadableTable<u64, &'static [u8]>) -> Result<Self> {
        let record = facts.get(meta::COUNTERS).map_err(storage_error)?;
        let read = |record: &[u8]| codec::open_value(Kind::Meta, record, &"the counters of a file");
        record.map_or(Ok(Self::default()), |record| read(record.value()))
    }

    /// Writes them in a commit of their file.
    pub(crate) fn write(self, transaction: &WriteTransaction) -> Result<()> {
        let record = codec::seal_value(Kind::Meta, Packing::Plain, &self)?;
        let mut facts = transaction.open_table(META).map_err(table_error)?;
        facts.insert(meta::COUNTERS, record.as_slice()).map_err(storage_error)?;
        Ok(())
    }
}

/// Has a commit of `segments.redb` say which store it is of.
pub(crate) fn write_store(transaction: &WriteTransaction, store_id: &str) -> Result<()> {
    let record = codec::seal_value(Kind::Meta, Packing::Plain, &store_id)?;
    let mut facts = transaction.open_table(META).map_err(table_error)?;
    facts.insert(meta::STORE_ID, record.as_slice()).map_err(storage_error)?;
    Ok(())
}

/// The store that `segments.redb` says it is of, if it says so.
pub(crate) fn read_store(facts: &impl ReadableTable<u64, &'static [u8]>) -> Result<Option<String>> {
    let record = facts.get(meta::STORE_ID).map_err(storage_error)?;
    let read = |record: &[u8]| codec::open_value(Kind::Meta, record, &"the store of segments.redb");
    record.map(|record| read(record.value())).transpose()
}

/// Makes sure that neither file lacks what the other one saw of it.
pub(crate) fn check(
    (log, store_id): (Counters, &str),
    (segments, of_store): (Counters, Option<&str>),
) -> Result<()> {
    #[cfg(feature = "plants")]
    if crate::fault_injection::is(crate::fault_injection::Plant::PairNotCompared) {
        return Ok(());
    }
    if of_store.is_some_and(|of_store| of_store != store_id) {
        return Err(mismatch(Mismatch::OtherStore));
    }
    if log.own < segments.other {
        return Err(mismatch(Mismatch::OlderLog));
    }
    if segments.own < log.other {
        return Err(mismatch(Mismatch::OlderSegments));
    }
    Ok(())
}

fn mismatch(why: Mismatch) -> Error {
    Error::Mismatched { why }
}

fn storage_error(e: StorageError) -> Error {
    Error::database("use the counters of a file", e)
}

fn table_error(e: TableError) -> Error {
    Error::database("open the table of facts", e)
}

#[cfg(test)]
mod tests {
    use super::{Counters, Mismatch, check};
    use crate::Error;

    #[test]
    fn a_file_behind_what_the_other_saw_is_refused() {
        let checked = |log: (u64, u64), segments: (u64, u64), of_store| {
            let counters = |(own, other)| Counters { own, other };
            match check((counters(log), "5a"), (counters(segments), of_store)) {
                Ok(()) => None,
                Err(Error::Mismatched { why }) => Some(why),
                Err(other) => panic!("{other}"),
            }
        };
        assert_eq!(checked((0, 0), (0, 0), None), None);
        assert_eq!(checked((5, 7), (7, 5), Some("5a")), None);
        assert_eq!(checked((6, 7), (8, 5), Some("5a")), None);
        assert_eq!(checked((4, 7), (8, 5), Some("5a")), Some(Mismatch::OlderLog));
        assert_eq!(checked((5, 7), (6, 5), Some("5a")), Some(Mismatch::OlderSegments));
        assert_eq!(checked((5, 7), (0, 0), None), Some(Mismatch::OlderSegments));
        assert_eq!(checked((5, 7), (7, 5), Some("5b")), Some(Mismatch::OtherStore));
    }
}
