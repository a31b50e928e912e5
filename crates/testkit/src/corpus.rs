//! The cases of the scope language: expressions, events, and which of them match.
//!
//! They stand in `tests/data/scope/*.toml` and are answered alike by everything that answers an
//! expression: the reference matcher, the planner over every kind of storage, the HTTP API. A file
//! holds events, in the order in which a store would take them in, and cases over all of them:
//!
//! ```toml
//! [[event]]
//! handle = "oom"
//! time = "2026-11-23T09:00:00Z"
//! name = "Container OOM"
//! labels = { "kubernetes.pod.name" = "web-1" }
//!
//! [[case]]
//! expr = "kube_pod_name = 'web-1'"
//! matches = ["oom"]
//!
//! [[case]]
//! expr = "severity >> 3"
//! error = "unknown-value"
//! at = [11, 12]
//! ```
//!
//! An event has the fields of the native JSON, except for those that a store derives. Its id is its
//! place in the file, from 1 on, so that a store that takes the events in order gives it the same
//! one. What is left out of an event: name = handle, time = the last one plus a second, type
//! `custom`, severity 6, source `api`, uid = `uid:` and the handle.

use eventscope_model::{
    Acknowledgement, Draft, Event, EventId, EventType, OnConflict, Severity, State, Timestamp, Uid,
    UidTime,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};
use toml::Spanned;

/// One expression with the events it is asked about and what is expected.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file it stands in, without folders.
    pub file: String,
    /// The line of its expression, from 1 on.
    pub line: usize,
    /// The expression.
    pub expr: String,
    /// The end of `time last ..`.
    pub now: Timestamp,
    /// The events of its file with their handles, by ascending id.
    pub events: Vec<(String, Event)>,
    /// What is expected.
    pub expect: Expect,
}

/// What a case expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The handles of the events that match, by ascending id.
    Matches(Vec<String>),
    /// The first error in the expression.
    Error {
        /// The code of its kind.
        code: String,
        /// The bytes of the expression that it is about.
        at: [usize; 2],
    },
}

/// The folder of the corpus in this repository.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/scope")
}

