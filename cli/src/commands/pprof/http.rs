//! Pages: profiles are fetched from them, and the names of functions asked for. Errors have the words of Go's client.

use heapdiff_classic::options::TlsFiles;
use heapdiff_classic::url::PageAddress;
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body, Error, Proxy, Timeout};

/// How often a server may send elsewhere.
const REDIRECTS_MAX: u32 = 10;

/// What is added to the time to wait for an answer.
const GRACE: Duration = Duration::from_secs(5);

/// Fetches a page. The files for secure connections are not for this, in pprof either.
pub(super) fn get(page: &PageAddress) -> Result<Vec<u8>, String> {
    let failed = |error: String| format!("Get \"{}\": {error}", page.shown);
    let timeout = Duration::from_secs(page.timeout_s.unsigned_abs()).checked_add(GRACE);
    let agent = agent(page, timeout, tls::of(page.is_insecure)).map_err(failed)?;
    let mut request = agent.get(without_user(&page.asked));
    if let Some(credentials) = credentials(&page.asked) {
        request = request.header("Authorization", credentials);
    }
    let response = request.call().map_err(|error| failed(reason(&error, page)))?;
    if let Some(elsewhere) = elsewhere(&response) {
        return Err(format!("Get \"{elsewhere}\": stopped after {REDIRECTS_MAX} redirects"));
    }
    body(response)
}

/// Where a server sends, if it still does so after many times.
fn elsewhere(response: &Response<Body>) -> Option<&str> {
    let is_elsewhere = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    response.headers().get("Location").filter(|_| is_elsewhere)?.to_str().ok()
}

/// Sends a text to a page, and returns what it answers.
pub(super) fn post(page: &PageAddress, text: &str, files: &TlsFiles) -> Result<Vec<u8>, String> {
    let scheme = if page.is_insecure { "https+insecure" } else { page.scheme.as_str() };
    let shown = format!("{scheme}{}", page.shown.strip_prefix(&page.scheme).unwrap_or(&page.shown));
    let failed = |error: String| format!("http post {}: Post \"{shown}\": {error}", page.url);
    let agent = tls::with_files(page.is_insecure, files).and_then(|config| agent(page, None, config));
    let mut request =
        agent.map_err(failed)?.post(without_user(&page.asked)).content_type("application/octet-stream");
    if let Some(credentials) = credentials(&page.asked) {
        request = request.header("Authorization", credentials);
    }
    let response = request.send(text).map_err(|error| failed(reason(&error, page)))?;
    body(response).map_err(|error| match error.strip_prefix("server response") {
        Some(_) => format!("http post {}: {error}", page.url),
        None => error,
    })
}

fn agent(page: &PageAddress, timeout: Option<Duration>, tls: tls::Config) -> Result<Agent, String> {
    if page.scheme != "http" && page.scheme != "https" {
        return Err(format!("unsupported protocol scheme \"{}\"", page.scheme));
    }
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(REDIRECTS_MAX)
        .max_redirects_will_error(false)
        .timeout_recv_response(timeout)
        .user_agent(concat!("heapdiff/", env!("CARGO_PKG_VERSION")))
        .proxy(if is_here(&host(&page.asked)) { None } else { Proxy::try_from_env() });
    Ok(tls::configured(config, tls).build().new_agent())
}

/// The body of a good answer; what a bad one says is the error.
fn body(mut response: Response<Body>) -> Result<Vec<u8>, String> {
    let status = response.status();
    let header =
        |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Go's own handler says in its text what is wrong.
    let is_explained = !header("X-Go-Pprof").is_empty() && header("Content-Type").contains("text/plain");
    let bytes = response.body_mut().with_config().limit(u64::MAX).read_to_vec();
    if status.as_u16() == 200 {
        return bytes.map_err(|error| match error.into_io().kind() {
            io::ErrorKind::UnexpectedEof => "unexpected EOF".to_owned(),
            kind => kind.to_string(),
        });
    }
    let mut text = format!("server response: {}", status.as_u16());
    if let Some(reason) = status.canonical_reason() {
        text = format!("{text} {reason}");
    }
    match bytes {
        Ok(bytes) if is_explained => {
            Err(format!("{text} - {}", heapdiff_classic::foreign_bytes::carry(&bytes)))
        }
        _ => Err(text),
    }
}

