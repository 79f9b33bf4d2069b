//! Which sources of profiles are pages, and where those are.

use super::Url;
use super::query::Query;

/// What a Go server answers with a profile of the processor's time: the page where only a server is named.
const PROCESSOR_PROFILE: &[u8] = b"/debug/pprof/profile";

/// How long to wait for a page that measures nothing, in seconds.
const TIMEOUT_S: i64 = 60;

/// Where a profile can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAddress {
    /// The address, as pprof writes it.
    pub url: String,
    /// The address to ask, and to name in errors: the secure kind that does not look at certificates is plain `https`.
    pub asked: String,
    /// That address as errors name it: without its password.
    pub shown: String,
    /// Its scheme: `http`, `https` or something that nobody can fetch.
    pub scheme: String,
    /// Whether any certificate will do.
    pub is_insecure: bool,
    /// How long to wait for the first line of the answer, in seconds.
    pub timeout_s: i64,
}

/// The page that a source means, if it is no file: `http://host/profile`, `host:6060/profile`, `host:6060`. `seconds`
/// is how long it shall measure, and `timeout` how long to wait for it at most; 0 for what is usual.
#[must_use]
pub fn page_address(source: &str, seconds: i64, timeout: i64) -> Option<PageAddress> {
    let is_complete = |url: &Url| !url.host.is_empty() || matches!(url.scheme.as_str(), "" | "file");
    let url = Url::parse(source).filter(is_complete).or_else(|| Url::parse(&format!("http://{source}")));
    let mut url = url.filter(|url| !url.host.is_empty())?;
    if url.path.is_empty() || url.path == b"/" {
        url.path = PROCESSOR_PROFILE.to_vec();
    }
    let mut query = Query::of(&url);
    let mut measured = seconds.max(0);
    if measured > 0 {
        query.set("seconds", &measured.to_string());
    } else if let Some(seconds) = query.first("seconds") {
        let seconds = std::str::from_utf8(seconds).ok().and_then(|seconds| seconds.parse::<i32>().ok());
        measured = seconds.map_or(0, i64::from);
    }
    let usual = if measured > 0 { measured.saturating_add(measured / 2) } else { TIMEOUT_S };
    let timeout_s = if timeout > 0 { timeout } else { usual };
    url.query = query.text().into_bytes();
    Some(address(&url, timeout_s))
}

/// The page of a URL as it is.
#[must_use]
pub fn page_of(url: &str) -> Option<PageAddress> {
    Some(address(&Url::parse(url)?, TIMEOUT_S))
}

fn address(url: &Url, timeout_s: i64) -> PageAddress {
    let asked = Url { scheme: url.scheme.replace("https+insecure", "https"), ..url.clone() };
    PageAddress {
        url: url.text(),
        asked: asked.text(),
        shown: asked.text_in_errors(),
        scheme: asked.scheme.clone(),
        is_insecure: url.scheme == "https+insecure",
        timeout_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched(source: &str) -> Option<(String, i64)> {
        page_address(source, 0, 0).map(|page| (page.url, page.timeout_s))
    }

    #[test]
    fn a_page_is_what_names_a_host() {
        for (source, expected) in [
            ("localhost:6060", Some(("http://localhost:6060/debug/pprof/profile", 60))),
            ("127.0.0.1:1/", Some(("http://127.0.0.1:1/debug/pprof/profile", 60))),
            ("h:1/heap?seconds=10&a=b", Some(("http://h:1/heap?a=b&seconds=10", 15))),
            ("http://h/heap?seconds=x", Some(("http://h/heap?seconds=x", 60))),
            ("http://a b/", Some(("http://http://a%20b/", 60))),
            (":80", Some(("http://:80/debug/pprof/profile", 60))),
            ("profile.pb.gz", None),
            ("file:///profile", None),
            ("http://u:p@localhost:1/%zz", None),
        ] {
            let expected = expected.map(|(url, timeout)| (url.to_owned(), timeout));
            assert_eq!(fetched(source), expected, "{source}");
        }
    }

    #[test]
    fn flags_go_before_what_the_address_says() {
        let page = page_address("h:1?seconds=10", 4, 0).unwrap();
        assert_eq!(page.url, "http://h:1/debug/pprof/profile?seconds=4");
        assert_eq!(page.timeout_s, 6);
        assert_eq!(page_address("h:1", 4, 9).unwrap().timeout_s, 9);
    }

    #[test]
    fn errors_keep_the_password() {
        let page = page_address("https+insecure://u:p@h:1/x", 0, 0).unwrap();
        assert_eq!(page.url, "https+insecure://u:p@h:1/x");
        assert_eq!((page.asked.as_str(), page.is_insecure), ("https://u:p@h:1/x", true));
        assert_eq!(page.shown, "https://u:***@h:1/x");
    }
}
