//! Names of functions and files, as compilers of several languages make them, and the words that filters look for.

use crate::case::{Input, Role};

/// Each is there since pprof shortens, splits, cuts or escapes such names.
pub(crate) const FUNCTIONS: &[&str] = &[
    "main",
    "main.main",
    "runtime.mallocgc",
    "runtime.goexit",
    "runtime.main",
    "encoding/json.(*Decoder).Decode",
    "github.com/foo/bar/v2.(*Baz).Do",
    "github.com/foo/bar.Do.func1",
    "net/http.(*conn).serve",
    "golang.org/x/net/http2.(*Framer).ReadFrame",
    "go.uber.org/zap/v2/zapcore.Write",
    "std::vector<int, std::allocator<int> >::push_back(int const&)",
    "std::__1::basic_string<char>::operator=(char const*)",
    "foo::bar::Baz<A, B>::qux",
    "my_ns::Klass::~Klass()",
    "ns::(anonymous namespace)::helper(int)",
    "(anonymous namespace)::file_local",
    "Foo::operator()(int) const",
    "operator new(unsigned long)",
    "operator new[]",
    "malloc",
    "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE",
    "_Z3fooi",
    "alloc::vec::Vec<T,A>::push",
    "alloc::raw_vec::RawVec<T,A>::grow_one",
    "<alloc::string::String as core::fmt::Write>::write_str",
    "core::ops::function::FnOnce::call_once{{vtable.shim}}",
    "my_app::worker::run::{closure#0}",
    "tokio::runtime::task::core::Core<T,S>::poll",
    "com.example.service.OrderService.place",
    "java.util.HashMap.resize",
    "org.example.Foo$Bar.lambda$main$0",
    "com.google.common.cache.LocalCache.<init>",
    "GC",
    ".text.startup",
    "größe::wächst",
    "日本語.関数",
    "emoji_🦀_fn",
    "with \"quotes\" and \\backslash",
    "with space",
    "<html>&amp;",
    "a",
    "a_very_long_function_name_that_is_longer_than_any_column_of_any_report_and_goes_on_and_on_and_on_and_on",
    "new\nline",
    "tab\there",
    "",
];

pub(crate) const FILES: &[&str] = &[
    "src/lib.rs",
    "src/lib.rs",
    "src/main.rs",
    "/rustc/90b35a6239c3d8bdabc530a6a0816f7ff89a0aaf/library/alloc/src/vec/mod.rs",
    "/usr/local/go/src/runtime/malloc.go",
    "/home/user/go/src/github.com/foo/bar/baz.go",
    "github.com/foo/bar/baz.go",
    "./relative/./path.cc",
    "../up.cc",
    "/a/b/c.cpp",
    "C:\\windows\\x.cc",
    "Main.java",
    "<unknown>",
    "größe.rs",
    "",
];

pub(crate) const MAPPINGS: &[&str] = &[
    "/usr/bin/app",
    "/usr/bin/app",
    "app",
    "/lib/x86_64-linux-gnu/libabsent.so.6",
    "/opt/lib/libfoo-2.1.so",
    "[vdso]",
    "[vsyscall]",
    "//anon",
    "/memfd:x (deleted)",
    "/usr/bin/größe",
    "linux-vdso.so.1",
    "",
];

pub(crate) const LABEL_KEYS: &[&str] = &[
    "bytes",
    "request",
    "alignment",
    "latency",
    "thread",
    "user",
    "key1",
    "key2",
    "größe",
    "a b",
    "pprof::base",
    "pprof::x",
];

pub(crate) const LABEL_VALUES: &[&str] = &[
    "true",
    "tag1",
    "tag2",
    "tag3",
    "a,b",
    "x=y",
    "größe",
    "line\nbreak",
    "1024",
    "\"q\"",
    "",
    "long value with spaces and more",
];

pub(crate) const UNITS: &[&str] = &[
    "bytes",
    "bytes",
    "B",
    "kB",
    "KB",
    "MB",
    "kilobytes",
    "mb",
    "gigabytes",
    "count",
    "count",
    "objects",
    "nanoseconds",
    "ns",
    "us",
    "milliseconds",
    "ms",
    "seconds",
    "s",
    "min",
    "hour",
    "hours",
    "day",
    "week",
    "year",
    "samples",
    "GCU",
    "nanogcu",
    "milligcus",
    "widgets",
    "unit",
    "",
    "microseconds",
    "TB",
    "PB",
    "mins",
];

/// What the flags of a case may name.
pub(crate) struct Vocabulary {
    /// Names in the profiles. Never empty, and none of them is.
    pub(crate) words: Vec<String>,
    /// The types of the first profile.
    pub(crate) sample_types: Vec<String>,
    pub(crate) has_base: bool,
}

impl Vocabulary {
    pub(crate) fn of(inputs: &[Input]) -> Self {
        let profiles: Vec<_> = inputs.iter().filter_map(Input::profile).collect();
        let mut words: Vec<String> =
            profiles.iter().flat_map(|profile| profile.string_table.iter().cloned()).collect();
        words.extend(["0x", "function", "main", "nothing_has_this_name"].map(str::to_owned));
        words.retain(|word| !word.is_empty());
        words.sort();
        words.dedup();
        let sample_types = profiles.first().map_or_else(Vec::new, |profile| profile.sample_type_names());
        let has_base = inputs.iter().any(|input| input.role != Role::Source);
        Self { words, sample_types, has_base }
    }
}

/// A source file for `-list`.
pub(crate) fn source_text(lines: usize) -> String {
    (1..=lines).map(|line| format!("\tlet line_{line} = <work>({line}); // größe\n")).collect()
}
