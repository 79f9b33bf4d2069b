//! Addresses of pages as Go's `net/url` understands them: pprof decides by them what is a file, and prints them in its
//! own spelling.

mod escape;
mod parse;
mod query;
mod source;

pub use source::{PageAddress, page_address, page_of};

use escape::{Part, escape, is_escaped_well, unescape};

/// A URL in its parts. Texts are bytes, escapes resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    /// In small letters; empty if there is none.
    pub(crate) scheme: String,
    /// What follows the scheme where that is not a slash.
    opaque: Vec<u8>,
    user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    host: Vec<u8>,
    path: Vec<u8>,
    /// How the path was written, if that is not how this module would write it.
    path_as_written: Option<Vec<u8>>,
    /// Whether there is a path, but no `//` before it.
    has_no_host: bool,
    /// Whether there is a `?` with nothing behind it.
    has_empty_query: bool,
    query: Vec<u8>,
    fragment: Vec<u8>,
    fragment_as_written: Option<Vec<u8>>,
}

impl Url {
    /// The address of the service that names a Go or C++ server's functions, beside that of one of its profiles.
    pub(crate) fn symbol_service(source: &str) -> Option<String> {
        let mut url = Self::parse(source)?;
        if url.host.is_empty() || !url.path.contains(&b'/') {
            return None;
        }
        let path = String::from_utf8_lossy(&url.path).into_owned();
        let is_go = crate::path::parent(&path) == "/debug/pprof";
        url.path = if is_go { b"/debug/pprof/symbol".to_vec() } else { b"/symbolz".to_vec() };
        url.query.clear();
        Some(url.text())
    }

    /// As Go writes it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        if !self.scheme.is_empty() {
            text = format!("{}:", self.scheme);
        }
        if self.opaque.is_empty() {
            text.push_str(&self.authority());
            let path = self.written(&self.path, self.path_as_written.as_deref(), Part::Path);
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                text.push('/');
            }
            text.push_str(&path);
        } else {
            text.push_str(&crate::foreign_bytes::carry(&self.opaque));
        }
        if self.has_empty_query || !self.query.is_empty() {
            text.push('?');
            text.push_str(&crate::foreign_bytes::carry(&self.query));
        }
        if !self.fragment.is_empty() {
            text.push('#');
            text.push_str(&self.written(&self.fragment, self.fragment_as_written.as_deref(), Part::Fragment));
        }
        text
    }

    /// What comes before the path, with its slashes.
    fn authority(&self) -> String {
        let is_there = !self.scheme.is_empty() || !self.host.is_empty() || self.user.is_some();
        if !is_there || (self.has_no_host && self.host.is_empty() && self.user.is_none()) {
            return String::new();
        }
        if self.host.is_empty() && self.path.is_empty() && self.user.is_none() {
            return String::new();
        }
        let mut text = "//".to_owned();
        if let Some((name, password)) = &self.user {
            text.push_str(&escape(name, Part::UserOrPassword));
            if let Some(password) = password {
                text.push(':');
                text.push_str(&escape(password, Part::UserOrPassword));
            }
            text.push('@');
        }
        text + &escape(&self.host, Part::Host)
    }

    fn written(&self, meant: &[u8], as_written: Option<&[u8]>, part: Part) -> String {
        let is_kept = |text: &&[u8]| {
            is_escaped_well(text, part) && unescape(text, part).is_some_and(|text| text == meant)
        };
        match as_written.filter(is_kept) {
            Some(text) => String::from_utf8_lossy(text).into_owned(),
            None if part == Part::Path && meant == b"*" => "*".to_owned(),
            None => escape(meant, part),
        }
    }

    /// As an HTTP client names it in its errors: without the password, and without a port that is none.
    fn text_in_errors(&self) -> String {
        let mut url = self.clone();
        if url.host.ends_with(b":") {
            url.host.pop();
        }
        let has_password =
            url.user.as_mut().and_then(|(_, password)| password.as_mut()).map(Vec::clear).is_some();
        let text = url.text();
        match text.split_once(":@") {
            Some((before, after)) if has_password => format!("{before}:***@{after}"),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_written_as_go_writes_it() {
        for (url, expected) in [
            ("HTTP://u:p@Host:1/a b%2fc?x y#f", "http://u:p@Host:1/a%20b/c?x y#f"),
            ("http://h/%41?", "http://h/%41?"),
            ("http://http://x", "http://http://x"),
            ("//h/x", "//h/x"),
            ("file:///x", "file:///x"),
            ("mailto:x@y", "mailto:x@y"),
            ("http://h/ö", "http://h/%C3%B6"),
            ("a/b:c", "a/b:c"),
        ] {
            assert_eq!(Url::parse(url).map(|url| url.text()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_go_does_not_read_is_none() {
        for url in
            ["http://h/%zz", "127.0.0.1:80", ":x", "http://h:port", "http://[::1", "http://a b/", "a\u{1}"]
        {
            assert_eq!(Url::parse(url), None, "{url}");
        }
    }

    #[test]
    fn names_are_asked_for_beside_the_profile() {
        for (source, expected) in [
            ("http://h:1/debug/pprof/heap?debug=1", Some("http://h:1/debug/pprof/symbol")),
            ("http://h/pprof/heap", Some("http://h/symbolz")),
            ("http://h", None),
            ("profile", None),
        ] {
            assert_eq!(Url::symbol_service(source).as_deref(), expected);
        }
    }
}
