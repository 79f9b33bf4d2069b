//! The words behind a URL's `?`.

use super::Url;
use super::escape::{Part, escape, unescape};
use std::collections::BTreeMap;

/// The values of each name, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(BTreeMap<Vec<u8>, Vec<Vec<u8>>>);

impl Query {
    /// Of a URL. Words that are no `name=value` as Go understands it are left out.
    pub(super) fn of(url: &Url) -> Self {
        let mut words = Self::default();
        for word in url.query.split(|&byte| byte == b'&') {
            if word.is_empty() || word.contains(&b';') {
                continue;
            }
            let (name, value) = match word.iter().position(|&byte| byte == b'=') {
                Some(place) => word.split_at(place),
                None => (word, &b""[..]),
            };
            let value = value.strip_prefix(b"=").unwrap_or(value);
            if let (Some(name), Some(value)) =
                (unescape(name, Part::QueryWord), unescape(value, Part::QueryWord))
            {
                words.0.entry(name).or_default().push(value);
            }
        }
        words
    }

    /// The first value of a name.
    pub(super) fn first(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name.as_bytes())?.first().map(Vec::as_slice)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.as_bytes().to_vec(), vec![value.as_bytes().to_vec()]);
    }

    /// As text, by name.
    pub(super) fn text(&self) -> String {
        let words = self.0.iter().flat_map(|(name, values)| {
            let name = escape(name, Part::QueryWord);
            values.iter().map(move |value| format!("{name}={}", escape(value, Part::QueryWord)))
        });
        words.collect::<Vec<_>>().join("&")
    }
}
