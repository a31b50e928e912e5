//! How long events are kept: by age, severity and type, and by the bytes that all of them take.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "bytes on disks and in memory, which are far below 2^64"
)]

use crate::error::Result;
use crate::limits::{DIRECTORY_BYTES, EMPTY_LOG_BYTES};
use eventscope_model::{EventType, Severity, Timestamp};
use eventscope_query as query;
use eventscope_scope::{Filter, SeveritySet, Span, Test, TypeSet};
use eventscope_storage::{self as storage, Part, RowSet, Snapshot, Storage};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is to be removed from a store. The default is nothing.
///
/// ```
/// use eventscope::{Band, Retention, Rule};
/// use std::time::Duration;
///
/// const DAY: Duration = Duration::from_secs(86_400);
/// let retention = Retention::default()
///     .rule(Rule::older_than(365 * DAY))
///     .rule(Rule::older_than(3 * DAY).severities(Band::Info.severities()))
///     .max_bytes(10_000_000_000);
/// # assert_eq!(retention.rules.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// An event goes when one of these says so.
    pub rules: Vec<Rule>,
    /// The oldest sealed segments go until the store takes no more than this on the disk.
    pub max_bytes: Option<u64>,
}

/// Which events are old enough to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Events that happened longer ago than this.
    pub older_than: Duration,
    /// Only of these severities; of all without it.
    pub severities: Option<Vec<Severity>>,
    /// Only of these types; of all without it.
    pub types: Option<Vec<EventType>>,
}

/// What a pruning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// Events that are gone.
    pub removed_events: u64,
    /// Sealed segments that are gone as a whole.
    pub removed_segments: u64,
    /// Bytes that the store takes less on the disk; 0 in memory.
    pub freed_bytes: u64,
}

/// Rows by window.
type Windows = BTreeMap<u32, RowSet>;

impl Rule {
    /// All events that happened longer ago than this.
    #[must_use]
    pub fn older_than(age: Duration) -> Self {
        Self { older_than: age, severities: None, types: None }
    }

    /// Only those of some severities.
    #[must_use]
    pub fn severities(mut self, severities: impl IntoIterator<Item = Severity>) -> Self {
        self.severities = Some(severities.into_iter().collect());
        self
    }

    /// Only those of some types.
    #[must_use]
    pub fn types(mut self, types: impl IntoIterator<Item = EventType>) -> Self {
        self.types = Some(types.into_iter().collect());
        self
    }

    /// The latest time that is too old; none if no time is.
    fn latest(&self, now: Timestamp) -> Option<Timestamp> {
        let age = i64::try_from(self.older_than.as_nanos()).ok()?;
        let first_kept = now.nanos().checked_sub(age)?;
        Timestamp::from_nanos(first_kept.checked_sub(1)?)
    }

    /// Adds the rows of the events that are to go.
    fn add(&self, snapshot: &Snapshot, now: Timestamp, windows: &mut Windows) -> Result<()> {
        let Some(latest) = self.latest(now) else { return Ok(()) };
        let mut filter = Filter::from(Test::Time(Span { first: Timestamp::EPOCH, last: latest }));
        if let Some(severities) = &self.severities {
            filter = filter.and(severity(severities.iter().copied().collect()));
        }
        if let Some(types) = &self.types {
            filter = filter.and(event_type(types.iter().copied().collect()));
        }
        for (window, rows) in query::matching(&filter, snapshot)? {
            windows.entry(window).or_insert_with(RowSet::empty).or(&rows);
        }
        if self.severities.is_none() && self.types.is_none() {
            // Where everything goes, so do the uids of events that were deleted.
            let old = |part: &Part<'_>| part.time_span().1 <= latest;
            for part in snapshot.parts().filter(old) {
                add_all(&part, windows);
            }
        }
        Ok(())
    }
}

fn severity(set: SeveritySet) -> Filter {
    match set {
        SeveritySet::EMPTY => Filter::Nothing,
        SeveritySet::FULL => Filter::All,
        set => Test::Severity(set).into(),
    }
}

fn event_type(set: TypeSet) -> Filter {
    match set {
        TypeSet::EMPTY => Filter::Nothing,
        TypeSet::FULL => Filter::All,
        set => Test::Type(set).into(),
    }
}

fn add_all(part: &Part<'_>, windows: &mut Windows) {
    let rows = windows.entry(part.window()).or_insert_with(RowSet::empty);
    rows.insert_span(part.first_row(), part.last_row());
}

impl Retention {
    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Sets how many bytes the store may take on the disk.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Whether it keeps everything.
    #[must_use]
    pub fn keeps_all(&self) -> bool {
        self.rules.is_empty() && self.max_bytes.is_none()
    }

    /// Removes what is to go now. The space is not given back yet.
    pub(crate) fn apply(&self, storage: &Storage, now: Timestamp) -> Result<storage::Pruned> {
        if let Some(max) = self.max_bytes {
            seal_large_tail(storage, max)?;
        }
        let snapshot = storage.snapshot();
        let mut windows = Windows::new();
        for rule in &self.rules {
            rule.add(&snapshot, now, &mut windows)?;
        }
        if let Some(max) = self.max_bytes {
            let stats = storage.stats()?;
            let log = stats.log_bytes.min(stats.tail_memory_bytes + EMPTY_LOG_BYTES);
            add_oldest(&snapshot, log, max, &mut windows);
        }
        Ok(storage.prune(windows.into_iter().collect())?)
    }
}

/// Seals the tail of a store that takes too much, if its log is a good part of what it may take:
/// sealed events take a third of that, and then fewer have to go.
fn seal_large_tail(storage: &Storage, max: u64) -> Result<()> {
    let stats = storage.stats()?;
    if stats.log_bytes + stats.segments_bytes + stats.text_bytes > max && stats.log_bytes > max / 4
    {
        storage.seal_now()?;
    }
    Ok(())
}

/// Adds the oldest parts of a snapshot until what is left takes no more than `max` bytes.
fn add_oldest(snapshot: &Snapshot, log: u64, max: u64, windows: &mut Windows) {
    let goes = |part: &Part<'_>| {
        let rows = RowSet::span(part.first_row(), part.last_row());
        let gone = windows.get(&part.window()).map_or(0, |gone| gone.intersection_len(&rows));
        gone == part.len()
    };
    let mut parts: Vec<Part<'_>> = snapshot.parts().filter(|part| !goes(part)).collect();
    parts.sort_by_key(|part| (part.time_span().1, part.first()));
    let bytes_of = |part: &Part<'_>| bytes_of(part) + snapshot.text_bytes(part);
    let sealed = parts.iter().filter(|part| part.sealed().is_some());
    let mut bytes = log + sealed.map(bytes_of).sum::<u64>();
    for part in &parts {
        if bytes <= max {
            return;
        }
        bytes = bytes.saturating_sub(bytes_of(part));
        add_all(part, windows);
    }
}

/// What a part takes on the disk: pages that lead to its own are about one in thirty-two.
fn bytes_of(part: &Part<'_>) -> u64 {
    match part.sealed() {
        Some(_) => part.bytes() + part.bytes() / 32 + DIRECTORY_BYTES,
        None => part.bytes(),
    }
}
