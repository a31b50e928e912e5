//! What is needed while the rows of one part are computed.

use eventscope_storage::RowSet;

/// The part that is computed, how doubtful rows are taken, and sets to compute with. The sets are
/// used again, so that a query allocates them once and not for each part.
#[derive(Debug)]
pub(crate) struct Work {
    /// The first and the last row of the part.
    pub(crate) span: (u16, u16),
    pub(crate) doubtful: Doubtful,
    free: Vec<RowSet>,
}

/// Whether rows that no index can decide count as passing. A filter is computed in both ways where
/// it leaves doubt; the rows between the two results are decided on their events. Taking the
/// opposite of a test takes the opposite of this, and all other steps only ever add rows where
/// their operands have more: so the two results enclose the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubtful {
    In,
    Out,
}

impl Doubtful {
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::In => Self::Out,
            Self::Out => Self::In,
        }
    }
}

impl Work {
    pub(crate) fn new() -> Self {
        Self { span: (0, 0), doubtful: Doubtful::In, free: Vec::new() }
    }

    /// An empty set.
    pub(crate) fn take(&mut self) -> RowSet {
        self.free.pop().unwrap_or_else(RowSet::empty)
    }

    /// Takes a set back.
    pub(crate) fn give(&mut self, mut set: RowSet) {
        set.clear();
        self.free.push(set);
    }
}
