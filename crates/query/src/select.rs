//! Which rows of a part match: index, overlay and single events together.

use crate::cache::{Cache, CachedFilter, CachedRows, Key};
use crate::error::{Error, Result};
use crate::request::check_depth;
use crate::tree::{Kind, Node};
use crate::work::{Doubtful, Work};
use eventscope_model::{Event, ScopeLabels};
use eventscope_scope::Filter;
use eventscope_storage::{Overlay, Part, RowSet, Snapshot};

/// The matching events of one part.
#[derive(Debug)]
pub(crate) struct Hits<'a> {
    /// Those whose rows say what they are.
    pub(crate) rows: &'a RowSet,
    /// How many rows that is.
    pub(crate) len: u32,
    /// Those that were amended: what their rows and indexes say does not count.
    pub(crate) amended: &'a [Event],
    /// Where to keep what is counted of the rows: nothing but the index of a sealed part says which
    /// they are.
    pub(crate) key: Option<(&'a Cache, Key)>,
}

impl Hits<'_> {
    #[expect(clippy::arithmetic_side_effects, reason = "there are fewer than 2^64 events")]
    pub(crate) fn total(&self) -> u64 {
        u64::from(self.len) + self.amended.len() as u64
    }
}

/// Finds the rows of one part after another that match a filter.
///
/// The operands of the filter's outermost `and` are in two groups. What the steady ones select
/// in a sealed part never changes, and may come from the cache. The live ones depend on changes,
/// on the clock, or on the events themselves.
#[derive(Debug)]
pub(crate) struct Selector<'q> {
    filter: &'q Filter,
    snapshot: &'q Snapshot,
    steady: Node<'q>,
    live: Node<'q>,
    /// The steady group as a filter, and where its results are kept.
    cache: Option<(&'q Cache, CachedFilter)>,
    /// Whether looking its rows up is quicker than computing them.
    keeps_rows: bool,
    work: Work,
    rows: RowSet,
    /// Whether the steady group was asked about the part, and not taken from the cache.
    asked: bool,
    /// How many rows are in, once a part is done.
    len: u32,
    /// The first and last row, where all between them are in.
    whole: Option<(u16, u16)>,
    amended: Vec<Event>,
    /// Rows of the parts summed for a plan.
    summed: u64,
}

impl<'q> Selector<'q> {
    /// A selector without a cache.
    pub(crate) fn new(filter: &'q Filter, snapshot: &'q Snapshot) -> Result<Self> {
        check_depth(filter)?;
        let labels = snapshot.scope_labels();
        if let Some(key) = filter.label_outside(labels) {
            return Err(outside(key, labels));
        }
        let conjuncts = match filter {
            Filter::And(children) => children.as_slice(),
            other => std::slice::from_ref(other),
        };
        let nodes = conjuncts.iter().map(|filter| Node::of(filter, snapshot));
        let (steady, live): (Vec<_>, Vec<_>) = nodes.partition(Node::is_steady);
        Ok(Self {
            filter,
            snapshot,
            steady: Node::all(steady),
            live: Node::all(live),
            cache: None,
            keeps_rows: false,
            work: Work::new(),
            rows: RowSet::empty(),
            asked: false,
            len: 0,
            whole: None,
            amended: Vec::new(),
            summed: 0,
        })
    }

    /// Takes what is in the cache from there, and puts in what is not.
    pub(crate) fn cached(mut self, cache: Option<&'q Cache>) -> Self {
        let snapshot = self.snapshot;
        let is_steady = |filter: &Filter| Node::of(filter, snapshot).is_steady();
        let steady = match self.filter {
            Filter::And(children) => {
                Filter::all(children.iter().filter(|child| is_steady(child)).cloned())
            }
            other if is_steady(other) => other.clone(),
            _ => Filter::All,
        };
        self.keeps_rows = CachedFilter::pays(&steady);
        self.cache = cache.map(|cache| (cache, CachedFilter::new(steady)));
        self
    }

