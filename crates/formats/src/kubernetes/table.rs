//! The tables of events that `kubectl get events` and `kubectl events` print.
//!
//! ```text
//! LAST SEEN             TYPE      REASON    OBJECT      MESSAGE
//! 5m12s (x3 over 20m)   Warning   BackOff   Pod/web-1   Back-off restarting failed container
//! ```
//!
//! Columns are those that the header names, in any order: those of `pkg/printers/internalversion`
//! in Kubernetes (`get`, `-o wide`, `-A`), of `kubectl/pkg/cmd/events` (`events`), and of versions
//! before 1.14, which have `KIND` and `NAME` in place of `OBJECT`. Others are passed over.
//!
//! ```text
//! type, source                 `kubernetes`
//! name, severity, labels       as of an event of the API, from TYPE, REASON, OBJECT and SOURCE
//!   kubernetes.namespace.name  NAMESPACE, but not of an object of the cluster, whose events are in
//!                              `default`
//!   kubernetes.object.kind     of OBJECT; `kubectl get` writes it in small letters, see `KINDS`
//!   kubernetes.node.name       the second part of SOURCE, if the first is a program of a node
//! description                  MESSAGE, of which kubectl prints the first line
//! time                         LAST SEEN, counted back from now or else from the time of the file;
//!                              if it is `<unknown>`, FIRST SEEN, else that time itself
//! count                        COUNT, or `(x3 over 20m)` of LAST SEEN, else 1
//! uid                          k8s:<content hash> of NAMESPACE, NAME and count, if there is a NAME
//!                              of the event; else of NAMESPACE, kind, object, SUBOBJECT, SOURCE,
//!                              TYPE, REASON, MESSAGE, count, the day, and how many rows of the
//!                              table before it say the same
//! ```
//!
//! A table has no uids, and its ages change each time it is printed. So an age is no part of the
//! identity, and only the day of the time is: the same table again, or one printed a little later,
//! gives the same events, and what happens again on another day is another event. Rows that are
//! alike in one table are two events, as a watch prints them. A time that was counted back is a
//! guess and changes no event that is known.
//!
//! Cells stand under their names, counted in characters as Go's tabwriter does; in a watch, where
//! columns grow, they are told by the three blanks between them. A row is a line with an age under
//! LAST SEEN; other lines are text, such as the further lines of a message of old versions.

mod age;
mod cells;
mod kinds;

use super::lower_first;
use crate::{Format, Reject, cut, identity::ContentHash, limits, source::GUESSED, times::Zone};
use age::{Age, Seen};
use cells::{Field, Fit, Header};
use eventscope_model::{
    Draft, EventType, Labels, Severity, Timestamp, UidTime,
    catalog::{self, Entry, System},
};
use std::collections::HashMap;

/// A table that is being read.
#[derive(Debug)]
pub(crate) struct Table {
    header: Header,
    alike: Alike,
    rows: u64,
}

/// A row that was read.
pub(crate) struct Row {
    pub(crate) content: Result<Draft, Reject>,
    /// Whether the table says nothing of its time, so that it has that of the file.
    pub(crate) is_dated_by_file: bool,
}

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

/// The types of events.
const TYPES: [&str; 2] = ["Normal", "Warning"];

/// Programs that run on each node and report under its name.
const NODE_PROGRAMS: [&str; 2] = ["kubelet", "kube-proxy"];

impl Table {
    /// The table that a line begins, if it is a header.
    pub(crate) fn begin(line: &str) -> Option<Self> {
        Header::read(line).map(|header| Self { header, alike: Alike::default(), rows: 0 })
    }

