//! A text to a URL.

use super::escape::{Part, unescape};
use super::{Url, escape};
use crate::foreign_bytes::restore;

impl Url {
    /// Reads a URL; none if Go would not.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = restore(text);
        let (before, fragment) = cut(&bytes, b'#').unwrap_or((&bytes, b""));
        let mut url = Self::without_fragment(before)?;
        url.fragment = unescape(fragment, Part::Fragment)?;
        url.fragment_as_written = as_written(fragment, &url.fragment, Part::Fragment);
        Some(url)
    }

    fn without_fragment(text: &[u8]) -> Option<Self> {
        if text.iter().any(u8::is_ascii_control) {
            return None;
        }
        if text == b"*" {
            return Some(Self { path: text.to_vec(), ..Self::default() });
        }
        let (scheme, rest) = scheme(text)?;
        let mut url = Self { scheme: scheme.to_ascii_lowercase(), ..Self::default() };
        let mut rest = rest;
        if rest.ends_with(b"?") && rest.iter().filter(|&&byte| byte == b'?').count() == 1 {
            url.has_empty_query = true;
            rest = rest.strip_suffix(b"?").unwrap_or(rest);
        } else if let Some((path, query)) = cut(rest, b'?') {
            url.query = query.to_vec();
            rest = path;
        }
        let has_scheme = !scheme.is_empty();
        if !rest.starts_with(b"/") {
            if has_scheme {
                url.opaque = rest.to_vec();
                return Some(url);
            }
            let first = cut(rest, b'/').map_or(rest, |(first, _)| first);
            if first.contains(&b':') {
                return None;
            }
        }
        match rest.strip_prefix(b"//") {
            Some(authority) if has_scheme || !rest.starts_with(b"///") => {
                let end = authority.iter().position(|&byte| byte == b'/').unwrap_or(authority.len());
                let (authority, path) = authority.split_at_checked(end)?;
                url.set_authority(authority)?;
                rest = path;
            }
            _ => url.has_no_host = has_scheme && rest.starts_with(b"/"),
        }
        url.path = unescape(rest, Part::Path)?;
        url.path_as_written = as_written(rest, &url.path, Part::Path);
        Some(url)
    }

    fn set_authority(&mut self, authority: &[u8]) -> Option<()> {
        let at = authority.iter().rposition(|&byte| byte == b'@');
        let (user, host) = match at {
            Some(at) => (authority.get(..at), authority.get(at + 1..)?),
            None => (None, authority),
        };
        self.host = read_host(host)?;
        let Some(user) = user else { return Some(()) };
        let is_of_user = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
        if !user.iter().all(is_of_user) {
            return None;
        }
        let (name, password) = match cut(user, b':') {
            Some((name, password)) => (name, Some(unescape(password, Part::UserOrPassword)?)),
            None => (user, None),
        };
        self.user = Some((unescape(name, Part::UserOrPassword)?, password));
        Some(())
    }
}

fn cut(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|&byte| byte == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// The scheme, or nothing, and the rest; none if there is a colon, but no scheme before it.
fn scheme(text: &[u8]) -> Option<(&str, &[u8])> {
    for (place, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if place > 0 => {}
            b':' if place == 0 => return None,
            b':' => return Some((std::str::from_utf8(text.get(..place)?).ok()?, text.get(place + 1..)?)),
            _ => break,
        }
    }
    Some(("", text))
}

fn read_host(host: &[u8]) -> Option<Vec<u8>> {
    let after = if host.starts_with(b"[") {
        let end = host.iter().rposition(|&byte| byte == b']')?;
        host.get(end + 1..)?
    } else {
        let colon = host.iter().rposition(|&byte| byte == b':').unwrap_or(host.len());
        host.get(colon..)?
    };
    let is_port = match after.split_first() {
        None => true,
        Some((b':', port)) => port.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    };
    if is_port { unescape(host, Part::Host) } else { None }
}

/// How something was written, if that is not how it would be escaped here.
fn as_written(written: &[u8], meant: &[u8], part: Part) -> Option<Vec<u8>> {
    (escape(meant, part).as_bytes() != written).then(|| written.to_vec())
}
