//! The target `frame` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
