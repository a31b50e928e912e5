//! A second reader of stores, written from docs/format.md alone: it shares no code with the
//! library but the types of events. What it needs and the document does not say is missing there.
//!
//! It trusts what it reads as far as checksums go, and panics where a byte is not as described.

use super::bytes::Bytes;
use eventscope_model::{
    Acknowledgement, AlertDetails, Details, Event, EventId, EventType, PolicyDetails, ScanDetails,
    Severity, State, Timestamp,
};
use redb::{ReadableDatabase, ReadableTable};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use zstd::zstd_safe::{DCtx, DParameter, FrameFormat};

const META: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new("meta");

/// The body in a frame of a kind.
fn open(kind: u8, frame: &[u8]) -> Vec<u8> {
    let (head, payload) = frame.split_at(11);
    let seed = u64::from_le_bytes([head[0], head[1], head[2], 0, 0, 0, 0, 0]);
    let sum = xxhash_rust::xxh3::xxh3_64_with_seed(payload, seed);
    assert_eq!((&head[..2], &head[3..]), (&[1, kind][..], &sum.to_le_bytes()[..]));
    if head[2] == 1 { zstd::decode_all(payload).unwrap() } else { payload.to_vec() }
}

#[derive(Clone)]
struct Row {
    time: Timestamp,
    received: Timestamp,
    digest: Option<[u8; 16]>,
    body: Vec<u8>,
    /// Amendments up to this change are in it.
    through: u64,
}

impl Row {
    fn kind(&self) -> &'static str {
        match self.body.first() {
            None => "row of a pruned event",
            Some(255) => "row of a deleted event",
            Some(_) if self.through > 0 => "row that may be amended",
            Some(_) => "row",
        }
    }
}

struct Change {
    id: u64,
    at: Timestamp,
    by: Option<String>,
    note: Option<String>,
    effects: Vec<(u64, What)>,
}

enum What {
    Action(u8, BTreeSet<u16>),
    Observed(u16, Observed),
    Amended(u16, Row),
    Pruned(BTreeSet<u16>),
    Undone(u64),
    Closed(u16, Option<Timestamp>),
    Absorbed(u16, Option<u64>),
    Marked(u16),
}

impl What {
    fn kind(&self) -> &'static str {
        match self {
            Self::Action(0, _) => "acknowledge",
            Self::Action(1, _) => "unacknowledge",
            Self::Action(2, _) => "resolve",
            Self::Action(..) => "delete",
            Self::Observed(..) => "observed",
            Self::Amended(..) => "amended",
            Self::Pruned(_) => "pruned",
            Self::Undone(_) => "undone",
            Self::Closed(..) => "closed",
            Self::Absorbed(..) => "absorbed",
            Self::Marked(_) => "marked",
        }
    }
}

#[derive(Clone, Copy)]
struct Observed(bool, Option<Timestamp>, u64);

/// What changes have made of a row.
#[derive(Default)]
struct Changed {
    is_gone: bool,
    is_absorbed: bool,
    closed: Option<Timestamp>,
    resolved: Option<Timestamp>,
    acknowledged: Option<Option<Acknowledgement>>,
    observed: Option<Observed>,
    amended: Option<Row>,
}

/// What stands behind the event in a row.
pub(super) struct Aside {
    /// The keys of its labels that were added.
    pub(super) added: Vec<String>,
    /// The end that a notice tells.
    pub(super) closes: Option<Timestamp>,
    pub(super) revision: u64,
}

/// What is in the two files of a store.
pub(super) struct Decoder {
    pub(super) format: u32,
    pub(super) next: u64,
    store: String,
    /// The counters of both files: its own, and that of the other as last seen.
    pub(super) log: (u64, u64),
    pub(super) segments: Option<(u64, u64)>,
    rows: BTreeMap<u64, Row>,
    /// Of each window, in their order.
    changes: BTreeMap<u64, Vec<Change>>,
    /// The kinds of things that were met.
    pub(super) met: BTreeSet<&'static str>,
}

