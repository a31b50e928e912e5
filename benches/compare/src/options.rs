//! What the command line says.

use crate::Result;
use std::path::{Path, PathBuf};

/// All engines: eventscope, which the others are compared with, is always the first.
pub(crate) const ENGINES: [&str; 5] = ["eventscope", "sqlite", "tantivy", "duckdb", "clickhouse"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) events: usize,
    pub(crate) rounds: usize,
    pub(crate) engines: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) out: Option<PathBuf>,
}

impl Options {
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self {
            events: 1_000_000,
            rounds: 31,
            engines: ENGINES.map(str::to_owned).to_vec(),
            folder: PathBuf::new(),
            out: None,
        };
        let mut folder = None;
        let mut arguments = arguments.iter();
        while let Some(option) = arguments.next() {
            let value = *arguments.next().ok_or(format!("{option} needs a value"))?;
            match *option {
                "--events" => options.events = value.replace('_', "").parse()?,
                "--rounds" => options.rounds = value.parse::<usize>()?.max(3),
                "--engines" => options.engines = engines(value)?,
                "--folder" => folder = Some(PathBuf::from(value)),
                "--out" => options.out = Some(PathBuf::from(value)),
                _ => return Err(format!("there is no option {option}").into()),
            }
        }
        options.folder = folder.map_or_else(default_folder, Ok)?;
        Ok(options)
    }
}

fn engines(list: &str) -> Result<Vec<String>> {
    let wanted: Vec<&str> = list.split(',').map(str::trim).collect();
    if let Some(other) = wanted.iter().find(|name| !ENGINES.contains(name)) {
        return Err(format!("there is no engine {other}, only {}", ENGINES.join(", ")).into());
    }
    let chosen = ENGINES.iter().filter(|name| **name == "eventscope" || wanted.contains(name));
    Ok(chosen.map(|name| (*name).to_owned()).collect())
}

/// A folder beside the one that this program was built into.
fn default_folder() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own.parent().and_then(Path::parent).ok_or("this program lies in no folder")?;
    Ok(target.join("compare"))
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn options_are_read_and_eventscope_is_always_there() {
        let options = ["--events", "100_000", "--engines", "duckdb,sqlite", "--folder", "f"];
        let options = Options::parse(&options).unwrap();
        assert_eq!((options.events, options.rounds), (100_000, 31));
        assert_eq!(options.engines, ["eventscope", "sqlite", "duckdb"]);
        assert!(Options::parse(&["--engines", "redis"]).is_err());
        assert!(Options::parse(&["--rounds"]).is_err());
    }
}
