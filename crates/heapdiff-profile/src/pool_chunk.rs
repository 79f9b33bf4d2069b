//! Blocks of the heap that are chunks of a pool: whoever made it grow is not who holds its parts.

use crate::frame::{FrameTable, StackId};
use crate::metadata::PoolFigures;
use crate::profile::{LabelValue, Profile};

/// The pool that memory is a chunk of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolChunk {
    /// Its name.
    pub pool: String,
    /// The type of resources that its parts are, whose profile tells who holds them; empty if the pool names none.
    pub resource: String,
}

/// The label of such blocks: the name of the pool.
const LABEL: &str = "pool";

/// Marks the stacks of a profile, sample by sample, that took chunks.
pub(crate) fn mark(profile: &Profile, stacks: &[Option<StackId>], frames: &mut FrameTable) {
    let Some(key) = profile.strings.find(LABEL) else { return };
    let pools = profile.metadata.as_ref().map_or(&[][..], |metadata| metadata.pools.as_slice());
    for (sample, stack) in profile.samples.iter().zip(stacks) {
        let label = sample.labels.iter().find(|label| label.key == key);
        if let (Some(stack), Some(&LabelValue::Text(name))) = (*stack, label.map(|label| &label.value)) {
            let pool = profile.strings.get(name);
            let is_it = |figures: &&PoolFigures| figures.name == pool;
            let resource = pools.iter().find(is_it).map_or("", |figures| figures.resource.as_str());
            frames.mark_pool(stack, || PoolChunk { pool: pool.to_owned(), resource: resource.to_owned() });
        }
    }
}
