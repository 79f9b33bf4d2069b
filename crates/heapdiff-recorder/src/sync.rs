//! Every atomic of the crate comes from here, so that loom can take their place.

#[cfg(not(loom))]
pub(crate) use core::{
    hint::spin_loop,
    sync::atomic::{Ordering, fence},
};
#[cfg(loom)]
pub(crate) use loom::{
    hint::spin_loop,
    sync::atomic::{Ordering, fence},
};

/// The word that all tables are made of.
#[cfg(not(loom))]
pub type AtomicU64 = core::sync::atomic::AtomicU64;
/// The word that all tables are made of.
#[cfg(loom)]
pub type AtomicU64 = loom::sync::atomic::AtomicU64;
