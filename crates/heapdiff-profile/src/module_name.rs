//! Which crate and which module a frame belongs to, as far as its name and its file tell.
//!
//! The path of a name is the best witness. Functions that were inlined into a program with nothing but line tables have
//! bare names; then the folder of the source file speaks.

use crate::frame::Frame;
use crate::function_name::{owners, path_parts};

/// The crate that a frame's function is written in: `shop`, `bytes`, `alloc`; a Go package's folder; the mapped file
/// where there are no symbols.
pub(crate) fn crate_name(frame: Frame<'_>) -> String {
    if let Some(file) = mapped_file(frame.function) {
        return file.to_owned();
    }
    match path(frame.function) {
        Some(path) => path.first().copied().unwrap_or_default().to_owned(),
        None => of_file(frame).map_or_else(|| unknown(frame), |(of_crate, _)| of_crate.to_owned()),
    }
}

/// The module: the path in front of the function and of its type, `shop::session` of
/// `shop::session::Cache<K,V>::insert`.
pub(crate) fn module_name(frame: Frame<'_>) -> String {
    if let Some(file) = mapped_file(frame.function) {
        return file.to_owned();
    }
    if let Some(path) = path(frame.function) {
        return path.join("::");
    }
    match of_file(frame) {
        Some((of_crate, below)) => {
            let stem = below.rsplit_once('.').map_or(below, |(stem, _)| stem);
            let stem = stem.strip_suffix("/mod").unwrap_or(stem);
            let parts = stem.split('/').filter(|part| !["main", "lib"].contains(part));
            [of_crate].into_iter().chain(parts).collect::<Vec<_>>().join("::")
        }
        None => unknown(frame),
    }
}

/// `libfoo.so` of `libfoo.so+0x1234`.
fn mapped_file(function: &str) -> Option<&str> {
    function.split_once("+0x").map(|(file, _)| file).filter(|file| !file.is_empty() && !file.contains(' '))
}

/// The modules that a name begins with; `None` for a bare name.
fn path(function: &str) -> Option<Vec<&str>> {
    let owners = owners(function);
    // A type without a path is a generic parameter or a primitive: the trait says whose code it is.
    let owner = match owners.of_trait {
        Some(of_trait) if !owners.of_type.contains("::") => of_trait,
        _ => owners.of_type,
    };
    let end = owner.find(['<', '(', ' ', '{']).unwrap_or(owner.len());
    let plain = owner.get(..end).unwrap_or(owner);
    if !plain.contains("::") {
        let is_go = plain.contains('/') || plain.contains('.');
        // Go: everything up to the first dot behind the last slash is the package.
        let folder = plain.rfind('/').map_or(0, |slash| slash + 1);
        let dot = plain.get(folder..)?.find('.')? + folder;
        return is_go
            .then(|| plain.get(..dot))
            .flatten()
            .filter(|package| !package.is_empty())
            .map(|of| vec![of]);
    }
    let parts: Vec<&str> = path_parts(plain).into_iter().filter(|part| !part.is_empty()).collect();
    // What names a type begins with a capital, and the last part is the function or the type itself.
    let is_module = |part: &&str| part.starts_with(|c: char| c.is_lowercase() || c == '_');
    let modules: Vec<&str> =
        parts.get(..parts.len().saturating_sub(1))?.iter().copied().take_while(is_module).collect();
    let first = parts.first().copied();
    if modules.is_empty() { first.map(|first| vec![first]) } else { Some(modules) }
}

/// The folder of a package and the path below its `src`, which names the module.
fn of_file(frame: Frame<'_>) -> Option<(&str, &str)> {
    let (before, below) = match frame.file.rsplit_once("/src/") {
        Some(parts) => parts,
        // Relative to the package itself, whose name is not known: its folder would be `src`.
        None => return frame.file.rsplit_once('/'),
    };
    let folder = before.rsplit('/').next().filter(|folder| !folder.is_empty())?;
    // `bytes-1.10.1`, as cargo unpacks it.
    let name = folder
        .rsplit_once('-')
        .filter(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()))
        .map_or(folder, |(name, _)| name);
    Some((name, below))
}

/// What is said of a frame that tells nothing.
fn unknown(frame: Frame<'_>) -> String {
    let is_pseudo = frame.function.starts_with('[') || frame.function.contains('=');
    if is_pseudo { frame.function.to_owned() } else { "[unknown]".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_say_where_a_function_is_written() {
        for (function, file, of_crate, module) in [
            ("shop::session::Cache<K,V>::insert", "/src/shop/src/session.rs", "shop", "shop::session"),
            ("shop::main", "", "shop", "shop"),
            ("<shop::catalog::Item as serde::Deserialize>::deserialize", "", "shop", "shop::catalog"),
            ("<T as serde::de::Visitor>::visit", "", "serde", "serde::de"),
            (
                "from_elem<u8>",
                "/rustc/0/library/alloc/src/vec/from_elem.rs",
                "alloc",
                "alloc::vec::from_elem",
            ),
            (
                "new",
                "/home/ci/.cargo/registry/src/i/bytes-1.10.1/src/bytes_mut.rs",
                "bytes",
                "bytes::bytes_mut",
            ),
            ("run", "/home/u/shop/src/main.rs", "shop", "shop"),
            ("run", "/home/u/shop/src/server/mod.rs", "shop", "shop::server"),
            ("app::{closure#0}", "", "app", "app"),
            ("app+0x1234", "", "app", "app"),
            ("net/http.(*conn).serve", "/go/src/net/http/server.go", "net/http", "net/http"),
            ("main.fill", "/go/src/fill.go", "main", "main"),
            ("std::vector<int>::push_back(int)", "", "std", "std"),
            ("malloc", "", "[unknown]", "[unknown]"),
            ("0x1234", "", "[unknown]", "[unknown]"),
            ("epoch=3", "", "epoch=3", "epoch=3"),
            ("[no stack]", "", "[no stack]", "[no stack]"),
        ] {
            let frame = Frame { function, file, line: 1 };
            assert_eq!(
                (crate_name(frame).as_str(), module_name(frame).as_str()),
                (of_crate, module),
                "{function}"
            );
        }
    }
}
