//! `compare`: how often what happened in one span of time, and how often in another.

use crate::args::{Compare, Place, Span};
use crate::columns::Column;
use crate::failure::{Failure, Result};
use crate::keys;
use crate::open;
use crate::print::{Form, Look, Printer, Tone, counted, grouped, visible};
use crate::table::Table;
use crate::times::Times;
use eventscope::{Comparison, Expr, Operator, Store, Timestamp};
use eventscope_wire::{Compared, ComparedRow, ComparedWindow, Difference};
use std::collections::HashMap;
use std::io::{self, Write};

/// Groups that are counted: more of them, as by the uid, compare nothing.
const GROUPS_MAX: usize = 100_000;

/// From one time until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    from: Timestamp,
    to: Timestamp,
}

/// A group of events that differs.
#[derive(Debug)]
struct Row {
    /// One for each column.
    values: Vec<Option<String>>,
    now: u64,
    before: u64,
    change: Difference,
}

/// Values of a group, with its events in both windows.
type Groups = HashMap<Vec<Option<String>>, [u64; 2]>;

pub(crate) fn run(place: &Place, typed: &Compare, out: &mut Printer) -> Result<()> {
    let times = Times::of(place)?;
    let expr = typed.expr.as_deref().map(|text| times.expr(text)).transpose()?;
    let window = window(&typed.window, &times)?;
    let against = match &typed.against {
        Some(span) => self::window(span, &times)?,
        None => window.before(),
    };
    let store = open::existing(place)?;
    let mut groups = Groups::new();
    let mut events = [0_u64; 2];
    for (nth, window) in [window, against].into_iter().enumerate() {
        let counts = Counts { columns: &typed.by, times: &times, nth };
        let counted = counts.add(&store, expr.as_ref(), window, &mut groups);
        let failed = |error: Failed| error.into_failure(typed.expr.as_deref());
        if let Some(count) = events.get_mut(nth) {
            *count = counted.map_err(failed)?;
        }
    }
    let columns: Vec<_> = typed.by.iter().filter_map(Column::key).collect();
    let mut warnings = keys::check(&store, &expr, &columns)?;
    warnings.extend(keys::outdated(&store, &expr));
    keys::tell(&warnings, out);
    let mut rows = rows(groups);
    let left_out = rows.len().saturating_sub(typed.limit);
    rows.truncate(typed.limit);
    let [now, before] = events;
    match out.form() {
        Form::Json | Form::Lines => out.json(&Compared {
            window: window.told(now),
            against: against.told(before),
            rows: rows.into_iter().map(|row| row.told(&typed.by)).collect(),
            left_out: left_out as u64,
            warnings,
        }),
        Form::People => {
            let look = out.look();
            for (name, window, events) in [("now", window, now), ("before", against, before)] {
                let (from, to) = (times.full(window.from), times.full(window.to));
                writeln!(out, "{name:<6}  {from} to {to}: {}", counted(events, "event"))?;
            }
            if window.length() != against.length() {
                writeln!(out, "the spans differ in length; counts are as they are")?;
            }
            show(&rows, &typed.by, look, out)?;
            match left_out {
                0 => Ok(()),
                more => Ok(writeln!(out, "{} more; --limit shows more", grouped(more as u64))?),
            }
        }
    }
}

impl Window {
    fn length(self) -> i64 {
        self.to.nanos().saturating_sub(self.from.nanos())
    }

    /// The window as long, just before it.
    fn before(self) -> Self {
        let from = self.from.saturating_add(self.length().saturating_neg());
        Self { from, to: self.from }
    }

    /// The window with the number of its events.
    fn told(self, events: u64) -> ComparedWindow {
        ComparedWindow { from: self.from, to: self.to, events }
    }
}

impl Row {
    /// The row with the names of its columns.
    fn told(self, columns: &[Column]) -> ComparedRow {
        let Self { values, now, before, change } = self;
        let named = columns.iter().map(|column| column.name.clone()).zip(values);
        let values = named.filter_map(|(name, value)| Some((name, value?))).collect();
        ComparedRow { values, now, before, change }
    }
}

