//! `labels`: which labels there are, or which values one of them has.

use crate::args::{Labels, Place};
use crate::failure::Result;
use crate::open;
use crate::print::{Form, Printer, grouped, visible};
use crate::table::Table;
use serde::Serialize;

pub(crate) fn run(place: &Place, typed: &Labels, out: &mut Printer) -> Result<()> {
    let store = open::existing(place)?;
    let (head, counts) = match &typed.key {
        Some(key) => ("value", store.values(key, &typed.prefix)?),
        None => ("key", store.labels(&typed.prefix)?),
    };
    match (out.form(), head) {
        (Form::People, _) => {
            let mut table = Table::new(&[">events", head]);
            for (text, count) in counts {
                table.row([grouped(count), visible(&text)]);
            }
            Ok(table.write(out.look(), out)?)
        }
        (Form::Json | Form::Lines, "key") => out.json(&Document {
            labels: counts.into_iter().map(|(key, count)| Key { key, count }).collect(),
        }),
        (Form::Json | Form::Lines, _) => out.json(&Document {
            labels: counts.into_iter().map(|(value, count)| Value { value, count }).collect(),
        }),
    }
}

#[derive(Serialize)]
struct Document<T> {
    labels: Vec<T>,
}

#[derive(Serialize)]
struct Key {
    key: String,
    count: u64,
}

#[derive(Serialize)]
struct Value {
    value: String,
    count: u64,
}
