//! Records inside others: what a log driver, an index or a bus puts around an event.
//!
//! The record inside decides format, identity, time and severity; an envelope only fills in what it
//! lacks. The table [`ENVELOPES`] says how each is told and where its records are; at most
//! [`limits::ENVELOPES_MAX`] lie in one another.
//!
//! A path goes from key to key; `*` stands for each element of an array, a number for one of them.
//! What is found at the end of a path is an object, or a text that holds one or a line.

use crate::{
    Format, Reject, cut,
    extent::{Extent, Keys, Lists, Progress},
    hints::Hints,
    importer::Record,
    limits, mend,
    nested::{self, Lines, member},
    otlp,
    source::{GUESSED, Input, Run, SOURCES},
    times::Zone,
    wire::{Moment, Pairs, Text},
};
use eventscope_model::{Labels, Timestamp};
use serde_json::value::RawValue;
use std::{borrow::Cow, rc::Rc};

/// How one kind of envelope is told, and where things are in it.
#[derive(Clone, Copy)]
pub(crate) struct Envelope {
    /// What people call it, for the table of formats and envelopes.
    #[cfg_attr(not(feature = "fuzzing"), expect(dead_code, reason = "only that table shows it"))]
    pub(crate) name: &'static str,
    /// Keys that it has, all of them.
    pub(crate) all: &'static [&'static str],
    /// Keys of which it has one, if there are any here.
    pub(crate) any: &'static [&'static str],
    /// Where groups of parts are, if parts come in groups.
    pub(crate) groups: &'static str,
    /// Where the parts of a group are, each of which holds a record.
    pub(crate) parts: &'static str,
    /// Where the record is in a part.
    pub(crate) record: &'static str,
    /// Where the time is in a part.
    time: &'static str,
    /// What in a part is a label: the path and the name. Of an object without a name here all
    /// texts are labels under their own names.
    labels: &'static [(&'static str, &'static str)],
    /// Where a group has an object whose texts are labels of all its parts.
    group_labels: &'static str,
}

const PLAIN: Envelope = Envelope {
    name: "",
    all: &[],
    any: &[],
    groups: "",
    parts: "",
    record: "",
    time: "",
    labels: &[],
    group_labels: "",
};

/// What collectors of logs say of a container.
const LOG_LABELS: &[(&str, &str)] = &[
    ("kubernetes.namespace_name", "kubernetes.namespace.name"),
    ("kubernetes.pod_name", "kubernetes.pod.name"),
    ("kubernetes.container_name", "container.name"),
    ("kubernetes.host", "kubernetes.node.name"),
    ("kubernetes.docker_id", "container.id"),
    ("container_name", "container.name"),
    ("hostname", "host.hostName"),
];

