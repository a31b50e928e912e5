//! `labels`: which labels there are, which values one of them has, and which can be asked for.

use super::verify;
use crate::args::{Labels, Place};
use crate::failure::{Result, chain};
use crate::keys;
use crate::open;
use crate::print::{self, Form, Printer, counted, grouped, visible};
use crate::progress::Progress;
use crate::table::Table;
use eventscope::{FacetKey, Report, ScopeLabels, Store};
use eventscope_wire::{LabelKey, LabelKeys, LabelValue, LabelValues, Verified};
use std::io::Write;

/// Rows that are written together.
const ROWS_AT_ONCE: usize = 4_096;

pub(crate) fn run(place: &Place, typed: &Labels, out: &mut Printer) -> Result<()> {
    if let Some(scope) = &typed.allow {
        return allow(place, scope, out);
    }
    let store = open::existing(place)?;
    answer(&store, typed, out)?;
    if let Some(key) = &typed.key {
        keys::tell(&keys::check(&store, [], [&FacetKey::label(key)])?, out);
    }
    Ok(())
}

fn answer(store: &Store, typed: &Labels, out: &mut Printer) -> Result<()> {
    let scope = scope(&store.scope_labels());
    let head = if typed.key.is_some() { "value" } else { "key" };
    match (out.form(), head) {
        (Form::People, _) => {
            list(store, typed, head, out)?;
            if let Some(scope) = scope.filter(|_| typed.key.is_none()) {
                writeln!(out, "only scope labels are listed: {}", visible(&scope.join(", ")))?;
            }
            Ok(())
        }
        (Form::Json | Form::Lines, "key") => {
            let labels = store.labels(&typed.prefix)?;
            let labels = labels.into_iter().map(LabelKey::from).collect();
            out.json(&LabelKeys { labels, scope_labels: scope })
        }
        (Form::Json | Form::Lines, _) => {
            let values = typed.key.as_ref().map(|key| store.values(key, &typed.prefix));
            let values = values.transpose()?.unwrap_or_default().into_iter();
            let labels = values.map(LabelValue::from).collect();
            out.json(&LabelValues { labels, scope_labels: scope })
        }
    }
}

/// Lists keys or values, however many there are. The most frequent come first, so some tables of
/// [`ROWS_AT_ONCE`] are as wide as the first.
fn list(store: &Store, typed: &Labels, head: &'static str, out: &mut Printer) -> Result<()> {
    let (look, mut written) = (out.look(), Ok(()));
    let mut table = Table::new(&[">events", head]);
    let mut add = |text: &str, count: u64| {
        if written.is_ok() {
            table.row([grouped(count), visible(text)]);
            if table.is_longer_than(ROWS_AT_ONCE) {
                written = table.write_on(look, out);
            }
        }
    };
    match &typed.key {
        Some(key) => store.each_value(key, &typed.prefix, &mut add)?,
        None => store.each_label(&typed.prefix, &mut add)?,
    }
    written.and_then(|()| table.write_on(look, out))?;
    Ok(())
}

/// The patterns of a list of scope labels; none for all labels.
pub(super) fn scope(labels: &ScopeLabels) -> Option<Vec<String>> {
    (!labels.is_all()).then(|| labels.patterns().collect())
}

/// Changes the scope labels of the store, and tells what that took.
fn allow(place: &Place, scope: &ScopeLabels, out: &mut Printer) -> Result<()> {
    let store = open::to_keep(place)?;
    let report = set(place, &store, scope)?;
    let warnings = keys::unmatched(&store, scope)?;
    keys::tell(&warnings, out);
    let mut progress = Progress::new(place.telling(), 0);
    let indexed = store.finish_text(|done, all| progress.indexed(done, all));
    drop(progress);
    // The list is in force whatever else cannot be done.
    if let Err(error) = indexed.and(store.close()) {
        print::warning(&format!("the list is in force, but {}", chain(&error)));
    }
    let segments = counted(report.segments, "sealed segment");
    let sentence = format!("scope labels: {}; rewrote {segments}", visible(&scope.to_string()));
    let repaired = Some(report.repaired);
    verify::tell(&Verified { repaired, warnings, ..Verified::from(&report) }, &sentence, out)?;
    verify::verdict(&report)
}

/// Changes the scope labels of a store while the terminal shows how far it is.
pub(super) fn set(place: &Place, store: &Store, scope: &ScopeLabels) -> Result<Report> {
    let mut progress = Progress::new(place.telling(), 0);
    Ok(store.set_scope_labels(scope, |done, all| progress.relabelled(done, all))?)
}
