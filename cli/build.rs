//! Links the command at a fixed address.
//!
//! A program that can be loaded anywhere has 23,500 addresses put right each time it starts, which touches a hundred
//! pages before anything is done: as much time as `heapdiff pprof -top` takes for a small profile. Crate `decisions`,
//! page 19, has the figures.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |key: &str| std::env::var(key).unwrap_or_default();
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