/// The envelopes that are known.
pub(crate) const ENVELOPES: &[Envelope] = &[
    // Elasticsearch: a line of elasticdump, one document, the answer to a search.
    Envelope {
        name: "Elasticsearch document",
        all: &["_source", "_index"],
        record: "_source",
        ..PLAIN
    },
    Envelope {
        name: "Elasticsearch answer",
        all: &["hits", "took"],
        parts: "hits.hits.*",
        record: "_source",
        ..PLAIN
    },
    // The journal of systemd.
    Envelope {
        name: "journal",
        all: &["MESSAGE"],
        any: &["__REALTIME_TIMESTAMP", "__CURSOR", "_HOSTNAME"],
        record: "MESSAGE",
        time: "__REALTIME_TIMESTAMP",
        labels: &[("_HOSTNAME", "host.hostName")],
        ..PLAIN
    },
    // Docker's json-file driver, Fluentd and Fluent Bit.
    Envelope {
        name: "json-file, Fluent Bit",
        all: &["log"],
        any: &["stream", "time", "date", "@timestamp", "kubernetes", "timestamp"],
        record: "log",
        time: "time",
        labels: LOG_LABELS,
        ..PLAIN
    },
    // Loki: a line of logcli, the answer to a query.
    Envelope {
        name: "Loki, logcli",
        all: &["labels", "line", "timestamp"],
        record: "line",
        time: "timestamp",
        labels: &[("labels", "")],
        ..PLAIN
    },
    Envelope {
        name: "Loki, query",
        all: &["status", "data"],
        groups: "data.result.*",
        parts: "values.*",
        record: "1",
        time: "0",
        group_labels: "stream",
        ..PLAIN
    },
    Envelope {
        name: "Loki, push",
        all: &["streams"],
        groups: "streams.*",
        parts: "values.*",
        record: "1",
        time: "0",
        group_labels: "stream",
        ..PLAIN
    },
    // The page of falcosidekick.
    Envelope {
        name: "falcosidekick-ui",
        all: &["statistics", "results"],
        parts: "results.*",
        ..PLAIN
    },
    // eventrouter: what was before is in `old_event`, and no event.
    Envelope { name: "eventrouter", all: &["verb", "event"], record: "event", ..PLAIN },
    // Trivy's operator, which may say only what it is about.
    Envelope {
        name: "Trivy operator",
        all: &["verb", "operatorObject"],
        record: "operatorObject",
        ..PLAIN
    },
    // AWS: its network firewall; CloudWatch as its API answers, and as it is subscribed to.
    Envelope {
        name: "AWS Network Firewall",
        all: &["firewall_name", "event"],
        record: "event",
        labels: &[
            ("firewall_name", "aws.firewall.name"),
            ("availability_zone", "cloudProvider.availabilityZone"),
        ],
        ..PLAIN
    },
    Envelope {
        name: "CloudWatch, API",
        all: &["events"],
        parts: "events.*",
        record: "message",
        time: "timestamp",
        labels: &[("logStreamName", "aws.log.stream")],
        ..PLAIN
    },
    Envelope {
        name: "CloudWatch, subscription",
        all: &["logEvents", "logGroup"],
        parts: "logEvents.*",
        record: "message",
        time: "timestamp",
        ..PLAIN
    },
    // A notice about one thing.
    Envelope { name: "`event`", all: &["event"], record: "event", ..PLAIN },
    // CloudEvents with something that is known by itself.
    Envelope {
        name: "CloudEvents",
        all: &["specversion", "data"],
        record: "data",
        time: "time",
        labels: &[("subject", "event.subject"), ("source", "event.source")],
        ..PLAIN
    },
];

/// A record that was found in an envelope.
struct Inside<'a> {
    text: Cow<'a, str>,
    line: u64,
    time: Option<(Timestamp, Zone)>,
    labels: Labels,
    /// Those of its group, which the parts of that share.
    around: Rc<Labels>,
}

/// Reads what is in an envelope. `None` if it is none, or holds nothing that is known: then it is
/// whatever it would be otherwise.
pub(crate) fn read(
    input: Input<'_>,
    keys: Keys<'_>,
    run: &mut Run<'_>,
) -> Option<Result<(), Reject>> {
    if run.depth >= limits::ENVELOPES_MAX {
        return None;
    }
    let is_told = |it: &&Envelope| {
        it.all.iter().all(|key| keys.has(key)) && (it.any.is_empty() || keys.has_any(it.any))
    };
    // What is at one place is looked at once, whatever envelopes have their records there.
    let place = |it: &Envelope| (it.groups, it.parts, it.record);
    let mut told: Vec<&Envelope> = Vec::new();
    for envelope in ENVELOPES.iter().filter(is_told) {
        if !told.iter().any(|other| place(other) == place(envelope)) {
            told.push(envelope);
        }
    }
    for envelope in told {
        let inside = envelope.open(input, &run.hints);
        if let Some(read) = inside.and_then(|inside| read_all(&inside, run)) {
            return Some(read);
        }
    }
    otlp::read_carried(input, keys, run)
}

