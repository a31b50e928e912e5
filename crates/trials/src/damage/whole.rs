//! Everything that a store says, to be compared with what it says once it is damaged.

use super::Found;
use crate::Failure;
use crate::workload::draft;
use eventscope_model::{Event, EventId, Timestamp};
use eventscope_query::{Request, execute};
use eventscope_scope::{Filter, parse};
use eventscope_storage::{
    Action, Change, Error, Field, HistoryEntry, Outcome, Part, Result, RowSet, Storage,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Asked of the text index: a frequent word, a rare one, a phrase, the beginning of a word, and one
/// in Japanese.
const QUERIES: [&str; 5] = [
    "text = 'number'",
    "text = '\"number 17\"'",
    "text = '\"this is\"' and severity <= 3",
    "text = 'numb*'",
    "text = '\u{6771}\u{4eac}'",
];
/// Events of a page.
const PAGE: usize = 1_000;
/// Ids between two of which the history is compared.
const HISTORY_EVERY: usize = 20;

/// The rows of each value of each field of a part.
type Fields = BTreeMap<String, BTreeMap<String, Vec<u16>>>;

/// What a store says.
pub(super) struct Whole {
    events: Vec<Option<Event>>,
    histories: Vec<Vec<HistoryEntry>>,
    /// By the first id of each part.
    fields: BTreeMap<u64, Fields>,
    /// The total and the ids of each of [`QUERIES`].
    answers: Vec<(u64, Vec<EventId>)>,
    /// The number of a draft that was appended, and what comes of appending it again.
    again: (u64, Vec<Outcome>),
}

/// Compares answers, and counts errors.
#[derive(Debug, Default)]
pub(super) struct Judge {
    errors: u64,
    died: bool,
    wrong: Vec<String>,
}

impl Judge {
    fn answer<T: PartialEq>(&mut self, answer: Result<T>, expected: &T, what: impl Fn() -> String) {
        if self.take(answer).is_some_and(|answer| answer != *expected) {
            self.wrong.push(what());
        }
    }

    /// What was answered, if it was no error.
    pub(super) fn take<T>(&mut self, answer: Result<T>) -> Option<T> {
        answer
            .inspect_err(|error| {
                self.errors += 1;
                self.died |= matches!(error, Error::Closed);
            })
            .ok()
    }

    /// Notes a wrong answer.
    pub(super) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    pub(super) fn errors(&self) -> u64 {
        self.errors
    }

    pub(super) fn found(self) -> std::result::Result<Found, Failure> {
        match self {
            Self { died: true, .. } => Err(Failure::new("a thread of the store died")),
            Self { wrong, .. } if !wrong.is_empty() => Err(Failure::new(wrong.join("; "))),
            Self { errors: 0, .. } => Ok(Found::Right),
            _ => Ok(Found::Errors),
        }
    }
}

impl Whole {
    pub(super) fn of(storage: &Storage) -> std::result::Result<Self, Failure> {
        storage.finish_text(|_, _| ())?;
        let snapshot = storage.snapshot();
        let ids = 1..snapshot.end().0;
        let mut whole = Self {
            events: Vec::new(),
            histories: Vec::new(),
            fields: BTreeMap::new(),
            answers: Vec::new(),
            again: (0, Vec::new()),
        };
        for id in ids.clone() {
            whole.events.push(snapshot.event(EventId(id))?);
        }
        for id in ids.step_by(HISTORY_EVERY) {
            whole.histories.push(storage.history(EventId(id))?);
        }
        for part in snapshot.parts() {
            whole.fields.insert(part.first().0, fields(&part)?);
        }
        for query in QUERIES {
            whole.answers.push(whole.naive(query));
        }
        let uids = whole.events.iter().flatten().map(|event| event.uid.as_str());
        let uids: BTreeSet<&str> = uids.collect();
        let known = |n: &u64| draft(*n).uid.is_some_and(|uid| uids.contains(uid.text.as_str()));
        let number = (0..snapshot.end().0).find(known);
        let number = number.ok_or_else(|| Failure::new("nothing is left of the workload"))?;
        let mut judge = Judge::default();
        whole.compare(storage, &mut judge);
        judge.found()?;
        whole.again = (number, storage.append(vec![draft(number)])?);
        Ok(whole)
    }

    /// What a query finds, from reading every event.
    fn naive(&self, query: &str) -> (u64, Vec<EventId>) {
        let filter = filter(query);
        let live = self.events.iter().flatten();
        let mut found: Vec<&Event> = live.filter(|event| filter.matches(event)).collect();
        found.sort_unstable_by_key(|event| Reverse((event.time, event.id)));
        (found.len() as u64, found.iter().map(|event| event.id).take(PAGE).collect())
    }

    /// The id of the next event.
    fn end(&self) -> EventId {
        EventId(self.events.len() as u64 + 1)
    }

    /// Asks a store for everything.
    pub(super) fn compare(&self, storage: &Storage, judge: &mut Judge) {
        let snapshot = storage.snapshot();
        judge.answer(Ok(snapshot.end()), &self.end(), || "the end".to_owned());
        for (id, event) in (1..).zip(&self.events) {
            judge.answer(snapshot.event(EventId(id)), event, || format!("event {id}"));
        }
        for (id, history) in (1..).step_by(HISTORY_EVERY).zip(&self.histories) {
            judge.answer(storage.history(EventId(id)), history, || format!("history of {id}"));
        }
        let firsts: Vec<u64> = snapshot.parts().map(|part| part.first().0).collect();
        judge.answer(Ok(firsts), &self.fields.keys().copied().collect(), || "parts".to_owned());
        for part in snapshot.parts() {
            let Some(expected) = self.fields.get(&part.first().0) else { continue };
            let mut read = Vec::new();
            judge.take(part.each_field_name(|field| {
                read.push((format!("{field:?}"), values(&part, field)));
                Ok(())
            }));
            for (name, found) in read {
                let none = BTreeMap::new();
                let expected = expected.get(&name).unwrap_or(&none);
                judge.answer(found, expected, || format!("{name} of {}", part.first()));
            }
            judge.take(part.times());
        }
        for (query, expected) in QUERIES.iter().zip(&self.answers) {
            judge.answer(ask(storage, query), expected, || (*query).to_owned());
        }
    }

    /// Writes to a store: what it takes must be right, too. Gives the id of a new event.
    pub(super) fn write(&self, storage: &Storage, judge: &mut Judge) -> Option<EventId> {
        let (number, outcomes) = &self.again;
        judge.answer(storage.append(vec![draft(*number)]), outcomes, || "a duplicate".to_owned());
        let outcomes = judge.take(storage.append(vec![draft(5_000_000)]))?;
        if outcomes != [Outcome::Appended(self.end())] {
            judge.wrong(format!("a new event: {outcomes:?}"));
        }
        let targets = vec![(0, RowSet::span(1, 20))];
        let delete = Change { action: Action::Delete, targets, by: None, note: None };
        judge.take(storage.change(delete));
        judge.take(storage.seal_now());
        Some(self.end())
    }
}

fn filter(query: &str) -> Filter {
    parse(query).map_or(Filter::All, |expr| expr.lower(Timestamp::MAX))
}

/// The total of a query, and the ids of its newest page.
fn ask(storage: &Storage, query: &str) -> Result<(u64, Vec<EventId>)> {
    let page = execute(&Request::new(filter(query)).newest(PAGE), &storage.snapshot(), None);
    let page = page.map_err(|error| match error {
        eventscope_query::Error::Storage(error) => error,
        other => Error::Database { doing: "answer a query", source: Box::new(other) },
    })?;
    Ok((page.total, page.events.iter().map(|event| event.id).collect()))
}

fn fields(part: &Part<'_>) -> Result<Fields> {
    let mut fields = Fields::new();
    part.each_field_name(|field| {
        fields.insert(format!("{field:?}"), values(part, field)?);
        Ok(())
    })?;
    Ok(fields)
}

fn values(part: &Part<'_>, field: Field<'_>) -> Result<BTreeMap<String, Vec<u16>>> {
    let Some(index) = part.field(field)? else { return Ok(BTreeMap::new()) };
    let value = |at| {
        let mut rows = Vec::new();
        index.rows(at).for_each(|row| rows.push(row));
        (index.value(at).to_owned(), rows)
    };
    Ok((0..index.len()).map(value).collect())
}