type Table = BTreeMap<u64, Vec<u8>>;

fn tables<const N: usize>(path: &Path, names: [&str; N]) -> [Table; N] {
    let transaction = redb::ReadOnlyDatabase::open(path).unwrap().begin_read().unwrap();
    names.map(|name| {
        let definition: redb::TableDefinition<'_, u64, &[u8]> = redb::TableDefinition::new(name);
        let table = transaction.open_table(definition).unwrap();
        let pairs = table.iter().unwrap().map(|pair| pair.unwrap());
        pairs.map(|(key, value)| (key.value(), value.value().to_vec())).collect()
    })
}

/// The counters among the facts of a file; none before format 3.
fn counters(facts: &Table) -> Option<(u64, u64)> {
    let body = open(8, facts.get(&5)?);
    let mut body = Bytes(&body);
    let counters = (body.uint(), body.uint());
    assert!(body.0.is_empty());
    Some(counters)
}

/// The facts of `segments.redb`, which has none before format 3.
fn facts_of_segments(path: &Path) -> Table {
    let transaction = redb::ReadOnlyDatabase::open(path).unwrap().begin_read().unwrap();
    let is_there = transaction.open_table(META).is_ok();
    drop(transaction);
    if is_there { tables(path, ["meta"]).into_iter().next().unwrap() } else { Table::new() }
}

