//! The target `import_sysdig` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
