//! Which servers know the functions of which mappings.

use crate::profile::{Mapping, Profile};
use std::collections::BTreeMap;

/// The pages that mappings come from, by build ID or file of the mapping.
#[derive(Clone, Debug, Default)]
pub struct MappingSources(BTreeMap<String, Vec<MappingSource>>);

/// A server of which a mapping comes.
#[derive(Clone, Debug)]
pub(super) struct MappingSource {
    /// The page that its profile was fetched from.
    pub(super) page: String,
    /// Where the mapping begins there.
    pub(super) start: u64,
}

impl MappingSources {
    /// Of a profile that was fetched from `page`. A mapping without any name gets the page's address as its file, for as
    /// long as functions are looked up.
    pub(super) fn collect(profile: &mut Profile, page: &str) -> Self {
        let mut sources = Self::default();
        let page_name = profile.strings.intern(page);
        for index in 0..profile.mappings.len() {
            let Some(mapping) = profile.mappings.get_mut(index) else { continue };
            if mapping.build_id.is_empty() && mapping.file.is_empty() {
                mapping.file = page_name;
            }
            let (key, start) =
                (if mapping.build_id.is_empty() { mapping.file } else { mapping.build_id }, mapping.start);
            let key = profile.text(key).to_owned();
            sources.0.entry(key).or_default().push(MappingSource { page: page.to_owned(), start });
        }
        sources
    }

    /// Adds those of another profile.
    pub(super) fn append(&mut self, others: Self) {
        for (key, sources) in others.0 {
            self.0.entry(key).or_default().extend(sources);
        }
    }

    /// The servers that may know a mapping, in the order in which to ask.
    pub(super) fn of(&self, profile: &Profile, mapping: &Mapping) -> Vec<MappingSource> {
        let named = |name: &str| self.0.get(name).into_iter().flatten().cloned();
        let by_file = named(profile.text(mapping.file));
        let build_id = profile.text(mapping.build_id);
        by_file.chain(named(build_id).filter(|_| !build_id.is_empty())).collect()
    }
}