    /// The matching events of a part.
    pub(crate) fn select(&mut self, part: &Part<'q>) -> Result<Hits<'_>> {
        let overlay = self.snapshot.overlay(part.window());
        self.select_amended(part)?;
        // What the index says of these rows does not count.
        let masked = overlay.map_or([None, None], |o| [o.deleted(), o.amended()]);
        let is_masked = masked.iter().any(Option::is_some);
        let span = (part.first_row(), part.last_row());
        if matches!(self.filter, Filter::All) && !is_masked {
            self.take_all(span);
            return Ok(self.hits(None));
        }
        if std::mem::take(&mut self.len) > 0 {
            self.rows.clear();
            self.whole = None;
        }
        (self.work.span, self.work.doubtful) = (span, Doubtful::In);
        let mut is_steady = !is_masked && matches!(self.live.kind, Kind::All);
        if self.index(part, overlay)? > 0 {
            masked.into_iter().flatten().for_each(|masked| self.rows.and_not(masked));
            if self.live.has_doubt() || (self.asked && self.steady.has_doubt()) {
                self.decide(part)?;
                is_steady = false;
            }
            self.len = self.rows.len();
        }
        let cache = self.cache.as_ref().filter(|_| is_steady).zip(part.sealed());
        let key = cache.map(|((cache, filter), sealed)| (*cache, filter.in_part(sealed)));
        Ok(self.hits(key))
    }

    fn hits<'a>(&'a self, key: Option<(&'a Cache, Key)>) -> Hits<'a> {
        Hits { rows: &self.rows, len: self.len, amended: &self.amended, key }
    }

    /// Takes all rows of a part. Most parts have the same rows, so mostly nothing is to be done.
    #[expect(clippy::arithmetic_side_effects, reason = "a span ends where it starts or later")]
    fn take_all(&mut self, span: (u16, u16)) {
        if self.whole != Some(span) {
            self.rows.clear();
            self.rows.insert_span(span.0, span.1);
            self.whole = Some(span);
        }
        self.len = u32::from(span.1 - span.0) + 1;
    }

    /// The matching events of a part that were amended, matched one by one.
    pub(crate) fn select_amended(&mut self, part: &Part<'q>) -> Result<&[Event]> {
        self.amended.clear();
        let overlay = self.snapshot.overlay(part.window());
        let Some((overlay, rows)) = overlay.and_then(|o| Some((o, o.amended()?))) else {
            return Ok(&[]);
        };
        let span = part.first_row()..=part.last_row();
        let deleted = |row| overlay.deleted().is_some_and(|deleted| deleted.contains(row));
        for row in rows.iter().filter(|row| span.contains(row) && !deleted(*row)) {
            let event = self.snapshot.event_in(part, row)?;
            let matches = self.filter.matches_within(&event, self.snapshot.scope_labels());
            self.amended.extend(matches.then_some(event));
        }
        Ok(&self.amended)
    }

    /// Puts the rows in that match by their index and those in doubt, and gives how many that are
    /// at most.
    fn index(&mut self, part: &Part<'q>, overlay: Option<&'q Overlay>) -> Result<u32> {
        self.asked = false;
        let most = self.live.ask(part, overlay)?;
        if most == 0 {
            return Ok(0);
        }
        let cache = self.cache.as_ref().filter(|_| self.keeps_rows);
        if let (Some((cache, filter)), Some(sealed)) = (cache, part.sealed()) {
            let key = filter.in_part(sealed);
            if let Some(cached) = cache.rows(&key) {
                if cached.is_empty() {
                    return Ok(0);
                }
                cached.add_to(&mut self.rows);
            } else {
                self.asked = true;
                self.steady.ask(part, overlay)?;
                self.steady.add(&mut self.rows, &mut self.work)?;
                // Doubt here means that a file of the text index was found damaged just now.
                if !self.steady.has_doubt() {
                    cache.keep_rows(key, CachedRows::of(&self.rows));
                }
            }
            self.live.keep(&mut self.rows, &mut self.work)?;
            return Ok(most);
        }
        self.asked = true;
        let most = most.min(self.steady.ask(part, overlay)?);
        if most == self.steady.rows {
            self.steady.add(&mut self.rows, &mut self.work)?;
            self.live.keep(&mut self.rows, &mut self.work)?;
        } else {
            self.live.add(&mut self.rows, &mut self.work)?;
            self.steady.keep(&mut self.rows, &mut self.work)?;
        }
        Ok(most)
    }

    /// Decides the rows in doubt on their events.
    fn decide(&mut self, part: &Part<'q>) -> Result<()> {
        let mut certain = self.work.take();
        certain.or(&self.rows);
        self.work.doubtful = Doubtful::Out;
        self.live.keep(&mut certain, &mut self.work)?;
        if self.asked {
            self.steady.keep(&mut certain, &mut self.work)?;
        }
        let mut doubtful = self.work.take();
        doubtful.or(&self.rows);
        doubtful.and_not(&certain);
        for row in doubtful.iter() {
            let event = self.snapshot.event_in(part, row)?;
            if !self.filter.matches_within(&event, self.snapshot.scope_labels()) {
                self.rows.remove(row);
            }
        }
        self.work.give(certain);
        self.work.give(doubtful);
        Ok(())
    }

    /// Asks both groups about a part as [`Selector::select`] does, without computing its rows.
    pub(crate) fn ask(&mut self, part: &Part<'q>) -> Result<u32> {
        let overlay = self.snapshot.overlay(part.window());
        let live = self.live.ask(part, overlay)?;
        let steady = if live == 0 { 0 } else { self.steady.ask(part, overlay)? };
        Ok(live.min(steady))
    }

    /// Adds what the part that was asked last says to the sums of a plan.
    #[expect(clippy::arithmetic_side_effects, reason = "there are fewer than 2^64 events")]
    pub(crate) fn sum(&mut self) {
        self.summed += u64::from(self.live.rows.min(self.steady.rows));
        self.live.sum();
        self.steady.sum();
    }

    /// The rows of all parts that were summed.
    pub(crate) fn summed(&self) -> u64 {
        self.summed
    }

    /// The operands of the outermost `and`, in the order they were last put in.
    pub(crate) fn conjuncts(&self) -> impl Iterator<Item = &Node<'q>> {
        [&self.steady, &self.live].into_iter().flat_map(|group| match &group.kind {
            Kind::And(children) => children.as_slice(),
            Kind::All => &[],
            Kind::Nothing | Kind::Operand(_) | Kind::Or(_) => std::slice::from_ref(group),
        })
    }
}

/// The error of asking for a label that is no scope label.
pub(crate) fn outside(key: &str, labels: &ScopeLabels) -> Error {
    Error::NotAScopeLabel { key: key.to_owned(), labels: labels.clone() }
}

/// The rows of the events that match, by window, ascending; windows without any are left out.
///
/// # Errors
/// When the store cannot be read, the filter is nested too deep, or it asks for a label that is no
/// scope label.
pub fn matching(filter: &Filter, snapshot: &Snapshot) -> Result<Vec<(u32, RowSet)>> {
    let mut selector = Selector::new(filter, snapshot)?;
    let mut windows: Vec<(u32, RowSet)> = Vec::new();
    for part in snapshot.parts() {
        let hits = selector.select(&part)?;
        if hits.total() == 0 {
            continue;
        }
        if windows.last().is_none_or(|(window, _)| *window != part.window()) {
            windows.push((part.window(), RowSet::empty()));
        }
        if let Some((_, rows)) = windows.last_mut() {
            rows.or(hits.rows);
            hits.amended.iter().for_each(|event| rows.insert(event.id.row()));
        }
    }
    Ok(windows)
}
