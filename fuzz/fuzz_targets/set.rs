//! The target `set` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
