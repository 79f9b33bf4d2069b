//! Colours that say how much something accounts for: red for much, grey for nothing, green for less than nothing.

use crate::measurement::as_i64;

/// What is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shade {
    /// A line: dark and strong.
    Line,
    /// The inside of a box: bright and pale.
    Fill,
}

/// Scores closer to 0 than this are the greyer the closer they are; otherwise they would be yellow.
const GREY_BELOW: f64 = 0.2;
/// How far small scores are moved away from grey, to be told apart.
const SHIFT: f64 = 0.7;

/// The colour of a score from -1 to 1.
#[expect(clippy::manual_clamp, reason = "what is no number stays none, and is drawn as such")]
pub(super) fn color(score: f64, shade: Shade) -> String {
    let (mut saturation, value) = match shade {
        Shade::Line => (1.0, 0.7),
        Shade::Fill => (0.1, 0.93),
    };
    let score = if score < -1.0 {
        -1.0
    } else if score > 1.0 {
        1.0
    } else {
        score
    };
    if score.abs() < GREY_BELOW {
        saturation *= score.abs() / GREY_BELOW;
    }
    let shifted = score.abs().powf(1.0 - SHIFT).copysign(score);
    let (red, green) = if score < 0.0 {
        (value * (1.0 + saturation * shifted), value)
    } else if score > 0.0 {
        (value, value * (1.0 - saturation * shifted))
    } else {
        (value, value * (1.0 - saturation * score))
    };
    let blue = value * (1.0 - saturation);
    format!("#{:02x}{:02x}{:02x}", byte(red), byte(green), byte(blue))
}

/// The lowest byte of the number, as converting to a byte has it in Go.
fn byte(part: f64) -> u8 {
    as_i64(part * 255.0).to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_is_red_and_less_than_nothing_green() {
        assert_eq!(color(1.0, Shade::Line), "#b20000");
        assert_eq!(color(1.0, Shade::Fill), "#edd5d5");
        assert_eq!(color(0.6436, Shade::Line), "#b21600");
        assert_eq!(color(0.0, Shade::Line), "#b2b2b2");
        assert_eq!(color(-1.0, Shade::Line), "#00b200");
        assert_eq!(color(f64::INFINITY, Shade::Line), "#b20000");
        assert_eq!(color(f64::NAN, Shade::Line), "#b20000");
    }
}
