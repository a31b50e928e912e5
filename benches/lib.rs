//! Measurements: see the benches of this package, one folder each.