/// Reads the records of one envelope, if one of them is known.
fn read_all(all: &[Inside<'_>], run: &mut Run<'_>) -> Option<Result<(), Reject>> {
    let mut known = false;
    for inside in all {
        let before = run.events.len();
        run.depth = run.depth.saturating_add(1);
        let read = read_inside(&inside.text, inside.line, run);
        run.depth = run.depth.saturating_sub(1);
        match read {
            None if known => run.pass_over(),
            None => continue,
            Some(Err(reject)) => {
                if let Err(reject) = run.give(inside.line, Err(reject)) {
                    return Some(Err(reject));
                }
            }
            Some(Ok(())) => {}
        }
        if !known {
            // Those before that were not known are counted now.
            known = true;
            let earlier = all.iter().take_while(|it| !std::ptr::eq(*it, inside)).count();
            (0..earlier).for_each(|_| run.pass_over());
        }
        run.events.range_mut(before..).for_each(|record| date(record, inside.time));
        for labels in [&inside.labels, &*inside.around] {
            if let Err(reject) = run.fill(before, labels) {
                return Some(Err(reject));
            }
        }
    }
    known.then_some(Ok(()))
}

/// Gives the event of a record a time, if it has none.
fn date(record: &mut Record, time: Option<(Timestamp, Zone)>) {
    let Ok(draft) = &mut record.content else { return };
    if let (None, Some((time, zone))) = (draft.time, time) {
        draft.time = Some(time);
        if zone == Zone::Guessed {
            draft.tags.insert(GUESSED, "zone");
        }
    }
}

/// Reads a text that may be a record or a line of a format; `None` if it is neither.
pub(crate) fn read_inside(text: &str, line: u64, run: &mut Run<'_>) -> Option<Result<(), Reject>> {
    #[cfg(test)]
    tests::LOOKED_AT.with(|bytes| bytes.set(bytes.get() + text.len()));
    let text = text.trim();
    let wanted = run.only;
    let wanted = move |format| wanted.is_none_or(|only| only == format);
    if !text.starts_with('{') {
        let lines = const { &SOURCES }.iter().filter(|source| wanted(source.format));
        let mut readers = lines.filter_map(|source| Some((source.format, source.read_line?)));
        let read =
            readers.find_map(|(format, read)| Some((format, read(text, run.memory, &run.hints)?)));
        if let Some((format, draft)) = read {
            run.found.get_or_insert(format);
            return Some(run.give(line, draft));
        }
    }
    // What stands before an object is passed over, as it is outside of envelopes.
    let head = text.as_bytes().get(..limits::PREFIX_BYTES_MAX).unwrap_or(text.as_bytes());
    let is_start = |at: &usize| matches!(head.get(at.saturating_add(1)), Some(b'"' | b'}'));
    let is_object = text.starts_with('{');
    let start = if is_object { 0 } else { memchr::memchr_iter(b'{', head).find(is_start)? };
    if text.starts_with(['[', '"']) {
        return None;
    }
    let text = text.get(start..)?;
    let mut extent = Extent::new(Lists::Closed);
    let Ok(Progress::Complete(bytes)) = extent.advance(text.as_bytes()) else { return None };
    let json = text.as_bytes().get(..bytes)?;
    let keys = extent.keys(json);
    // What is wrong with the JSON of a text does not show in the JSON around it.
    let long = if extent.has_long_numbers() { mend::mend(json) } else { None };
    let before = (run.events.len(), run.bytes, *run.counts, run.found);
    let read = read_object(Input { json: long.as_deref().unwrap_or(json), line }, keys, run)?;
    let is_of_json = |record: &Record| record.content.as_ref().is_err_and(Reject::is_of_json);
    let is_unread = read.as_ref().is_err_and(Reject::is_of_json)
        || run.events.range(before.0..).any(is_of_json);
    if long.is_some() || !is_unread {
        return Some(read);
    }
    let Some(mended) = mend::mend(json) else { return Some(read) };
    run.events.truncate(before.0);
    (run.bytes, *run.counts, run.found) = (before.1, before.2, before.3);
    let read = read_object(Input { json: &mended, line }, keys, run)?;
    let drafts = run.events.range_mut(before.0..).filter_map(|it| it.content.as_mut().ok());
    drafts.for_each(|draft| draft.tags.insert(cut::TAG, mend::WHAT));
    Some(read)
}

/// Reads an object: a record, or an envelope with some in it.
fn read_object(input: Input<'_>, keys: Keys<'_>, run: &mut Run<'_>) -> Option<Result<(), Reject>> {
    let only = run.only;
    let wanted = |format| only.is_none_or(|only| only == format);
    let source =
        const { &SOURCES }.iter().find(|source| wanted(source.format) && (source.detect)(keys));
    if source.is_none_or(|source| source.carries)
        && let Some(read) = read(input, keys, run)
    {
        return Some(read);
    }
    let source = source?;
    run.found.get_or_insert(source.format);
    Some((source.read)(input, run))
}

impl Envelope {
    /// The records in it, if there are any where they should be.
    fn open<'a>(&self, input: Input<'a>, hints: &Hints<'_>) -> Option<Vec<Inside<'a>>> {
        let whole: &RawValue = serde_json::from_slice(input.json).ok()?;
        let mut lines = Lines::new(input);
        let mut all = Vec::new();
        let groups = at(whole, self.groups).into_iter();
        let parts = groups.flat_map(|group| {
            let labels = Rc::new(self.labels_of_group(group));
            at(group, self.parts).into_iter().map(move |part| (part, Rc::clone(&labels)))
        });
        for (part, around) in parts.take(limits::EVENTS_PER_RECORD_MAX.saturating_add(1)) {
            let Some(record) = at(part, self.record).into_iter().next() else { continue };
            let line = lines.of(record);
            // What a CloudEvent carries of a pipeline is read with it.
            let has = |key| member(record, key).is_some();
            if self.all.contains(&"specversion") && has("context") && has("subject") {
                continue;
            }
            let text = match record.get().as_bytes().first() {
                Some(b'"') => Cow::Owned(serde_json::from_str(record.get()).ok()?),
                Some(b'{') => Cow::Borrowed(record.get()),
                _ => continue,
            };
            let time = if self.time.is_empty() { None } else { first_text(part, self.time) };
            let time = time.and_then(|text| Moment::of(&text).read_zoned(hints));
            all.push(Inside { text, line, time, labels: self.labels_of(part), around });
        }
        (!all.is_empty()).then_some(all)
    }

    fn labels_of(&self, part: &RawValue) -> Labels {
        let mut pairs = Vec::new();
        for (path, name) in self.labels {
            if !name.is_empty() {
                pairs.extend(first_text(part, path).map(|text| ((*name).to_owned(), text)));
                continue;
            }
            pairs.extend(texts_of(part, path));
        }
        Labels::from_pairs(pairs)
    }

    fn labels_of_group(&self, group: &RawValue) -> Labels {
        if self.group_labels.is_empty() {
            return Labels::new();
        }
        Labels::from_pairs(texts_of(group, self.group_labels).collect())
    }
}

/// The texts of the object at a path, by their keys.
fn texts_of(part: &RawValue, path: &str) -> impl Iterator<Item = (String, String)> + use<> {
    let object = at(part, path).into_iter().next();
    let texts = object.and_then(|it| serde_json::from_str::<Pairs<'_>>(it.get()).ok());
    let texts = texts.unwrap_or_default().into_owned().into_iter();
    texts.filter(|(key, value)| !key.is_empty() && !value.is_empty())
}

/// The values at a path: at most one more than a record may hold events, so that whoever takes them
/// comes to that limit.
fn at<'a>(value: &'a RawValue, path: &str) -> Vec<&'a RawValue> {
    let most = limits::EVENTS_PER_RECORD_MAX.saturating_add(1);
    let mut found = vec![value];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        found = found.into_iter().flat_map(|value| step_into(value, step)).take(most).collect();
    }
    found
}

fn step_into<'a>(value: &'a RawValue, step: &str) -> Vec<&'a RawValue> {
    if !value.get().starts_with('[') {
        return member(value, step).into_iter().collect();
    }
    // No format is asked for: what is no list has no elements.
    let elements = nested::elements(Format::Jsonl, value).unwrap_or_default();
    match step.parse::<usize>() {
        Ok(number) => elements.get(number).copied().into_iter().collect(),
        Err(_) if step == "*" => elements,
        Err(_) => Vec::new(),
    }
}

fn first_text(value: &RawValue, path: &str) -> Option<String> {
    at(value, path).into_iter().find_map(text_of)
}

/// A scalar as a text, unless it is empty.
fn text_of(value: &RawValue) -> Option<String> {
    let text: Text<'_> = serde_json::from_str(value.get()).ok()?;
    text.given().map(str::to_owned)
}

#[cfg(test)]
mod tests;
