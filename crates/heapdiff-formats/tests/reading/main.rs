//! What [`heapdiff_formats::read_profile`] makes of good, damaged and foreign input.
#![cfg(test)]

mod collapsed;
mod foreign;
mod gzip;
mod legacy;
mod metadata;
mod round_trip;
mod snapshot;
mod violations;
mod zstd;
