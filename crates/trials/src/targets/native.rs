//! Native JSON: what was read is written so that it reads the same.

use eventscope_formats::{Format, ImportOptions, Importer, native::to_json};
use eventscope_model::{Draft, Event, EventId, Timestamp};
use eventscope_testkit::corpus::event;

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
    let time = draft.time.unwrap_or(Timestamp::EPOCH);
    event(draft, EventId(1), time).expect("a checked draft")
}
