//! Which ids a table of the profile has.

/// Maps the ids of mappings, locations or functions to their place in the file, counted from 1.
///
/// Most producers number from 1 without gaps, in order; then the place is the id and nothing is stored. heapdiff numbers
/// locations as rows name them but writes them by address.
#[derive(Debug)]
pub(crate) enum IdTable {
    /// The ids are 1 to `count`, in order.
    Dense { count: u64 },
    /// The place of each id, from 0; 0 where there is no such entry. Few ids are not there.
    Direct { places: Vec<u32>, count: u64 },
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
            Self::Direct { places, .. } => {
                let place = usize::try_from(id).ok().and_then(|id| places.get(id)).copied();
                place.filter(|&place| place != 0).map(u64::from)
            }
            Self::Sparse { places } => {
                let index = places.binary_search_by_key(&id, |&(id, _)| id).ok()?;
                places.get(index).map(|&(_, place)| place)
            }
        }
    }

    /// Puts the place of each entry where its id is; or says which id is of none.
    pub(crate) fn places(&self, ids: &mut [u64]) -> Result<(), u64> {
        if let Self::Dense { count } = self {
            return ids.iter().find(|&id| !(1..=*count).contains(id)).map_or(Ok(()), |&id| Err(id));
        }
        ids.iter_mut().try_for_each(|id| {
            *id = self.place(*id).ok_or(*id)?;
            Ok(())
        })
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Dense { count } | Self::Direct { count, .. } => *count,
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
        match (duplicate, self.places.last()) {
            (Some(duplicate), _) => Err(duplicate),
            (None, Some(&(last, _))) if last <= self.count.saturating_mul(2) => {
                Ok(direct(&self.places).unwrap_or(IdTable::Sparse { places: self.places }))
            }
            _ => Ok(IdTable::Sparse { places: self.places }),
        }
    }
}

/// The table of pairs of id and place, sorted; `None` past four billion places.
fn direct(pairs: &[(u64, u64)]) -> Option<IdTable> {
    let mut places = Vec::with_capacity(pairs.len());
    for &(id, place) in pairs {
        // Ids of which there is none lie between.
        while (places.len() as u64) < id {
            places.push(0);
        }
        places.push(u32::try_from(place).ok()?);
    }
    Some(IdTable::Direct { places, count: pairs.len() as u64 })
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
    fn ids_out_of_order_are_looked_up_directly() {
        let table = table(&[3, 1, 6]).unwrap();
        assert!(matches!(table, IdTable::Direct { count: 3, .. }));
        assert_eq!(table.len(), 3);
        assert_eq!(
            [0, 1, 2, 3, 4, 6, 7, u64::MAX].map(|id| table.place(id)),
            [None, Some(2), None, Some(1), None, Some(3), None, None]
        );
        let mut ids = [6, 3, 1];
        assert_eq!((table.places(&mut ids), ids), (Ok(()), [3, 1, 2]));
        assert_eq!(table.places(&mut [1, 2]), Err(2));
    }

    #[test]
    fn a_duplicate_is_found_with_its_place() {
        assert_eq!(table(&[1, 2, 1]).unwrap_err(), DuplicateId { id: 1, place: 3 });
        assert_eq!(table(&[9, 4, 9, 4]).unwrap_err(), DuplicateId { id: 4, place: 4 });
    }
}
