//! Walks a stack: registers in, return addresses out, leaf first.
//!
//! Two walkers fill the same [`FrameBuffer`]: [`FramePointerWalker`] follows the chain of saved frame pointers, and
//! [`TableWalker`] evaluates the unwind tables (`.eh_frame`) of the loaded [`Module`]s through framehop. Memory is
//! read through a closure that the caller makes safe, so everything here is pure and tested on recorded stacks.
//!
//! # Invariants
//! - Walking allocates nothing. [`TableWalker`] is made of framehop's must-not-allocate parts, all of them set up when
//!   it is built.
//! - A walk ends: at the root, at the depth limit, or at the first frame that does not make sense. It says which.
//!
//! # What it does not do
//! It finds neither registers, stack bounds nor modules (that needs unsafe code and lives in `heapdiff`), and names
//! no function.
#![forbid(unsafe_code)]

mod architecture;
mod frame_buffer;
mod frame_pointer_walker;
mod frame_pointers;
mod memo;
mod module;
mod registers;
mod rule;
mod rule_cache;
mod state;
mod step;
mod table_walker;
mod tables;
mod trail;
mod walk;
mod walker;

pub use frame_buffer::FrameBuffer;
pub use frame_pointer_walker::FramePointerWalker;
pub use module::{Module, SectionBytes, UnwindSections};
pub use registers::Registers;
pub use table_walker::TableWalker;
pub use walk::{STACK_DEPTH_MAX, Walk, WalkEnd};
pub use walker::Walker;
