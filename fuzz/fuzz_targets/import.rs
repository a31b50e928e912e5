//! The target `import` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
