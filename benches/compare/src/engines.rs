//! The engines that are written in Rust, each in a process of its own: what the coordinator says
//! comes in by stdin, line by line, and each answer goes out by stdout.

mod drafts;
mod eventscope;
mod sqlite;
mod tantivy;

use crate::Result;
use crate::events::{Flat, Meta};
use crate::protocol::{Answer, Command};
use crate::question::Question;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// An engine with the events, as far as they are loaded.
trait Engine {
    fn load(&mut self) -> Result<Answer>;
    fn open(&mut self) -> Result<Answer>;
    fn ask(&mut self, question: &Question) -> Result<Answer>;
    fn insert(&mut self, event: &Flat) -> Result<Answer>;
    fn acknowledge(&mut self, id: u64) -> Result<Answer>;
    fn acknowledge_where(&mut self, question: &Question) -> Result<Answer>;

    /// The last event that the question skips.
    fn anchor(&mut self, _question: &Question) -> Result<Answer> {
        Err("only eventscope is asked for the last event that is skipped".into())
    }
}

/// Where the events lie, and where the engine puts its own files.
#[derive(Clone, Debug)]
struct Place {
    data: PathBuf,
    own: PathBuf,
    meta: Meta,
}

impl Place {
    fn lines(&self) -> Result<impl Iterator<Item = Result<Flat>> + use<>> {
        let file = BufReader::with_capacity(1 << 20, File::open(self.data.join("events.jsonl"))?);
        Ok(file.lines().map(|line| Ok(serde_json::from_str(&line?)?)))
    }
}

/// Serves one engine until stdin ends.
pub(crate) fn serve(name: &str, data: &Path) -> Result<()> {
    let meta = serde_json::from_slice(&fs::read(data.join("meta.json"))?)?;
    let place = Place { data: data.to_owned(), own: data.join(name), meta };
    let mut engine: Box<dyn Engine> = match name {
        "eventscope" => Box::new(eventscope::Own::new(place)),
        "sqlite" => Box::new(sqlite::Sqlite::new(place)),
        "tantivy" => Box::new(tantivy::Tantivy::new(place)),
        _ => return Err(format!("there is no engine {name}").into()),
    };
    for line in io::stdin().lock().lines() {
        let answer = obey(engine.as_mut(), &serde_json::from_str(&line?)?);
        let answer = answer
            .unwrap_or_else(|error| Answer { error: Some(error.to_string()), ..Answer::default() });
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

fn obey(engine: &mut dyn Engine, command: &Command) -> Result<Answer> {
    match command {
        Command::Load => engine.load(),
        Command::Open => engine.open(),
        Command::Anchor { question } => engine.anchor(question),
        Command::Ask { question } => engine.ask(question),
        Command::Insert { event } => engine.insert(event),
        Command::Acknowledge { id, .. } => engine.acknowledge(*id),
        Command::AcknowledgeWhere { question } => engine.acknowledge_where(question),
    }
}

/// Microseconds since then.
fn micros(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Bytes that the files of a folder take on the disk.
fn bytes_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let (path, metadata) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
        bytes += if metadata.is_dir() { bytes_of(&path)? } else { metadata.len() };
    }
    Ok(bytes)
}
