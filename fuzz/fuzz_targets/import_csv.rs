//! The target `import_csv` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
