//! Writes heapdiff's reports: tables as text, Markdown and CSV, JSON with its schemas, and flamegraphs.
//!
//! Every report is a function of its view and its options to bytes: no files, clocks, environment or terminal are
//! asked, so the same view always gives the same bytes. What the text shows, JSON has with every digit.
//!
//! What it deliberately does not do: compute. Every figure comes from `heapdiff-profile`.
#![forbid(unsafe_code)]

pub mod budget;
mod elide;
pub mod flamegraph;
mod graph_view;
pub mod graphviz;
pub mod json;
mod markdown;
pub mod quantity;
mod row_title;
mod side;
mod source_file;
mod source_path;
pub mod text;
mod theme;
mod verdict_words;

pub use graph_view::GraphView;
pub use side::{Side, Sides};
pub use source_file::SourceFile;
pub use theme::Theme;