/// All cases of a folder, by file and line.
///
/// # Errors
/// A file that cannot be read or is not of the shape above, with its name and what is wrong.
pub fn load(folder: &Path) -> io::Result<Vec<Case>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let wrong = |what: String| io::Error::other(format!("{file}: {what}"));
        cases.extend(read(&file, &fs::read_to_string(&path)?).map_err(wrong)?);
    }
    Ok(cases)
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    event: Vec<EventRow>,
    #[serde(default)]
    case: Vec<CaseRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseRow {
    expr: Spanned<String>,
    now: Option<String>,
    matches: Option<Vec<String>>,
    error: Option<String>,
    at: Option<[usize; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventRow {
    handle: String,
    uid: Option<String>,
    time: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<String>,
    severity: Option<u8>,
    source: Option<String>,
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    state: Option<String>,
    end_time: Option<String>,
    count: Option<u64>,
    acknowledged: Option<Mark>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    at: String,
    by: Option<String>,
    note: Option<String>,
}

fn read(file: &str, text: &str) -> Result<Vec<Case>, String> {
    let File { event, case } = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut events: Vec<(String, Event)> = Vec::new();
    for row in event {
        let handle = row.handle.clone();
        if events.iter().any(|(other, _)| *other == handle) {
            return Err(format!("two events have the handle `{handle}`"));
        }
        let last = events.last().map(|(_, event)| event);
        let event = build(row, last).map_err(|what| format!("event `{handle}`: {what}"))?;
        events.push((handle, event));
    }
    let mut cases = Vec::new();
    for row in case {
        let before = text.get(..row.expr.span().start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let expect = expect(&row, &events).map_err(|what| format!("line {line}: {what}"))?;
        let now = row.now.as_deref().map_or(Ok(Timestamp::MAX), timestamp)?;
        let expr = row.expr.into_inner();
        cases.push(Case { file: file.to_owned(), line, expr, now, events: events.clone(), expect });
    }
    Ok(cases)
}

fn expect(row: &CaseRow, events: &[(String, Event)]) -> Result<Expect, String> {
    match (&row.matches, &row.error, row.at) {
        (Some(matches), None, None) => {
            let known: Vec<_> =
                events.iter().map(|(handle, _)| handle).filter(|h| matches.contains(h)).collect();
            if known.len() != matches.len() {
                return Err("`matches` has a handle twice, or one that no event has".to_owned());
            }
            Ok(Expect::Matches(known.into_iter().cloned().collect()))
        }
        (None, Some(code), Some(at)) => Ok(Expect::Error { code: code.clone(), at }),
        _ => Err("a case has either `matches`, or `error` and `at`".to_owned()),
    }
}

/// The event of a row, as a store would give it back that has taken in the `last` one before it.
fn build(row: EventRow, last: Option<&Event>) -> Result<Event, String> {
    let time = match row.time {
        Some(text) => timestamp(&text)?,
        None => last.map_or(Timestamp::EPOCH, |last| last.time.saturating_add(1_000_000_000)),
    };
    let event_type = row.event_type.map_or(Ok(EventType::Custom), |name| {
        EventType::from_name(&name).ok_or(format!("no type `{name}`"))
    })?;
    let state = row.state.map_or(Ok(State::Triggered), |name| {
        State::from_name(&name).ok_or(format!("no state `{name}`"))
    })?;
    let draft = Draft {
        uid: Some(Uid {
            text: row.uid.unwrap_or_else(|| format!("uid:{}", row.handle)),
            time: UidTime::Free,
        }),
        time: Some(time),
        event_type,
        severity: row.severity.unwrap_or(Severity::Informational.level()),
        source: row.source.unwrap_or_else(|| "api".to_owned()),
        name: row.name.unwrap_or(row.handle),
        description: row.description.unwrap_or_default(),
        labels: row.labels.into_iter().collect(),
        tags: row.tags.into_iter().collect(),
        state,
        end_time: row.end_time.as_deref().map(timestamp).transpose()?,
        count: row.count.unwrap_or(1),
        acknowledgement: row.acknowledged.map(mark).transpose()?,
        details: None,
        added: Vec::new(),
        fired_again: false,
        closes: None,
        on_conflict: OnConflict::Merge,
        revision: 0,
    };
    draft.check().map_err(|invalid| invalid.to_string())?;
    let id = EventId(last.map_or(0, |last| last.id.0) + 1);
    event(draft, id, time)
}

/// The event that a checked draft becomes when it is stored under this id at this time.
///
/// # Errors
/// When it has a severity that there is not.
pub fn event(draft: Draft, id: EventId, time: Timestamp) -> Result<Event, String> {
    Ok(Event {
        id,
        uid: draft.uid.map(|uid| uid.text).unwrap_or_default(),
        time,
        received: time,
        event_type: draft.event_type,
        severity: Severity::from_level(draft.severity).ok_or("no such severity")?,
        source: draft.source,
        name: draft.name,
        description: draft.description,
        labels: draft.labels,
        tags: draft.tags,
        state: draft.state,
        end_time: draft.end_time,
        count: draft.count,
        acknowledgement: draft.acknowledgement,
        details: draft.details,
    })
}

fn mark(mark: Mark) -> Result<Acknowledgement, String> {
    Ok(Acknowledgement { at: timestamp(&mark.at)?, by: mark.by, note: mark.note })
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| format!("`{text}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{Expect, read};

    const EVENTS: &str = "[[event]]\nhandle = 'a'\n[[event]]\nhandle = 'b'\ncount = 3\n";

    #[test]
    fn events_and_cases_are_read() {
        let case = "[[case]]\nexpr = 'x'\nmatches = ['b', 'a']\n";
        let cases = read("f", &format!("{EVENTS}{case}")).unwrap();
        assert_eq!(cases.len(), 1);
        assert_eq!((cases[0].line, cases[0].events.len()), (7, 2));
        assert_eq!(cases[0].events[1].1.count, 3);
        assert_eq!(cases[0].events[1].1.id.0, 2);
        assert_eq!(cases[0].expect, Expect::Matches(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, wrong) in [
            ("[[event]]\nhandle = 'b'\n", "two events"),
            ("[[event]]\nhandle = 'c'\nstate = 'resolved'\n", "event `c`"),
            ("[[event]]\nhandle = 'c'\nhost = 'x'\n", "unknown field"),
            ("[[case]]\nexpr = 'x'\n", "line 7: a case has either"),
            ("[[case]]\nexpr = 'x'\nmatches = ['c']\n", "line 7: `matches` has"),
            ("[[case]]\nexpr = 'x'\nmatches = []\nerror = 'e'\nat = [0, 1]\n", "line 7"),
        ] {
            let error = read("f", &format!("{EVENTS}{text}")).unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
    }
}