    /// Whether no row was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Reads a line; `None` if it is no row. Ages count back from `now`. The input ends in a row
    /// that is cut.
    pub(crate) fn row(&mut self, line: &str, is_cut: bool, now: Option<Timestamp>) -> Option<Row> {
        let mut cells = Cells { line, ..Cells::default() };
        cells.fit = self.header.split(line, &mut |field, cell| cells.put(field, cell));
        let seen = Seen::read(cells.last_seen)?;
        // Sentences of logs begin with times and ages too.
        if cells.fit != Fit::Place && !TYPES.contains(&cells.event_type) {
            return None;
        }
        self.rows = self.rows.saturating_add(1);
        let time = cells.time(seen, now);
        let is_dated_by_file = matches!(time, Ok((_, Said::Nothing)));
        let mut content = time.and_then(|(time, said)| self.draft(&cells, seen, time, said));
        if let (true, Ok(draft)) = (is_cut, &mut content) {
            cut::mark(draft, cut::LAST_ROW);
        }
        Some(Row { content, is_dated_by_file })
    }

    fn draft(
        &mut self,
        cells: &Cells<'_>,
        seen: Seen,
        time: Timestamp,
        said: Said,
    ) -> Result<Draft, Reject> {
        if cells.fit == Fit::Short {
            let expected = "the columns of the header, with three blanks between";
            return Err(Reject::value("row", cells.line, expected));
        }
        if cells.reason.is_empty() {
            return Err(Reject::Missing { format: Format::Kubernetes, field: "REASON" });
        }
        let object = cells.object();
        let known = catalog::find(System::Kubernetes, &lower_first(&object.kind), cells.reason);
        let name = known.map_or(cells.reason, |entry| entry.name);
        let mut draft = Draft::new(EventType::Kubernetes, "kubernetes", name);
        draft.time = Some(time);
        draft.severity = cells.severity(known).level();
        cells.message.clone_into(&mut draft.description);
        draft.count = cells.count(seen);
        draft.labels = cells.labels(&object);
        let guess = match said {
            Said::Instant(Zone::Said) => None,
            Said::Instant(Zone::Guessed) => Some("zone"),
            Said::Age | Said::Nothing => Some("time"),
        };
        if let Some(what) = guess {
            draft.tags.insert(GUESSED, what);
        }
        let uid = self.identity(cells, &object, draft.count, time);
        Ok(draft.uid(uid, if guess.is_some() { UidTime::Guessed } else { UidTime::Free }))
    }

    fn identity(
        &mut self,
        cells: &Cells<'_>,
        object: &Object<'_>,
        count: u64,
        time: Timestamp,
    ) -> String {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let hash = ContentHash::default().text(cells.namespace);
        if let Some(own) = object.event {
            return hash.text(own).number(number(count)).finish("k8s");
        }
        let hash = hash
            .text(&object.kind)
            .text(object.name)
            .text(cells.subobject)
            .text(cells.source)
            .text(cells.event_type)
            .text(cells.reason)
            .text(cells.message)
            .number(number(count))
            .number(time.nanos().div_euclid(DAY));
        let earlier = self.alike.count(hash.finish("row"));
        hash.number(number(earlier)).finish("k8s")
    }
}

/// What a row says of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Instant(Zone),
    Age,
    Nothing,
}

/// The cells of a row; those that it does not have are empty.
#[derive(Debug, Default)]
struct Cells<'a> {
    line: &'a str,
    fit: Fit,
    namespace: &'a str,
    last_seen: &'a str,
    first_seen: &'a str,
    count: &'a str,
    event_type: &'a str,
    reason: &'a str,
    object: &'a str,
    kind: &'a str,
    subobject: &'a str,
    source: &'a str,
    name: &'a str,
    message: &'a str,
}

/// What a row is about.
struct Object<'a> {
    /// As the API writes it: `ReplicaSet`.
    kind: String,
    name: &'a str,
    /// The name of the event itself.
    event: Option<&'a str>,
}

impl<'a> Cells<'a> {
    fn put(&mut self, field: Field, cell: &'a str) {
        let slot = match field {
            Field::Namespace => &mut self.namespace,
            Field::LastSeen => &mut self.last_seen,
            Field::FirstSeen => &mut self.first_seen,
            Field::Count => &mut self.count,
            Field::Type => &mut self.event_type,
            Field::Reason => &mut self.reason,
            Field::Object => &mut self.object,
            Field::Kind => &mut self.kind,
            Field::Subobject => &mut self.subobject,
            Field::Source => &mut self.source,
            Field::Name => &mut self.name,
            Field::Message => &mut self.message,
            Field::Other => return,
        };
        *slot = cell;
    }

