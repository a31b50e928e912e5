//! The target `expression` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
