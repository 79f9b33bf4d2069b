//! What [`heapdiff_formats::read_profile`] makes of good, damaged and foreign input.
#![cfg(test)]

mod foreign;
mod gzip;
mod metadata;
mod round_trip;
mod snapshot;
mod violations;
