//! The target `text_file` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
