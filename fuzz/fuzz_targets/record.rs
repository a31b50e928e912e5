//! The target `record` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
