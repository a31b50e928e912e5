//! What a change or a pruning would do, without doing it.

use crate::change::{Changed, Targets};
use crate::error::Result;
use crate::retention::Retention;
use crate::store::Store;
use eventscope_model::{EventId, EventType};
use eventscope_query as query;
use eventscope_scope::{Expr, Filter};
use eventscope_storage::{self as storage, Action, RowSet, Snapshot};
use std::collections::BTreeMap;

/// Rows by window.
type Windows = BTreeMap<u32, RowSet>;

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
        let snapshot = self.snapshot();
        let now = self.now();
        let rows = targets.rows(&snapshot, |expr| expr.lower(now))?;
        let find = |text: &str| matching(&eventscope_scope::parse(text)?.lower(now), &snapshot);
        let done = match action {
            Action::Acknowledge => find("acknowledged = true")?,
            Action::Unacknowledge => find("acknowledged = false")?,
            Action::Resolve => find("status = resolved")?,
            Action::Delete => Windows::new(),
        };
        let mut plan = storage::Changed::default();
        let mut rest: Windows = rows.into_iter().collect();
        plan.matched = count(&rest);
        for event_type in EventType::ALL.into_iter().filter(|kind| !action.applies_to(*kind)) {
            let of_type = find(&format!("type = {event_type}"))?;
            for (window, rows) in &mut rest {
                let Some(refused) = of_type.get(window) else { continue };
                let ids = refused.iter().filter(|row| rows.contains(*row));
                plan.refused.extend(ids.map(|row| (id(*window, row), event_type)));
                rows.and_not(refused);
            }
        }
        for (window, rows) in &mut rest {
            done.get(window).into_iter().for_each(|done| rows.and_not(done));
        }
        plan.changed = count(&rest);
        plan.refused.sort_unstable_by_key(|(id, _)| *id);
        Ok(Changed::of(action, plan))
    }

    /// How many events [`Store::prune`] would remove now; nothing is removed.
    ///
    /// # Errors
    /// [`Error::Storage`](crate::Error::Storage) when the store cannot be read.
    pub fn preview_prune(&self, retention: &Retention) -> Result<u64> {
        let live = matching(&Filter::All, &self.snapshot())?;
        let targets = retention.targets(self.storage(), self.now())?;
        let gone = targets.iter().filter_map(|(window, rows)| Some((rows, live.get(window)?)));
        Ok(gone.map(|(rows, live)| u64::from(rows.intersection_len(live))).sum())
    }

    /// Whether any event that there is has a label, under its key in either spelling.
    ///
    /// # Errors
    /// [`Error::Storage`](crate::Error::Storage) when the store cannot be read.
    pub fn has_label(&self, key: &str) -> Result<bool> {
        Ok(query::has_key(&self.snapshot(), &query::FacetKey::label(key))?)
    }

    /// Whether any event that there is has a tag.
    ///
    /// # Errors
    /// [`Error::Storage`](crate::Error::Storage) when the store cannot be read.
    pub fn has_tag(&self, key: &str) -> Result<bool> {
        Ok(query::has_key(&self.snapshot(), &query::FacetKey::Tag(key.to_owned()))?)
    }

    /// How many events match an expression now.
    ///
    /// # Errors
    /// As [`Store::query`].
    pub fn count(&self, expr: &Expr) -> Result<u64> {
        Ok(self.query(&crate::Request::new(expr.clone()).newest(0))?.total)
    }
}

fn matching(filter: &Filter, snapshot: &Snapshot) -> Result<Windows> {
    Ok(query::matching(filter, snapshot)?.into_iter().collect())
}

fn count(windows: &Windows) -> u64 {
    windows.values().map(|rows| u64::from(rows.len())).sum()
}

/// The id of a row: its window above, its place in it below.
fn id(window: u32, row: u16) -> EventId {
    EventId(u64::from(window) << 16 | u64::from(row))
}
