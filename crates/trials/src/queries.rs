//! Random questions about random stores: every answer equals the one of the second opinion.
//!
//! Stores are appended to, sealed, changed, closed and opened again, and put under other lists of
//! scope labels between the questions; each question is asked as a request with facets, histogram
//! and a page, as a set of rows, as a stream, and as a plan. The digest is that of all totals.

#![expect(clippy::unwrap_used, reason = "a trial that cannot go on has failed")]

mod naive;

use crate::{Failure, Figures, Orders};
use eventscope_model::{Draft, Event, EventId, ScopeLabels, Timestamp, UidTime, alias};
use eventscope_query::{
    Anchor, Cache, Error, FacetKey, Request, execute, label_counts, matching, plan, stream,
    value_counts,
};
use eventscope_scope::Filter;
use eventscope_storage::{Action, Change, Clock, Options, Snapshot, Storage};
use eventscope_testkit::Rng;
use eventscope_testkit::random::{now, random_drafts, random_expression};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::num::NonZeroU64;

const ROUNDS: u64 = 6;
const REQUESTS: u64 = 50;

const LABELS: [&str; 5] =
    ["kube_namespace_name", "kubernetes.pod.name", "team", "severity", "absent"];

/// Events of the store that takes more than one window.
const TWO_WINDOWS: u64 = 67_000;

pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    let pairs: u64 = orders.tier.pick(4_000, 100_000);
    let worlds = pairs.div_ceil(ROUNDS * REQUESTS);
    for seed in orders.seed..orders.seed + worlds {
        let mut world = World::new(seed);
        for round in 0..ROUNDS {
            world.happen();
            let live = world.live();
            for nth in 0..REQUESTS {
                let place = format!("seed {seed}, round {round}, request {nth}");
                world.ask(&live, &place, &mut figures);
            }
            world.count_labels(&live);
        }
        figures.add("stores", 1);
    }
    two_windows(orders, &mut figures);
    Ok(figures)
}

/// More than one window, sets of rows of every shape, more hits in a part than are looked at one
/// by one, and times out of order.
fn two_windows(orders: Orders, figures: &mut Figures) {
    let mut world = World::new(orders.seed.saturating_add(1));
    while world.storage.snapshot().end().0 < TWO_WINDOWS {
        let mut drafts = random_drafts(&mut world.rng, 8_000);
        drafts.iter_mut().for_each(|draft| draft.uid = None);
        world.storage.append(drafts).unwrap();
    }
    world.storage.seal_now().unwrap();
    for round in 0..2 {
        world.happen();
        let live = world.live();
        for nth in 0..orders.tier.pick(8, 200) {
            world.ask(&live, &format!("round {round}, request {nth}"), figures);
        }
        world.count_labels(&live);
    }
}

/// A store, and chance.
struct World {
    rng: Rng,
    folder: tempfile::TempDir,
    storage: Storage,
    cache: Option<Cache>,
    /// Whether events come in the order of time, so that parts lie one after the other.
    order: Order,
    lists: Lists,
}

/// What happens to the list of scope labels.
#[derive(PartialEq)]
enum Lists {
    /// All labels are, at all times.
    All,
    /// It is changed now and then.
    Change,
}

#[derive(PartialEq)]
enum Order {
    Any,
    Time,
}

fn options() -> Options {
    Options { clock: Clock::at(now()), ..Options::default() }
}

