//! What a change or a pruning would do, without doing it.

use crate::change::{Changed, Targets};
use crate::error::Result;
use crate::retention::Retention;
use crate::store::Store;
use eventscope_storage::Action;

impl Store {
    /// What [`Store::change`] would answer now, but nothing is changed and no number is given.
    ///
    /// ```
    /// use eventscope::{Action, Draft, Options, Request, Store, Targets};
    ///
    /// let store = Store::in_memory(Options::default())?;
    /// store.append(&[Draft::custom("one"), Draft::custom("two")])?;
    /// let all = Targets::parse("everywhere")?;
    /// assert_eq!(store.preview(Action::Delete, &all)?.changed, 2);
    /// assert_eq!(store.query(&Request::everything())?.total, 2);
    /// # Ok::<(), eventscope::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Store::change`], but for those of writing.
    pub fn preview(&self, action: Action, targets: &Targets) -> Result<Changed> {
        let snapshot = self.open_snapshot()?;
        let rows = targets.rows(&snapshot, |expr| expr.lower(self.now()))?;
        Ok(Changed::of(action, snapshot.would_change(action, &rows)?))
    }

    /// How many events [`Store::prune`] would remove now; nothing is removed.
    ///
    /// # Errors
    /// [`Error::Storage`](crate::Error::Storage) when the store cannot be read.
    pub fn preview_prune(&self, retention: &Retention) -> Result<u64> {
        let snapshot = self.open_snapshot()?;
        Ok(snapshot.would_prune(retention.targets(self.storage(), self.now())?))
    }
}
