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
    /// The oldest sealed segments go until the store takes no more than this on the disk. Events
    /// that are not sealed yet never go for their bytes.
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
    /// Bytes that the store still takes beyond those it may: what is not sealed yet, and what files
    /// take without any event, does not go for its bytes.
    pub over_bytes: u64,
    /// Events that are not sealed yet.
    pub unsealed_events: u64,
    /// Whether the disk has no room for the copies that would give more space back: what is left of
    /// a segment is written anew before the old one goes.
    pub no_room: bool,
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
        if self.is_of_all() {
            // Where everything goes, so do the uids of events that were deleted, unless one of
            // them is younger: an import would bring that one back.
            for part in snapshot.parts() {
                if snapshot.latest_time(&part)?.is_none_or(|time| time <= latest) {
                    add_all(&part, windows);
                }
            }
        }
        Ok(())
    }

    /// Whether it asks for nothing but an age, in whichever way that is said.
    fn is_of_all(&self) -> bool {
        let severities = self.severities.iter().flatten().copied().collect::<SeveritySet>();
        let types = self.types.iter().flatten().copied().collect::<TypeSet>();
        (self.severities.is_none() || severities == SeveritySet::FULL)
            && (self.types.is_none() || types == TypeSet::FULL)
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
        Ok(storage.prune(self.targets(storage, now)?)?)
    }

    /// The rows that are to go now, by window.
    ///
    /// # Errors
    /// When the store cannot be read.
    #[doc(hidden)]
    pub fn targets(&self, storage: &Storage, now: Timestamp) -> Result<Vec<(u32, RowSet)>> {
        let snapshot = storage.snapshot();
        let mut windows = Windows::new();
        for rule in &self.rules {
            rule.add(&snapshot, now, &mut windows)?;
        }
        if let Some(max) = self.max_bytes {
            let stats = storage.stats()?;
            let log = stats.log_bytes.min(stats.tail_memory_bytes + EMPTY_LOG_BYTES);
            add_oldest(&snapshot, log, max, &mut windows)?;
        }
        Ok(windows.into_iter().collect())
    }
}

/// Adds the oldest sealed parts of a snapshot until what is left takes no more than `max` bytes.
/// What is not sealed stays: no commit could give its space back before it is sealed, and it is the
/// newest that was received.
fn add_oldest(snapshot: &Snapshot, log: u64, max: u64, windows: &mut Windows) -> Result<()> {
    let mut parts = Vec::new();
    for part in snapshot.parts().filter(|part| part.sealed().is_some()) {
        let rows = RowSet::span(part.first_row(), part.last_row());
        let gone = windows.get(&part.window()).map_or(0, |gone| gone.intersection_len(&rows));
        if gone < part.len() {
            parts.push((snapshot.latest_time(&part)?, part));
        }
    }
    parts.sort_by_key(|(latest, part)| (*latest, part.first()));
    let bytes_of = |part: &Part<'_>| bytes_of(part) + snapshot.text_bytes(part);
    let mut bytes = log + parts.iter().map(|(_, part)| bytes_of(part)).sum::<u64>();
    for (_, part) in &parts {
        if bytes <= max {
            break;
        }
        bytes = bytes.saturating_sub(bytes_of(part));
        add_all(part, windows);
    }
    Ok(())
}

/// What a sealed part takes on the disk: pages that lead to its own are about one in thirty-two.
fn bytes_of(part: &Part<'_>) -> u64 {
    part.bytes() + part.bytes() / 32 + DIRECTORY_BYTES
}