impl World {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().join("events.db"), &options()).unwrap();
        let cache = seed.is_multiple_of(2).then(|| Cache::new(64 * 1024));
        let order = if seed.is_multiple_of(3) { Order::Time } else { Order::Any };
        let lists = if seed.is_multiple_of(2) { Lists::All } else { Lists::Change };
        Self { rng: Rng::new(seed), folder, storage, cache, order, lists }
    }

    /// Puts another list in force.
    fn relabel(&mut self) {
        let patterns =
            ["team", "kubernetes.pod.name", "kube_namespace_name", "kubernetes.*", "sev*", "*"];
        let count = 1 + self.rng.below(2);
        let labels = ScopeLabels::only((0..count).map(|_| *self.rng.pick(&patterns))).unwrap();
        let filters: Vec<Filter> = ["text = 'web'", "not text = 'prod'", "severity < 4"]
            .into_iter()
            .map(parse)
            .chain((0..4).map(|_| parse(&random_expression(&mut self.rng, 1))))
            .collect();
        let storage = self.storage.clone();
        // Answers are exact at every moment of the change.
        let check = |done, all| {
            let snapshot = storage.snapshot();
            let live = live(&snapshot);
            let scope = snapshot.scope_labels();
            let seen: Vec<Event> = live.iter().map(|event| within(event, scope)).collect();
            for filter in filters.iter().filter(|filter| filter.label_outside(scope).is_none()) {
                let place = format!("{done} of {all} segments for {labels}: {filter}");
                check_filter(filter, &snapshot, (&live, &seen), &place);
            }
        };
        let report = self.storage.set_scope_labels(&labels, check).unwrap();
        assert!(report.is_ok(), "{:?}", report.problems);
        assert_eq!(**self.storage.snapshot().scope_labels(), labels);
    }

    /// Some of what can happen to a store, in any order.
    fn happen(&mut self) {
        for _ in 0..=self.rng.below(4) {
            match self.rng.below(11) {
                10 if self.lists == Lists::Change => self.relabel(),
                0..=2 => self.append(),
                3 => self.storage.seal_now().unwrap(),
                4 => self.reopen(),
                5..=6 => self.storage.finish_text(|_, _| ()).unwrap(),
                _ => self.change(),
            }
        }
        self.append();
    }

    fn append(&mut self) {
        let count = self.rng.below(60);
        let mut drafts = random_drafts(&mut self.rng, count);
        if self.order == Order::Time {
            self.put_in_order(&mut drafts);
        }
        self.storage.append(drafts).unwrap();
    }

    /// Lets drafts come ten seconds after one another. A uid that belongs to another time goes.
    fn put_in_order(&self, drafts: &mut [Draft]) {
        let before = self.storage.snapshot().end().0 as i64;
        for (nth, draft) in drafts.iter_mut().enumerate() {
            draft.uid.take_if(|uid| uid.time == UidTime::Fixed);
            if draft.uid.is_none() {
                let tens = before + nth as i64 - 1_000;
                draft.time = Some(now().saturating_add(tens * 10_000_000_000));
            }
        }
    }

    fn reopen(&mut self) {
        let path = self.folder.path().join("events.db");
        self.storage.clone().close().unwrap();
        self.storage = Storage::open(path, &options()).unwrap();
    }

    fn change(&mut self) {
        let actions = [Action::Acknowledge, Action::Unacknowledge, Action::Resolve, Action::Delete];
        let action = *self.rng.pick(&actions);
        let filter = match action {
            Action::Delete => parse("severity = 3 and count = 1 or name contains '2'"),
            _ => parse(&random_expression(&mut self.rng, 1)),
        };
        let snapshot = self.storage.snapshot();
        if filter.label_outside(snapshot.scope_labels()).is_some() {
            return;
        }
        let targets = matching(&filter, &snapshot).unwrap();
        drop(snapshot);
        let change = Change { action, targets, by: None, note: None };
        let changed = self.storage.change(change).unwrap();
        if let Some(change) = changed.change
            && self.rng.percent(40)
        {
            if self.rng.percent(50) {
                self.append();
            }
            self.storage.undo(change, None, None).unwrap();
        }
    }

    fn live(&self) -> Vec<Event> {
        live(&self.storage.snapshot())
    }

    fn ask(&mut self, live: &[Event], place: &str, figures: &mut Figures) {
        figures.add("pairs", 1);
        let depth = self.rng.below(4);
        let expression = random_expression(&mut self.rng, depth);
        let snapshot = self.storage.snapshot();
        let request = random_request(&mut self.rng, parse(&expression), snapshot.end());
        let place = format!("{place}: {expression}\n{request:?}");
        let answer = execute(&request, &snapshot, self.cache.as_ref());
        if let Some(key) = outside(&request, snapshot.scope_labels()) {
            let refused = matches!(answer, Err(Error::NotAScopeLabel { key: named, .. })
                if outside_of(&named, snapshot.scope_labels()));
            assert!(refused, "{key}: {place}");
            return;
        }
        if let Some(id) = unknown_anchor(&request, &snapshot) {
            assert!(
                matches!(answer, Err(Error::NoSuchEvent { id: named }) if named == id),
                "{place}"
            );
            return;
        }
        let time_of = |id| snapshot.time_of(id).unwrap().unwrap();
        let within = |event: &Event| within(event, snapshot.scope_labels());
        let seen: Vec<Event> = live.iter().map(within).collect();
        let mut expected = naive::page(&request, &seen, time_of);
        // The events themselves are shown with all their labels.
        for event in &mut expected.events {
            event.clone_from(live.iter().find(|whole| whole.id == event.id).unwrap());
        }
        figures.saw(expected.total.to_le_bytes());
        assert_eq!(answer.unwrap(), expected, "{place}");
        check_filter(&request.filter, &snapshot, (live, &seen), &place);
    }

    fn count_labels(&self, live: &[Event]) {
        let snapshot = self.storage.snapshot();
        let labels = snapshot.scope_labels();
        let seen: Vec<Event> = live.iter().map(|event| within(event, labels)).collect();
        let live = seen.as_slice();
        for prefix in ["", "k", "kubernetes.p", "z"] {
            let keys = live.iter().flat_map(|event| event.labels.canonical().map(|(key, _)| key));
            let keys = keys.filter(|key| key.starts_with(prefix));
            assert_eq!(label_counts(&snapshot, prefix).unwrap(), ranked(keys), "{prefix}");
        }
        for (key, prefix) in LABELS.into_iter().flat_map(|key| [(key, ""), (key, "we")]) {
            if outside_of(key, labels) {
                let answer = value_counts(&snapshot, key, prefix);
                assert!(matches!(answer, Err(Error::NotAScopeLabel { .. })), "{key}");
                continue;
            }
            let values = live.iter().filter_map(|event| event.labels.find(alias::canonical(key)));
            let values = values.filter(|value| value.starts_with(prefix));
            assert_eq!(value_counts(&snapshot, key, prefix).unwrap(), ranked(values), "{key}");
        }
    }
}