/// Why there is no answer.
fn reason(error: &Error, page: &PageAddress) -> String {
    let host = host(&page.asked);
    match error {
        Error::HostNotFound => not_found(&host),
        Error::Timeout(Timeout::RecvResponse) => "net/http: timeout awaiting response headers".to_owned(),
        Error::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => "EOF".to_owned(),
            io::ErrorKind::ConnectionReset => "read: connection reset by peer".to_owned(),
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::TimedOut => {
                let address = first_address(page).map_or_else(|| host.clone(), |address| address.to_string());
                format!("dial tcp {address}: connect: {}", super::reason(error))
            }
            // The system's resolver has no kind of error of its own.
            _ if error.to_string().contains("lookup") => not_found(&host),
            _ => tls::reason(error).unwrap_or_else(|| super::reason(error)),
        },
        Error::Protocol(_) => {
            "net/http: HTTP/1.x transport connection broken: malformed HTTP response".to_owned()
        }
        Error::Http(_) | Error::BadUri(_) => "http: no Host in request URL".to_owned(),
        error => error.to_string(),
    }
}

/// What a resolver says of a name that it does not know; the resolver is named where the system's settings do.
fn not_found(host: &str) -> String {
    if !is_domain_name(host) {
        return format!("dial tcp: lookup {host}: no such host");
    }
    let settings = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let mut servers = settings.lines().filter_map(|line| line.strip_prefix("nameserver")).map(str::trim);
    let server = servers.next().map(|server| format!(" on {server}:53")).unwrap_or_default();
    format!("dial tcp: lookup {host}{server}: no such host")
}

/// Whether a resolver is asked for a name at all.
fn is_domain_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..64).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let labels = name.strip_suffix('.').unwrap_or(name);
    name == "." || (name.len() < 255 && labels.len() < 254 && !is_number && labels.split('.').all(is_label))
}

/// The address that is tried first.
fn first_address(page: &PageAddress) -> Option<SocketAddr> {
    let host = host(&page.asked);
    let port = authority(&page.asked).rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let port = port.unwrap_or(if page.scheme == "https" { 443 } else { 80 });
    let addresses: Vec<SocketAddr> = (host.as_str(), port).to_socket_addrs().ok()?.collect();
    addresses.iter().find(|address| address.is_ipv4()).or(addresses.first()).copied()
}

/// What stands between the slashes.
fn authority(url: &str) -> &str {
    let rest = url.split_once("//").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// A URL's host, without port and brackets.
fn host(url: &str) -> String {
    let authority = authority(url);
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.to_owned()
}

/// Whether a host is this machine, which no proxy is asked for.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A URL as the client takes it. Nobody's name belongs into the first line of a request, nor does a fragment.
fn without_user(url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let Some((scheme, rest)) = url.split_once("//") else { return url.to_owned() };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (_, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let authority = authority(url);
    format!("{scheme}//{}{path}", authority.strip_suffix(':').unwrap_or(authority))
}

/// The name and the password in a URL, as a server wants them.
fn credentials(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("//")?;
    let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    let user = if user.contains(':') { user.to_owned() } else { format!("{user}:") };
    let user: Vec<u8> = percent_encoding::percent_decode_str(&user).collect();
    Some(format!("Basic {}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, user)))
}

#[cfg(feature = "https")]
#[path = "tls.rs"]
mod tls;
#[cfg(not(feature = "https"))]
#[path = "no_tls.rs"]
mod tls;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_sometimes_a_user() {
        for (url, expected_host, sent) in [
            ("http://u:p@h:1/x?y#f", "h", "http://h:1/x?y"),
            ("http://[::1]:80", "::1", "http://[::1]:80"),
            ("http://h:/x@y", "h", "http://h/x@y"),
        ] {
            assert_eq!((host(url).as_str(), without_user(url).as_str()), (expected_host, sent));
        }
        assert_eq!(credentials("http://a:%62@h/"), Some("Basic YTpi".to_owned()));
        assert_eq!(credentials("http://h/@"), None);
        assert!(
            is_domain_name("a-b.c_d.")
                && !is_domain_name("-a")
                && !is_domain_name("1.2")
                && !is_domain_name("a..b")
        );
        assert!(is_here("127.0.0.1") && is_here("localhost") && !is_here("example.org"));
    }
}
