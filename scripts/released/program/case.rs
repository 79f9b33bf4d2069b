//! What is run between two snapshots.
use crate::{controls, releases};

/// A case, with all that it keeps.
pub trait Case {
    /// Makes a number of calls. Rounds are counted from 0, which warms up.
    fn round(&mut self, round: u32, calls: u32);
}

/// The case of that name.
pub fn named(name: &str) -> Option<Box<dyn Case>> {
    Some(match name {
        "bytes" => Box::new(releases::OwnersToVec),
        "tower" => Box::new(releases::PendingServices::new()),
        "moka" => Box::new(releases::DroppedCaches::new()),
        "bounded_cache" => Box::new(controls::BoundedCache::default()),
        "lazy_vec" => Box::new(controls::LazyVec::default()),
        "lazy_map" => Box::new(controls::LazyMap::default()),
        "task_burst" => Box::new(controls::TaskBurst::new()),
        "thread_burst" => Box::new(controls::ThreadBurst::default()),
        "kept_by_allocator" => Box::new(controls::KeptByAllocator::default()),
        _ => return None,
    })
}
