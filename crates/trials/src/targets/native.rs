//! Native JSON: what was read is written so that it reads the same.

use eventscope_formats::{Format, ImportOptions, Importer, native::to_json};
use eventscope_model::{Draft, Event, EventId, Severity, Timestamp};

pub(super) fn read(bytes: &[u8]) {
    for draft in drafts(bytes) {
        let line = to_json(&stored(draft.clone()));
        let again: Vec<Event> = drafts(line.as_bytes()).into_iter().map(stored).collect();
        assert_eq!(again, [stored(draft)], "{line}");
    }
}

fn drafts(bytes: &[u8]) -> Vec<Draft> {
    let mut importer = Importer::new(ImportOptions::default().format(Format::Native));
    let records = importer.read(bytes).map_while(Result::ok);
    records.filter_map(|record| record.content.ok()).collect()
}

fn stored(draft: Draft) -> Event {
    Event {
        id: EventId(1),
        uid: draft.uid.map(|uid| uid.text).unwrap_or_default(),
        time: draft.time.unwrap_or(Timestamp::EPOCH),
        received: Timestamp::EPOCH,
        event_type: draft.event_type,
        severity: Severity::from_level(draft.severity).expect("a checked draft"),
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
    }
}
