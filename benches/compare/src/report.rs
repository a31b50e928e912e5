//! What was measured, as one Markdown table.

use crate::child::Child;
use crate::options::Options;
use crate::protocol::Answer;
use crate::table::{Figures, geometric_mean, head, line, ratio, thousands};

/// One question or one kind of change.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    name: String,
    pub(crate) total: Option<u64>,
    /// One for each engine.
    pub(crate) figures: Vec<Figures>,
    /// Of eventscope, with results kept.
    pub(crate) cached: Figures,
    is_question: bool,
}

impl Row {
    pub(crate) fn new(name: &str, engines: usize) -> Self {
        Self {
            name: name.to_owned(),
            total: None,
            figures: vec![Figures::default(); engines],
            cached: Figures::default(),
            is_question: true,
        }
    }

    pub(crate) fn of_a_change(self) -> Self {
        Self { is_question: false, ..self }
    }

    fn ratio(&self) -> Option<f64> {
        let (own, peers) = self.figures.split_first()?;
        ratio(own.median(), peers.iter().map(Figures::median))
    }
}

/// What was seen of an engine beside its answers.
#[derive(Clone, Debug, Default)]
struct Seen {
    name: String,
    load_us: u64,
    bytes: u64,
    load_memory: u64,
    peak_memory: u64,
    own_memory: u64,
}

#[derive(Debug)]
pub(crate) struct Report {
    events: usize,
    rounds: usize,
    pub(crate) left_out: Vec<String>,
    pub(crate) versions: Vec<String>,
    pub(crate) rows: Vec<Row>,
    seen: Vec<Seen>,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            events: options.events,
            rounds: options.rounds,
            left_out: Vec::new(),
            versions: Vec::new(),
            rows: Vec::new(),
            seen: Vec::new(),
        }
    }

    pub(crate) fn remember_load(&mut self, name: &str, answer: &Answer, load_memory: u64) {
        self.seen.push(Seen {
            name: name.to_owned(),
            load_us: answer.us,
            bytes: answer.bytes.unwrap_or_default(),
            load_memory,
            ..Seen::default()
        });
    }

    pub(crate) fn remember_memory(&mut self, children: &[Child]) {
        for (seen, child) in self.seen.iter_mut().zip(children) {
            seen.peak_memory = child.memory("VmHWM");
            seen.own_memory = child.memory("RssAnon");
        }
    }

    pub(crate) fn finish(&self) -> String {
        let mut titles = vec![String::from("what"), String::from("events")];
        for (nth, seen) in self.seen.iter().enumerate() {
            titles.push(seen.name.clone());
            if nth == 0 {
                titles.push(format!("{}, results kept", seen.name));
            }
        }
        titles.push(String::from("strongest peer"));
        titles.push(String::from("ratio"));
        let mut text = format!(
            "{} events, {} rounds. Times in milliseconds: median / p95.\n\n{}",
            thousands(self.events as u64),
            self.rounds,
            head(&titles)
        );
        self.rows.iter().for_each(|row| text += &line(&self.cells(row)));
        self.load_lines().iter().for_each(|cells| text += &line(cells));
        text += "\nratio: strongest peer / eventscope (results not kept), of the medians; above 1, \
                 eventscope is better\n";
        let ratios = self.rows.iter().filter(|row| row.is_question).filter_map(Row::ratio);
        let ratios: Vec<f64> = ratios.collect();
        if let Some(mean) = geometric_mean(&ratios) {
            let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
            text += &format!(
                "\ngeometric mean of the ratios of {} questions: {mean:.2}; least: {least:.2}\n",
                ratios.len()
            );
        }
        text += &format!("\nversions: {}\n", self.versions.join(", "));
        self.left_out.iter().for_each(|reason| text += &format!("\n{reason}\n"));
        text
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let mut cells = vec![row.name.clone(), row.total.map_or_else(String::new, thousands)];
        for (nth, figures) in row.figures.iter().enumerate() {
            cells.push(figures.cell());
            if nth == 0 {
                cells.push(row.cached.cell());
            }
        }
        let peers = row.figures.iter().zip(&self.seen).skip(1);
        let strongest = peers.min_by_key(|(figures, _)| figures.median());
        cells.push(strongest.map_or_else(String::new, |(_, seen)| seen.name.clone()));
        cells.push(row.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}")));
        cells
    }

    fn load_lines(&self) -> Vec<Vec<String>> {
        let events = self.events as f64;
        let rate = |us: u64| thousands((events / (us.max(1) as f64 / 1e6)) as u64);
        let each = |bytes: u64| format!("{:.1}", bytes as f64 / events);
        let mib = |bytes: u64| thousands(bytes >> 20);
        vec![
            self.load_line("loaded events/s, until ready", |seen| seen.load_us, rate),
            self.load_line("bytes on disk per event", |seen| seen.bytes, each),
            self.load_line("peak RSS while loading, MiB", |seen| seen.load_memory, mib),
            self.load_line("peak RSS while asking, MiB", |seen| seen.peak_memory, mib),
            self.load_line("RssAnon after the questions, MiB", |seen| seen.own_memory, mib),
        ]
    }

    /// A figure of which less is better, as it is shown.
    fn load_line(
        &self,
        name: &str,
        figure: impl Fn(&Seen) -> u64,
        shown: impl Fn(u64) -> String,
    ) -> Vec<String> {
        let mut cells = vec![name.to_owned(), String::new()];
        for (nth, seen) in self.seen.iter().enumerate() {
            cells.push(shown(figure(seen)));
            if nth == 0 {
                cells.push(String::new());
            }
        }
        let Some((own, peers)) = self.seen.split_first() else { return cells };
        let strongest = peers.iter().min_by_key(|seen| figure(seen));
        cells.push(strongest.map_or_else(String::new, |seen| seen.name.clone()));
        let ratio = ratio(figure(own), peers.iter().map(figure));
        cells.push(ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")));
        cells
    }
}
