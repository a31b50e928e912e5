//! The target `envelope` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
