//! Which ids a table of the profile has.

/// Maps the ids of mappings, locations or functions to their place in the file, counted from 1.
///
/// Most producers number from 1 without gaps, in order; then the place is the id and nothing is stored.
#[derive(Debug)]
pub(crate) enum IdTable {
    /// The ids are 1 to `count`, in order.
    Dense { count: u64 },
    /// Pairs of id and place, by id.
    Sparse { places: Vec<(u64, u64)> },
}

/// Collects the ids of a table in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct IdTableBuilder {
    /// Empty as long as the ids are dense.
    places: Vec<(u64, u64)>,
    count: u64,
}

/// The id that two entries have, and the place of the second.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DuplicateId {
    pub(crate) id: u64,
    pub(crate) place: u64,
}

impl IdTable {
    /// The place of the entry with this id, from 1; `None` where there is no such entry.
    pub(crate) fn place(&self, id: u64) -> Option<u64> {
        match self {
            Self::Dense { count } => (1..=*count).contains(&id).then_some(id),
            Self::Sparse { places } => {
                let index = places.binary_search_by_key(&id, |&(id, _)| id).ok()?;
                places.get(index).map(|&(_, place)| place)
            }
        }
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Dense { count } => *count,
            Self::Sparse { places } => places.len() as u64,
        }
    }
}

impl IdTableBuilder {
    /// Adds the id of the next entry.
    pub(crate) fn push(&mut self, id: u64) {
        let place = self.count + 1;
        if self.places.is_empty() && id != place {
            self.places.extend((1..place).map(|dense| (dense, dense)));
        }
        if id != place || !self.places.is_empty() {
            self.places.push((id, place));
        }
        self.count = place;
    }

    /// The table, unless two entries have one id.
    pub(crate) fn finish(mut self) -> Result<IdTable, DuplicateId> {
        if self.places.is_empty() {
            return Ok(IdTable::Dense { count: self.count });
        }
        self.places.sort_unstable();
        let duplicate = self.places.windows(2).find_map(|pair| match pair {
            &[(first, _), (id, place)] if first == id => Some(DuplicateId { id, place }),
            _ => None,
        });
        match duplicate {
            Some(duplicate) => Err(duplicate),
            None => Ok(IdTable::Sparse { places: self.places }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(ids: &[u64]) -> Result<IdTable, DuplicateId> {
        let mut builder = IdTableBuilder::default();
        ids.iter().for_each(|&id| builder.push(id));
        builder.finish()
    }

    #[test]
    fn dense_ids_are_not_stored() {
        let table = table(&[1, 2, 3]).unwrap();
        assert!(matches!(table, IdTable::Dense { count: 3 }));
        assert_eq!([0, 1, 3, 4].map(|id| table.place(id)), [None, Some(1), Some(3), None]);
    }

    #[test]
    fn sparse_ids_keep_their_place() {
        let table = table(&[1, 2, u64::MAX, 7]).unwrap();
        assert_eq!(table.len(), 4);
        assert_eq!(
            [1, 2, 7, u64::MAX, 3].map(|id| table.place(id)),
            [Some(1), Some(2), Some(4), Some(3), None]
        );
    }

    #[test]
    fn a_duplicate_is_found_with_its_place() {
        assert_eq!(table(&[1, 2, 1]).unwrap_err(), DuplicateId { id: 1, place: 3 });
        assert_eq!(table(&[9, 4, 9, 4]).unwrap_err(), DuplicateId { id: 4, place: 4 });
    }
}
