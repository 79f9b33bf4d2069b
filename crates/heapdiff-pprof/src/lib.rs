//! pprof's `profile.proto`, in both directions, as a stream.
//!
//! [`Writer`] encodes one message at a time to any [`std::io::Write`] and keeps none of them; [`Reader`]
//! walks the bytes of a profile and lends one decoded message at a time. Neither holds a whole profile, so
//! the cost of a big one is its bytes.
//!
//! The profiled program links this crate, hence what it does not do: no model of a profile (that is
//! `heapdiff-profile`), no other format, no files, no procedural macros among its dependencies.
//!
//! # Example
//!
//! ```
//! use heapdiff_pprof::{Label, LabelValue, Location, Mapping, Message, Reader, ValueType, Writer};
//!
//! let mut writer = Writer::new(Vec::new())?;
//! writer.sample_type(ValueType { kind: "inuse_objects", unit: "count" })?;
//! writer.sample_type(ValueType { kind: "inuse_space", unit: "bytes" })?;
//! writer.mapping(&Mapping {
//!     id: 1,
//!     memory_start: 0x5000,
//!     memory_limit: 0x9000,
//!     file: "/usr/bin/service",
//!     build_id: "8a4f",
//!     ..Mapping::default()
//! })?;
//! writer.location(&Location { id: 1, mapping_id: 1, address: 0x5123, ..Location::default() })?;
//! let bytes = Label { key: "bytes", value: LabelValue::Number { value: 4096, unit: "bytes" } };
//! writer.sample(&[1], &[2, 8192], &[bytes])?;
//! let encoded = writer.finish()?;
//!
//! let reader = Reader::new(&encoded)?;
//! let mut messages = reader.messages();
//! let mut bytes_inuse = 0;
//! while let Some(message) = messages.next_message()? {
//!     if let Message::Sample(sample) = message {
//!         bytes_inuse += sample.values[1];
//!     }
//! }
//! assert_eq!(bytes_inuse, 8192);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Source:** `profile.proto` of google/pprof, and its `profile` package where the schema leaves a choice.
#![forbid(unsafe_code)]

mod cursor;
mod decode_error;
mod field;
mod id_table;
mod message;
mod message_buffer;
mod messages;
mod reader;
mod string_interner;
mod writer;

pub use decode_error::{DecodeError, Defect, Section};
pub use message::{Function, Label, LabelValue, Line, Location, Mapping, Sample, ValueType};
pub use messages::{Message, Messages};
pub use reader::{Header, Reader, StringIndex};
pub use writer::{WriteError, Writer};
