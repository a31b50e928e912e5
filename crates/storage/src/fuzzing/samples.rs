//! Inputs to begin with: the records of a store, as the targets take them.

use super::edits::{Place, begin, io_error, open, places, read};
use super::records::RECORDS;
use super::sets::SETS;
use crate::change::write_rows;
use crate::database::codec::{self, Kind};
use crate::database::files::{LOG, SEGMENTS};
use crate::database::tables::{LOG_TABLES, SEGMENTS_TABLES, meta};
use crate::error::{Error, Result};
use crate::index::field::Field;
use crate::index::row_set::{self, RowSet};
use crate::log;
use crate::segment::{LABELS, TIMES, UIDS};
use eventscope_model::EventId;
use std::fs;
use std::path::Path;

/// An input for one of the targets here.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The name of the function.
    pub target: &'static str,
    /// What it is.
    pub name: &'static str,
    /// The bytes.
    pub input: Vec<u8>,
}

/// An input for every record of a closed store, and for every text file beside it.
///
/// # Errors
/// When the folder holds no good store.
pub fn samples(dir: &Path) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    add_sets(&mut samples);
    let files =
        [(dir.join(LOG), LOG_TABLES.as_slice()), (dir.join(SEGMENTS), SEGMENTS_TABLES.as_slice())];
    for (path, tables) in files {
        let database = open(path)?;
        let transaction = begin(&database)?;
        for place in places(&transaction, tables)? {
            let frame = read(&transaction, &place)?;
            add(&mut samples, &place, &frame)?;
        }
        transaction.abort().map_err(|e| Error::database("look at a file", e))?;
    }
    let folder = dir.join("text");
    let entries = fs::read_dir(&folder).map_err(|e| io_error("look into", &folder, e))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let bytes = fs::read(&path).map_err(|e| io_error("read", &path, e))?;
        if let Some(input) = crate::text::sample(&bytes) {
            samples.push(Sample { target: "text_file", name: "text", input });
        }
    }
    Ok(samples)
}

fn add(samples: &mut Vec<Sample>, place: &Place, frame: &[u8]) -> Result<()> {
    let Some(kind) = super::KINDS.into_iter().find(|kind| frame.get(1) == Some(&(*kind as u8)))
    else {
        return Ok(());
    };
    let Ok(body) = codec::open(kind, frame, &"a record") else { return Ok(()) };
    samples.push(Sample { target: "frame", name: name_of(kind), input: frame.to_vec() });
    match place {
        Place::Section { first, rows, code, .. } => {
            add_section(samples, *code, (EventId(*first).row(), *rows as u16), &body);
        }
        Place::Value(_, key) => {
            let name = match (kind, *key) {
                (Kind::Meta, meta::STORE_ID) => "identity",
                (Kind::Meta, meta::NEXT) => "next",
                (Kind::Meta, meta::BACKUP) => "mark",
                (Kind::Meta, meta::SCOPE_LABELS) => "labels",
                (Kind::Meta, meta::COUNTERS) => "next",
                _ => name_of(kind),
            };
            add_record(samples, name, &body);
        }
    }
    if kind == Kind::Batch {
        for row in log::read_batch(frame, "a batch")? {
            add_record(samples, "row", &row.body);
        }
    }
    Ok(())
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Batch => "batch",
        Kind::Change => "change",
        Kind::Catalogue => "catalogue",
        Kind::Directory => "directory",
        Kind::Block => "block",
        Kind::Section => "section",
        Kind::Overlay => "overlay",
        Kind::Meta => "meta",
        Kind::Text => "text",
    }
}

fn add_record(samples: &mut Vec<Sample>, name: &'static str, body: &[u8]) {
    let Some(which) = RECORDS.iter().position(|(own, _)| *own == name) else { return };
    let mut input = vec![which as u8];
    if name == "block" {
        input.extend([0, 0]);
    }
    input.extend_from_slice(body);
    samples.push(Sample { target: "record", name, input });
}

fn add_section(samples: &mut Vec<Sample>, code: u8, (first, rows): (u16, u16), body: &[u8]) {
    let (name, head) = match code {
        TIMES => ("times", vec![first, rows]),
        UIDS => ("uids", vec![rows]),
        LABELS => return add_record(samples, "labels", body),
        _ if Field::from_code(code, "").is_some() => ("field", vec![first, first + rows - 1]),
        _ => return,
    };
    add_set(samples, name, &head, body);
}

fn add_set(samples: &mut Vec<Sample>, name: &'static str, head: &[u16], body: &[u8]) {
    let Some(which) = SETS.iter().position(|(own, _)| *own == name) else { return };
    let mut input = vec![which as u8];
    input.extend(head.iter().flat_map(|number| number.to_le_bytes()));
    input.extend_from_slice(body);
    samples.push(Sample { target: "set", name, input });
}

/// Sets of each of the forms in which they are stored.
fn add_sets(samples: &mut Vec<Sample>) {
    let few: RowSet = [0, 7, 8, 4_711, u16::MAX].into_iter().collect();
    let many: RowSet = (0..u16::MAX).step_by(9).collect();
    for set in [RowSet::empty(), few, many, RowSet::span(900, 9_000)] {
        let rows: Vec<u16> = set.iter().collect();
        let mut body = Vec::new();
        row_set::write(&rows, &mut body);
        add_set(samples, "container", &[rows.len() as u16, 0], &body);
        add_set(samples, "bitmap", &[], &write_rows(&set));
    }
}
