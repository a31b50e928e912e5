//! The events that all engines get, as lines of flat JSON, and what has to be known of them.

use crate::Result;
use eventscope_model::words::Words;
use eventscope_model::{Draft, Timestamp};
use eventscope_testkit::generate::Generator;
use eventscope_testkit::native::write_line;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Events that are appended one by one, or acknowledged one by one.
pub(crate) const SINGLES: usize = 21;
/// What stands between two fields in `text`, so that no phrase goes from one into the next.
const BREAK: &str = "zzbreakzz";
const HOUR_NANOS: i64 = 3_600_000_000_000;
/// The label whose values are many.
const POD: &str = "kubernetes.pod.name";
/// What changes this changes the lines: files of other versions are not used again.
const VERSION: u32 = 1;

/// An event as one line gives it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Flat {
    pub(crate) id: u64,
    pub(crate) time: i64,
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    pub(crate) severity: u8,
    pub(crate) source: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) state: String,
    pub(crate) acknowledged: bool,
    pub(crate) count: u64,
    pub(crate) uid: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// The words of all that is searched, each between blanks.
    pub(crate) text: String,
    /// Tags, end and details as one JSON object, which is kept and never asked for.
    pub(crate) rest: String,
}

/// What has to be known of the events before anything is asked.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Meta {
    pub(crate) version: u32,
    pub(crate) events: usize,
    /// Keys of labels.
    pub(crate) keys: Vec<String>,
    pub(crate) first_nanos: i64,
    pub(crate) last_nanos: i64,
    pub(crate) hour_ago: String,
    pub(crate) hour_ago_nanos: i64,
    /// The pod with the fewest events out of those that have at least 4.
    pub(crate) rare_pod: String,
    /// Events to be inserted one by one.
    pub(crate) inserts: Vec<Flat>,
    /// Events to be acknowledged one by one, by id and time.
    pub(crate) acknowledge: Vec<(u64, i64)>,
}

/// Writes the events into the folder, unless they are there, and tells about them.
pub(crate) fn prepared(folder: &Path, events: usize) -> Result<Meta> {
    let (lines, meta) = (folder.join("events.jsonl"), folder.join("meta.json"));
    let known = fs::read(&meta).ok().and_then(|known| serde_json::from_slice::<Meta>(&known).ok());
    if let Some(known) = known.filter(|known| known.version == VERSION && known.events == events)
        && lines.try_exists()?
    {
        return Ok(known);
    }
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&lines)?);
    let mut generator = Generator::new(1);
    let mut survey = Survey::default();
    for (nth, draft) in generator.by_ref().take(events).enumerate() {
        let flat = flat(&draft, nth as u64 + 1)?;
        survey.add(&flat, events);
        serde_json::to_writer(&mut out, &flat)?;
        out.write_all(b"\n")?;
    }
    out.into_inner()?.sync_all()?;
    let singles = generator.take(SINGLES).enumerate();
    let inserts = singles.map(|(nth, draft)| flat(&draft, (events + nth) as u64 + 1));
    let known = survey.finish(events, inserts.collect::<Result<_>>()?);
    fs::write(&meta, serde_json::to_vec(&known)?)?;
    Ok(known)
}

#[derive(Default)]
struct Survey {
    keys: BTreeSet<String>,
    pods: HashMap<String, u32>,
    times: Option<(i64, i64)>,
    acknowledge: Vec<(u64, i64)>,
}

impl Survey {
    fn add(&mut self, flat: &Flat, events: usize) {
        let (first, last) = self.times.unwrap_or((flat.time, flat.time));
        self.times = Some((first.min(flat.time), last.max(flat.time)));
        for key in flat.labels.keys() {
            if !self.keys.contains(key) {
                self.keys.insert(key.clone());
            }
        }
        if let Some(pod) = flat.labels.get(POD) {
            *self.pods.entry(pod.clone()).or_default() += 1;
        }
        // Spread over all events; custom ones cannot be acknowledged.
        let due = flat.id as usize * (SINGLES + 1) / (events + 1) > self.acknowledge.len();
        if due && self.acknowledge.len() < SINGLES && flat.event_type != "custom" {
            self.acknowledge.push((flat.id, flat.time));
        }
    }

    fn finish(self, events: usize, inserts: Vec<Flat>) -> Meta {
        let (first_nanos, last_nanos) = self.times.unwrap_or_default();
        let hour_ago_nanos = last_nanos - HOUR_NANOS;
        let hour_ago = Timestamp::EPOCH.saturating_add(hour_ago_nanos).to_string();
        let rare = self.pods.iter().filter(|(_, events)| **events >= 4);
        let rare = rare.min_by_key(|(pod, events)| (**events, pod.as_str()));
        let rare_pod = rare.map_or_else(String::new, |(pod, _)| pod.clone());
        Meta {
            version: VERSION,
            events,
            keys: self.keys.into_iter().collect(),
            first_nanos,
            last_nanos,
            hour_ago,
            hour_ago_nanos,
            rare_pod,
            inserts,
            acknowledge: self.acknowledge,
        }
    }
}

pub(crate) fn flat(draft: &Draft, id: u64) -> Result<Flat> {
    let mut native = Vec::new();
    write_line(draft, &mut native)?;
    let mut rest: Map<String, Value> = serde_json::from_slice(&native)?;
    rest.retain(|key, _| ["tags", "end_time", "details"].contains(&key.as_str()));
    Ok(Flat {
        id,
        time: draft.time.map_or(0, Timestamp::nanos),
        event_type: draft.event_type.name().to_owned(),
        severity: draft.severity,
        source: draft.source.clone(),
        name: draft.name.clone(),
        description: draft.description.clone(),
        state: draft.state.name().to_owned(),
        acknowledged: draft.acknowledgement.is_some(),
        count: draft.count,
        uid: draft.uid.as_ref().map_or_else(String::new, |uid| uid.text.clone()),
        labels: draft
            .labels
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        text: text(draft),
        rest: serde_json::to_string(&rest)?,
    })
}

/// The words of an event, each between blanks, with a break between the fields.
fn text(draft: &Draft) -> String {
    let labels = draft.labels.iter().map(|(_, value)| value);
    let fields = [draft.name.as_str(), &draft.description, &draft.source].into_iter().chain(labels);
    let mut text = String::from(" ");
    for (nth, field) in fields.enumerate() {
        if nth > 0 {
            text.push_str(BREAK);
            text.push(' ');
        }
        let mut words = Words::new(field);
        while let Some(word) = words.next_word() {
            text.push_str(word);
            text.push(' ');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::text;
    use eventscope_model::Draft;

    #[test]
    fn words_stand_between_blanks_and_fields_apart() {
        let draft = Draft::custom("Back-off").description("a B").label("k", "v-1");
        assert_eq!(text(&draft), " back off zzbreakzz a b zzbreakzz api zzbreakzz v 1 ");
    }
}
