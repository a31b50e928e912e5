//! The tables of SQLite, and how an event gets into them.

use crate::Result;
use crate::events::Flat;
use rusqlite::{Connection, params};
use std::collections::HashMap;

pub(super) const TABLES: &str = "
    create table events(id integer primary key, time integer not null, type text not null,
        severity integer not null, source text not null, name text not null,
        description text not null, state text not null, acknowledged integer not null,
        count integer not null, uid text not null, labels text not null, rest text not null);
    create table pairs(id integer primary key, key text not null, value text not null,
        unique(key, value));
    create table labels(pair integer not null, event integer not null,
        primary key(pair, event)) without rowid;
    create virtual table words using fts5(text, content='', columnsize=0, tokenize='ascii');";

pub(super) const INDEXES: &str = "
    create index events_time on events(time);
    create index events_severity on events(severity, time);
    create index events_type on events(type, state, acknowledged, time);
    insert into words(words) values('optimize');
    analyze;";

pub(super) fn insert(connection: &Connection, flat: &Flat) -> Result<()> {
    let labels = serde_json::to_string(&flat.labels)?;
    connection
        .prepare_cached("insert into events values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            flat.id as i64,
            flat.time,
            flat.event_type,
            flat.severity,
            flat.source,
            flat.name,
            flat.description,
            flat.state,
            flat.acknowledged,
            flat.count as i64,
            flat.uid,
            labels,
            flat.rest
        ])?;
    connection
        .prepare_cached("insert into words(rowid, text) values(?, ?)")?
        .execute(params![flat.id as i64, flat.text])?;
    Ok(())
}

pub(super) fn label(connection: &Connection, pair: i64, event: i64) -> Result<()> {
    connection.prepare_cached("insert into labels values(?, ?)")?.execute([pair, event])?;
    Ok(())
}

pub(super) fn pair_id(
    connection: &Connection,
    pairs: &mut HashMap<(String, String), i64>,
    (key, value): (&String, &String),
) -> Result<i64> {
    let pair = (key.clone(), value.clone());
    if let Some(id) = pairs.get(&pair) {
        return Ok(*id);
    }
    connection
        .prepare_cached("insert into pairs(key, value) values(?, ?)")?
        .execute([key, value])?;
    let id = connection.last_insert_rowid();
    pairs.insert(pair, id);
    Ok(id)
}
