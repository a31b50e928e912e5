//! Opens the store that was named.

use crate::args::Place;
use crate::failure::Result;
use eventscope::{Create, Options, Store};

/// The store, which must be there.
pub(crate) fn existing(place: &Place) -> Result<Store> {
    let options = Options { create: Create::Never, ..Options::default() };
    Ok(Store::open_with(&place.store, options)?)
}

/// The store, made if it is not there.
pub(crate) fn or_new(place: &Place) -> Result<Store> {
    Ok(Store::open(&place.store)?)
}
