//! Markdown as GitHub and GitLab read it, for comments on a change: whatever a name holds stays text, in its cell.
//!
//! A bar ends a cell even in code, and a grave accent ends code, so neither is ever written: what is text is written
//! with character references, and so is code that holds one of them.

use std::borrow::Cow;

/// A line of text: nothing in it is a mark.
pub(crate) fn text(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '|' | '`' | '\\' => written.push_str(&format!("&#{};", u32::from(character))),
            '*' | '[' | ']' | '#' | '~' => written.extend(['\\', character]),
            // Between letters it is a letter; elsewhere it may begin or end what is stressed.
            '_' if !written.ends_with(char::is_alphanumeric) => written.push_str("\\_"),
            control if control.is_control() => written.push(' '),
            other => written.push(other),
        }
    }
    written
}

/// Code: a name, as it is; nothing for nothing.
pub(crate) fn code(name: &str) -> String {
    if name.trim().is_empty() {
        return String::new();
    }
    let name: Cow<'_, str> = match name.contains(char::is_control) {
        true => name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        false => name.into(),
    };
    if !name.contains(['|', '`', '\\']) {
        return format!("`{name}`");
    }
    format!("<code>{}</code>", text(&name))
}

/// A row of a table.
pub(crate) fn row(cells: impl IntoIterator<Item = String>) -> String {
    let mut line = "|".to_owned();
    for cell in cells {
        line.push_str(&format!(" {cell} |"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_stay_what_they_are() {
        assert_eq!(code("Cache<K,V>::insert"), "`Cache<K,V>::insert`");
        assert_eq!(code("a|b`c"), "<code>a&#124;b&#96;c</code>");
        assert_eq!(code(" "), "");
        assert_eq!(text("inuse_space _x_ *y* <script>\n"), "inuse_space \\_x_ \\*y\\* &lt;script&gt; ");
    }

    proptest! {
        /// Those that count cells look for bars, and lines end with the row.
        #[test]
        fn nothing_breaks_out_of_a_cell(name in any::<String>()) {
            for written in [text(&name), code(&name)] {
                prop_assert!(!written.contains(['|', '\n', '\r']), "{written}");
                prop_assert!(matches!(written.matches('`').count(), 0 | 2), "{written}");
                let is_code = written.starts_with('`');
                let tags = written.replace("<code>", "").replace("</code>", "");
                prop_assert!(is_code || !tags.contains('<'), "{written}");
            }
        }
    }
}
