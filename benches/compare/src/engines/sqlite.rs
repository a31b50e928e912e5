//! SQLite with FTS5: events in one table, labels by pair in another, words in a third.

mod query;
mod tables;

use self::query::{Plan, acknowledge, plans};
use self::tables::{INDEXES, TABLES, insert, label, pair_id};
use super::{Engine, Place, micros};
use crate::Result;
use crate::events::Flat;
use crate::protocol::Answer;
use crate::question::Question;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

/// Events of one transaction.
const BATCH: u64 = 100_000;
/// What a plan may take as long as none has worked.
const TRIAL: Duration = Duration::from_secs(4);
/// A plan that takes this many times as long as the best one is given up.
const PATIENCE: u32 = 3;
/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 20_000;

pub(super) struct Sqlite {
    place: Place,
    connection: Option<Connection>,
    /// The best plan of each question.
    plans: HashMap<String, Plan>,
    pairs: HashMap<(String, String), i64>,
}

impl Sqlite {
    pub(super) fn new(place: Place) -> Self {
        Self { place, connection: None, plans: HashMap::new(), pairs: HashMap::new() }
    }

    fn connect(&self) -> Result<Connection> {
        let connection = Connection::open(self.place.own.join("events.db"))?;
        connection.set_prepared_statement_cache_capacity(1_000);
        connection.execute_batch(
            "pragma journal_mode = wal; pragma synchronous = full; pragma temp_store = memory;
             pragma cache_size = -1000000; pragma mmap_size = 68719476736;",
        )?;
        Ok(connection)
    }

    fn connection(&self) -> Result<&Connection> {
        Ok(self.connection.as_ref().ok_or("it is not open")?)
    }

    /// Tries every plan once when the memory is warm, and keeps the quickest; if all take too long,
    /// the last one.
    fn best(&mut self, question: &Question) -> Result<Plan> {
        let connection = self.connection.as_mut().ok_or("it is not open")?;
        let mut best: Option<(Duration, Plan)> = None;
        for plan in plans(question) {
            for _ in 0..2 {
                let limit = best.as_ref().map_or(TRIAL, |(time, _)| *time * PATIENCE);
                let deadline = Instant::now() + limit;
                let late = move || Instant::now() > deadline;
                connection.progress_handler(STEPS, Some(late))?;
                let start = Instant::now();
                let answered = run(connection, &plan);
                let time = start.elapsed();
                connection.progress_handler(0, None::<fn() -> bool>)?;
                match answered {
                    Ok(_) if best.as_ref().is_none_or(|(least, _)| time < *least) => {
                        best = Some((time, plan.clone()));
                    }
                    Ok(_) => {}
                    Err(error) if error.to_string() == "interrupted" => break,
                    Err(error) => return Err(error),
                }
            }
        }
        let last = || plans(question).pop();
        Ok(best.map(|(_, plan)| plan).or_else(last).ok_or("no plan")?)
    }

    fn fill(&mut self, connection: &Connection) -> Result<()> {
        let mut labels: Vec<(i64, i64)> = Vec::new();
        connection.execute_batch("begin")?;
        for flat in self.place.lines()? {
            let flat = flat?;
            for pair in &flat.labels {
                labels.push((pair_id(connection, &mut self.pairs, pair)?, flat.id as i64));
            }
            insert(connection, &flat)?;
            if flat.id % BATCH == 0 {
                connection.execute_batch("commit; begin")?;
            }
        }
        labels.sort_unstable();
        for (pair, event) in labels {
            label(connection, pair, event)?;
        }
        Ok(connection.execute_batch("commit")?)
    }
}

impl Engine for Sqlite {
    fn load(&mut self) -> Result<Answer> {
        fs::create_dir_all(&self.place.own)?;
        let start = Instant::now();
        let connection = self.connect()?;
        connection.execute_batch(TABLES)?;
        self.fill(&connection)?;
        connection.execute_batch(INDEXES)?;
        connection.execute_batch("pragma wal_checkpoint(truncate)")?;
        drop(connection);
        let us = micros(start);
        let bytes = super::bytes_of(&self.place.own)?;
        Ok(Answer { us, bytes: Some(bytes), ..Answer::default() })
    }

    fn open(&mut self) -> Result<Answer> {
        let connection = self.connect()?;
        let count = "select count(*) from events";
        let total: i64 = connection.query_row(count, [], |row| row.get(0))?;
        let total = total.unsigned_abs();
        let read = |row: &rusqlite::Row<'_>| Ok(((row.get(1)?, row.get(2)?), row.get(0)?));
        let mut pairs = connection.prepare("select id, key, value from pairs")?;
        self.pairs = pairs.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
        drop(pairs);
        self.connection = Some(connection);
        let version = rusqlite::version().to_owned();
        Ok(Answer { total, version, ..Answer::default() })
    }

    fn ask(&mut self, question: &Question) -> Result<Answer> {
        if !self.plans.contains_key(&question.name) {
            let plan = self.best(question)?;
            self.plans.insert(question.name.clone(), plan);
        }
        let plan = self.plans.get(&question.name).ok_or("no plan")?;
        let start = Instant::now();
        let answer = run(self.connection()?, plan)?;
        Ok(Answer { us: micros(start), ..answer })
    }

    fn insert(&mut self, event: &Flat) -> Result<Answer> {
        let connection = self.connection.as_ref().ok_or("it is not open")?;
        let start = Instant::now();
        let transaction = connection.unchecked_transaction()?;
        for pair in &event.labels {
            let pair = pair_id(connection, &mut self.pairs, pair)?;
            label(connection, pair, event.id as i64)?;
        }
        insert(connection, event)?;
        transaction.commit()?;
        Ok(Answer { us: micros(start), ..Answer::default() })
    }

    fn acknowledge(&mut self, id: u64) -> Result<Answer> {
        let start = Instant::now();
        let mut update =
            self.connection()?.prepare_cached("update events set acknowledged = 1 where id = ?")?;
        let total = update.execute([id as i64])? as u64;
        Ok(Answer { us: micros(start), total, ..Answer::default() })
    }

    fn acknowledge_where(&mut self, question: &Question) -> Result<Answer> {
        let condition = question.condition.as_ref().ok_or("no condition")?;
        let start = Instant::now();
        let total = self.connection()?.execute(&acknowledge(condition), [])? as u64;
        Ok(Answer { us: micros(start), total, ..Answer::default() })
    }
}

/// Runs the statements of a plan and fetches the rows of the page.
fn run(connection: &Connection, plan: &Plan) -> Result<Answer> {
    let mut answer = Answer::default();
    for sql in &plan.0 {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (kind, value, number): (String, Value, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let number = number.unsigned_abs();
            match (kind.as_str(), value) {
                ("total", _) => answer.total = number,
                ("page", _) => answer.ids.push(number),
                ("histogram", Value::Integer(at)) => answer.histogram.push((at, number)),
                (_, value) => {
                    let value = match value {
                        Value::Text(text) => text,
                        Value::Integer(number) => number.to_string(),
                        other => return Err(format!("{kind} counts {other:?}").into()),
                    };
                    answer.facets.entry(kind).or_default().insert(value, number);
                }
            }
        }
    }
    let mut event = connection.prepare_cached("select * from events where id = ?")?;
    let columns = event.column_count();
    for id in &answer.ids {
        let row = event.query_row([*id as i64], |row| {
            (0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<Value>>>()
        })?;
        std::hint::black_box(row);
    }
    answer.histogram.sort_unstable();
    Ok(answer)
}
