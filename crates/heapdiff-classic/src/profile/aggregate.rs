//! Less detail in locations and functions, so that more of them are the same.

use super::model::Profile;
use super::string_table::StringId;

/// What to keep of locations and functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each of them is independent")]
pub struct Detail {
    /// Frames of inlined functions; without them the outermost line of a location is left.
    pub inline_frames: bool,
    /// Names of functions.
    pub functions: bool,
    /// Their source files.
    pub filenames: bool,
    /// Line numbers.
    pub line_numbers: bool,
    /// Columns.
    pub columns: bool,
    /// Addresses.
    pub addresses: bool,
}

impl Profile {
    /// Clears what `detail` does not keep. Nothing is merged here: reports do that.
    pub fn aggregate(&mut self, detail: &Detail) {
        for mapping in &mut self.mappings {
            mapping.has_inline_frames &= detail.inline_frames;
            mapping.has_functions &= detail.functions;
            mapping.has_filenames &= detail.filenames;
            mapping.has_line_numbers &= detail.line_numbers;
        }
        for function in &mut self.functions {
            if !detail.functions {
                function.name = StringId::EMPTY;
                function.system_name = StringId::EMPTY;
            }
            if !detail.filenames {
                function.filename = StringId::EMPTY;
            }
        }
        for location in &mut self.locations {
            if !detail.inline_frames && location.lines_len > 1 {
                location.lines_start += location.lines_len - 1;
                location.lines_len = 1;
            }
            if !detail.addresses {
                location.address = 0;
            }
        }
        for line in &mut self.lines {
            if !detail.line_numbers {
                line.line = 0;
            }
            if !detail.line_numbers || !detail.columns {
                line.column = 0;
            }
        }
    }
}
