//! What a scan found compared with the last scan of the same artifact.
//!
//! A scan is the event of an artifact, `Image scanned: <artifact>`, and the events of its findings
//! at the same time. Both carry the labels that say what was scanned. The store is asked by those
//! of them that are scope labels, the events that come of it are looked at for the others.

use crate::error::{Error, Result};
use crate::limits::COMPARED_FINDINGS_MAX;
use crate::store::Store;
use eventscope_model::{Draft, Event, EventType, Labels, ScopeLabels, Timestamp};
use eventscope_query as query;
use eventscope_scope::{Filter, Span, Test, TextField, TextTest, TypeSet};
use eventscope_storage::Snapshot;
use std::collections::BTreeSet;

/// How the name of the event of a scanned artifact begins.
const ARTIFACT: &str = "Image scanned: ";

/// The labels, beside those of Kubernetes, that say what was scanned. The digest is not among them:
/// an image that was built anew is to be compared with what it was.
const IDENTITY: [&str; 4] = ["container.image", "container.name", "scan.artifact", "scan.report"];

/// Events looked at together for the newest one; nearly always it is the first.
const PAGE: usize = 8;

/// Name, package and target of each finding.
type Findings = BTreeSet<[String; 3]>;

/// Whether a draft is the event of a scanned artifact that does not say yet how it compares with
/// the scan before: one that comes from the export of a store does.
#[must_use]
pub fn is_scanned_artifact(draft: &Draft) -> bool {
    draft.event_type == EventType::Scan
        && draft.name.starts_with(ARTIFACT)
        && !is_compared(&draft.description)
}

/// A description without what [`Store::describe_scan`] adds.
fn without_comparison(description: &str) -> &str {
    match description.rsplit_once("; ") {
        Some((text, _)) if is_compared(description) => text,
        _ if is_compared(description) => "",
        _ => description,
    }
}

/// Whether a description ends with what [`Store::describe_scan`] adds.
fn is_compared(description: &str) -> bool {
    let end = description.rsplit_once("; ").map_or(description, |(_, end)| end);
    matches!(end, "new" | "unchanged") || end.starts_with("changed (+")
}

impl Store {
    /// Adds to the description of a scanned artifact how its findings, which must have been
    /// appended, compare with those of its newest earlier scan: `new`, `unchanged` or
    /// `changed (+a -b)`. A report that is known keeps the description it has, so that the same
    /// import again changes nothing; of undated reports of one artifact the worse one counts, and
    /// severity and description are both those of that one. A draft that is no artifact, or has no
    /// time, is left as it is.
    ///
    /// # Errors
    /// [`Error::Storage`] when the store cannot be read.
    ///
    /// # Limits
    /// Scans of more than [`COMPARED_FINDINGS_MAX`] findings are not compared; then nothing is
    /// added.
    pub fn describe_scan(&self, artifact: &mut Draft) -> Result<()> {
        let Some(time) = artifact.time.filter(|_| is_scanned_artifact(artifact)) else {
            return Ok(());
        };
        let snapshot = self.open_snapshot()?;
        if let Some(uid) = &artifact.uid
            && let Some(stored) = newest(&text(TextField::Uid, &uid.text), &snapshot)?
        {
            let is_same = stored.severity.level() == artifact.severity
                && without_comparison(&stored.description) == artifact.description;
            if is_same {
                artifact.description = stored.description;
                return Ok(());
            }
        }
        let same = same_artifact(&artifact.source, &artifact.labels);
        let named = same.clone().and(text(TextField::Name, &artifact.name));
        let earlier = match before(time) {
            Some(earlier) => newest(&named.and(earlier), &snapshot)?,
            None => None,
        };
        let compared = match earlier {
            None => "new".to_owned(),
            Some(earlier) => {
                let old = findings(&same.clone().and(at(earlier.time)), &snapshot)?;
                let new = findings(&same.and(at(time)), &snapshot)?;
                let (Some(old), Some(new)) = (old, new) else { return Ok(()) };
                match (new.difference(&old).count(), old.difference(&new).count()) {
                    (0, 0) => "unchanged".to_owned(),
                    (added, gone) => format!("changed (+{added} -{gone})"),
                }
            }
        };
        let separator = if artifact.description.is_empty() { "" } else { "; " };
        artifact.description = format!("{}{separator}{compared}", artifact.description);
        Ok(())
    }
}

/// Scans of an artifact that bears these labels.
fn same_artifact(source: &str, labels: &Labels) -> Filter {
    let scans = Filter::from(Test::Type(TypeSet::from_iter([EventType::Scan])));
    let identity = |key: &str| IDENTITY.contains(&key) || key.starts_with("kubernetes.");
    let labels = labels.iter().filter(|(key, _)| identity(key));
    labels.fold(scans.and(text(TextField::Source, source)), |filter, (key, value)| {
        filter.and(text(TextField::label(key), value))
    })
}

fn text(field: TextField, value: &str) -> Filter {
    Filter::from(Test::Text { field, test: TextTest::In(vec![value.to_owned()]) })
}

fn at(time: Timestamp) -> Filter {
    Filter::from(Test::Time(Span { first: time, last: time }))
}

/// Everything before a time; none if nothing can be.
fn before(time: Timestamp) -> Option<Filter> {
    let last = Timestamp::from_nanos(time.nanos().checked_sub(1)?)?;
    Some(Filter::from(Test::Time(Span { first: Timestamp::EPOCH, last })))
}

fn newest(filter: &Filter, snapshot: &Snapshot) -> Result<Option<Event>> {
    let mut request = query::Request::new(asked(filter, snapshot.scope_labels())).newest(PAGE);
    loop {
        let page = query::execute(&request, snapshot, None)?;
        if let Some(found) = page.events.into_iter().find(|event| filter.matches(event)) {
            return Ok(Some(found));
        }
        let Some(next) = page.next else { return Ok(None) };
        request = request.before(next);
    }
}

/// What of a filter the store can be asked: all but tests of labels that are no scope labels. The
/// filters here are tests that all have to pass.
fn asked(filter: &Filter, labels: &ScopeLabels) -> Filter {
    let Filter::And(tests) = filter else { return filter.clone() };
    let can_be_asked = tests.iter().filter(|test| test.label_outside(labels).is_none());
    can_be_asked.fold(Filter::All, |all, test| all.and(test.clone()))
}

/// The findings of a scan; none if there are too many.
fn findings(scan: &Filter, snapshot: &Snapshot) -> Result<Option<Findings>> {
    let mut findings = Findings::new();
    for event in query::stream(&asked(scan, snapshot.scope_labels()), snapshot)? {
        let event = event.map_err(Error::from)?;
        if event.name.starts_with(ARTIFACT) || !scan.matches(&event) {
            continue;
        }
        let Event { name, labels, .. } = event;
        if findings.len() >= COMPARED_FINDINGS_MAX {
            return Ok(None);
        }
        let label = |key| labels.get(key).unwrap_or_default().to_owned();
        findings.insert([name, label("package.name"), label("scan.target")]);
    }
    Ok(Some(findings))
}
