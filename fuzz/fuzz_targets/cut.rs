//! The target `cut` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
