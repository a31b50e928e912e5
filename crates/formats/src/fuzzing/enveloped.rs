//! Envelopes: a record inside is what it is by itself, and one record more or less in an envelope
//! changes nothing about the others.

use super::around::{Around, claimed};
use crate::{Counts, Format, ImportOptions, Importer, Record, limits};
use eventscope_model::Draft;

/// Puts the record that follows three bytes into the envelope that the first names, as an object or
/// as a text, so often as the second says; the third says whether its format is asked for.
pub fn envelope(bytes: &[u8]) {
    let [envelope, depth, named, rest @ ..] = bytes else { return };
    let Ok(record) = str::from_utf8(rest) else { return };
    let all = Around::all();
    let around = all[usize::from(*envelope) % all.len()];
    let spelled = around.name() == "OTLP body";
    // Bodies hold numbers as doubles or 64 bits, so the record has to hold them so, too.
    let value = serde_json::from_str::<serde_json::Value>(record).ok().filter(|_| spelled);
    let record = value.map_or_else(|| record.trim().to_owned(), |value| value.to_string());
    let record = record.as_str();
    let Some(format) = alone(record) else { return };
    let format = (named % 2 == 1).then_some(format);
    let bare = read(record, format);
    let mut inside = record.to_owned();
    let depth = u32::from(depth % 8);
    for level in 0..=depth / 2 {
        let is_text = (depth + level) % 2 == 1;
        inside = if is_text { around.text(&inside) } else { around.object(&inside) };
    }
    let outcome = read(&inside, format);
    if depth / 2 < limits::ENVELOPES_MAX && said(&bare) != said(&outcome) {
        // An envelope in which nothing is known is what it would be otherwise.
        assert!(bare.0.iter().all(|it| it.content.is_err()), "{around:?} {inside}\n{bare:?}");
    }
    if depth / 2 > limits::ENVELOPES_MAX {
        assert!(outcome.0.len() <= 1, "{} envelopes: {inside}", depth / 2);
    }
    let twice = [inside.as_str(), "\n", &inside, "\n"].concat();
    let twice = read(&twice, format);
    let doubled = said(&outcome);
    assert_eq!(said(&twice), [doubled.clone(), doubled].concat(), "{inside}");
    assert_eq!(twice.1.other_documents, 2 * outcome.1.other_documents, "{inside}");
}

/// The format of a text that is one record on one line, which holds no others.
fn alone(record: &str) -> Option<Format> {
    let value: serde_json::Value = serde_json::from_str(record).ok()?;
    let holds_others = ["items", "Items", "resourceLogs", "data", "events", "event", "status"];
    let is_alone = value.is_object() && holds_others.iter().all(|key| value.get(key).is_none());
    let format = claimed(record).filter(|_| is_alone && !record.contains('\n'))?;
    Some(format)
}

fn read(dump: &str, format: Option<Format>) -> (Vec<Record>, Counts) {
    let options = ImportOptions { format, ..ImportOptions::default() };
    let mut importer = Importer::new(options);
    let mut dump = importer.read(dump.as_bytes()).modified(eventscope_model::Timestamp::EPOCH);
    let records = dump.by_ref().map_while(Result::ok).collect();
    (records, dump.counts())
}

/// What an envelope does not change of what was read.
fn said(outcome: &(Vec<Record>, Counts)) -> Vec<Option<String>> {
    let text = |draft: &Draft| {
        let uid = draft.uid.as_ref().map(|uid| uid.text.as_str());
        format!("{uid:?} {} {} {:?}", draft.name, draft.severity, draft.state)
    };
    outcome.0.iter().map(|record| record.content.as_ref().ok().map(text)).collect()
}