/// An event without the labels that are no scope labels.
pub(crate) fn within(event: &Event, labels: &ScopeLabels) -> Event {
    let scope = event.labels.iter().filter(|(key, _)| labels.admit(key)).collect();
    Event { labels: scope, ..event.clone() }
}

fn outside_of(key: &str, labels: &ScopeLabels) -> bool {
    !labels.admit(key)
}

/// A label that a request asks for and that is no scope label.
fn outside(request: &Request, labels: &ScopeLabels) -> Option<String> {
    let facets = request.facets.iter().filter_map(|facet| match facet {
        FacetKey::Label(key) => Some(key.as_str()),
        _ => None,
    });
    let filter = request.filter.label_outside(labels);
    filter.into_iter().chain(facets).find(|key| outside_of(key, labels)).map(str::to_owned)
}

/// All events that there are.
fn live(snapshot: &Snapshot) -> Vec<Event> {
    let ids = (0..snapshot.end().0).map(EventId);
    ids.filter_map(|id| snapshot.event(id).unwrap()).collect()
}

/// What is told of a filter without a request. The events are whole, and as they are seen.
fn check_filter(
    filter: &Filter,
    snapshot: &Snapshot,
    (live, seen): (&[Event], &[Event]),
    place: &str,
) {
    let matches = live.iter().zip(seen).filter(|(_, seen)| filter.matches(seen));
    let mut expected: Vec<&Event> = matches.map(|(whole, _)| whole).collect();
    let rows = matching(filter, snapshot).unwrap();
    let ids = rows.iter().flat_map(|(window, rows)| {
        rows.iter().map(|row| EventId(u64::from(*window) << 16 | u64::from(row)))
    });
    let expected_ids: Vec<_> = expected.iter().map(|event| event.id).collect();
    assert_eq!(ids.collect::<Vec<_>>(), expected_ids, "{place}");

    let plan = plan(filter, snapshot).unwrap();
    let most = plan.step.rows + plan.parts.amended;
    assert!(most >= expected.len() as u64, "{most} of {}: {place}\n{plan}", expected.len());

    expected.sort_by_key(|event| (event.time, event.id));
    let streamed: Vec<Event> = stream(filter, snapshot).unwrap().map(Result::unwrap).collect();
    assert!(streamed.iter().eq(expected), "{place}");
}

fn parse(expression: &str) -> Filter {
    eventscope_scope::parse(expression).unwrap().lower(now())
}

fn unknown_anchor(request: &Request, snapshot: &Snapshot) -> Option<EventId> {
    match request.anchor {
        Anchor::Newest => None,
        Anchor::Before(id) | Anchor::After(id) => {
            snapshot.time_of(id).unwrap().is_none().then_some(id)
        }
    }
}

fn random_request(rng: &mut Rng, filter: Filter, end: EventId) -> Request {
    let mut request = Request::new(filter);
    request.limit = *rng.pick(&[0, 1, 2, 5, 20, 10_000]);
    request.top = *rng.pick(&[0, 1, 2, 20]);
    let id = EventId(rng.below(end.0 as usize + 1) as u64);
    request.anchor = *rng.pick(&[Anchor::Newest, Anchor::Before(id), Anchor::After(id)]);
    request.from = rng.percent(20).then(|| random_time(rng));
    request.to = rng.percent(20).then(|| random_time(rng));
    request.facets = (0..rng.below(3)).map(|_| random_facet(rng)).collect();
    let minute = 60_000_000_000;
    let width = *rng.pick(&[1, minute, 60 * minute, 7 * 24 * 60 * minute, i64::MAX as u64]);
    request.histogram = rng.percent(40).then(|| NonZeroU64::new(width).unwrap());
    request
}

fn random_time(rng: &mut Rng) -> Timestamp {
    if rng.percent(10) {
        return *rng.pick(&[Timestamp::EPOCH, Timestamp::MAX]);
    }
    now().saturating_add(rng.between(-18, 1) * 600_000_000_000)
}

fn random_facet(rng: &mut Rng) -> FacetKey {
    let label = FacetKey::label(rng.pick::<&str>(&LABELS));
    let tag = FacetKey::Tag("team".to_owned());
    let keys = [
        FacetKey::Severity,
        FacetKey::Type,
        FacetKey::Status,
        FacetKey::Acknowledged,
        FacetKey::Source,
        FacetKey::Name,
        label.clone(),
        label,
        tag,
    ];
    rng.pick(&keys).clone()
}

fn ranked<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    texts.for_each(|text| *counts.entry(text.to_owned()).or_default() += 1);
    let mut ranked: Vec<_> = counts.into_iter().collect();
    ranked.sort_by_key(|(_, count)| Reverse(*count));
    ranked
}