    fn time(&self, seen: Seen, now: Option<Timestamp>) -> Result<(Timestamp, Said), Reject> {
        let first = Seen::read(self.first_seen).map(|seen| seen.age);
        let ages = [Some(seen.age), seen.first, first];
        let field = "LAST SEEN";
        for age in ages.into_iter().flatten() {
            let nanos = match age {
                Age::Unknown => continue,
                Age::Instant(time, zone) => return Ok((time, Said::Instant(zone))),
                Age::Nanos(nanos) => nanos,
            };
            let undated = Reject::Undated { format: Format::Kubernetes, field };
            let time = now.ok_or(undated)?.nanos().checked_sub(nanos);
            let error = eventscope_model::ParseTimeError::OutOfRange;
            let outside = || Reject::Time { field, value: self.last_seen.to_owned(), error };
            let time = time.and_then(Timestamp::from_nanos).ok_or_else(outside)?;
            return Ok((time, Said::Age));
        }
        let undated = Reject::Undated { format: Format::Kubernetes, field };
        Ok((now.ok_or(undated)?, Said::Nothing))
    }

    fn count(&self, seen: Seen) -> u64 {
        let own = self.count.parse().ok();
        own.or(seen.count).filter(|count| *count > 0).unwrap_or(1)
    }

    fn severity(&self, known: Option<&Entry>) -> Severity {
        match self.event_type {
            "Normal" => Severity::Informational,
            "Warning" => Severity::Warning,
            "" => known.map_or(Severity::Informational, |entry| entry.severity),
            _ => Severity::Error,
        }
    }

    fn object(&self) -> Object<'a> {
        let own = self.name.strip_prefix("event/").unwrap_or(self.name);
        let own = Some(own).filter(|own| !own.is_empty());
        if self.kind.is_empty() {
            let (kind, name) = self.object.split_once('/').unwrap_or((self.object, ""));
            return Object { kind: kinds::written(kind), name, event: own };
        }
        // Old versions print the name of the object, or that of the event, which begins with it.
        let object = own.and_then(kinds::object_of_event);
        let event = own.filter(|_| object.is_some());
        let name = object.or(own).unwrap_or_default();
        Object { kind: kinds::written(self.kind), name, event }
    }

    fn labels(&self, object: &Object<'_>) -> Labels {
        let (component, instance) = self.source.split_once(", ").unwrap_or((self.source, ""));
        let has_node = NODE_PROGRAMS.contains(&component);
        let has_namespace = !kinds::is_of_cluster(&object.kind);
        let own = format!("kubernetes.{}.name", lower_first(&object.kind));
        let pairs = [
            ("kubernetes.event.component", component),
            ("kubernetes.event.reason", self.reason),
            ("kubernetes.node.name", if has_node { instance } else { "" }),
            ("kubernetes.namespace.name", if has_namespace { self.namespace } else { "" }),
            ("kubernetes.object.kind", &object.kind),
            (&own, if object.kind.is_empty() { "" } else { object.name }),
        ];
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        Labels::from_pairs(given.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }
}

/// How often rows came that say the same.
///
/// Bounded by forgetting, as what is remembered of containers is.
#[derive(Debug, Default)]
struct Alike {
    young: HashMap<String, u64>,
    old: HashMap<String, u64>,
}

impl Alike {
    /// How many came before, of those that are remembered.
    fn count(&mut self, row: String) -> u64 {
        if self.young.len() >= limits::TABLE_ROWS_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        let old = self.old.remove(&row).unwrap_or_default();
        let count = self.young.entry(row).or_insert(old);
        let earlier = *count;
        *count = count.saturating_add(1);
        earlier
    }
}

#[cfg(test)]
mod tests;