/// Has a store say that it is of another format.
pub(super) fn set_format(store: &Path, format: u32) {
    let database = redb::Database::open(store.join("log.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let value = format.to_le_bytes();
    transaction.open_table(META).unwrap().insert(0, value.as_slice()).unwrap();
    transaction.commit().unwrap();
}

impl Decoder {
    pub(super) fn open(store: &Path) -> Self {
        let log = ["meta", "catalogue", "batches", "changes"];
        let [meta, catalogue, batches, log_changes] = tables(&store.join("log.redb"), log);
        let sealed = ["directories", "blocks", "pieces", "overlays"];
        let sealed = tables(&store.join("segments.redb"), sealed);
        let mut met = BTreeSet::new();
        let mut rows = BTreeMap::new();
        for (first, entry) in catalogue {
            if open(3, &entry)[0] == 0 {
                rows.extend((first..).zip(segment(first, &sealed)));
                met.insert("segment");
            } else {
                met.insert("pruned range");
            }
        }
        for (first, batch) in batches {
            rows.extend((first..).zip(batch_rows(&open(1, &batch))));
            met.insert("batch");
        }
        met.extend(rows.values().map(Row::kind));
        let mut changes: BTreeMap<u64, Vec<Change>> = BTreeMap::new();
        let mut through: BTreeMap<u64, u64> = BTreeMap::new();
        for (key, record) in &sealed[3] {
            let body = open(7, record);
            let mut body = Bytes(&body);
            through.insert(key >> 32, body.uint());
            changes.entry(key >> 32).or_default().extend(body.list(change));
            met.insert("folded changes");
        }
        for record in log_changes.values() {
            let body = open(2, record);
            let windows = change(&mut Bytes(&body)).effects;
            for window in windows.iter().map(|(window, _)| *window).collect::<BTreeSet<_>>() {
                let mut change = change(&mut Bytes(&body));
                change.effects.retain(|(other, _)| *other == window);
                met.extend(change.effects.iter().map(|(_, what)| what.kind()));
                if through.get(&window).is_none_or(|through| change.id > *through) {
                    changes.entry(window).or_default().push(change);
                }
            }
        }
        let facts = facts_of_segments(&store.join("segments.redb"));
        let identity = |facts: &Table| facts.get(&1).map(|record| Bytes(&open(8, record)).text());
        assert!(facts.is_empty() || identity(&facts) == identity(&meta), "of another store");
        Self {
            log: counters(&meta).unwrap_or_default(),
            segments: counters(&facts),
            format: u32::from_le_bytes(meta[&0][..].try_into().unwrap()),
            next: Bytes(&open(8, &meta[&2])).uint(),
            store: Bytes(&open(8, &meta[&1])).text(),
            rows,
            changes,
            met,
        }
    }

    /// All events that are there, by id.
    pub(super) fn events(&self) -> Vec<Event> {
        let mut changed = BTreeMap::new();
        self.changes.iter().for_each(|(window, all)| self.apply(*window, all, &mut changed));
        let rows = self.rows.iter();
        let events = rows.filter_map(|(id, row)| {
            let Some(changed) = changed.get(id) else { return Some(self.event(*id, row)) };
            if changed.is_gone || changed.is_absorbed {
                return None;
            }
            let mut event = self.event(*id, changed.amended.as_ref().unwrap_or(row));
            if let Some(Observed(resolved, end_time, count)) = changed.observed {
                event.state = if resolved { State::Resolved } else { State::Triggered };
                (event.end_time, event.count) = (end_time, count);
            }
            if let (State::Triggered, Some(at)) = (event.state, changed.closed.or(changed.resolved))
            {
                (event.state, event.end_time) = (State::Resolved, Some(at));
            }
            if let Some(acknowledged) = &changed.acknowledged {
                event.acknowledgement.clone_from(acknowledged);
            }
            Some(event)
        });
        events.collect()
    }

    fn apply(&self, window: u64, all: &[Change], changed: &mut BTreeMap<u64, Changed>) {
        let effects = || all.iter().flat_map(|change| &change.effects);
        let undone: BTreeSet<u64> = effects()
            .filter_map(|(_, what)| if let What::Undone(id) = what { Some(*id) } else { None })
            .collect();
        for change in all.iter().filter(|change| !undone.contains(&change.id)) {
            let mark = || Acknowledgement {
                at: change.at,
                by: change.by.clone(),
                note: change.note.clone(),
            };
            let id = |row: &u16| window * 65_536 + u64::from(*row);
            for (_, what) in &change.effects {
                match what {
                    What::Action(action, rows) => {
                        for row in rows {
                            let changed = changed.entry(id(row)).or_default();
                            match action {
                                0 => changed.acknowledged = Some(Some(mark())),
                                1 => changed.acknowledged = Some(None),
                                2 => changed.resolved = Some(change.at),
                                _ => changed.is_gone = true,
                            }
                        }
                    }
                    What::Observed(row, observed) => {
                        changed.entry(id(row)).or_default().observed = Some(*observed);
                    }
                    What::Amended(row, amended) => {
                        let stored = self.rows.get(&id(row));
                        let changed = changed.entry(id(row)).or_default();
                        changed.observed = None;
                        if stored.is_some_and(|row| row.through < change.id) {
                            changed.amended = Some(amended.clone());
                        }
                    }
                    What::Pruned(rows) => {
                        rows.iter()
                            .for_each(|row| changed.entry(id(row)).or_default().is_gone = true);
                    }
                    What::Undone(_) => {}
                    What::Closed(row, end) => changed.entry(id(row)).or_default().closed = *end,
                    What::Absorbed(row, into) => {
                        changed.entry(id(row)).or_default().is_absorbed = into.is_some();
                    }
                    What::Marked(row) => {
                        changed.entry(id(row)).or_default().acknowledged = Some(Some(mark()));
                    }
                }
            }
        }
    }

    fn event(&self, id: u64, row: &Row) -> Event {
        self.whole(id, row).0
    }

    /// What stands behind the events whose rows are whole.
    pub(super) fn asides(&self) -> Vec<Aside> {
        let is_whole = |row: &Row| matches!(row.kind(), "row" | "row that may be amended");
        let whole = self.rows.iter().filter(|(_, row)| is_whole(row));
        whole.map(|(id, row)| self.whole(*id, row).1).collect()
    }

    /// The event in a row, and what stands behind it.
    fn whole(&self, id: u64, row: &Row) -> (Event, Aside) {
        let mut body = Bytes(&row.body);
        let event_type = EventType::from_code(body.byte()).unwrap();
        let severity = Severity::from_level(body.byte()).unwrap();
        let state = if body.byte() == 1 { State::Resolved } else { State::Triggered };
        let end_time = body.option(Bytes::time);
        let count = body.uint();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let digest = || hex(&row.digest.unwrap());
        let uid = match body.uint() {
            0 => body.text(),
            1 => format!("{}:{}", body.text(), digest()),
            2 => {
                let digits = digest();
                let ends = [0..8, 8..12, 12..16, 16..20, 20..32];
                let uuid = ends.map(|range| digits[range].to_owned()).join("-");
                format!("{}:{uuid}:{count}@{}", body.text(), row.time.nanos())
            }
            _ => format!("eventscope:{}:{id}", self.store),
        };
        let event = Event {
            id: EventId(id),
            uid,
            time: row.time,
            received: row.received,
            event_type,
            severity,
            source: body.text(),
            name: body.text(),
            labels: body.labels(),
            tags: body.labels(),
            state,
            end_time,
            count,
            acknowledgement: body.option(|it| Acknowledgement {
                at: it.time(),
                by: it.option(Bytes::text),
                note: it.option(Bytes::text),
            }),
            details: body.option(details),
            description: body.text(),
        };
        let places = if body.0.is_empty() { Vec::new() } else { body.list(Bytes::uint) };
        let closes = if body.0.is_empty() { None } else { body.option(Bytes::time) };
        let revision = if body.0.is_empty() { 0 } else { body.uint() };
        assert!(body.0.is_empty(), "event {id} has bytes left over");
        let key = |place| event.labels.iter().nth(place as usize).unwrap().0.to_owned();
        let added = places.into_iter().map(key).collect();
        (event, Aside { added, closes, revision })
    }
}

fn details(body: &mut Bytes<'_>) -> Details {
    let event_type = EventType::from_code(body.byte()).unwrap();
    let texts = body.list(|it| it.option(Bytes::text));
    let metrics = body.list(Bytes::text);
    match (event_type, <[_; 7]>::try_from(texts.clone())) {
        (EventType::Alert, Ok(texts)) => {
            let [trigger, entity, alert_name, alert_type, condition, scope, segment] = texts;
            Details::Alert(AlertDetails {
                trigger,
                entity,
                alert_name,
                alert_type,
                metrics,
                condition,
                scope,
                segment,
            })
        }
        (EventType::Policy, Ok(texts)) => {
            let [host, host_mac, container_name, container_id, image, rule, summary] = texts;
            Details::Policy(PolicyDetails {
                host,
                host_mac,
                container_name,
                container_id,
                image,
                rule,
                summary,
            })
        }
        _ => {
            let [registry, tag, image, image_id, digest] = texts.try_into().unwrap();
            Details::Scan(ScanDetails { registry, tag, image, image_id, digest })
        }
    }
}

fn change(body: &mut Bytes<'_>) -> Change {
    Change {
        id: body.uint(),
        at: body.time(),
        by: body.option(Bytes::text),
        note: body.option(Bytes::text),
        effects: body.list(|it| (it.uint(), what(it))),
    }
}

fn what(body: &mut Bytes<'_>) -> What {
    match body.uint() {
        0 => What::Action(body.uint() as u8, body.rows()),
        1 => {
            let row = body.uint() as u16;
            let resolved = body.byte() == 1;
            What::Observed(row, Observed(resolved, body.option(Bytes::time), body.uint()))
        }
        2 => {
            let row = body.uint() as u16;
            let (time, received) = (body.time(), body.time());
            let digest = body.option(Bytes::fixed);
            let body = body.bytes().to_vec();
            What::Amended(row, Row { time, received, digest, body, through: 0 })
        }
        3 => What::Pruned(body.rows()),
        4 => {
            let id = body.uint();
            body.rows();
            What::Undone(id)
        }
        5 => What::Closed(body.uint() as u16, body.option(Bytes::time)),
        6 => What::Absorbed(body.uint() as u16, body.option(Bytes::uint)),
        _ => What::Marked(body.uint() as u16),
    }
}

fn batch_rows(body: &[u8]) -> Vec<Row> {
    let mut body = Bytes(body);
    let received = body.time();
    body.list(|it| Row {
        time: it.time(),
        received,
        digest: it.option(Bytes::fixed),
        body: it.bytes().to_vec(),
        through: 0,
    })
}

/// The rows of a segment.
fn segment(first: u64, [directories, blocks, pieces, _]: &[Table; 4]) -> Vec<Row> {
    let directory = open(4, &directories[&first]);
    let mut directory = Bytes(&directory);
    assert_eq!(directory.uint(), first);
    let count = directory.uint() as usize;
    let (_digest, _earliest, _latest) = (directory.uint(), directory.int(), directory.int());
    let through = directory.uint();
    let (_removed, _pages) = (directory.bytes(), directory.uint());
    let block_firsts = directory.list(Bytes::uint);
    let received = directory.list(|it| (it.uint(), it.time()));
    let sections = directory.list(|it| (it.byte(), it.text(), it.uint()));

    let keys = first << 16..(first + 1) << 16;
    let stream: Vec<u8> = pieces.range(keys).flat_map(|(_, piece)| piece.clone()).collect();
    let mut stream = Bytes(&stream);
    let mut known = BTreeMap::new();
    for (code, key, bytes) in sections {
        known.insert((code, key), open(6, stream.take(bytes)));
    }
    let section = |code: u8| known[&(code, String::new())].as_slice();
    let mut times = Bytes(section(32));
    let (unit, mut time) = (times.int(), times.int());
    let mut times = vec![time].into_iter().chain(times.list(Bytes::int).into_iter().map(|step| {
        time += step * unit;
        time
    }));

    let mut rows = Vec::new();
    for number in 0..block_firsts.len() as u64 {
        for (digest, body) in block(&open(5, &blocks[&(first << 16 | number)]), section(34)) {
            let position = rows.len() as u64;
            let run = received.iter().rev().find(|(from, _)| *from <= position);
            let received = run.unwrap().1;
            let time = Timestamp::from_nanos(times.next().unwrap()).unwrap();
            rows.push(Row { time, received, digest, body, through });
        }
    }
    assert_eq!(rows.len(), count);
    rows
}

/// The rows in a block: digest and body of each.
fn block(block: &[u8], dictionary: &[u8]) -> Vec<(Option<[u8; 16]>, Vec<u8>)> {
    let mut block = Bytes(block);
    let count = u16::from_le_bytes(block.fixed());
    let ends: Vec<u64> = match count {
        1 => vec![block.0.len() as u64],
        _ => (0..count).map(|_| u16::from_le_bytes(block.fixed()).into()).collect(),
    };
    let mut start = 0;
    let rows = ends.into_iter().map(|end| {
        let mut row = Bytes(block.take(end - start));
        start = end;
        let flags = row.byte();
        let digest = (flags & 1 != 0).then(|| row.fixed());
        if flags & 2 == 0 {
            return (digest, row.0.to_vec());
        }
        let mut context = DCtx::create();
        context.set_parameter(DParameter::Format(FrameFormat::Magicless)).unwrap();
        let mut body = Vec::with_capacity(1 << 20);
        context.decompress_using_dict(&mut body, row.0, dictionary).unwrap();
        assert_eq!(body.len() > 4_096, flags & 4 != 0);
        (digest, body)
    });
    rows.collect()
}
