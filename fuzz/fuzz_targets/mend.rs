//! The target `mend` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
