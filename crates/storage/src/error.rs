//! What can go wrong in the store.

pub(crate) mod cause;
mod reason;

pub use reason::{BackupRefused, Mismatch, NotUndoable};

use std::path::PathBuf;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no store, and none was to be made.
    #[error("no store at {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The folder is there, but holds no store.
    #[error("{} is not an event store: it has no log.redb", path.display())]
    NotAStore {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A store was to be made in a folder that holds something else.
    #[error(
        "{} is not an event store, and there is {} in it: name a new or empty folder",
        path.display(),
        found.display()
    )]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// The name of what is in it.
        found: std::ffi::OsString,
    },
    /// A store is opened to write to it, even by whoever only asks.
    #[error(
        "cannot write to {}; a store needs leave to write to its folder and its files",
        path.display()
    )]
    NoWriteAccess {
        /// What cannot be written to.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process, or another handle in this one, has the store open.
    #[error(
        "the store at {} is in use by {holder}; one process at a time can hold it",
        path.display()
    )]
    Locked {
        /// The store.
        path: PathBuf,
        /// Who holds it, as far as it can be told.
        holder: String,
    },
    /// The store was written by a newer version of this library.
    #[error(
        "the store has format {found}; this version reads up to format {newest}: upgrade eventscope"
    )]
    UnsupportedVersion {
        /// The version found.
        found: u32,
        /// The newest version that can be read.
        newest: u32,
    },
    /// The two files of the store do not belong together. What either holds was left as it is.
    #[error("{why}; put back both files of one moment, or restore a backup")]
    Mismatched {
        /// What is wrong with them.
        why: Mismatch,
    },
    /// Stored bytes are not what was written.
    #[error("{place} is damaged: {what}")]
    Corrupt {
        /// Which record.
        place: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The operating system refused a file operation.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The database below failed while reading or opening.
    #[error("cannot {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The text index could not be written. Answers stay exact: what it does not serve is read.
    #[error("cannot {doing} the text index")]
    Text {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A commit failed. What it held may or may not be stored: reopen the store to see.
    #[error(
        "a commit failed, and whether it was stored is unknown; reopen the store and append again \
         (events with a uid are not stored twice)"
    )]
    Unknown {
        /// Why, as the database told it.
        source: std::sync::Arc<dyn std::error::Error + Send + Sync>,
    },
    /// An earlier commit failed; the store takes no more writes until it is opened again.
    #[error("the store stopped taking writes after a failed commit; reopen it")]
    Stopped {
        /// What came first, if that is known.
        source: Option<Cause>,
    },
    /// An earlier write to `segments.redb` failed: nothing is sealed, rewritten or given back until
    /// the store is opened again. Appends go on as long as there is room for what waits.
    #[error("nothing can be sealed; if the disk is full, make room, else reopen the store")]
    Unsealed {
        /// What came first.
        source: Cause,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Who asks for a change, or their note, is over its limit.
    #[error("the change is not taken")]
    Remark {
        /// Which limit.
        source: eventscope_model::Invalid,
    },
    /// A change that cannot be undone.
    #[error("change {change} cannot be undone: {why}")]
    NotUndone {
        /// Its number, as it was asked for.
        change: u64,
        /// Why not.
        why: NotUndoable,
    },
    /// A folder that no backup is to be made in.
    #[error("cannot back up into {}: {why}", path.display())]
    Backup {
        /// The folder.
        path: PathBuf,
        /// Why not.
        why: BackupRefused,
    },
    /// There is a backup in a folder, but it cannot be read.
    #[error("the backup in {} cannot be read; name another folder", path.display())]
    BackupDamaged {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: Box<Error>,
    },
    /// A list of scope labels cannot be put in force, because not all segments can be indexed by
    /// it. The list of before is in force.
    #[error("the scope labels stay as they were: {problem}")]
    NotReindexed {
        /// The first problem.
        problem: String,
    },
    /// There is no event with this id, or it was pruned.
    #[error("no event with id {id}")]
    NoSuchEvent {
        /// The id.
        id: u64,
    },
    /// The store holds as many events as ids allow.
    #[error("the store is full: ids end before {}", crate::limits::EVENT_ID_MAX)]
    Full,
}

/// What an error of earlier came from, which several later ones name.
pub type Cause = std::sync::Arc<dyn std::error::Error + Send + Sync>;

/// What the store's functions give.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Wraps an error of redb.
    pub(crate) fn database(doing: &'static str, source: impl Into<redb::Error>) -> Self {
        Self::Database { doing, source: Box::new(source.into()) }
    }

    /// Wraps an error of tantivy.
    pub(crate) fn text(doing: &'static str, source: tantivy::TantivyError) -> Self {
        Self::Text { doing, source: Box::new(source) }
    }

    /// The error and its causes in one line, for whoever is told later.
    pub(crate) fn in_a_line(&self) -> String {
        let causes = std::iter::successors(std::error::Error::source(self), |error| error.source());
        let cause: String = causes.map(|cause| format!(": {cause}")).collect();
        format!("{self}{cause}")
    }

    /// Names damage to a text file, which costs time and nothing else.
    pub(crate) fn text_damage(what: &'static str) -> Self {
        Self::Text { doing: "read", source: what.into() }
    }

    /// Names a damaged record.
    pub(crate) fn corrupt(place: impl Into<String>, what: &'static str) -> Self {
        Self::Corrupt { place: place.into(), what }
    }
}
