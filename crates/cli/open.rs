//! Opens the store that was named.

use crate::args::Place;
use crate::failure::Result;
use eventscope::{Create, Options, Store};
use std::path::PathBuf;

/// Names the store when the command line does not.
const VARIABLE: &str = "EVENTSCOPE_STORE";
/// The store when nothing names one.
const DEFAULT: &str = "./events.db";

/// The store, which must be there.
pub(crate) fn existing(place: &Place) -> Result<Store> {
    let options = Options { create: Create::Never, ..Options::default() };
    Ok(Store::open_with(folder(place), options)?)
}

/// The store, made if it is not there.
pub(crate) fn or_new(place: &Place) -> Result<Store> {
    Ok(Store::open(folder(place))?)
}

/// An empty variable names nothing, as everywhere in a shell.
fn folder(place: &Place) -> PathBuf {
    let variable = || std::env::var_os(VARIABLE).filter(|name| !name.is_empty());
    let named = place.store.clone().or_else(|| variable().map(PathBuf::from));
    named.unwrap_or_else(|| DEFAULT.into())
}
