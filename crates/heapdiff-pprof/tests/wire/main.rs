//! What holds between a profile and its bytes.
//!
//! * `golden`: bytes made by hand are what the writer writes and the reader reads.
//! * `round_trip`: what is written is what is read.
//! * `leniency`: the encodings that other producers may choose give the same profile.
//! * `violations`: each rule of the format, broken, gives the error that says where and what.
//! * `damage`: cut or altered bytes give an error or a profile, never a panic.
#![cfg(test)]

mod damage;
mod golden;
mod leniency;
mod owned_profile;
mod proto;
mod round_trip;
mod violations;
