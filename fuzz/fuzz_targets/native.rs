//! The target `native` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