fn window(span: &Span, times: &Times) -> Result<Window> {
    let from = times.moment(&span.from)?;
    let to = span.to.as_ref().map_or(Ok(times.now), |to| times.moment(to))?;
    match from < to {
        true => Ok(Window { from, to }),
        false => {
            let (from, to) = (times.full(from), times.full(to));
            Err(Failure::usage(format!("a span ends after it begins: {from} to {to}")))
        }
    }
}

/// What a group is made of, and which window is counted.
struct Counts<'a> {
    columns: &'a [Column],
    times: &'a Times,
    nth: usize,
}

/// Why events could not be counted.
enum Failed {
    Store(eventscope::Error),
    TooMany,
}

impl Failed {
    fn into_failure(self, typed: Option<&str>) -> Failure {
        match self {
            Self::Store(error) => Failure::about(error, typed),
            Self::TooMany => Failure::new(format!(
                "there are more than {GROUPS_MAX} groups to compare; count by fewer keys"
            )),
        }
    }
}

impl From<eventscope::Error> for Failed {
    fn from(error: eventscope::Error) -> Self {
        Self::Store(error)
    }
}

impl Counts<'_> {
    /// Adds the events of a window to the groups, and gives how many there are.
    fn add(
        &self,
        store: &Store,
        expr: Option<&Expr>,
        window: Window,
        groups: &mut Groups,
    ) -> std::result::Result<u64, Failed> {
        let at = |operator, time: Timestamp| {
            Comparison::new("time", operator, &[&time.to_string()]).map_err(eventscope::Error::from)
        };
        let span = [at(Operator::GreaterOrEqual, window.from)?, at(Operator::Less, window.to)?];
        let terms = expr.cloned().into_iter().chain(span.map(Expr::Comparison)).collect();
        let mut events = 0_u64;
        for event in store.export(&Expr::And(terms)).events()? {
            let event = event?;
            events = events.saturating_add(1);
            let values = self.columns.iter().map(|column| column.value(&event, self.times));
            let counts = groups.entry(values.collect()).or_default();
            if let Some(count) = counts.get_mut(self.nth) {
                *count = count.saturating_add(1);
            }
            if groups.len() > GROUPS_MAX {
                return Err(Failed::TooMany);
            }
        }
        Ok(events)
    }
}

/// The groups that differ: new ones, more, fewer, gone ones; of each the greatest difference first.
fn rows(groups: Groups) -> Vec<Row> {
    let row = |(values, [now, before]): (Vec<Option<String>>, [u64; 2])| {
        let change = match (now, before) {
            (_, 0) => Difference::New,
            (0, _) => Difference::Gone,
            _ if now > before => Difference::More,
            _ if now < before => Difference::Fewer,
            _ => return None,
        };
        Some(Row { values, now, before, change })
    };
    let mut rows: Vec<Row> = groups.into_iter().filter_map(row).collect();
    rows.sort_by(|a, b| {
        let weight = |row: &Row| std::cmp::Reverse(row.now.abs_diff(row.before));
        (a.change, weight(a), &a.values).cmp(&(b.change, weight(b), &b.values))
    });
    rows
}

fn show(rows: &[Row], columns: &[Column], look: Look, out: &mut impl Write) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(out, "no difference");
    }
    let mut heads = vec!["change".to_owned(), ">now".to_owned(), ">before".to_owned()];
    heads.extend(columns.iter().map(|column| visible(&column.name)));
    let mut table = Table::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for row in rows {
        let change = match row.change {
            Difference::New => look.paint(Tone::Severity(eventscope::Band::High), "new"),
            Difference::More => look.paint(Tone::Severity(eventscope::Band::Medium), "more"),
            Difference::Fewer => look.paint(Tone::Faint, "fewer"),
            Difference::Gone => look.paint(Tone::Severity(eventscope::Band::Low), "gone"),
        };
        let mut cells = vec![change, grouped(row.now), grouped(row.before)];
        let shown = |value: &Option<String>| value.as_deref().map_or("-".to_owned(), visible);
        cells.extend(row.values.iter().map(shown));
        table.row_of(cells);
    }
    table.write(look, out)
}
