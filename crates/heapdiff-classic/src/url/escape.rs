//! Escapes in the parts of a URL, as Go's `net/url` writes and reads them.

/// A part of a URL: which characters stand for themselves differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Host,
    UserOrPassword,
    Path,
    QueryWord,
    Fragment,
}

/// `text` with escapes for what does not stand for itself in `part`.
pub(super) fn escape(text: &[u8], part: Part) -> String {
    let mut output = String::with_capacity(text.len());
    for &byte in text {
        if byte == b' ' && part == Part::QueryWord {
            output.push('+');
        } else if is_escaped(byte, part) {
            output.push_str(&format!("%{byte:02X}"));
        } else {
            output.push(char::from(byte));
        }
    }
    output
}

/// The bytes that an escaped text stands for; none if an escape is none, or a host has a character that no host has.
pub(super) fn unescape(text: &[u8], part: Part) -> Option<Vec<u8>> {
    let mut output = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' => {
                let (digits, after) = after.split_first_chunk::<2>()?;
                let digits = std::str::from_utf8(digits).ok()?;
                let escaped = u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
                // Hosts escape only what is beyond ASCII.
                if part == Part::Host && escaped < 0x80 {
                    return None;
                }
                output.push(escaped);
                rest = after;
            }
            b'+' if part == Part::QueryWord => output.push(b' '),
            _ if part == Part::Host && byte.is_ascii() && is_escaped(byte, part) => return None,
            _ => output.push(byte),
        }
    }
    Some(output)
}

/// Whether a text that somebody escaped is one that may stand in `part` as it is.
pub(super) fn is_escaped_well(text: &[u8], part: Part) -> bool {
    text.iter().all(|&byte| b"!$&'()*+,;=:@[]%".contains(&byte) || !is_escaped(byte, part))
}

fn is_escaped(byte: u8, part: Part) -> bool {
    match byte {
        b'-' | b'_' | b'.' | b'~' => false,
        _ if byte.is_ascii_alphanumeric() => false,
        _ if part == Part::Host && b"!$&'()*+,;=:[]<>\"".contains(&byte) => false,
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::UserOrPassword => b"@/?:".contains(&byte),
            Part::Path => byte == b'?',
            Part::QueryWord | Part::Host => true,
            Part::Fragment => false,
        },
        b'!' | b'(' | b')' | b'*' => part != Part::Fragment,
        _ => true,
    }
}
