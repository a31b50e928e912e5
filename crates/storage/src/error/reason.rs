//! Why the store refused: the reasons that some errors carry, to be told apart by a caller.

/// Why a folder is left alone by a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackupRefused {
    /// It is the store's own folder, or within it.
    #[error("it is the folder of the store itself, or within it; name another one")]
    Own,
    /// It is no folder, or there is something in it.
    #[error("there is something else; name a new or empty folder")]
    SomethingElse,
    /// It holds a store that is no backup.
    #[error("it is a store in its own right; name a new or empty folder")]
    NoBackup,
    /// It is a backup of another store.
    #[error("it is a backup of another store; name another folder")]
    OtherStore,
    /// Somebody wrote to the backup as to a store.
    #[error("it was written to since it was made; name another folder")]
    Changed,
    /// The backup is of a later state.
    #[error("it is newer than this store; name another folder")]
    Newer,
    /// The backup is of a store with which this one has only its beginning in common.
    #[error("it holds other events than this store; name another folder")]
    Diverged,
}

/// Why two files are no store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The log lacks commits that `segments.redb` rests on.
    #[error("log.redb is of an earlier moment than segments.redb")]
    OlderLog,
    /// `segments.redb` lacks commits that the log rests on.
    #[error("segments.redb is of an earlier moment than log.redb")]
    OlderSegments,
    /// They were never the files of one store.
    #[error("segments.redb belongs to another store than log.redb")]
    OtherStore,
}

/// Why a change cannot be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUndoable {
    /// Nobody has changed anything yet.
    #[error("nothing was acknowledged, resolved or deleted yet")]
    NoChange,
    /// It was undone before.
    #[error("it was undone already, by change {by}")]
    Undone {
        /// The change that did it.
        by: u64,
    },
    /// Its events were deleted, and what they took was given back since.
    #[error("the space of the events that it deleted was given back since")]
    Gone,
    /// It is an undo.
    #[error("it is itself the undo of change {of}; make that change again instead")]
    IsUndo {
        /// The change that it undid.
        of: u64,
    },
    /// It is not the last change that people made.
    #[error("only the last change can be, which is {last}{}", if *undone {
        " and was undone already"
    } else {
        ""
    })]
    NotLast {
        /// The last one.
        last: u64,
        /// Whether that was undone.
        undone: bool,
    },
}
