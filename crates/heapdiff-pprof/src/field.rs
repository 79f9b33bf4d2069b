//! Field numbers of `profile.proto`, one module a message.

/// `message Profile`.
pub(crate) mod profile {
    pub(crate) const SAMPLE_TYPE: u32 = 1;
    pub(crate) const SAMPLE: u32 = 2;
    pub(crate) const MAPPING: u32 = 3;
    pub(crate) const LOCATION: u32 = 4;
    pub(crate) const FUNCTION: u32 = 5;
    pub(crate) const STRING_TABLE: u32 = 6;
    pub(crate) const DROP_FRAMES: u32 = 7;
    pub(crate) const KEEP_FRAMES: u32 = 8;
    pub(crate) const TIME_NANOS: u32 = 9;
    pub(crate) const DURATION_NANOS: u32 = 10;
    pub(crate) const PERIOD_TYPE: u32 = 11;
    pub(crate) const PERIOD: u32 = 12;
    pub(crate) const COMMENT: u32 = 13;
    pub(crate) const DEFAULT_SAMPLE_TYPE: u32 = 14;
    pub(crate) const DOC_URL: u32 = 15;
}

/// `message ValueType`.
pub(crate) mod value_type {
    pub(crate) const KIND: u32 = 1;
    pub(crate) const UNIT: u32 = 2;
}

/// `message Sample`.
pub(crate) mod sample {
    pub(crate) const LOCATION_ID: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
    pub(crate) const LABEL: u32 = 3;
}

/// `message Label`.
pub(crate) mod label {
    pub(crate) const KEY: u32 = 1;
    pub(crate) const TEXT: u32 = 2;
    pub(crate) const NUMBER: u32 = 3;
    pub(crate) const NUMBER_UNIT: u32 = 4;
}

/// `message Mapping`.
pub(crate) mod mapping {
    pub(crate) const ID: u32 = 1;
    pub(crate) const MEMORY_START: u32 = 2;
    pub(crate) const MEMORY_LIMIT: u32 = 3;
    pub(crate) const FILE_OFFSET: u32 = 4;
    pub(crate) const FILE: u32 = 5;
    pub(crate) const BUILD_ID: u32 = 6;
    pub(crate) const HAS_FUNCTIONS: u32 = 7;
    pub(crate) const HAS_FILE_NAMES: u32 = 8;
    pub(crate) const HAS_LINE_NUMBERS: u32 = 9;
    pub(crate) const HAS_INLINE_FRAMES: u32 = 10;
}

/// `message Location`.
pub(crate) mod location {
    pub(crate) const ID: u32 = 1;
    pub(crate) const MAPPING_ID: u32 = 2;
    pub(crate) const ADDRESS: u32 = 3;
    pub(crate) const LINE: u32 = 4;
    pub(crate) const IS_FOLDED: u32 = 5;
}

/// `message Line`.
pub(crate) mod line {
    pub(crate) const FUNCTION_ID: u32 = 1;
    pub(crate) const LINE: u32 = 2;
    pub(crate) const COLUMN: u32 = 3;
}

/// `message Function`.
pub(crate) mod function {
    pub(crate) const ID: u32 = 1;
    pub(crate) const NAME: u32 = 2;
    pub(crate) const SYSTEM_NAME: u32 = 3;
    pub(crate) const FILE: u32 = 4;
    pub(crate) const START_LINE: u32 = 5;
}
