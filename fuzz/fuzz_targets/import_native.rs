//! The target `import_native` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
