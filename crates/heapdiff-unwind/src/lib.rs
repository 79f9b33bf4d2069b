//! Walks a stack: registers in, return addresses out, leaf first.
//!
//! A [`Walker`] goes by the unwind tables (`.eh_frame`) of the loaded [`Module`]s, through framehop, or along saved
//! frame pointers. Either way it remembers its last walk and takes over what still holds of it, so that a stack that
//! looks like the last one costs about a nanosecond a frame. Memory is read through a closure that the caller makes
//! safe, so everything here is pure and tested on made-up stacks, for both architectures.
//!
//! # Invariants
//! - Walking allocates nothing: everything is set up when a walker is made.
//! - A walk finds what a walk from scratch finds. What is remembered and learned makes it faster, never different.
//! - A walk ends: at the root, at the depth limit, or at the first frame that does not make sense. It says which.
//!
//! # What it does not do
//! It finds neither registers, stack bounds nor modules (that needs unsafe code and lives in `heapdiff`), and names
//! no function.
#![forbid(unsafe_code)]

mod architecture;
mod frame_pointers;
#[cfg(test)]
mod laws;
mod memo;
mod module;
mod registers;
mod rule;
mod rule_cache;
mod state;
mod step;
#[cfg(test)]
mod synthetic;
mod tables;
mod trail;
mod walk;
mod walker;

pub use module::{Module, SectionBytes, UnwindSections};
pub use registers::Registers;
pub use walk::{STACK_DEPTH_MAX, Walk, WalkEnd};
pub use walker::Walker;
