//! Opens the store that was named.

use crate::args::{Place, Waiting};
use crate::failure::{Result, chain};
use crate::print;
use crate::progress::Progress;
use crate::times::Times;
use eventscope::{Clock, Create, Indexing, Options, Store};
use std::path::PathBuf;

/// Names the store when the command line does not.
const VARIABLE: &str = "EVENTSCOPE_STORE";
/// The store when nothing names one.
const DEFAULT: &str = "./events.db";

/// The store, which must be there, for a short look: it is left as it is.
pub(crate) fn existing(place: &Place) -> Result<Store> {
    with(place, Indexing::Never)
}

/// The store, which must be there, to be looked after: what is behind is completed.
pub(crate) fn to_keep(place: &Place) -> Result<Store> {
    with(place, Indexing::Background)
}

fn with(place: &Place, indexing: Indexing) -> Result<Store> {
    let options = Options { create: Create::Never, indexing, ..options(place)? };
    Ok(Store::open_with(folder(place), options)?)
}

/// The usual options, with the time that `--now` says.
pub(crate) fn options(place: &Place) -> Result<Options> {
    let clock = match &place.now {
        Some(_) => Clock::at(Times::of(place)?.now),
        None => Clock::default(),
    };
    Ok(Options { clock, ..Options::default() })
}

/// The store, made if it is not there.
pub(crate) fn or_new(place: &Place) -> Result<Store> {
    Ok(Store::open_with(folder(place), options(place)?)?)
}

/// Closes the store after its text index is complete; with `--no-wait`, as soon as it can be. All
/// events are durable by then, so that an index cannot be written is told and no failure.
pub(crate) fn finish(place: &Place, store: Store, waiting: &Waiting) -> Result<()> {
    if waiting.no_wait {
        drop(store);
        return Ok(());
    }
    let mut progress = Progress::new(place.telling(), 0);
    let indexed = store.finish_text(|done, all| progress.indexed(done, all));
    drop(progress);
    if let Err(error) = indexed.and(store.close()) {
        print::warning(&format!("all events are durable, but {}", chain(&error)));
    }
    Ok(())
}

/// The same after an import, which leaves little to index for the commands that come next.
pub(crate) fn finish_import(place: &Place, store: Store, waiting: &Waiting) -> Result<()> {
    if !waiting.no_wait
        && let Err(error) = store.settle()
    {
        print::warning(&format!("all events are durable, but {}", chain(&error)));
    }
    finish(place, store, waiting)
}

/// An empty variable names nothing, as everywhere in a shell.
fn folder(place: &Place) -> PathBuf {
    let variable = || std::env::var_os(VARIABLE).filter(|name| !name.is_empty());
    let named = place.store.clone().or_else(|| variable().map(PathBuf::from));
    named.unwrap_or_else(|| DEFAULT.into())
}
