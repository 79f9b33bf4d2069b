//! What [`heapdiff_formats::read_profile`] makes of good, damaged and foreign input.
#![cfg(test)]

mod collapsed;
mod dhat;
mod foreign;
mod gzip;
mod heaptrack;
mod jemalloc;
mod legacy;
mod metadata;
mod round_trip;
mod rows;
mod snapshot;
mod tables;
mod violations;
mod zstd;
