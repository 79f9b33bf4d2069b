//! What must be released: pool slots, connections, files, sessions, transactions.
//!
//! A profile of the heap is blind to a resource that weighs nothing, and blames whoever made a pool grow for what others
//! forgot in it. Here each resource is counted from its acquire to its release, exactly, with the place where it was
//! acquired, its size, its age and what was done to it.
//!
//! ```
//! use heapdiff::resource::Type;
//!
//! static SESSIONS: Type = Type::new("session");
//!
//! let session = SESSIONS.track(String::from("the session itself"));
//! // ... it is used as a `String` ...
//! drop(session); // released
//! assert_eq!(SESSIONS.counts().open(), 0);
//! ```
//!
//! | what it is | use |
//! |---|---|
//! | a value whose drop is the release | [`Type::track`], a [`Tracked`] |
//! | a value that must be closed | [`Type::must_close`], a [`MustClose`] |
//! | a number: a slab key, a file descriptor | [`Ids`] |
//! | anything else | [`Type::acquire`], a [`Lease`] |
//!
//! A pool that takes memory in chunks and hands out parts of it is made known as a [`Pool`], so that the profile of the heap
//! says which rows are its chunks.
//!
//! How much is kept is the type's [`Level`], which the program may change at any time, and which
//! `HEAPDIFF_RESOURCES=session=all,count` sets from outside.

mod access;
mod counts;
mod ids;
mod leak;
mod lease;
mod level;
mod must_close;
mod open_table;
mod pool;
mod registry;
mod resource_type;
pub(crate) mod snapshots;
mod tracked;
mod unclosed;

#[cfg(feature = "test")]
pub(crate) use access::Accesses;
pub use counts::Counts;
pub use ids::{BadRelease, Ids};
pub use leak::{Leak, LeakAccess, on_leak};
pub use lease::Lease;
pub use level::{BadLevel, Level};
pub use must_close::MustClose;
pub use pool::Pool;
pub(crate) use pool::pools;
pub(crate) use registry::forget;
#[cfg(feature = "test")]
pub(crate) use registry::types;
pub use resource_type::Type;
pub use tracked::Tracked;
