//! The target `import_as` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
