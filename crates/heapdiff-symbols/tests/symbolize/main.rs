//! Profiles in, profiles with names out: over files of every shape, damaged ones, and this program itself.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails where it meets what it does not expect"
)]

mod damaged_files;
mod elf_files;
mod own_executable;
mod profiles;
