//! The target `open` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
